package console

import (
	"net/url"

	"daohu/server/fault"
	"daohu/server/figures"
)

func householdPages() []Page {
	return []Page{
		{Path: "/households", Title: "农户", Roles: "TKA", File: "households", Show: showHouseholds, Acts: map[string]Act{"search": searchHouseholds}},
		{Path: "/households/{id}", Title: "农户资料", Menu: "/households", Roles: "TKA", File: "household", Sample: householdSample, Show: showHousehold,
			Acts: map[string]Act{"edit": editField, "member": addMember, "reveal": reveal, "proposal": decideProposal, "close": closeHousehold, "merge": mergeHousehold, "reopen": reopenHousehold, "pair": pairHousehold}},
		{Path: "/households/{id}/history", Title: "改动记录", Menu: "/households", Roles: "TKA", File: "history", Sample: householdSample, Show: showHistory},
		{Path: "/quality", Title: "要改的资料", Menu: "/households", Roles: "TK", File: "quality", Show: showQuality},
		{Path: "/quarantine", Title: "搁着的改动", Menu: "/households", Roles: "T", File: "quarantine", Show: showQuarantine, Acts: map[string]Act{"take": takeKept, "refuse": refuseKept, "take-all": takeAllKept}},
		{Path: "/quarantine/file", Title: "导入手机文件", Menu: "/households", Roles: "T", File: "rescue", Body: rescueBody, Scripts: []string{"htmx.min.js"}, Acts: map[string]Act{"check": checkRescue, "bring": bringRescue}},
		{Path: "/reconcile", Title: "两边对账", Menu: "/households", Roles: "TK", File: "reconcile", Show: showReconcile, Acts: map[string]Act{"source": addSource}},
		{Path: "/areas", Title: "地区", Menu: "/households", Roles: "TKA", File: "areas"},
		{Path: "/lists", Title: "代码表", Menu: "/households", Roles: "TKA", File: "lists", Show: showLists},
	}
}

// householdSample finds an example of a household for the tests.
const householdSample = "/api/v1/records/household?limit=1"

// Households are the villages of a township, or the households of one.
type Households struct {
	figures.Drill
	Ended []House // closed or merged ones, when they were asked for
	Next  string
}

func showHouseholds(v *View) (any, error) {
	var out Households
	if v.Township == "" {
		return &out, nil
	}
	if state := v.Filter("state"); state != "" {
		var ended Rows[House]
		err := v.Get("/api/v1/records/household", v.Query("state", "after"), &ended)
		out.Ended, out.Next = ended.Rows, ended.Next
		return &out, err
	}
	area := v.Township
	if village := v.Filter("village"); village != "" {
		area = village
	}
	if err := v.Get("/api/v1/figures", url.Values{"area": {area}}, &out.Drill); err != nil {
		return nil, err
	}
	if out.Level == "village" {
		out.keep(v.Filter("only"))
	}
	return &out, nil
}

// keep takes out the households that a filter does not mean.
func (h *Households) keep(only string) {
	of := map[string]func(s figures.Sums) bool{
		"exited": func(s figures.Sums) bool { return s.Exited.Households > 0 }, "not": func(s figures.Sums) bool { return s.Not.Households > 0 },
		"unpaired": func(s figures.Sums) bool { return s.Paired.Households == 0 }, "watched": func(s figures.Sums) bool { return s.Watched.Households > 0 },
		"unvisited": func(s figures.Sums) bool { return s.Visited.Households == 0 }, "safety": func(s figures.Sums) bool { return s.Safety.Households > 0 },
	}[only]
	if of == nil {
		return
	}
	lines := h.Lines
	h.Lines, h.Total = []figures.Line{}, figures.Sums{}
	for _, l := range lines {
		if of(l.Sums) {
			h.Lines = append(h.Lines, l)
			h.Total.Add(l.Sums)
		}
	}
}

// Found is what a search found.
type Found struct {
	Q    string
	Rows []struct {
		Household House
		Members   []map[string]any
	}
	More bool
}

func searchHouseholds(v *View) (Done, error) {
	q := v.Text("q")
	if q == "" {
		return Done{}, fault.Bad(fault.Field{Name: "q", Code: "required", Detail: "请写要找的姓名、村名、户编号，或者完整的证件号码。"})
	}
	out := Found{Q: q}
	if err := v.Post("/api/v1/search", Body("q", q), &out); err != nil {
		return Done{}, err
	}
	if len(out.Rows) == 1 {
		return Done{To: "/households/" + out.Rows[0].Household.ID}, nil
	}
	return Done{Data: &out}, nil
}

func showLists(v *View) (any, error) {
	var out Rows[struct {
		Name, Title, National, Source, Note string
		Edition                             int64
		Items                               []struct {
			Word, Code string
			Also       []string
		}
	}]
	return &out, v.Get("/api/v1/lists", nil, &out)
}
