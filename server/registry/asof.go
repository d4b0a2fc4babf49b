package registry

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"daohu/server/access"
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/write"
)

// A household as it was.
//
// Two kinds of time meet here. What a row says is told by when it was recorded:
// the present row, with every change made after that day taken back. Who
// belonged to the household is told by the days on which people came and left,
// as they are known today: a death in March that is recorded in May counts from
// March. So a row of somebody who belonged shows no leaving, even if one had
// been recorded by then and taken back since.

// Past reads what was overwritten.
type Past interface {
	// Overwritten is every overwritten value of these rows of a type, oldest first.
	Overwritten(ctx context.Context, t *record.Type, township string, rows []string) ([]write.History, error)
}

// AsOf is a household at the end of one day, projected for the caller's role.
type AsOf struct {
	Day       string            `json:"day"`
	Since     string            `json:"since,omitempty" doc:"day since which changes are on record: what an earlier day shows are the first values; absent = not told"`
	Household json.RawMessage   `json:"household" doc:"head and people are those of that day"`
	Members   []json.RawMessage `json:"members" doc:"who belonged to the household on that day"`
}

// AsOf shows a household within reach as it was at the end of day
// (2006-01-02, Asia/Shanghai), which may not lie in the future. Sealed values
// are masked as in the present row. Codes: invalid, not-found.
func (s *Service) AsOf(ctx context.Context, a access.Actor, in House, day string) (AsOf, error) {
	var out AsOf
	end, err := s.endOf(day)
	if err != nil {
		return out, err
	}
	r, err := s.Store.Find(ctx, household.HouseholdType, []string{in.Township}, in.ID)
	if err != nil {
		return out, err
	}
	h := r.(*household.Household)
	if h.Kind != "" {
		return out, missing
	}
	rows, err := s.Store.Page(ctx, household.MemberType, PageQuery{Township: in.Township, Household: in.ID, Limit: 1000})
	if err != nil {
		return out, err
	}
	p := past{end: end, day: day, rows: map[string][]write.History{}}
	if err := p.read(ctx, s.Store, h, rows); err != nil {
		return out, err
	}
	then := p.row(household.HouseholdType, h).(*household.Household)
	then.Head, then.People, out.Members = "", 0, []json.RawMessage{}
	for _, r := range rows {
		m, belonged := p.member(r.(*household.Member), dayOf(h.MadeAt))
		if !belonged {
			continue
		}
		then.People++
		if m.Relation == household.HeadRelation {
			then.Head = m.Name
		}
		raw, err := s.project(household.MemberType, m, a)
		if err != nil {
			return out, err
		}
		out.Members = append(out.Members, raw)
	}
	out.Day, out.Since = day, dayOf(h.MadeAt)
	out.Household, err = s.project(household.HouseholdType, then, a)
	return out, err
}

// endOf is the first instant after the day, Unix ms.
func (s *Service) endOf(day string) (int64, error) {
	if day == "" {
		return 0, fault.Bad(fault.Field{Name: "day", Code: "required", Detail: "请说明是哪一天。"})
	}
	d, err := calendar.ParseDay(day)
	if err != nil {
		return 0, fault.Bad(fault.Field{Name: "day", Code: "format", Detail: "日期要写成 2026-01-31 这样。"})
	}
	if day > dayOf(s.Store.Clock()) {
		return 0, fault.Bad(fault.Field{Name: "day", Code: "range", Detail: "这一天还没有到。"})
	}
	return (d + 1).Begins(), nil
}

// dayOf is the day of an instant in Asia/Shanghai; "" for 0, the unknown one.
func dayOf(at int64) string {
	if at == 0 {
		return ""
	}
	return time.UnixMilli(at).In(calendar.Zone()).Format(time.DateOnly)
}

// past is what was overwritten in one household.
type past struct {
	end  int64 // first instant after the day, Unix ms
	day  string
	rows map[string][]write.History // by row id, newest first
}

func (p *past) read(ctx context.Context, from Past, h *household.Household, members []record.Record) error {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.Base().ID
	}
	for _, of := range []struct {
		t   *record.Type
		ids []string
	}{{household.HouseholdType, []string{h.ID}}, {household.MemberType, ids}} {
		list, err := from.Overwritten(ctx, of.t, h.Township, of.ids)
		if err != nil {
			return err
		}
		for _, x := range slices.Backward(list) {
			p.rows[x.Row] = append(p.rows[x.Row], x)
		}
	}
	return nil
}

// row takes back what was changed after the day. Sealed values stay sealed:
// history keeps their ciphertext. Its revision is 0, by which nothing can be
// changed.
func (p *past) row(t *record.Type, r record.Record) record.Record {
	then := t.Clone(r)
	then.Base().Version = 0
	for _, x := range p.rows[r.Base().ID] {
		if f, known := t.Field(x.Field); known && x.At >= p.end {
			_ = t.Set(then, f, x.Old) // what Get gave fits
		}
	}
	return then
}

// member is a person as the row said at the end of the day, and whether the
// person belonged to the household then.
func (p *past) member(m *household.Member, registered string) (*household.Member, bool) {
	if from := p.from(m, registered); from > p.day {
		return nil, false
	}
	if m.Left != "" && p.until(m) <= p.day {
		return nil, false
	}
	then := p.row(household.MemberType, m).(*household.Member)
	then.Joined, then.JoinedDay, then.Left, then.LeftDay = m.Joined, m.JoinedDay, "", ""
	return then, true
}

// from is the first day a person counts; "" = always. Who came without a day
// being told counts from when that was recorded, or, recorded with the
// household, since ever.
func (p *past) from(m *household.Member, registered string) string {
	made := dayOf(m.MadeAt)
	if m.JoinedDay != "" || made <= registered {
		return m.JoinedDay
	}
	return made
}

// until is the first day a person who left counts no longer: as told, else when
// it was recorded, else, recorded with the household,
// it was before all days.
func (p *past) until(m *household.Member) string {
	if m.LeftDay != "" {
		return m.LeftDay
	}
	for _, x := range p.rows[m.ID] {
		if x.Field == "left" && x.Old == "" {
			return dayOf(x.At)
		}
	}
	return ""
}
