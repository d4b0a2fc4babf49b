package measure

import (
	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/write"
)

// Arrive is the rule of measures: a new one waits for review, a returned one
// that was corrected waits again; the visit it names is one to the household.
func Arrive(tx write.Tx, a write.Arrival) error {
	m := a.Row.(*Measure)
	before, known := a.Before.(*Measure)
	switch {
	case !known:
		m.State = "pending"
	case m.State == "returned":
		m.State, m.Words = "pending", ""
	}
	if m.Visit == "" || known && before.Visit == m.Visit {
		return nil
	}
	got, err := tx.Load(activity.VisitType, m.Visit)
	if err != nil {
		return err
	}
	if v := got[m.Visit]; v == nil || v.Base().Household != m.Household || v.Base().DeletedAt > 0 {
		return fault.Bad(fault.Field{Name: "visit", Code: "not-allowed", Detail: "这户没有这条走访记录。"})
	}
	return nil
}
