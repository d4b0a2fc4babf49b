// Package rate counts the awareness rate (政策知晓率): of the households that
// were asked about a policy, how many know it. It counts households only; no
// person and no cadre has a rate (product rule 8).
package rate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"daohu/server/area"
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/form"
	"daohu/server/write"
)

// Least is the number of households asked below which a cell shows no figure
// (product rule 8).
const Least = 10

// Home is an open household.
type Home struct{ ID, Village string }

// Store reads what is counted.
type Store interface {
	// Quizzes are the papers of kind quiz of a township that were ever published.
	Quizzes(ctx context.Context, township string) ([]*form.Form, error)
	// Responses are those of a township about the days from to until, both included.
	Responses(ctx context.Context, township, from, until string) ([]*form.Response, error)
	RateHomes(ctx context.Context, township string) ([]Home, error)
	Area(ctx context.Context, code string) (area.Area, error)
	Under(ctx context.Context, parent string) ([]area.Area, error)
	Body(ctx context.Context, townships []string, sha256 string) (write.Blob, error)
}

// Targets knows the document of kind Code that holds in a township.
type Targets interface {
	Current(ctx context.Context, township, code string) ([]byte, error)
}

// Service counts. It is safe for concurrent use.
type Service struct {
	Store   Store
	Targets Targets
	Now     func() time.Time
}

// Query says what to count; "" = all. Months are whole, so that the answers of
// one day cannot be told by subtraction.
type Query struct {
	Village string // area code
	Topic   string // topic key
	From    string // first month, 2026-01
	To      string // last month
}

// The states of a Share.
const (
	Shown   = "shown"
	Hidden  = "hidden"              // fewer than Least households, or telling of such a cell by subtraction
	Unknown = "denominator-unknown" // nobody was asked
)

// Share is the rate of one topic in one village or the township.
type Share struct {
	Village    string `json:"village,omitempty" doc:"area code; absent = the whole township"`
	Name       string `json:"name" doc:"of the place"`
	Topic      string `json:"topic,omitempty" doc:"key; absent = the paper as a whole"`
	TopicName  string `json:"topicName,omitempty"`
	Households int64  `json:"households" doc:"open households there"`
	State      string `json:"state" enum:"shown,hidden,denominator-unknown"`
	Aware      *int64 `json:"aware,omitempty" doc:"numerator: households that know it; only when shown"`
	Asked      *int64 `json:"asked,omitempty" doc:"denominator: households that were asked; only when shown"`
	Rate       string `json:"rate,omitempty" doc:"percent with one decimal and the sign, as 95.1%; cut and never rounded up; only when shown"`
	Passes     *bool  `json:"passes,omitempty" doc:"reaches the target exactly counted; only when shown"`
	Why        string `json:"why,omitempty" doc:"in Chinese, why there is no figure"`
}

// Rates are the cells of a township, each village after it.
type Rates struct {
	Township string  `json:"township"`
	From     string  `json:"from,omitempty" doc:"month; absent = from the beginning"`
	To       string  `json:"to" doc:"month"`
	Target   int64   `json:"target" doc:"percent that passes"`
	Cells    []Share `json:"cells"`
}

// Awareness counts a township. The latest answers of a household about a topic
// count, by day and then by arrival; days to come are left out. Codes: invalid.
func (s *Service) Awareness(ctx context.Context, township string, q Query) (*Rates, error) {
	today := s.Now().In(calendar.Zone()).Format(time.DateOnly)
	if q.To == "" {
		q.To = today[:len("2026-01")]
	}
	for name, m := range map[string]string{"from": q.From, "to": q.To} {
		if _, err := time.Parse("2006-01", m); m != "" && err != nil {
			return nil, fault.Bad(fault.Field{Name: name, Code: "format", Detail: "月份要写成 2026-01 这样。"})
		}
	}
	if q.From > q.To {
		return nil, fault.Bad(fault.Field{Name: "from", Code: "range", Detail: "开始的月份在结束的月份之后。"})
	}
	target, err := s.target(ctx, township)
	if err != nil {
		return nil, err
	}
	c, err := s.open(ctx, township)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Responses(ctx, township, q.From, min(q.To+"-31", today))
	if err != nil {
		return nil, err
	}
	if err := c.count(ctx, list); err != nil {
		return nil, err
	}
	out := &Rates{Township: township, From: q.From, To: q.To, Target: target, Cells: c.cells(target)}
	if q.Village != "" && !slices.ContainsFunc(c.places, func(p place) bool { return p.code == q.Village }) {
		return nil, fault.Bad(fault.Field{Name: "village", Code: "unknown", Detail: "这个乡镇没有这个村。"})
	}
	if q.Topic != "" && !slices.ContainsFunc(c.topics, func(t form.Topic) bool { return t.Key == q.Topic }) {
		return nil, fault.Bad(fault.Field{Name: "topic", Code: "unknown", Detail: "问答里没有这个主题。"})
	}
	// Cells are hidden by the whole table, whatever part of it is asked for.
	out.Cells = slices.DeleteFunc(out.Cells, func(x Share) bool {
		return q.Village != "" && x.Village != q.Village || q.Topic != "" && x.Topic != q.Topic
	})
	return out, nil
}

