package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"daohu/server/account/staff"
	"daohu/server/casework"
	"daohu/server/fault"
)

func casePages() []Page {
	one := func(name, title string, acts map[string]Act) Page {
		return Page{Path: "/" + name + "s/{id}", Title: title, Menu: "/cases", Roles: "TKA", File: name, Sample: "/api/v1/records/" + name + "?limit=1",
			Show: func(v *View) (any, error) { return showCase(v, name) }, Acts: acts}
	}
	list := func(path, name, title string, acts map[string]Act) Page {
		return Page{Path: path, Title: title, Menu: "/cases", Roles: "TKA", File: name, Acts: acts, Show: func(v *View) (any, error) { return showCases(v, name) }}
	}
	return []Page{
		list("/cases", "needs", "需求与问题", nil),
		one("need", "一个需求", map[string]Act{"dispatch": dispatchNeed, "answer": answerNeed, "close": closeCase("needs")}),
		list("/complaints", "complaints", "投诉建议", nil),
		one("complaint", "一条投诉建议", map[string]Act{"answer": answerComplaint, "close": closeCase("complaints")}),
		list("/issues", "issues", "问题台账", map[string]Act{"add": addIssue}),
		one("issue", "一个问题", map[string]Act{"edit": editIssue, "check": checkIssue}),
	}
}

// Cases are needs, complaints or problems by the day they are due.
type Cases struct {
	Rows  []Measured
	Next  string
	Today string
	Sure  bool
	Town  bool
	State string
	Words casework.Book // of the ledger
}

func showCases(v *View, name string) (any, error) {
	out := &Cases{Town: v.Township != "", State: v.Filter("state"), Today: v.Today()}
	if !out.Town {
		return out, nil
	}
	var page struct {
		Rows  []Row
		Next  string
		Today string
		Sure  bool
	}
	if err := v.Get("/api/v1/"+name, v.Query("state", "after"), &page); err != nil {
		return nil, err
	}
	for _, r := range page.Rows {
		out.Rows = append(out.Rows, Measured{r, v.House(r.Text("household"))})
	}
	out.Next, out.Today, out.Sure = page.Next, page.Today, page.Sure
	return out, v.Get("/api/v1/issues/words", nil, &out.Words)
}

// Case is one need, complaint or problem.
type Case struct {
	Row    Row
	House  House
	Today  string
	Words  casework.Book
	Events []Event
	helds  []staff.User // who may be given it
}

func showCase(v *View, name string) (any, error) {
	out := &Case{Today: v.Today()}
	id := url.PathEscape(v.ID())
	if err := v.Get("/api/v1/records/"+name+"/"+id, nil, &out.Row); err != nil {
		return nil, err
	}
	out.House = v.House(out.Row.Text("household"))
	if name != "complaint" { // of a complaint nobody is told who did what
		var trail Rows[Event]
		if err := v.Get("/api/v1/records/"+name+"/"+id+"/history", nil, &trail); err != nil {
			return nil, err
		}
		out.Events = trail.Rows
	}
	if err := out.holders(v); err != nil {
		return nil, err
	}
	return out, v.Get("/api/v1/issues/words", nil, &out.Words)
}

// holders are the cadre and the village workers of the household, who may be
// given what is to be settled there.
func (c *Case) holders(v *View) error {
	if !v.Is("T") || c.House.Village == "" {
		return nil
	}
	var pairings Rows[Row]
	if err := v.Get("/api/v1/households/"+c.House.ID+"/pairings", nil, &pairings); err != nil {
		return err
	}
	for _, p := range pairings.Rows {
		if u, ok := v.people()[p.Text("cadre")]; ok && p.Text("to") == "" {
			c.helds = append(c.helds, u)
		}
	}
	for _, u := range v.people() {
		if u.Role == "V" && u.Area == c.House.Village && u.DisabledAt == 0 {
			c.helds = append(c.helds, u)
		}
	}
	return nil
}

