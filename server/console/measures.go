package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"daohu/server/fault"
	"daohu/server/ledger"
)

func measurePages() []Page {
	return []Page{
		{Path: "/measures", Title: "措施", Roles: "TKA", File: "measures", Show: showMeasures, Acts: map[string]Act{"add": addMeasure}},
		{Path: "/measures/{id}", Title: "一项措施", Menu: "/measures", Roles: "TKA", File: "measure", Sample: "/api/v1/records/measure?limit=1", Show: showMeasure,
			Acts: map[string]Act{"progress": progressMeasure, "disburse": disburse, "reallocate": reallocate}},
		{Path: "/funds", Title: "资金", Menu: "/measures", Roles: "TKA", File: "funds", Show: showFunds, Acts: map[string]Act{"open": openFund}},
		{Path: "/funds/{id}", Title: "一笔资金", Menu: "/measures", Roles: "TKA", File: "fund", Sample: "/api/v1/records/fund?limit=1", Show: showFund, Acts: map[string]Act{"allocate": allocate}},
	}
}

// Measures are measures by filter.
type Measures struct {
	Rows  []Measured
	Next  string
	Town  bool
	State string
	Of    *House // the household they are of; nil = of the township
}

// Measured is a measure and the household it is for.
type Measured struct {
	Row
	House House
}

// mostWishes is how many measures are looked through for wishes, in pages of 200.
const mostWishes = 50

func showMeasures(v *View) (any, error) {
	out := &Measures{Town: v.Township != "", State: v.Filter("state")}
	if home := v.Filter("household"); home != "" {
		h := v.House(home)
		out.Of, out.Town = &h, true
		rows, err := every[Row](v, "/api/v1/records/measure", url.Values{"household": {home}}, 5)
		out.keep(v, rows)
		return out, err
	}
	if !out.Town {
		return out, nil
	}
	switch {
	case out.State == "wish":
		rows, err := every[Row](v, "/api/v1/records/measure", v.In(url.Values{}), mostWishes)
		out.keep(v, slices.DeleteFunc(rows, func(r Row) bool { return r.Text("stage") != "wish" }))
		return out, err
	case v.Is("T"):
		if out.State == "" {
			out.State = "approved"
		}
		q := v.Query("village", "household", "after")
		q.Set("type", "measure")
		q.Set("state", out.State)
		var list Visits
		err := list.listed(v, q)
		for _, l := range list.Rows {
			out.Rows = append(out.Rows, Measured{l.Row, House{ID: l.Row.Text("household"), Code: l.About.Code, Head: l.About.Head, Place: l.About.Place}})
		}
		out.Next = list.Next
		return out, err
	}
	var page Rows[Row]
	err := v.Get("/api/v1/records/measure", v.Query("state", "after"), &page)
	out.keep(v, page.Rows)
	out.Next = page.Next
	return out, err
}

func (m *Measures) keep(v *View, rows []Row) {
	for _, r := range rows {
		m.Rows = append(m.Rows, Measured{r, v.House(r.Text("household"))})
	}
}

// addMeasure adds a measure to the household of the address.
func addMeasure(v *View) (Done, error) {
	var made struct{ ID string }
	err := v.Send(http.MethodPost, "/api/v1/records/measure", url.Values{"household": {v.Filter("household")}},
		Body("kind", v.Text("kind"), "what", v.Text("what"), "risk", v.Text("risk"), "from", v.Text("from"), "to", v.Text("to"),
			"amount", v.Fen("amount"), "quantity", v.Whole("quantity"), "unit", v.Text("unit"), "stage", v.Text("stage"), "fund", v.Text("fund")), nil, &made)
	return Done{To: "/measures/" + made.ID, Say: "已添加措施。"}, err
}

// Measure is one measure, from the wish to what came of it.
type Measure struct {
	Row    Row
	House  House
	Steps  []Step
	Funds  *ledger.Sums // nil = the role moves no money
	Events []Event
}

// Step is one step of the way of a measure.
type Step struct {
	Word string
	On   bool
}

