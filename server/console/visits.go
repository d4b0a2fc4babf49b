package console

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"daohu/server/calendar"
	"daohu/server/form"
)

func visitPages() []Page {
	return []Page{
		{Path: "/visits", Title: "走访", Roles: "TA", File: "visits", Show: showVisits},
		{Path: "/due", Title: "本月要走访", Menu: "/visits", Roles: "T", File: "due", Show: showDue},
		{Path: "/visits/{id}", Title: "走访记录", Menu: "/visits", Roles: "TA", File: "visit", Sample: "/api/v1/records/visit?limit=1", Show: showVisit, Acts: map[string]Act{"object": objectTo}},
	}
}

// About is what a list of reviewed records says beside each of them.
type About struct {
	ID, Code, Head, Village, Place, Author, Login, Due string
	At, Since, Photos                                  int64
	Overdue                                            bool
	Confirmation                                       *struct{ Answer, Text, Channel string }
}

// Listed is a reviewed record and what is said beside it.
type Listed struct {
	Row   Row
	About About
}

// Visits are visits of a township by filter.
type Visits struct {
	Rows                 []Listed
	Next                 string
	Town                 bool
	State, From, To, Why string // what the filters stand at
}

// recent is how many days of visits are listed when no day is chosen.
const recent = 31

func showVisits(v *View) (any, error) {
	out := &Visits{Town: v.Township != "", State: v.Filter("state"), From: v.Filter("from"), To: v.Filter("to")}
	if !out.Town {
		return out, nil
	}
	if v.Is("A") { // the auditor reads rows, without a reviewer's filters
		var page Rows[Row]
		if err := v.Get("/api/v1/records/visit", v.Query("after"), &page); err != nil {
			return nil, err
		}
		for _, r := range page.Rows {
			h := v.House(r.Text("household"))
			out.Rows = append(out.Rows, Listed{r, About{ID: r.Text("id"), Code: h.Code, Head: h.Name(), Village: h.Village, Place: h.Place}})
		}
		out.Next = page.Next
		return out, nil
	}
	if out.State == "" {
		out.State = "approved"
	}
	if !v.r.URL.Query().Has("from") {
		out.From = time.UnixMilli(v.Now).In(calendar.Zone()).AddDate(0, 0, -recent).Format(time.DateOnly)
	}
	q := v.Query("village", "cadre", "flag", "to", "household", "after")
	q.Set("state", out.State)
	if out.From != "" {
		q.Set("from", out.From)
	}
	return out, out.listed(v, q)
}

// listed reads rows of the inbox and what stands beside them.
func (l *Visits) listed(v *View, q url.Values) error {
	var page struct {
		Rows  []Row
		About []About
		Next  string
	}
	if err := v.Get("/api/v1/inbox", q, &page); err != nil {
		return err
	}
	for i, r := range page.Rows {
		if i < len(page.About) {
			l.Rows = append(l.Rows, Listed{r, page.About[i]})
		}
	}
	l.Next = page.Next
	return nil
}

// Due are households to be visited.
type Due struct {
	From, To, Next string
	More           int64
	Rows           []struct {
		Household  House
		Last       string
		Done, Want int64
	}
}

func showDue(v *View) (any, error) {
	var out Due
	return &out, v.Get("/api/v1/due", v.Query("day", "all", "after"), &out)
}

// Picture is a photo of a visit with addresses that hold for minutes.
type Picture struct {
	Row
	Thumb, Full string // "" = there is no picture to see
}

// Answer is one answered question.
type Answer struct{ Question, Said string }

// Quiz is one answered paper.
type Quiz struct {
	Row
	Title   string
	Answers []Answer
	Weak    []string // topics to explain again, by name
}

// Visit is one visit and what belongs to it.
type Visit struct {
	Row           Row
	House         House
	Author        string
	ArrivedAt     int64
	Pictures      []Picture
	Large         *Picture // the one that is looked at closely
	Quizzes       []Quiz
	Confirmations []Row
	Needs         []Row
	Measures      []Row
	Events        []Event
}

