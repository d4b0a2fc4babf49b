// Package form is versioned questionnaires and the answers given to them. The
// first user is the policy quiz (政策问答).
package form

import (
	"daohu/server/edition"
	"daohu/server/record"
)

// Form is one published version of a paper. The items are a body named by
// SHA256 (see Paper), fetched once from /api/v1/blobs/{sha256}.
type Form struct {
	record.Meta
	Code    string `json:"code" rec:"server,max=32" doc:"what stays the same across versions"`
	Edition int64  `json:"edition" rec:"server" doc:"version of the paper, from 1"`
	Title   string `json:"title" rec:"server,max=60"`
	Kind    string `json:"kind" rec:"server,enum=quiz|exam|checklist"`
	SHA256  string `json:"sha256" rec:"server,sha256,col=sha256"`
	Size    int64  `json:"size" rec:"server"`
	State   string `json:"state" rec:"server,enum=draft|published|archived"`
	Key     string `json:"-" rec:"col=key_sha256" doc:"of an exam: body with the whole paper, which only the server reads; empty = SHA256 is the whole paper"`
}

// The states of a Form. A draft has no edition and is seen by township admins
// only; of the editions of one code one is published.
const (
	Draft     = edition.Draft
	Published = edition.Published
	Archived  = edition.Archived
)

// Head implements edition.Document.
func (f *Form) Head() edition.Head {
	return edition.Head{Code: f.Code, Edition: &f.Edition, State: &f.State}
}

// Exam is the kind of paper whose answers stay with the server.
const Exam = "exam"

// KeyMime is the media type of a body that is never served: an exam's whole paper.
const KeyMime = "application/vnd.daohu.exam-key+json"

// Type is the declaration of Form.
var Type = record.Of[Form]("form", record.Policy{
	Class: record.Server, Readers: "CVTKA", Creators: "", Common: true,
	Doc:    "One version of a paper.",
	Hidden: func(r record.Record, role string) bool { return r.(*Form).State == Draft && role != "T" },
})

// Response is one answered paper, bound to the version answered.
type Response struct {
	record.Meta
	Form    string      `json:"form" rec:"required,id" doc:"form row answered (a version)"`
	Visit   string      `json:"visit" rec:"id" doc:"visit it was asked in; may be empty"`
	Day     string      `json:"day" rec:"required,day"`
	Answers record.List `json:"answers" rec:"max=60" doc:"pairs [item key, answer]; the answer is an option key, a list of them, text, a number or a photo id"`
	Score   int64       `json:"score" rec:"server" doc:"points, by the server"`
	Full    int64       `json:"full" rec:"server" doc:"points that could be had"`
	Weak    record.List `json:"weak" rec:"server,kept" doc:"topics to explain again (product.md rule 8)"`
	Verdict string      `json:"verdict" rec:"server,enum=pass|fail" doc:"by the paper's rule; empty = it has none"`
	Failing record.List `json:"failing" rec:"server,kept,max=60" doc:"items of a checklist that are not met"`
	Missing record.List `json:"missing" rec:"server,kept,max=60" doc:"items asked for and left open"`
}

// ResponseType is the declaration of Response.
var ResponseType = record.Of[Response]("response", record.Policy{
	Class: record.Author, Readers: "HCVT", Creators: "CV",
	Doc: "One answered paper.",
})
