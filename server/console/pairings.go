package console

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"daohu/server/account/staff"
	"daohu/server/pairing"
)

func pairingPages() []Page {
	return []Page{
		{Path: "/pairings", Title: "结对", Roles: "TK", File: "pairings", Show: showGaps},
		{Path: "/pairings/households", Title: "按户看结对", Menu: "/pairings", Roles: "T", File: "pairings_households", Show: showPairings},
		{Path: "/pairings/cadres", Title: "按干部看结对", Menu: "/pairings", Roles: "T", File: "pairings_cadres", Show: showCadres},
		{Path: "/pairings/handover", Title: "交接", Menu: "/pairings", Roles: "T", File: "handover", Body: 256 << 10, Show: showHandover, Acts: map[string]Act{"try": tryHandover, "carry": carryHandover}},
		{Path: "/pairings/bulk", Title: "表格导入结对", Menu: "/pairings", Roles: "T", File: "pairings_bulk", Body: 2 << 20, Show: nil, Acts: map[string]Act{"try": tryBulk, "carry": carryBulk}},
	}
}

// Gaps are what is to be put right in pairings, and the quota they are held to.
type Gaps struct {
	Gaps   []pairing.TownGaps
	Quotas []pairing.TownQuota
	Table  *pairing.Quota // of the township that is looked at; nil = none is
	Name   string         // of the table's edition
}

func showGaps(v *View) (any, error) {
	out := &Gaps{}
	var gaps struct{ Townships []pairing.TownGaps }
	var quotas struct{ Townships []pairing.TownQuota }
	q := url.Values{}
	if v.Township != "" {
		q.Set("township", v.Township)
	}
	if err := v.Get("/api/v1/pairings/gaps", q, &gaps); err != nil {
		return nil, err
	}
	if err := v.Get("/api/v1/pairings/quota", q, &quotas); err != nil {
		return nil, err
	}
	out.Gaps, out.Quotas = gaps.Townships, quotas.Townships
	for i := range out.Quotas { // by unit and name, never by how many
		slices.SortFunc(out.Quotas[i].Rows, func(a, b pairing.CadreLoad) int {
			return cmp.Or(strings.Compare(a.Unit, b.Unit), strings.Compare(a.Name, b.Name), strings.Compare(a.Login, b.Login))
		})
	}
	if v.Township == "" {
		return out, nil
	}
	var doc struct {
		Name string
		Body json.RawMessage
	}
	if err := v.Get("/api/v1/settings/quota", q, &doc); err != nil {
		return nil, err
	}
	out.Table, out.Name = &pairing.Quota{}, doc.Name
	return out, json.Unmarshal(doc.Body, out.Table)
}

// Paired is a pairing and the household it is of.
type Paired struct {
	Row
	House House
}

// Pairings are those of a township on a day.
type Pairings struct {
	Rows []Paired
	On   string
}

// mostPairings is how many pages of 200 pairings a page reads.
const mostPairings = 25

// paired reads the pairings of a day, with their households.
func (v *View) paired(on, cadre string) ([]Paired, error) {
	q := url.Values{"on": {on}}
	if cadre != "" {
		q.Set("cadre", cadre)
	}
	rows, err := every[Row](v, "/api/v1/pairings", q, mostPairings)
	if err != nil {
		return nil, err
	}
	var out []Paired
	for _, r := range rows {
		out = append(out, Paired{r, v.House(r.Text("household"))})
	}
	slices.SortFunc(out, func(a, b Paired) int {
		return cmp.Or(strings.Compare(a.House.Village, b.House.Village), strings.Compare(a.House.Code, b.House.Code))
	})
	return out, nil
}

func showPairings(v *View) (any, error) {
	out := &Pairings{On: cmp.Or(v.Filter("on"), v.Today())}
	rows, err := v.paired(out.On, v.Filter("cadre"))
	village := v.Filter("village")
	out.Rows = slices.DeleteFunc(rows, func(p Paired) bool { return village != "" && p.House.Village != village })
	return out, err
}

// pairHousehold pairs a household with another cadre, or ends its pairing.
func pairHousehold(v *View) (Done, error) {
	say := "已换人。"
	if v.Text("cadre") == "" {
		say = "已结束结对。"
	}
	return Done{Say: say}, v.Post("/api/v1/households/"+url.PathEscape(v.ID())+"/pairing", Body("cadre", v.Text("cadre"), "day", v.Text("day"), "reason", v.Text("reason")), nil)
}

// CadreWith is a cadre and the households paired today.
type CadreWith struct {
	staff.User
	Houses []House
}

func showCadres(v *View) (any, error) {
	rows, err := v.paired(v.Today(), "")
	if err != nil {
		return nil, err
	}
	of := map[string][]House{}
	for _, p := range rows {
		of[p.Text("cadre")] = append(of[p.Text("cadre")], p.House)
	}
	var out []CadreWith
	for id, u := range v.people() {
		if u.Role == "C" && (u.DisabledAt == 0 || len(of[id]) > 0) {
			out = append(out, CadreWith{u, of[id]})
		}
	}
	slices.SortFunc(out, func(a, b CadreWith) int {
		return cmp.Or(strings.Compare(a.Unit, b.Unit), strings.Compare(a.Name, b.Name), strings.Compare(a.Login, b.Login))
	})
	return out, nil
}

// tier is where a cadre comes from.
func tier(word string) string {
	return map[string]string{"county": "县里", "township": "乡镇", "village": "村里"}[word]
}