func showVisit(v *View) (any, error) {
	out := &Visit{}
	id := url.PathEscape(v.ID())
	if err := v.Get("/api/v1/records/visit/"+id, nil, &out.Row); err != nil {
		return nil, err
	}
	out.House, out.Author = v.House(out.Row.Text("household")), v.Person(out.Row.Text("by"))
	var trail Rows[Event]
	if err := v.Get("/api/v1/records/visit/"+id+"/history", nil, &trail); err != nil {
		return nil, err
	}
	for _, e := range trail.Rows {
		if e.What == "made" {
			out.ArrivedAt = e.At
			continue
		}
		out.Events = append(out.Events, e)
	}
	for _, l := range []struct {
		path, field string
		to          *[]Row
	}{{"confirmation", "visit", &out.Confirmations}, {"need", "visit", &out.Needs}, {"measure", "visit", &out.Measures}} {
		rows, err := v.ofVisit(out.House.ID, l.path)
		if err != nil {
			return nil, err
		}
		*l.to = rows
	}
	if !v.Is("T") {
		return out, nil
	}
	if err := out.pictures(v); err != nil {
		return nil, err
	}
	return out, out.quizzes(v)
}

// ofVisit reads the household's rows of a type that name the page's visit.
func (v *View) ofVisit(house, typ string) ([]Row, error) {
	rows, err := every[Row](v, "/api/v1/records/"+typ, url.Values{"household": {house}}, 5)
	return slices.DeleteFunc(rows, func(r Row) bool { return r.Text("visit") != v.ID() }), err
}

func (x *Visit) pictures(v *View) error {
	rows, err := v.ofVisit(x.House.ID, "photo")
	for _, r := range rows {
		p := Picture{Row: r}
		if state := r.Text("state"); state == "stored" || state == "withheld" { // what was taken back is shown to the township still
			p.Thumb = v.photoLink(r.Text("id"), "thumb")
			if v.Filter("photo") == r.Text("id") {
				p.Full = v.photoLink(r.Text("id"), "full")
				x.Large = &p
			}
		}
		x.Pictures = append(x.Pictures, p)
	}
	return err
}

// photoLink is an address of a picture for <img>; "" = it cannot be seen.
func (v *View) photoLink(id, size string) string {
	var link struct{ URL string }
	if err := v.Post("/api/v1/photos/"+url.PathEscape(id)+"/link", Body("size", size), &link); err != nil {
		return ""
	}
	return link.URL
}

func (x *Visit) quizzes(v *View) error {
	rows, err := v.ofVisit(x.House.ID, "response")
	if err != nil {
		return err
	}
	for _, r := range rows {
		q := Quiz{Row: r, Weak: r.List("weak")}
		var paper Row
		var items form.Paper
		if err := v.Get("/api/v1/records/form/"+url.PathEscape(r.Text("form")), nil, &paper); err == nil {
			q.Title = paper.Text("title")
			_ = v.Get("/api/v1/blobs/"+url.PathEscape(paper.Text("sha256")), nil, &items) // without it the keys are shown
		}
		q.said(items)
		x.Quizzes = append(x.Quizzes, q)
	}
	return nil
}

// said puts the answers into words.
func (q *Quiz) said(paper form.Paper) {
	for i, w := range q.Weak {
		for _, t := range paper.Topics {
			if t.Key == w {
				q.Weak[i] = t.Name
			}
		}
	}
	pairs, _ := q.Row["answers"].([]any)
	for _, p := range pairs {
		pair, _ := p.([]any)
		if len(pair) != 2 {
			continue
		}
		key, _ := pair[0].(string)
		a := Answer{Question: key, Said: plain(pair[1])}
		for _, i := range paper.Items {
			if i.Key != key {
				continue
			}
			a.Question = i.Label
			var words []string
			for _, o := range i.Options {
				if list, _ := pair[1].([]any); o.Key == a.Said || slices.Contains(list, any(o.Key)) {
					words = append(words, o.Label)
				}
			}
			if words != nil {
				a.Said = joined(words)
			}
		}
		q.Answers = append(q.Answers, a)
	}
}

// plain is an answer as it was sent.
func plain(x any) string {
	if s, ok := x.(string); ok {
		return s
	}
	raw, _ := json.Marshal(x) // it came as JSON
	return strings.Trim(string(raw), `"`)
}

// objectTo opens an approved visit again.
func objectTo(v *View) (Done, error) {
	return Done{Say: "已提出异议，这条重新等审批。写的人会看到您的话。"},
		v.Post("/api/v1/records/visit/"+url.PathEscape(v.ID())+"/decision", Body("action", "object", "rev", v.carried("rev"), "reason", v.Text("reason")), nil)
}
