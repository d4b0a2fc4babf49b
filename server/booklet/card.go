// Package booklet is the policy cards (口袋书) households read.
package booklet

import "daohu/server/record"

// Card is one version of one policy card. The text is Markdown in a body
// named by SHA256, fetched once from /api/v1/blobs/{sha256}.
type Card struct {
	record.Meta
	Code    string `json:"code" rec:"server,max=32" doc:"what stays the same across versions"`
	Edition int64  `json:"edition" rec:"server" doc:"version of the card, from 1"`
	Topic   string `json:"topic" rec:"server,max=16" doc:"topic that quiz items refer to"`
	Title   string `json:"title" rec:"server,max=60"`
	Order   int64  `json:"order" rec:"server,col=sort"`
	SHA256  string `json:"sha256" rec:"server,sha256,col=sha256"`
	Size    int64  `json:"size" rec:"server"`
	State   string `json:"state" rec:"server,enum=draft|published|archived"`
}

// Type is the declaration of Card.
var Type = record.Of[Card]("card", record.Policy{
	Class: record.Server, Readers: "HCVTKA", Creators: "", Common: true,
	Doc:    "One policy card.",
	Hidden: func(r record.Record, role string) bool { return r.(*Card).State != "published" && role != "T" },
})
