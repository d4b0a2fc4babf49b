package console

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"daohu/server/fault"
	"daohu/server/workflow"
)

func queuePages() []Page {
	return []Page{{Path: "/queue", Title: "审批", Roles: "T", File: "queue", Scripts: []string{"htmx.min.js"}, Show: showQueue, Acts: map[string]Act{
		"approve": decideOne, "decide": decideOne, "object": objectHere, "undo": undoOne, "dry": decideMany, "batch": decideMany, "undoall": undoMany,
	}}}
}

// onePage is how many records the list on the left shows.
const onePage = 40

// Queue is what waits for the township's admin, one kind at a time: the list
// on the left, one record on the right.
type Queue struct {
	Kinds []Kind
	Kind  Kind
	Items []Item
	At    *Reviewed // nil = nothing is waiting
	Next  string
	Left  int64  // of this kind, whatever the filters
	Aside int64  // changes in quarantine
	Last  *Taken // the decision that may still be taken back
}

// Kind is one kind of record that waits, and what can be said of it.
type Kind struct {
	Name, Word     string
	N              int64
	Yes, Back, No  string // actions of the API; "" = there is none
	YesWord        string
	BackWord       string
	NoWord         string
	Batch, Flagged bool
}

func queueKinds() []Kind {
	reviewed := func(name, word string, flagged bool) Kind {
		return Kind{Name: name, Word: word, Yes: "approve", Back: "return", No: "reject", YesWord: "通过", BackWord: "退回改正", NoWord: "不通过", Batch: true, Flagged: flagged}
	}
	return []Kind{
		reviewed("visit", "走访", true), reviewed("measure", "措施", false), reviewed("clip", "录音", false),
		{Name: "card", Word: "口袋书", Yes: "approve", Back: "return", YesWord: "通过并发布", BackWord: "退回改正", Batch: true},
		{Name: "proposal", Word: "改动", Yes: "accept", No: "refuse", YesWord: "采纳", NoWord: "不采纳"},
	}
}

// Item is one line of the list.
type Item struct {
	ID, Title, Sub, URL string
	Rev                 int64
	Chips               []Chip
	On                  bool

	raw   json.RawMessage
	about workflow.About
}

// Taken is a decision of the last seconds.
type Taken struct {
	ID    string
	Rev   int64
	Until int64 // Unix ms
	Word  string
}

func showQueue(v *View) (any, error) {
	q := &Queue{Kinds: queueKinds(), Last: v.taken()}
	q.Kind = q.Kinds[0]
	for _, k := range q.Kinds {
		if k.Name == v.Filter("type") {
			q.Kind = k
		}
	}
	if err := q.list(v); err != nil {
		return nil, err
	}
	at, err := q.choose(v)
	if err != nil || at == nil {
		return q, err
	}
	q.At, err = v.review(q.Kind, *at)
	if err == nil {
		q.link(v, at.ID)
	}
	return q, err
}

// list reads one page of what waits.
func (q *Queue) list(v *View) error {
	err := q.inbox(v)
	if err == nil && len(q.Items) == 0 && v.Filter("after") != "" { // all of this page is done
		q2 := v.r.URL.Query()
		q2.Del("after")
		v.r.URL.RawQuery = q2.Encode()
		return q.list(v)
	}
	return err
}

func (q *Queue) inbox(v *View) error {
	ask := v.Query("village", "cadre", "from", "to", "flag", "state", "after")
	ask.Set("type", q.Kind.Name)
	ask.Set("limit", strconv.Itoa(onePage))
	var page workflow.Page
	if err := v.Get("/api/v1/inbox", ask, &page); err != nil {
		return err
	}
	q.counts(page.Counts)
	q.Next = page.Next
	for i, raw := range page.Rows {
		var r struct {
			Rev   int64
			Title string // of a card
			Day   string
			Flags []string
			State string
		}
		if err := json.Unmarshal(raw, &r); err != nil {
			return err
		}
		a := page.About[i]
		it := Item{ID: a.ID, Rev: r.Rev, Title: named(a), Sub: joinDots(a.Author, v.PlaceName(a.Village)+strings.TrimPrefix(a.Place, v.PlaceName(a.Village)), day(r.Day)), raw: raw, about: a}
		if r.Title != "" {
			it.Title = r.Title
		}
		if a.Village == "" {
			it.Sub = joinDots(a.Author, day(r.Day))
		}
		if a.Overdue {
			it.Chips = append(it.Chips, Chip{"超过期限", "brick", "!"})
		}
		if r.State == "conflict" {
			it.Chips = append(it.Chips, chip("conflict"))
		}
		for _, f := range r.Flags {
			it.Chips = append(it.Chips, flagChip(f))
		}
		q.Items = append(q.Items, it)
	}
	return nil
}