func showMeasure(v *View) (any, error) {
	out := &Measure{}
	id := url.PathEscape(v.ID())
	if err := v.Get("/api/v1/records/measure/"+id, nil, &out.Row); err != nil {
		return nil, err
	}
	out.House = v.House(out.Row.Text("household"))
	at := out.Row.Text("stage")
	if at == "" {
		at = "plan"
	}
	for _, s := range []string{"wish", "plan", "doing", "done"} {
		out.Steps = append(out.Steps, Step{progress(s), s == at})
	}
	if at == "stopped" {
		out.Steps = append(out.Steps, Step{progress(at), true})
	}
	var trail Rows[Event]
	if err := v.Get("/api/v1/records/measure/"+id+"/history", nil, &trail); err != nil {
		return nil, err
	}
	out.Events = trail.Rows
	if !v.Is("T") {
		return out, nil
	}
	out.Funds = &ledger.Sums{}
	return out, v.Get("/api/v1/funds", nil, out.Funds)
}

// Accounts are the accounts money may come from, as options: fund and account.
func (m *Measure) Accounts(v *View) []Option {
	out := []Option{{Word: "请选择"}}
	for _, f := range m.Funds.Rows {
		for _, a := range f.Accounts {
			out = append(out, Option{Value: f.ID + "|" + a.Account, Word: fmt.Sprintf("%s · %s · 还有 %s 元", f.Name, v.Account(a.Account), yuan(a.Left))})
		}
	}
	return out
}

// FundOptions are the funds as options.
func (m *Measure) FundOptions() []Option {
	out := []Option{{Word: "请选择"}}
	for _, f := range m.Funds.Rows {
		out = append(out, Option{Value: f.ID, Word: f.Name})
	}
	return out
}

// Account is what an account of a fund is called.
func (v *View) Account(account string) string {
	kind, of, _ := strings.Cut(account, ":")
	switch kind {
	case "source":
		return "资金来源"
	case "fund":
		return "还没安排"
	case "township":
		return "全镇"
	case "village":
		return v.PlaceName(of)
	case "project":
		return "项目 " + of
	}
	return account
}

// progressMeasure says how far a measure has come.
func progressMeasure(v *View) (Done, error) {
	patch := map[string]any{}
	for _, name := range []string{"stage", "result", "yieldUnit", "yieldDay"} {
		patch[name] = nil
		if s := v.Text(name); s != "" {
			patch[name] = s
		}
	}
	patch["yieldQuantity"], patch["yieldAmount"] = v.Whole("yieldQuantity"), v.Fen("yieldAmount")
	return Done{Say: "已记下进展。"}, v.Send(http.MethodPatch, "/api/v1/records/measure/"+url.PathEscape(v.ID()), nil, patch, match(v.carried("rev")), nil)
}

func disburse(v *View) (Done, error) {
	fund, account, _ := strings.Cut(v.Text("account"), "|")
	return Done{Say: "已付。"}, v.Post("/api/v1/measures/"+url.PathEscape(v.ID())+"/disburse",
		withRev(v, "fund", fund, "account", account, "fen", v.Fen("fen"), "day", v.Text("day"), "reason", v.Text("reason")), nil)
}

// withRev is a body with the revision that was seen.
func withRev(v *View, pairs ...any) map[string]any {
	body := Body(pairs...)
	body["rev"] = v.carried("rev")
	return body
}

// reallocate moves money on to a measure of another household, or back into an
// account of the fund.
func reallocate(v *View) (Done, error) {
	body := withRev(v, "fund", v.Text("fund"), "fen", v.Fen("fen"), "day", v.Text("day"), "why", v.Text("why"), "reason", v.Text("reason"))
	if v.Text("to") != "" {
		to, err := v.measureOf("to")
		if err != nil {
			return Done{}, err
		}
		body["to"] = to
	} else if account := v.Text("account"); account != "" {
		_, body["account"], _ = strings.Cut(account, "|")
	}
	return Done{Say: "已转走。"}, v.Post("/api/v1/measures/"+url.PathEscape(v.ID())+"/reallocate", body, nil)
}

