package casework

import (
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// Levels: who settles a complaint.
const (
	LevelTownship = "township"
	LevelCounty   = "county"
)

// aboutTownship is the answer of Whom that takes a complaint past the township.
const aboutTownship = "乡镇干部"

// Complaint is what a household complains of or suggests (投诉建议). No cadre
// and no village worker ever sees one, nor does the person it is about,
// whatever the role: what may concern the township's own people goes to the
// county alone. Its texts are encrypted at rest, so that neither the
// history nor a backup nor the database's keeper shows them. The auditor sees
// that there was one, its clock and its state, not what it says.
type Complaint struct {
	record.Meta
	Text       record.Sealed `json:"text" rec:"max=500,read=HTK"`
	Kind       string        `json:"kind" rec:"required,enum=投诉|建议"`
	Whom       string        `json:"whom" rec:"enum=帮扶干部|村干部|乡镇干部|其他,read=HTK" doc:"whom it is about, in words"`
	About      string        `json:"about" rec:"id,read=HTK" doc:"user id of whom it is about; empty = nobody named"`
	Withdrawn  bool          `json:"withdrawn" doc:"the household takes it back; it stays on record"`
	Level      string        `json:"level" rec:"server,enum=township|county,read=HKA" doc:"who settles it"`
	Due        string        `json:"due" rec:"server,day" doc:"last day to answer"`
	State      string        `json:"state" rec:"server,enum=open|answered|closed"`
	Answer     record.Sealed `json:"answer" rec:"server,max=500,read=HTK"`
	AnsweredBy string        `json:"answeredBy" rec:"server,id,read=TKA" doc:"user id"`
	AnsweredAt int64         `json:"answeredAt" rec:"server" doc:"Unix ms of the first answer; 0 = none"`
	Closed     string        `json:"closed" rec:"server,day" doc:"day it was closed; empty = not"`
	Words      record.Sealed `json:"words" rec:"server,max=200,read=HTK" doc:"why it was closed"`
}

// ComplaintType is the declaration of Complaint.
var ComplaintType = record.Of[Complaint]("complaint", record.Policy{
	Class: record.Author, Readers: "HTKA", Creators: "H",
	Doc:     "A complaint or suggestion of a household.",
	Hidden:  func(r record.Record, role string) bool { return role == "T" && r.(*Complaint).Level == LevelCounty },
	Private: func(r record.Record) string { return r.(*Complaint).About },
})

// Complaint is the rule of complaints: the server sets the clock and who is to
// settle it. What went to the county does not come down again.
func (r Rules) Complaint(tx write.Tx, a write.Arrival) error {
	n := a.Row.(*Complaint)
	was, _ := a.Before.(*Complaint)
	switch {
	case was == nil:
		due, err := r.due(tx, func(b *Book) int { return b.ComplaintDays })
		if err != nil {
			return err
		}
		n.Due, n.State, n.Level = due, Open, LevelTownship
	case was.State != Open:
		return fault.New(fault.WrongState, "已经有答复了，请另外写一条。")
	}
	if n.Text == "" { // sealed, so that erasing may empty it: the declaration cannot require it
		return fault.Bad(fault.Field{Name: "text", Code: "required", Detail: "这一项要填。"})
	}
	if n.About == a.By {
		return fault.Bad(fault.Field{Name: "about", Code: "not-allowed", Detail: "不能选您自己。"})
	}
	known, err := ownHelper(tx, n.Household, n.About)
	if err != nil {
		return err
	}
	if n.Whom == aboutTownship || n.About != "" && !known {
		n.Level = LevelCounty
	}
	if n.Withdrawn {
		n.State = Closed
	}
	return nil
}

// ownHelper reports whether user holds or held the household as a cadre or
// village worker. Anyone else who is named may sit in the township's office.
func ownHelper(tx write.Tx, household, user string) (bool, error) {
	if user == "" {
		return false, nil
	}
	grants, err := tx.Grants(household)
	for _, g := range grants {
		if g.Principal == user && (g.Role == "C" || g.Role == "V") {
			return true, err
		}
	}
	return false, err
}
