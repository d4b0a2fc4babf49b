package pairing

import (
	"context"
	"fmt"

	"daohu/server/access"
	"daohu/server/fault"
)

// Bulk pairs many households at once.
type Bulk struct {
	Rows   []BulkRow `json:"rows" minItems:"1" maxItems:"2000"`
	Reason string    `json:"reason,omitempty" maxLength:"200" doc:"why the pairings before end"`
	Dry    bool      `json:"dry,omitempty" doc:"say what would happen, and change nothing"`
}

// BulkRow asks for one household.
type BulkRow struct {
	Household string `json:"household" minLength:"1" maxLength:"32" doc:"id or 户编号"`
	Cadre     string `json:"cadre" minLength:"1" maxLength:"64" doc:"login"`
	Day       string `json:"day" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"the day it holds from, Asia/Shanghai"`
}

// BulkResult is what a list did, or would do.
type BulkResult struct {
	Done  bool          `json:"done" doc:"false = a dry run"`
	New   int           `json:"new" doc:"households that had nobody"`
	Moved int           `json:"moved" doc:"households that had somebody else"`
	Same  int           `json:"same" doc:"rows that change nothing"`
	Rows  []BulkOutcome `json:"rows" doc:"in the order of the request"`
}

// BulkOutcome is what became of one row.
type BulkOutcome struct {
	Household string   `json:"household"`
	Code      string   `json:"code" doc:"户编号"`
	Cadre     string   `json:"cadre" doc:"login"`
	State     string   `json:"state" enum:"new,moved,same"`
	Was       []string `json:"was,omitempty" doc:"names of the cadres whose pairing ends"`
}

// Bulk carries a list out, whole or not at all, or says what it would do.
// Codes: invalid with the rows and fields that are wrong.
func (s *Service) Bulk(ctx context.Context, a access.Actor, township string, in Bulk) (*BulkResult, error) {
	ids, err := s.ids(ctx, township)
	if err != nil {
		return nil, err
	}
	var orders []Order
	var bad []fault.Field
	for i, r := range in.Rows {
		if r.Cadre == "" {
			bad = append(bad, fault.Field{Name: fmt.Sprintf("rows[%d].cadre", i), Code: "required", Detail: "请写明哪位干部。"})
		}
		orders = append(orders, Order{Household: ids.of(r.Household), Cadre: r.Cadre, Day: r.Day, Reason: in.Reason})
	}
	if bad != nil {
		return nil, fault.Bad(bad...)
	}
	changes, err := s.carry(ctx, a, batch{township: township, action: "bulk-pair", orders: orders, list: "rows", cadre: "cadre", dry: in.Dry})
	if err != nil {
		return nil, err
	}
	out := &BulkResult{Done: !in.Dry, Rows: []BulkOutcome{}}
	for i, c := range changes {
		row := BulkOutcome{Household: c.House.ID, Code: c.House.Code, Cadre: orders[i].Cadre}
		for _, p := range c.Ended {
			row.Was = append(row.Was, p.Name)
		}
		switch {
		case len(c.Ended) > 0:
			row.State = "moved"
			out.Moved++
		case c.Fresh:
			row.State = "new"
			out.New++
		default:
			row.State = "same"
			out.Same++
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// ids finds households by what people call them.
type ids map[string]string // 户编号 -> id

func (s *Service) ids(ctx context.Context, township string) (ids, error) {
	homes, err := s.Store.Homes(ctx, township)
	if err != nil {
		return nil, err
	}
	out := ids{}
	for _, h := range homes {
		if h.Code != "" {
			out[h.Code] = h.ID
		}
	}
	return out, nil
}

// of is the id of a household given by id or 户编号; what is neither stays as
// it is and is not found later.
func (m ids) of(name string) string {
	if id, ok := m[name]; ok {
		return id
	}
	return name
}
