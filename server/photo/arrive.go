package photo

import (
	"slices"
	"time"

	"daohu/server/activity"
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// The flags of a Photo.
const (
	flagNoConsent = "no-consent" // nobody noted that the household agrees
	flagDay       = "day"        // taken on another day than the visit was
	flagReused    = "reused"     // the same file in another visit
	flagSimilar   = "similar"    // a picture that looks the same in another visit
)

// Arrive is the rule of photo rows: a picture belongs to a visit of the same
// author to the same household, and what it was announced as stays. Of a
// household that does not agree to pictures the row is kept, marked refused,
// and its body is not taken: neither the visit nor the row is ever lost.
func Arrive(tx write.Tx, a write.Arrival) error {
	p := a.Row.(*Photo)
	if b, ok := a.Before.(*Photo); ok && (b.announced() != p.announced()) {
		return fault.New(fault.WrongState, "照片不能换成另一张，请删掉重拍。")
	}
	got, err := tx.Load(activity.VisitType, p.Visit)
	if err != nil {
		return err
	}
	v := got[p.Visit]
	if v == nil || v.Base().Household != p.Household || v.Base().MadeBy != a.By {
		return fault.Bad(fault.Field{Name: "visit", Code: "not-allowed", Detail: "没有找到这张照片的走访记录。"})
	}
	if a.Before != nil {
		return nil
	}
	said, err := tx.Of(ConsentType, p.Household)
	if err != nil {
		return err
	}
	var flags []string
	switch c := Latest(said); {
	case c == nil:
		flags = append(flags, flagNoConsent)
	case c.No():
		p.State = Refused
	}
	if p.TakenAt != 0 && time.UnixMilli(p.TakenAt).In(calendar.Zone()).Format(time.DateOnly) != v.(*activity.Visit).Day {
		flags = append(flags, flagDay)
	}
	if flags != nil {
		p.Flags = record.ListOf(flags)
	}
	return nil
}

// announced is what may not change once the row is there.
func (p *Photo) announced() Photo {
	return Photo{Visit: p.Visit, SHA256: p.SHA256, Size: p.Size, Mime: p.Mime, TakenAt: p.TakenAt}
}

// flagged is flags with one more.
func flagged(flags record.List, flag string) record.List {
	var list []string
	if flags.Into(&list) != nil || slices.Contains(list, flag) {
		return flags
	}
	return record.ListOf(append(list, flag))
}