// measureOf finds the one approved measure of the household that a field means.
func (v *View) measureOf(field string) (string, error) {
	h, err := v.theHouse(field)
	if err != nil {
		return "", err
	}
	rows, err := every[Row](v, "/api/v1/records/measure", url.Values{"household": {h.ID}}, 5)
	if err != nil {
		return "", err
	}
	rows = slices.DeleteFunc(rows, func(m Row) bool {
		return m.Text("state") != "approved" || m.Text("id") == v.ID() || v.Text("kind") != "" && m.Text("kind") != v.Text("kind")
	})
	if len(rows) == 1 {
		return rows[0].Text("id"), nil
	}
	return "", fault.Bad(fault.Field{Name: "kind", Code: "not-allowed", Detail: fmt.Sprintf("这一户有 %d 项合适的措施，要正好一项。请选措施的类别，或者先给这一户添加措施。", len(rows))})
}

// Money is a township's funds.
type Money struct {
	ledger.Sums
	Town bool
}

// Adds is what the parts come to: it equals the total.
func (m *Money) Adds() int64 { return m.Free + m.Left + m.Given }

func showFunds(v *View) (any, error) {
	out := &Money{Town: v.Township != ""}
	if !out.Town {
		return out, nil
	}
	return out, v.Get("/api/v1/funds", url.Values{"township": {v.Township}}, &out.Sums)
}

func openFund(v *View) (Done, error) {
	var moved ledger.Moved
	err := v.Post("/api/v1/funds", Body("name", v.Text("name"), "source", v.Text("source"), "year", v.Whole("year"), "fen", v.Fen("fen"), "day", v.Text("day"), "reason", v.Text("reason")), &moved)
	return Done{To: "/funds/" + moved.Fund.ID, Say: "已记下这笔资金。"}, err
}

// Fund is one fund with its accounts and movements.
type Fund struct {
	ledger.View
	Entries []Moved
	Next    string
}

// Adds is what the parts come to: it equals the total.
func (f *Fund) Adds() int64 { return f.Free + f.Left + f.Given }

// Moved is one movement of money.
type Moved struct {
	ID, Debit, Credit, Day, Why, Reason, By string
	Fen, At                                 int64
}

func showFund(v *View) (any, error) {
	var row Row
	if err := v.Get("/api/v1/records/fund/"+url.PathEscape(v.ID()), nil, &row); err != nil {
		return nil, err
	}
	var all ledger.Sums
	if err := v.Get("/api/v1/funds", v.In(url.Values{}), &all); err != nil {
		return nil, err
	}
	out := &Fund{}
	for _, f := range all.Rows {
		if f.ID == row.Text("id") {
			out.View = f
		}
	}
	if out.ID == "" { // of a township that is not looked at
		return nil, problem(fault.NotFound)
	}
	if !v.Is("TA") {
		return out, nil
	}
	var page Rows[Moved]
	err := v.Get("/api/v1/funds/"+out.ID+"/entries", v.Pick("after"), &page)
	out.Entries, out.Next = page.Rows, page.Next
	return out, err
}

// Payee is where an account leads: the household's measure it is of, or "".
func (v *View) Payee(account string) string {
	id, ok := strings.CutPrefix(account, "measure:")
	if !ok {
		return ""
	}
	return id
}

// PayeeName is the household a measure's account is of.
func (v *View) PayeeName(measure string) string {
	var row Row
	if err := v.Get("/api/v1/records/measure/"+url.PathEscape(measure), nil, &row); err != nil {
		return measure
	}
	return v.House(row.Text("household")).Name()
}

func allocate(v *View) (Done, error) {
	account := v.Text("account")
	if name := v.Text("project"); account == "project" {
		if name == "" {
			return Done{}, fault.Bad(fault.Field{Name: "project", Code: "required", Detail: "请写项目的名称。"})
		}
		account = "project:" + name
	}
	return Done{Say: "已安排。"}, v.Post("/api/v1/funds/"+url.PathEscape(v.ID())+"/allocate",
		withRev(v, "account", account, "fen", v.Fen("fen"), "day", v.Text("day"), "reason", v.Text("reason")), nil)
}

// Targets are what money of a fund may be set aside for.
func (v *View) Targets() []Option {
	out := []Option{{Word: "请选择"}, {Value: "township", Word: "全镇"}}
	for i, p := range v.Places() {
		if i > 0 {
			out = append(out, Option{Value: "village:" + p.Code, Word: p.Name})
		}
	}
	return append(out, Option{Value: "project", Word: "一个项目（在右边写名称）"})
}
