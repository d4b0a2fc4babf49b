package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"daohu/server/household"
	"daohu/server/record"
)

// Household is a household and what lies with it.
type Household struct {
	House
	Row     Row   // as now; of another day when AsOf is told
	AsOf    *AsOf // nil = now
	Groups  []Group
	Members []Member
	Editing []Edit // fields that are open to be changed
	Field   string // the field they are of, in words

	Visits, Confirmations, Measures, Responses, Needs, Deliveries, Pairings, Findings, Requests []Row
	Papers                                                                                      map[string]string // titles by id
	Proposals                                                                                   []Proposal
	Looks                                                                                       []Look
}

// Row is a record as the API projected it for whoever looks.
type Row map[string]any

// AsOf is a household as it was on a day.
type AsOf struct {
	Day, Since string
	Household  Row
	Members    []Row
}

// Text is a field as text; "" = empty, or not for the caller's eyes.
func (r Row) Text(name string) string { s, _ := r[name].(string); return s }

// Int is a number of the row; 0 = none.
func (r Row) Int(name string) int64 { n, _ := r[name].(float64); return int64(n) }

// List is a list of words of the row.
func (r Row) List(name string) []string {
	var out []string
	list, _ := r[name].([]any)
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// Group is a heading with fields.
type Group struct {
	Title  string
	Fields []Shown
}

// Shown is one field with its value.
type Shown struct {
	Type, Name, Row, Value string
	Secret, Change         bool // sealed: shown masked; may be changed at a desk
}

// Member is a person of the household.
type Member struct {
	Row
	Fields []Shown
	Left   bool
}

// Look is somebody who looked at a sealed field.
type Look struct {
	At                               int64
	Name, Who, Field, Member, Reason string
}

func showHousehold(v *View) (any, error) {
	out := &Household{}
	id := url.PathEscape(v.ID())
	if err := v.Get("/api/v1/records/household/"+id, nil, &out.Row); err != nil {
		return nil, err
	}
	out.House = House{ID: out.Row.Text("id"), Code: out.Row.Text("code"), Head: out.Row.Text("head"), Village: out.Row.Text("village"), Place: out.Row.Text("place"),
		State: out.Row.Text("state"), Rev: out.Row.Int("rev"), People: out.Row.Int("people")}
	members, err := every[Row](v, "/api/v1/records/member", url.Values{"household": {out.ID}}, 5)
	if err != nil {
		return nil, err
	}
	if d := v.Filter("day"); d != "" {
		out.AsOf = &AsOf{}
		if err := v.Get("/api/v1/households/"+id+"/asof", url.Values{"day": {d}}, out.AsOf); err != nil {
			return nil, err
		}
		out.Row, members = out.AsOf.Household, out.AsOf.Members
		out.People, out.Head = out.Row.Int("people"), out.Row.Text("head")
	}
	change := v.Is("T") && out.AsOf == nil && out.State == ""
	out.Groups = groups(out.Row, change)
	slices.SortStableFunc(members, func(a, b Row) int { return standing(a) - standing(b) })
	for _, m := range members {
		out.Members = append(out.Members, Member{m, fields(household.MemberType, m, memberFields(), change), m.Text("left") != ""})
	}
	if change {
		out.edits(v.Filter("edit"), v.Filter("member"))
	}
	return out, out.lies(v)
}

// standing puts the head first and those who have left last.
func standing(m Row) int {
	switch {
	case m.Text("left") != "":
		return 2
	case m.Text("relation") == household.HeadRelation:
		return 0
	}
	return 1
}

// lies reads what lies with the household, as far as the role is shown it.
func (h *Household) lies(v *View) error {
	of := url.Values{"household": {h.ID}}
	for _, l := range []struct {
		roles, path string
		to          *[]Row
	}{
		{"TA", "/api/v1/records/visit", &h.Visits}, {"TA", "/api/v1/records/confirmation", &h.Confirmations}, {"TKA", "/api/v1/records/measure", &h.Measures},
		{"T", "/api/v1/records/response", &h.Responses}, {"TKA", "/api/v1/records/need", &h.Needs}, {"TKA", "/api/v1/records/delivery", &h.Deliveries}, {"TKA", "/api/v1/records/finding", &h.Findings}, {"TKA", "/api/v1/records/datarequest", &h.Requests},
	} {
		if !v.Is(l.roles) {
			continue
		}
		rows, err := every[Row](v, l.path, url.Values{"household": of["household"]}, 5)
		if err != nil {
			return err
		}
		*l.to = rows
		slices.SortStableFunc(rows, func(a, b Row) int { return strings.Compare(b.Text("day"), a.Text("day")) })
	}
	var pairings Rows[Row]
	if err := v.Get("/api/v1/households/"+h.ID+"/pairings", nil, &pairings); err != nil {
		return err
	}
	h.Pairings = pairings.Rows
	if !v.Is("T") {
		return nil
	}
	var looks Rows[Look]
	if err := v.Get("/api/v1/households/"+h.ID+"/access", nil, &looks); err != nil {
		return err
	}
	h.Looks = looks.Rows
	if len(h.Responses) > 0 {
		papers, err := every[Row](v, "/api/v1/records/form", url.Values{}, 5)
		if err != nil {
			return err
		}
		h.Papers = map[string]string{}
		for _, p := range papers {
			h.Papers[p.Text("id")] = p.Text("title")
		}
	}
	return h.proposed(v)
}

// Said is what the household said of a visit.
func (h *Household) Said(visit any) string {
	for _, c := range h.Confirmations {
		if c["visit"] == visit {
			return strings.TrimSpace(c.Text("answer") + " " + c.Text("text"))
		}
	}
	return ""
}

// fields are the named fields of a row that have a value or may get one.
func fields(t *record.Type, r Row, names []string, change bool) []Shown {
	var out []Shown
	for _, name := range names {
		f, ok := t.Field(name)
		value := shownValue(f, r[name])
		may := change && changes(f)
		if ok && (value != "" || may) {
			out = append(out, Shown{Type: t.Name, Name: name, Row: r.Text("id"), Value: value, Secret: f.Kind == record.Secret && value != "", Change: may})
		}
	}
	return out
}

// changes reports whether a township's admin may change a field at a desk.
func changes(f record.Field) bool {
	return f.Class == record.Merge || f.Class == record.Propose || f.Class == record.Online
}

// groups are the household's fields under their headings.
func groups(r Row, change bool) []Group {
	var out []Group
	for _, g := range []struct{ title, names string }{
		{"住在哪里", "code village place address phone notes"},
		{"身份", "standard class type cause causes exit exitYear planYear safety noLabour military"},
		{"监测", "watch risks riskAt cleared clearedAt clearedBy"},
		{"收入（上年）", "incomeYear income wage business property transfer expense bank bankAccount"},
		{"住房和生活", "danger houseArea water power tv toilet road roadDist fuel"},
		{"土地", "farmland forest returned orchard pasture pond"},
	} {
		if shown := fields(household.HouseholdType, r, strings.Fields(g.names), change); shown != nil {
			out = append(out, Group{g.title, shown})
		}
	}
	return out
}

func memberFields() []string {
	return strings.Fields("name sex birth relation idNo ethnic education school labour work workMonths health insured staff serious extra pension post service certNo diagnosis joined joinedDay left leftDay code")
}

func addMember(v *View) (Done, error) {
	body := Body()
	for _, name := range []string{"name", "sex", "birth", "relation", "idNo", "joined", "joinedDay"} {
		if s := v.Text(name); s != "" {
			body[name] = s
		}
	}
	err := v.Send(http.MethodPost, "/api/v1/records/member", url.Values{"household": {v.ID()}}, body, nil, nil)
	return Done{To: "/households/" + v.ID(), Say: "已添加“" + v.Text("name") + "”。"}, err
}

// Plain is a sealed value in plain text, shown only now.
type Plain struct{ Who, Field, Value string }

func reveal(v *View) (Done, error) {
	field, member, _ := strings.Cut(v.Text("key"), ".")
	var out struct{ Value string }
	err := v.Post("/api/v1/households/"+v.ID()+"/reveal", Body("field", field, "member", member, "reason", v.Text("reason")), &out)
	return Done{Data: &Plain{v.Text("who"), field, out.Value}}, err
}

func closeHousehold(v *View) (Done, error) {
	return Done{To: "/households/" + v.ID(), Say: "已关闭这一户。"}, v.Post("/api/v1/households/"+v.ID()+"/close", map[string]any{"rev": v.carried("rev"), "reason": v.Text("reason")}, nil)
}

func reopenHousehold(v *View) (Done, error) {
	return Done{To: "/households/" + v.ID(), Say: "已重新打开这一户。结对要另外安排。"}, v.Post("/api/v1/households/"+v.ID()+"/reopen", map[string]any{"rev": v.carried("rev"), "reason": v.Text("reason")}, nil)
}

func mergeHousehold(v *View) (Done, error) {
	h, err := v.theHouse("into")
	if err != nil {
		return Done{}, err
	}
	return Done{To: "/households/" + h.ID, Say: "已并到这一户。"}, v.Post("/api/v1/households/"+v.ID()+"/merge", map[string]any{"rev": v.carried("rev"), "into": h.ID, "reason": v.Text("reason")}, nil)
}
