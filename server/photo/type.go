// Package photo is the evidence pictures of visits: their metadata rows, which
// sync, and their bodies, which travel apart by tus.
package photo

import "daohu/server/record"

// Photo is the row of one picture. The row goes first; the body follows and
// is checked against SHA256 and Size.
type Photo struct {
	record.Meta
	Visit  string `json:"visit" rec:"required,id" doc:"visit it belongs to"`
	SHA256 string `json:"sha256" rec:"required,sha256,col=sha256" doc:"of the file the phone sends"`
	Size   int64  `json:"size" rec:"required,max=2097152" doc:"bytes of that file"`
	Mime   string `json:"mime" rec:"required,enum=image/jpeg|image/png|image/webp"`
	Note   string `json:"note" rec:"max=100"`
	State  string `json:"state" rec:"server,enum=stored|bad|erased" doc:"empty = body still on its way; erased = it was deleted by rule or on request and is not taken again"`
	Width  int64  `json:"width" rec:"server"`
	Height int64  `json:"height" rec:"server"`
}

// Type is the declaration of Photo.
var Type = record.Of[Photo]("photo", record.Policy{
	Class: record.Author, Readers: "HCVT", Creators: "CV",
	Doc: "A picture taken during a visit.",
})

// Erased is the state of a picture whose body was deleted for good.
const Erased = "erased"
