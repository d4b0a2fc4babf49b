// Package photo is the evidence pictures of visits: their metadata rows, which
// sync, and their bodies, which travel apart by tus.
package photo

import (
	"daohu/server/fault"
	"daohu/server/record"
)

// Photo is the row of one picture. The row goes first; the body follows and
// is checked against SHA256 and Size.
type Photo struct {
	record.Meta
	Visit  string `json:"visit" rec:"required,id" doc:"visit it belongs to"`
	SHA256 string `json:"sha256" rec:"required,sha256,col=sha256" doc:"of the file the phone sends"`
	Size   int64  `json:"size" rec:"required,max=2097152" doc:"bytes of that file"`
	Mime   string `json:"mime" rec:"required,enum=image/jpeg|image/png|image/webp"`
	Note   string `json:"note" rec:"max=100"`
	State  string `json:"state" rec:"server,enum=bad|erased|refused|stored|withheld" doc:"empty = body still on its way; erased = it was deleted by rule or on request and is not taken again; refused = the household does not agree to pictures, the body is not taken; withheld = stored, but the household took its consent back: shown to it and to the township only"`
	Width  int64  `json:"width" rec:"server"`
	Height int64  `json:"height" rec:"server"`
	// What a phone draws into the picture when the watermark is wanted. The
	// server draws nothing; the words stay data, so that they can be erased.
	TakenAt int64       `json:"takenAt" doc:"the phone's clock when the picture was taken, Unix ms; 0 = not told"`
	Place   string      `json:"place" rec:"max=60" doc:"where, in words, as drawn"`
	Cadre   string      `json:"cadre" rec:"max=30" doc:"who took it, as drawn"`
	Flags   record.List `json:"flags" rec:"server,kept,max=8,read=T" doc:"hints for the reviewer: no-consent, day, reused, similar; they block nothing"`
	Twin    string      `json:"twin" rec:"server,id,read=T" doc:"the photo of another visit that reused or similar speaks of"`
}

// Type is the declaration of Photo.
var Type = record.Of[Photo]("photo", record.Policy{
	Class: record.Author, Readers: "HCVT", Creators: "CV",
	Doc: "A picture taken during a visit.",
})

// The states of a Photo; "" = its body is on its way.
const (
	stored   = "stored"
	bad      = "bad"
	Erased   = "erased"   // its body was deleted for good
	Refused  = "refused"  // the household does not agree: the body is not taken
	Withheld = "withheld" // stored, shown to the household and the township only
)

// takes says why the body of a row in that state is not taken, nil when it is.
func takes(state string) error {
	switch state {
	case Erased:
		return fault.New(fault.Gone, "这张照片已按规定删除，不用再传。")
	case Refused:
		return fault.New(fault.Gone, "这户不同意留照片，这张不用再传。走访记录不受影响。")
	}
	return nil
}