// place is a village, or with code "" the township.
type place struct {
	code, name string
	homes      int64
}

// nowhere is the code of households without a village: subtracting the
// villages from the township must not tell of them.
const nowhere = "-"

// counter gathers what households know.
type counter struct {
	store    Store
	township string
	quizzes  map[string]*form.Form
	papers   map[string]*form.Paper // by form id
	places   []place
	topics   []form.Topic
	village  map[string]string          // open household -> village
	knows    map[string]map[string]bool // household -> topic key, "" = the whole -> knows it
}

func (s *Service) open(ctx context.Context, township string) (*counter, error) {
	c := &counter{store: s.Store, township: township, quizzes: map[string]*form.Form{}, papers: map[string]*form.Paper{}, village: map[string]string{}, knows: map[string]map[string]bool{}}
	quizzes, err := s.Store.Quizzes(ctx, township)
	if err != nil {
		return nil, err
	}
	// The newest edition names a topic, and decides the order of topics.
	slices.SortFunc(quizzes, func(a, b *form.Form) int {
		return cmp.Or(cmp.Compare(b.State, a.State), cmp.Compare(a.Code, b.Code), cmp.Compare(b.Edition, a.Edition))
	})
	for _, f := range quizzes {
		c.quizzes[f.ID] = f
		p, err := c.paper(ctx, f.ID)
		if err != nil {
			return nil, err
		}
		for _, t := range p.Topics {
			if !slices.ContainsFunc(c.topics, func(have form.Topic) bool { return have.Key == t.Key }) {
				c.topics = append(c.topics, t)
			}
		}
	}
	return c, c.where(ctx)
}

// where reads the villages and who lives in them.
func (c *counter) where(ctx context.Context) error {
	top, err := c.store.Area(ctx, c.township)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	villages, err := c.store.Under(ctx, c.township)
	if err != nil {
		return err
	}
	homes, err := c.store.RateHomes(ctx, c.township)
	if err != nil {
		return err
	}
	n, known := map[string]int64{}, map[string]bool{}
	for _, v := range villages {
		known[v.Code] = true
	}
	for _, h := range homes {
		if !known[h.Village] {
			h.Village = nowhere
		}
		c.village[h.ID] = h.Village
		n[h.Village]++
	}
	c.places = append(c.places, place{"", cmp.Or(top.Name, c.township), int64(len(homes))})
	for _, v := range villages {
		c.places = append(c.places, place{v.Code, v.Name, n[v.Code]})
	}
	if n[nowhere] > 0 {
		c.places = append(c.places, place{nowhere, "没有写明村", n[nowhere]})
	}
	return nil
}

// paper reads a paper once.
func (c *counter) paper(ctx context.Context, id string) (*form.Paper, error) {
	if p := c.papers[id]; p != nil {
		return p, nil
	}
	p, err := c.quizzes[id].Paper(func(sha256 string) ([]byte, error) {
		b, err := c.store.Body(ctx, []string{c.township}, sha256)
		return b.Body, err
	})
	c.papers[id] = p
	return p, err
}

