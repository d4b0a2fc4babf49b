package booklet

import (
	"daohu/server/edition"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/workflow"
	"daohu/server/write"
)

// MaxClip is the largest recording, in bytes as it is sent.
const MaxClip = 300 << 10

// maxSeconds is how long a recording may be: nobody listens longer.
const maxSeconds = 90

// Clip is one recording of a card, spoken in the dialect of the place. A cadre
// or village worker announces it through sync, sends the sound apart
// (Recorder), and the township approves it. Households get approved ones only.
type Clip struct {
	record.Meta
	Card    string `json:"card" rec:"required,kept,max=32" doc:"code of the card that is spoken"`
	Edition int64  `json:"edition" rec:"server" doc:"of the card when it was recorded: another edition says something else"`
	Dialect string `json:"dialect" rec:"required,kept,max=20" doc:"what it is spoken in, in words"`
	SHA256  string `json:"sha256" rec:"required,sha256,col=sha256" doc:"of the file as recorded"`
	Size    int64  `json:"size" rec:"required,max=307200" doc:"of the file as recorded, bytes"`
	Sound   string `json:"sound" rec:"server,sha256" doc:"what is played, an mp3 at /api/v1/blobs/{sound}; empty = it has not arrived"`
	Bytes   int64  `json:"bytes" rec:"server" doc:"of the sound; the recording without what was noted in it"`
	Seconds int64  `json:"seconds" rec:"server" doc:"how long it is, rounded up"`
	State   string `json:"state" rec:"server,enum=pending|approved|returned|rejected" doc:"moved by the workflow; empty = the sound has not arrived"`
	Words   string `json:"words" rec:"server,max=200" doc:"the admin's words when returned or rejected"`
}

// ClipType is the declaration of Clip.
var ClipType = record.Of[Clip]("clip", record.Policy{
	Class: record.Author, Readers: "HCVTKA", Creators: "CV", Common: true, Workflow: true,
	Doc:    "One recording of a policy card.",
	Hidden: func(r record.Record, role string) bool { return role == "H" && r.(*Clip).State != workflow.Approved },
})

// Plays reports whether the recording goes with a card.
func (c *Clip) Plays(card *Card) bool { return c.Card == card.Code && c.Edition == card.Edition }

// ArriveClip is the rule of recordings: they are of a card people read, one of
// each author in each dialect; another file waits for its sound anew.
func ArriveClip(tx write.Tx, a write.Arrival) error {
	c := a.Row.(*Clip)
	was, known := a.Before.(*Clip)
	fresh := !known || was.SHA256 != c.SHA256 || was.Size != c.Size
	switch {
	case fresh:
		c.State, c.Words, c.Sound, c.Bytes, c.Seconds = "", "", "", 0, 0
	case c.State == workflow.Returned:
		c.State, c.Words = workflow.Pending, ""
	}
	if !fresh && was.Card == c.Card && was.Dialect == c.Dialect {
		return nil
	}
	var err error
	if c.Edition, err = published(tx, c.Household, c.Card); err != nil {
		return err
	}
	others, err := tx.Of(ClipType, c.Household)
	if err != nil {
		return err
	}
	for _, r := range others {
		o := r.(*Clip)
		if o.ID != c.ID && o.DeletedAt == 0 && o.MadeBy == c.MadeBy && o.Card == c.Card && o.Edition == c.Edition && o.Dialect == c.Dialect && o.State != workflow.Rejected {
			return fault.New(fault.WrongState, "这张卡片您已经录过了，请改那一段。")
		}
	}
	return nil
}

// published is the edition of a card that people read; invalid where the
// township has none of that code.
func published(tx write.Tx, common, code string) (int64, error) {
	rows, err := tx.Of(Type, common)
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		if c := r.(*Card); c.Code == code && c.State == edition.Published && c.DeletedAt == 0 {
			return c.Edition, nil
		}
	}
	return 0, fault.Bad(fault.Field{Name: "card", Code: "unknown", Detail: "口袋书里没有这张卡片。"})
}
