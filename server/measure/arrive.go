package measure

import (
	"slices"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/write"
)

// after names the stages that may follow one.
var after = map[string][]string{
	Wish:  {Plan, Stopped},
	Plan:  {Doing, Done, Stopped},
	Doing: {Done, Stopped},
}

// Arrive is the rule of measures. A plan waits for review, a wish does not; a
// returned plan that its author corrected waits again. Stages follow each
// other, and a plan goes on only once it is approved and the household agreed.
// What the household said of it holds for the plan as it was then; whoever
// looks after the household may pass its word on once, and only the household
// itself may say it anew.
func Arrive(tx write.Tx, a write.Arrival) error {
	m := a.Row.(*Measure)
	was, known := a.Before.(*Measure)
	if !known {
		was = &Measure{Stage: m.Stage}
		m.review()
	}
	if known && m.State == "returned" && a.By == m.MadeBy {
		m.review()
	}
	if err := m.step(was, known, a.Role); err != nil {
		return err
	}
	if err := m.agree(was, a, day(tx, a)); err != nil {
		return err
	}
	if err := m.arrive(was, a, day(tx, a)); err != nil {
		return err
	}
	return m.visits(tx, was)
}

// review puts a plan into the queue; a wish is nothing to approve yet.
func (m *Measure) review() {
	if m.State, m.Words = "pending", ""; m.Stage == Wish {
		m.State = ""
	}
}

// step judges a move from stage to stage.
func (m *Measure) step(was *Measure, known bool, role string) error {
	bad := func(name, code, detail string) error {
		return fault.Bad(fault.Field{Name: name, Code: code, Detail: detail})
	}
	from, to := was.at(), m.at()
	if known && from != to {
		if !slices.Contains(after[from], to) {
			return fault.New(fault.WrongState, "进度不能这样改。")
		}
		if from == Wish && to == Plan && m.State == "" {
			m.review()
		}
		if to == Doing || to == Done {
			if m.State != "approved" {
				return fault.New(fault.WrongState, "镇里通过以后才能实施。")
			}
			if m.Agreement != Agreed && access.Role(role) != access.Township {
				return bad("agreement", "required", "先问农户同不同意，再实施。")
			}
		}
	}
	if (to == Done || to == Stopped) && m.Result == "" && (!known || from != to || was.Result != "") {
		return bad("result", "required", "完成了要写成效，停止了要写原因。")
	}
	if (m.YieldQuantity > 0 || m.YieldAmount > 0) && (to == Wish || to == Plan) {
		return bad("yieldQuantity", "not-allowed", "还没有实施，不能填产出。")
	}
	return nil
}

// agree judges what the household is said to say of the plan.
func (m *Measure) agree(was *Measure, a write.Arrival, today string) error {
	plan := func(x *Measure) [5]any { return [5]any{x.Kind, x.What, x.Amount, x.Quantity, x.Unit} }
	said := m.Agreement != was.Agreement || m.Objection != was.Objection
	if !said && was.Agreement != "" && m.at() == Plan && plan(m) != plan(was) { // it agreed to another one
		m.Agreement, m.Objection, m.AgreedBy, m.AgreedDay = "", "", "", ""
	}
	if !said {
		return nil
	}
	own := access.Role(a.Role) == access.Household
	switch {
	case m.Objection != "" && m.Agreement != Objected:
		return fault.Bad(fault.Field{Name: "objection", Code: "not-allowed", Detail: "农户没有说不同意。"})
	case !own && was.Agreement != "" && plan(m) == plan(was):
		return fault.New(fault.Forbidden, "农户已经说过了，只能由农户自己改。")
	case m.Agreement != "" && (m.at() == Wish || m.at() == Stopped || was.at() == Done):
		return fault.New(fault.WrongState, "有了计划才能问农户同不同意。")
	case m.Agreement == "":
		m.AgreedBy, m.AgreedDay = "", ""
	default:
		m.AgreedBy, m.AgreedDay = channel(own), today
	}
	return nil
}

// arrive judges whether the household is said to have got it.
func (m *Measure) arrive(was *Measure, a write.Arrival, today string) error {
	if m.Arrived == was.Arrived {
		return nil
	}
	own := access.Role(a.Role) == access.Household
	switch {
	case !own && was.Arrived != "":
		return fault.New(fault.Forbidden, "农户已经说过了，只能由农户自己改。")
	case m.State != "approved" || m.at() == Wish:
		return fault.New(fault.WrongState, "还没有通过的措施，不能说收到没有。")
	case m.Arrived == "":
		m.ArrivedBy, m.ArrivedDay = "", ""
	default:
		m.ArrivedBy, m.ArrivedDay = channel(own), today
	}
	return nil
}

func channel(own bool) string {
	if own {
		return ChannelOwn
	}
	return ChannelCadre
}

// day is the day something was said: by the phone's clock, which may be late
// but never ahead; online by the server's.
func day(tx write.Tx, a write.Arrival) string {
	if tx == nil {
		return ""
	}
	at := tx.Now()
	if a.DeviceAt > 0 && a.DeviceAt < at {
		at = a.DeviceAt
	}
	return calendar.At(at).String()
}

// visits checks the visits a measure names: to the household, and the result
// is not seen before the measure was agreed.
func (m *Measure) visits(tx write.Tx, was *Measure) error {
	var ask []string
	for _, v := range [][2]string{{m.Visit, was.Visit}, {m.ResultVisit, was.ResultVisit}} {
		if v[0] != "" && v[0] != v[1] {
			ask = append(ask, m.Visit, m.ResultVisit)
		}
	}
	if len(ask) == 0 {
		return nil
	}
	got, err := tx.Load(activity.VisitType, slices.DeleteFunc(ask, func(id string) bool { return id == "" })...)
	if err != nil {
		return err
	}
	days := map[string]string{}
	for _, f := range []struct{ name, id, was string }{{"visit", m.Visit, was.Visit}, {"resultVisit", m.ResultVisit, was.ResultVisit}} {
		v, ok := got[f.id].(*activity.Visit)
		if f.id != "" && f.id != f.was && (!ok || v.Household != m.Household || v.DeletedAt > 0) {
			return fault.Bad(fault.Field{Name: f.name, Code: "not-allowed", Detail: "这户没有这条走访记录。"})
		}
		if ok {
			days[f.name] = v.Day
		}
	}
	if seen := days["resultVisit"]; seen != "" && seen < days["visit"] {
		return fault.Bad(fault.Field{Name: "resultVisit", Code: "range", Detail: "看成效的走访不能早于定措施的走访。"})
	}
	return nil
}