// count goes through the answers, the newest first: what is known of a
// household already stands, and answers that can add nothing are not read.
func (c *counter) count(ctx context.Context, list []*form.Response) error {
	slices.SortFunc(list, func(a, b *form.Response) int {
		return cmp.Or(cmp.Compare(b.Day, a.Day), cmp.Compare(b.MadeAt, a.MadeAt), cmp.Compare(b.ID, a.ID))
	})
	for _, r := range list {
		if _, open := c.village[r.Household]; !open || c.quizzes[r.Form] == nil {
			continue
		}
		p, err := c.paper(ctx, r.Form)
		if err != nil {
			return err
		}
		if k := c.knows[r.Household]; k != nil && !slices.ContainsFunc(p.Scored(), func(topic string) bool { _, told := k[topic]; return !told }) {
			continue
		}
		s, bad := form.Score(p, r.Answers)
		if bad != nil {
			return fault.Wrap(fault.Internal, fmt.Errorf("rate: stored answers do not fit their paper: %s", bad[0].Name))
		}
		c.learn(r.Household, s)
	}
	return nil
}

func (c *counter) learn(household string, s form.Scored) {
	if len(s.Asked) == 0 {
		return
	}
	k := c.knows[household]
	if k == nil {
		k = map[string]bool{"": s.Known}
		c.knows[household] = k
	}
	for _, t := range s.Asked {
		if _, told := k[t]; !told {
			k[t] = slices.Contains(s.Aware, t)
		}
	}
}

// sum is one cell before it is known whether it may be shown.
type sum struct{ aware, asked int64 }

// cells makes the table: the township and each village, each as a whole and by
// topic.
func (c *counter) cells(target int64) []Share {
	topics := append([]form.Topic{{}}, c.topics...)
	sums := map[[2]string]*sum{}
	at := func(place, topic string) *sum {
		key := [2]string{place, topic}
		if sums[key] == nil {
			sums[key] = &sum{}
		}
		return sums[key]
	}
	for household, k := range c.knows {
		for topic, knows := range k {
			for _, place := range []string{"", c.village[household]} {
				x := at(place, topic)
				x.asked++
				if knows {
					x.aware++
				}
			}
		}
	}
	hidden := map[[2]string]bool{}
	for _, t := range topics {
		c.hide(t.Key, at, hidden)
	}
	out := []Share{}
	for _, p := range c.places {
		for _, t := range topics {
			cell := Share{Village: p.code, Name: p.name, Topic: t.Key, TopicName: t.Name, Households: p.homes}
			cell.fill(*at(p.code, t.Key), hidden[[2]string{p.code, t.Key}], target)
			out = append(out, cell)
		}
	}
	return out
}

// hide marks the cells of a topic that are too small, and one more where the
// others of the township would tell what is hidden.
func (c *counter) hide(topic string, at func(place, topic string) *sum, hidden map[[2]string]bool) {
	var rest int64 // households in hidden villages
	var shown []string
	for _, p := range c.places {
		n := at(p.code, topic).asked
		small := n > 0 && n < Least
		hidden[[2]string{p.code, topic}] = small
		switch {
		case p.code == "":
		case small:
			rest += n
		case n > 0:
			shown = append(shown, p.code)
		}
	}
	slices.SortStableFunc(shown, func(a, b string) int { return cmp.Compare(at(a, topic).asked, at(b, topic).asked) })
	if rest > 0 && rest < Least && len(shown) > 0 {
		hidden[[2]string{shown[0], topic}] = true
	}
}

func (c *Share) fill(s sum, hidden bool, target int64) {
	switch {
	case s.asked == 0:
		c.State, c.Why = Unknown, "这段时间没有问过，没有分母，算不出知晓率。"
	case hidden:
		c.State, c.Why = Hidden, fmt.Sprintf("不满 %d 户，或者从别的数能推出不满 %d 户的村，不显示。", Least, Least)
	default:
		passes := Passes(s.aware, s.asked, target)
		c.State, c.Aware, c.Asked, c.Passes = Shown, &s.aware, &s.asked, &passes
		tenths := 1000 * s.aware / s.asked
		c.Rate = fmt.Sprintf("%d.%d%%", tenths/10, tenths%10)
	}
}

// Passes compares exactly, in whole numbers: 355 of 373 reach 95 %, 354 do not.
func Passes(aware, asked, target int64) bool { return asked > 0 && 100*aware >= target*asked }
