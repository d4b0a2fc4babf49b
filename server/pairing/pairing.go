// Package pairing is who helps whom, from when to when.
package pairing

import "daohu/server/record"

// Pairing is one dated link between a cadre and a household (domain.md: AC08).
type Pairing struct {
	record.Meta
	Cadre  string        `json:"cadre" rec:"server,id" doc:"user id of the cadre"`
	Name   string        `json:"name" rec:"server,kept,max=50" doc:"the cadre's name as the household knows it"`
	Unit   string        `json:"unit" rec:"server,kept,max=60" doc:"where the cadre works"`
	Phone  record.Sealed `json:"phone" rec:"server,max=20,read=HCVT,mask=KA" doc:"the cadre's telephone, for the household to call"`
	From   string        `json:"from" rec:"server,day,col=from_day" doc:"AAR020"`
	To     string        `json:"to" rec:"server,day,col=to_day" doc:"AAR021; empty = still"`
	Reason string        `json:"reason" rec:"server,max=200" doc:"why it ended"`
}

// Type is the declaration of Pairing.
var Type = record.Of[Pairing]("pairing", record.Policy{
	Class: record.Server, Readers: "HCVTKA", Creators: "",
	Doc: "A cadre paired with a household.",
})
