package activity

import (
	"slices"

	"daohu/server/record"
	"daohu/server/write"
)

const (
	// doubleWithin is how close two visits of one author to one household lie
	// to be flagged as a likely double entry (sync.md 5.8).
	doubleWithin = 30 * 60_000
	// clockSlack is how far the phone's clock may be off before it is flagged.
	clockSlack = 10 * 60_000
)

// Arrive is the rule of visits: a new one waits for review, a returned one
// that was corrected waits again. Flags are hints to the reviewer; nothing
// here refuses a visit.
func Arrive(tx write.Tx, a write.Arrival) error {
	v := a.Row.(*Visit)
	if a.Before == nil {
		tally(tx, v)
	}
	v.Burden = ""
	if a.Before != nil {
		if v.State == "returned" {
			v.State, v.Words = "pending", ""
		}
		return nil
	}
	v.State, v.DeviceAt = "pending", a.DeviceAt
	var err error
	if v.WindowAt, err = tx.CommittedAt(a.Base); err != nil {
		return err
	}
	var flags []string
	if a.Late {
		flags = append(flags, "late")
	}
	double, err := isDouble(tx, v)
	if err != nil {
		return err
	}
	if double {
		flags = append(flags, "double")
	}
	if outside(v.DeviceAt, v.WindowAt, tx.Now()) || (v.CheckinAt != 0 && outside(v.CheckinAt, v.WindowAt, tx.Now())) {
		flags = append(flags, "clock")
	}
	v.Flags = record.ListOf(flags)
	return nil
}

// outside reports whether a claimed time lies outside the provable window.
func outside(at, from, to int64) bool {
	return at < from-clockSlack || at > to+clockSlack
}

func isDouble(tx write.Tx, v *Visit) (bool, error) {
	others, err := tx.Of(VisitType, v.Household)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(others, func(r record.Record) bool {
		o := r.(*Visit)
		d := claimed(o) - claimed(v)
		return o.ID != v.ID && o.DeletedAt == 0 && o.MadeBy == v.MadeBy && o.Day == v.Day && d > -doubleWithin && d < doubleWithin
	}), nil
}

// claimed is when the author says the visit was: the check-in, else the
// moment it was written.
func claimed(v *Visit) int64 {
	if v.CheckinAt != 0 {
		return v.CheckinAt
	}
	return v.DeviceAt
}
