// Package setting keeps what a township does by its own rules: versioned
// documents such as the words of the interface, quotas and holidays. Each kind
// of document ships with the program; a township that publishes none goes by
// the one that ships.
package setting

import (
	"daohu/server/record"
)

// Setting is one edition of one document of a township. The text is JSON in a
// body named by SHA256, fetched once from /api/v1/blobs/{sha256}.
type Setting struct {
	record.Meta
	Code    string `json:"code" rec:"server,max=32" doc:"kind of document"`
	Edition int64  `json:"edition" rec:"server" doc:"version of the township's document, from 1"`
	Title   string `json:"title" rec:"server,max=60"`
	SHA256  string `json:"sha256" rec:"server,sha256,col=sha256"`
	Size    int64  `json:"size" rec:"server"`
	State   string `json:"state" rec:"server,enum=archived|published" doc:"one edition of a kind is published"`
	Reason  string `json:"reason" rec:"server,max=200,read=TKA" doc:"why it was published"`
}

// The states of a Setting.
const (
	Published = "published"
	Archived  = "archived"
)

// Type is the declaration of Setting.
var Type = record.Of[Setting]("setting", record.Policy{
	Class: record.Server, Readers: "HCVTKA", Creators: "", Common: true,
	Doc: "One edition of a township's own rules.",
	Hidden: func(r record.Record, role string) bool {
		return r.(*Setting).State != Published && role != "T" && role != "K" && role != "A"
	},
})

// Kind is one kind of document. It is declared where the program is put
// together, by whoever reads it.
type Kind struct {
	Code  string
	Title string // in Chinese
	// Shipped are the documents that come with the program; the first is what
	// holds where nothing was published.
	Shipped []Document
	// Check reads a document strictly and says what is wrong with it.
	Check func([]byte) error
}

// Document is one document that ships with the program.
type Document struct {
	Name  string // unique within the kind
	Title string
	Body  []byte // JSON
}

// Mime is the media type of a document's body.
const Mime = "application/json"

// most is the largest document in bytes: it travels whole to every phone.
const most = 32 << 10
