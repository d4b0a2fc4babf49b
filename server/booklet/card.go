// Package booklet is the policy cards (口袋书) households read, the sound that
// goes with them, and who was given the booklet.
package booklet

import (
	"daohu/server/edition"
	"daohu/server/record"
)

// Card is one version of one policy card. The text is Markdown in a body
// named by SHA256, fetched once from /api/v1/blobs/{sha256}.
type Card struct {
	record.Meta
	Code     string      `json:"code" rec:"server,max=32" doc:"what stays the same across versions"`
	Edition  int64       `json:"edition" rec:"server" doc:"version of the card, from 1; 0 = a draft"`
	Topic    string      `json:"topic" rec:"server,max=16" doc:"topic that quiz items refer to"`
	Title    string      `json:"title" rec:"server,max=60"`
	Order    int64       `json:"order" rec:"server,col=sort"`
	SHA256   string      `json:"sha256" rec:"server,sha256,col=sha256"`
	Size     int64       `json:"size" rec:"server"`
	State    string      `json:"state" rec:"server,enum=draft|published|archived|pending" doc:"pending: another admin has to look at it"`
	From     string      `json:"from" rec:"server,day,col=from_day" doc:"first day it holds; empty = always has"`
	Until    string      `json:"until" rec:"server,day,col=until_day" doc:"last day it holds; empty = open"`
	Audience record.List `json:"audience" rec:"server,kept,max=12" doc:"households it is for, docs/booklet.md; empty = all"`
	Words    string      `json:"words" rec:"server,max=200,read=T" doc:"the other admin's words when returned"`
}

// Type is the declaration of Card.
var Type = record.Of[Card]("card", record.Policy{
	Class: record.Server, Readers: "HCVTKA", Creators: "", Common: true,
	Workflow: true, After: []string{edition.Archived},
	Doc:    "One policy card.",
	Hidden: func(r record.Record, role string) bool { return r.(*Card).State != edition.Published && role != "T" },
})

// Head implements edition.Document.
func (c *Card) Head() edition.Head {
	return edition.Head{Code: c.Code, Edition: &c.Edition, State: &c.State}
}

// Holds reports whether the card is to be read on a day, 2006-01-02.
func (c *Card) Holds(day string) bool {
	return c.State == edition.Published && c.DeletedAt == 0 && c.From <= day && (c.Until == "" || day <= c.Until)
}