// Holders are they as options, by user id; self adds whoever looks.
func (c *Case) Holders(v *View, empty string, self bool) []Option {
	out := []Option{{Word: empty}}
	if self {
		out = append(out, Option{Value: v.Me.User, Word: "我自己"})
	}
	for _, u := range c.helds {
		out = append(out, Option{Value: u.ID, Word: role(u.Role) + " " + u.Name})
	}
	if has := c.Row.Text("owner"); has != "" && !slices.ContainsFunc(out, func(o Option) bool { return o.Value == has }) {
		out = append(out, Option{Value: has, Word: cmp.Or(v.Person(has), "现在的人")}) // who has it stays, unless somebody else is chosen
	}
	return out
}

// Categories and Causes are the ledger's words as options.
func (c *Cases) Categories() []Option { return entries(c.Words.Categories) }

// Causes are where problems come from.
func (c *Cases) Causes() []Option { return entries(c.Words.Causes) }

// Categories are the kinds of problem.
func (c *Case) Categories() []Option { return entries(c.Words.Categories) }

// Causes are where problems come from.
func (c *Case) Causes() []Option { return entries(c.Words.Causes) }

func entries(list []casework.Entry) []Option {
	out := []Option{{Word: "请选择"}}
	for _, e := range list {
		out = append(out, Option{Value: e.Code, Word: e.Name})
	}
	return out
}

// called is what a code of the ledger is called.
func called(list []casework.Entry, code string) string {
	for _, e := range list {
		if e.Code == code {
			return e.Name
		}
	}
	return code
}

// casePath is the API's address of a case of the page.
func casePath(v *View, kind, act string) string {
	return "/api/v1/" + kind + "/" + url.PathEscape(v.ID()) + "/" + act
}

func dispatchNeed(v *View) (Done, error) {
	return Done{Say: "已派给他。"}, v.Post(casePath(v, "needs", "dispatch"), withRev(v, "user", v.Text("owner")), nil)
}

func answerNeed(v *View) (Done, error) {
	if v.Text("answer") == "" {
		return Done{}, fault.Bad(fault.Field{Name: "answer", Code: "required", Detail: "请写答复，农户会看到。"})
	}
	return Done{Say: "已答复。"}, v.Send(http.MethodPatch, "/api/v1/records/need/"+url.PathEscape(v.ID()), nil, Body("answer", v.Text("answer")), match(v.carried("rev")), nil)
}

func closeCase(kind string) Act {
	return func(v *View) (Done, error) {
		return Done{Say: "已办结。"}, v.Post(casePath(v, kind, "close"), withRev(v, "reason", v.Text("reason")), nil)
	}
}

func answerComplaint(v *View) (Done, error) {
	return Done{Say: "已答复。"}, v.Post(casePath(v, "complaints", "answer"), withRev(v, "answer", v.Text("answer")), nil)
}

// addIssue adds a problem: of a household by name, else of the township.
func addIssue(v *View) (Done, error) {
	q := url.Values{}
	if v.Text("household") != "" {
		h, err := v.theHouse("household")
		if err != nil {
			return Done{}, err
		}
		q.Set("household", h.ID)
	}
	var made struct{ ID string }
	err := v.Send(http.MethodPost, "/api/v1/records/issue", q, Body("category", v.Text("category"), "subject", v.Text("subject"), "cause", v.Text("cause"),
		"text", v.Text("text"), "measure", v.Text("measure"), "due", v.Text("due"), "source", v.Text("source")), nil, &made)
	return Done{To: "/issues/" + made.ID, Say: "已记进台账。"}, err
}

func editIssue(v *View) (Done, error) {
	patch := map[string]any{}
	for _, name := range []string{"category", "subject", "cause", "text", "measure", "due", "owner", "state", "result"} {
		patch[name] = nil
		if s := v.Text(name); s != "" {
			patch[name] = s
		}
	}
	return Done{Say: "已存。"}, v.Send(http.MethodPatch, "/api/v1/records/issue/"+url.PathEscape(v.ID()), nil, patch, match(v.carried("rev")), nil)
}

func checkIssue(v *View) (Done, error) {
	say := map[string]string{"pass": "已销号。", "return": "已退回，接着办。"}[v.Text("action")]
	return Done{Say: say}, v.Post(casePath(v, "issues", "check"), withRev(v, "action", v.Text("action"), "reason", v.Text("reason")), nil)
}