func (q *Queue) counts(counts []workflow.Count) {
	for _, c := range counts {
		for i := range q.Kinds {
			if q.Kinds[i].Name == c.Type && c.State != "returned" {
				q.Kinds[i].N += c.N
			}
		}
		if c.Type == "quarantine" {
			q.Aside += c.N
		}
	}
	for _, k := range q.Kinds {
		if k.Name == q.Kind.Name {
			q.Kind.N, q.Left = k.N, k.N
		}
	}
}

// Total is how much waits of all kinds: the figure of the menu.
func (q *Queue) Total() (n int64) {
	for _, k := range q.Kinds {
		n += k.N
	}
	return n
}

// choose finds the record to show: the one the address names, wherever it
// stands by now, else the first of the list.
func (q *Queue) choose(v *View) (*Item, error) {
	id := v.Filter("at")
	if v.Problem != nil && v.form.Get("key") != "" {
		id = v.form.Get("key")
	}
	for i := range q.Items {
		if q.Items[i].ID == id {
			return &q.Items[i], nil
		}
	}
	if id != "" {
		it := Item{ID: id}
		err := v.Get("/api/v1/records/"+q.Kind.Name+"/"+url.PathEscape(id), nil, &it.raw)
		if err == nil {
			return &it, nil
		}
		if p := told(err); !p.Has(fault.NotFound) {
			return nil, err
		}
	}
	if len(q.Items) > 0 {
		return &q.Items[0], nil
	}
	return nil, nil
}

// link marks the chosen line and says which come before and after it.
func (q *Queue) link(v *View, id string) {
	for i := range q.Items {
		q.Items[i].On, q.Items[i].URL = q.Items[i].ID == id, v.queueURL("at", q.Items[i].ID, "last", "")
	}
	i := slices.IndexFunc(q.Items, func(it Item) bool { return it.ID == id })
	switch {
	case i < 0 && len(q.Items) > 0:
		q.At.Next = q.Items[0].ID
	case i >= 0 && i+1 < len(q.Items):
		q.At.Next = q.Items[i+1].ID
	case i > 0: // the last of the page: what is left stands before it
		q.At.Next = q.Items[0].ID
	}
	if i > 0 {
		q.At.Prev = q.Items[i-1].ID
	}
}

// queueURL is With that stays on the page of the list.
func (v *View) queueURL(pairs ...string) string {
	return v.With(append([]string{"after", v.Filter("after")}, pairs...)...)
}

// Record is the address that shows another record of the same list.
func (v *View) Record(id string) string { return v.queueURL("at", id, "last", "") }

// named says whose record it is: the head of the household, else of the
// township as a whole.
func named(a workflow.About) string {
	if a.Head == "" && a.Code == "" {
		return "全乡镇"
	}
	return a.Head
}

func joinDots(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// taken reads the decision that may be taken back from the address: it is only
// which row at which revision, which the API judges again.
func (v *View) taken() *Taken {
	part := strings.Split(v.Filter("last"), ".")
	if len(part) != 4 {
		return nil
	}
	rev, err1 := strconv.ParseInt(part[1], 10, 64)
	until, err2 := strconv.ParseInt(part[2], 10, 64)
	word := map[string]string{"approve": "通过", "return": "退回", "reject": "不通过", "accept": "采纳", "refuse": "不采纳"}[part[3]]
	if err1 != nil || err2 != nil || word == "" {
		return nil
	}
	return &Taken{ID: part[0], Rev: rev, Until: until, Word: word}
}

// Seconds is how long a decision may still be taken back; 0 = no more.
func (v *View) Seconds(t *Taken) int64 {
	if t == nil || t.Until < v.Now {
		return 0
	}
	return (t.Until-v.Now)/1000 + 1
}

// Ready are the sentences to choose from when something is sent back.
func (v *View) Ready() []string { return readyReasons() }

// NameOf is whose record of the list an id is.
func (v *View) NameOf(id string) string {
	if q, ok := v.Data.(*Queue); ok {
		for _, it := range q.Items {
			if it.ID == id {
				return joinDots(it.Title, it.Sub)
			}
		}
	}
	return "这一条"
}
