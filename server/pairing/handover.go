package pairing

import (
	"context"
	"fmt"
	"slices"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/write"
)

// silent is how long a phone may say nothing before its unsent work is
// unknown: as long as staff.FreshFor.
const silent = 7 * 24 * time.Hour

// Handover moves households of one cadre to others.
type Handover struct {
	From   string `json:"from" minLength:"1" maxLength:"64" doc:"login of the cadre who hands over; disabled or not"`
	To     string `json:"to,omitempty" maxLength:"64" doc:"login of the cadre who takes over what names nobody else"`
	Day    string `json:"day" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"the day the new pairings hold from, Asia/Shanghai"`
	Reason string `json:"reason,omitempty" maxLength:"200" doc:"why the pairings before end"`
	Dry    bool   `json:"dry,omitempty" doc:"say what would happen, and change nothing"`
	// Households are needed to carry it out, as the dry run gave them.
	Households []Transfer `json:"households,omitempty" maxItems:"2000" doc:"absent in a dry run = all of the cadre's in the township; needed, with seen, to carry it out"`
}

// Transfer is one household of a hand-over.
type Transfer struct {
	Household string `json:"household" minLength:"1" maxLength:"32" doc:"id or 户编号"`
	To        string `json:"to,omitempty" maxLength:"64" doc:"login; absent = as for all"`
	Seen      string `json:"seen,omitempty" maxLength:"200" doc:"as the dry run gave it: nobody may have changed the household's pairing since"`
}

// HandoverResult is what a hand-over did, or would do.
type HandoverResult struct {
	Done       bool    `json:"done" doc:"false = a dry run"`
	From       Party   `json:"from"`
	To         []Party `json:"to" doc:"by login"`
	Households []Moved `json:"households"`
	Phones     []Phone `json:"phones" doc:"of the cadre who hands over"`
}

// Party is one cadre of a hand-over.
type Party struct {
	Login  string  `json:"login"`
	Name   string  `json:"name"`
	Unit   string  `json:"unit,omitempty"`
	Rank   string  `json:"rank,omitempty"`
	Before int     `json:"before" doc:"households in the county before"`
	After  int     `json:"after" doc:"and after"`
	Was    Finding `json:"was" enum:"met,under,over,no-rank,other-rank" doc:"against the quota before"`
	Is     Finding `json:"is" enum:"met,under,over,no-rank,other-rank" doc:"and after"`
	Words  string  `json:"words,omitempty" doc:"what the quota says after, in words"`
}

// Moved is one household of the answer.
type Moved struct {
	Household string `json:"household"`
	Code      string `json:"code" doc:"户编号"`
	Head      string `json:"head"`
	From      string `json:"from" doc:"login"`
	To        string `json:"to" doc:"login"`
	Seen      string `json:"seen" doc:"to be sent back; after a hand-over the new state"`
	Words     string `json:"words,omitempty" doc:"what is unusual, in words"`
}

// Phone is what is known of unsent work on a phone.
type Phone struct {
	Unsent   int64  `json:"unsent" doc:"changes it held at its last contact"`
	OldestAt int64  `json:"oldestAt,omitempty" doc:"when the oldest was made, by its clock, Unix ms"`
	SeenAt   int64  `json:"seenAt,omitempty" doc:"last contact, Unix ms; absent = never finished one"`
	Words    string `json:"words,omitempty" doc:"what that means for the hand-over"`
}

// Handover carries a hand-over out, or says what it would do. The wizard runs
// it dry first and sends the households back with what was seen: who changed
// one of them meanwhile makes the whole hand-over stale, and nothing moves.
// Codes: invalid, stale.
func (s *Service) Handover(ctx context.Context, a access.Actor, township string, in Handover) (*HandoverResult, error) {
	from, err := s.cadre(ctx, a, township, in.From, "from")
	if err != nil {
		return nil, err
	}
	orders, err := s.transfers(ctx, township, from, in)
	if err != nil {
		return nil, err
	}
	h := handover{Service: s, a: a, township: township, from: from}
	if h.before, err = h.loads(ctx); err != nil {
		return nil, err
	}
	changes, err := s.carry(ctx, a, batch{township: township, action: "handover", orders: orders, list: "households", cadre: "to", dry: in.Dry})
	if err != nil {
		return nil, err
	}
	return h.result(ctx, orders, changes, in.Dry)
}

// transfers are the orders of a hand-over.
func (s *Service) transfers(ctx context.Context, township string, from Cadre, in Handover) ([]Order, error) {
	list := in.Households
	if len(list) == 0 && in.Dry {
		rows, err := s.Store.Pairings(ctx, Query{Township: township, Cadre: from.User, Running: true})
		if err != nil {
			return nil, err
		}
		for _, p := range rows {
			list = append(list, Transfer{Household: p.Household})
		}
	}
	switch {
	case len(list) == 0 && in.Dry:
		return nil, fault.Bad(fault.Field{Name: "from", Code: "not-allowed", Detail: "这位干部在本乡镇没有正在结对的户。"})
	case len(list) == 0:
		return nil, fault.Bad(fault.Field{Name: "households", Code: "required", Detail: "请先试一遍，看清每一户，再办理。"})
	}
	ids, err := s.ids(ctx, township)
	if err != nil {
		return nil, err
	}
	var out []Order
	var bad []fault.Field
	for i, t := range list {
		o := Order{Household: ids.of(t.Household), Cadre: t.To, Day: in.Day, Reason: in.Reason, From: from.User, Seen: t.Seen}
		if o.Cadre == "" {
			o.Cadre = in.To
		}
		name := fmt.Sprintf("households[%d].", i)
		switch {
		case o.Cadre == "":
			bad = append(bad, fault.Field{Name: name + "to", Code: "required", Detail: "请选好接手的干部。"})
		case o.Cadre == in.From:
			bad = append(bad, fault.Field{Name: name + "to", Code: "not-allowed", Detail: "不能移交给本人。"})
		case o.Seen == "" && !in.Dry:
			bad = append(bad, fault.Field{Name: name + "seen", Code: "required", Detail: "请先试一遍，看清每一户，再办理。"})
		}
		out = append(out, o)
	}
	if bad != nil {
		return nil, fault.Bad(bad...)
	}
	return out, nil
}

// handover is what the answer of one is put together from.
type handover struct {
	*Service
	a        access.Actor
	township string
	from     Cadre
	before   map[string]int // households in the county by user id
}

func (h *handover) loads(ctx context.Context) (map[string]int, error) {
	all, err := h.Store.CountyTownships(ctx, h.a.County)
	if err != nil {
		return nil, err
	}
	loads, err := h.Store.Loads(ctx, all)
	n, _ := counted(loads, "")
	return n, err
}

func (h *handover) result(ctx context.Context, orders []Order, changes []Change, dry bool) (*HandoverResult, error) {
	rules, err := h.Quota(ctx, h.township)
	if err != nil {
		return nil, err
	}
	after, logins := map[string]int{}, []string{}
	for user, n := range h.before {
		after[user] = n
	}
	out := &HandoverResult{Done: !dry, Households: []Moved{}, Phones: []Phone{}}
	for i, c := range changes {
		for _, p := range c.Ended {
			after[p.Cadre]--
		}
		if c.Fresh {
			after[c.Now.Cadre]++
		}
		logins = append(logins, orders[i].Cadre)
		out.Households = append(out.Households, c.moved(h.from, orders[i].Cadre, dry))
	}
	if !dry {
		if after, err = h.loads(ctx); err != nil {
			return nil, err
		}
	}
	slices.Sort(logins)
	list, err := h.Store.Cadres(ctx, CadreQuery{County: h.a.County, Logins: slices.Compact(logins)})
	if err != nil {
		return nil, err
	}
	party := func(c Cadre) Party {
		p := Party{Login: c.Login, Name: c.Name, Unit: c.Unit, Rank: c.Rank, Before: h.before[c.User], After: after[c.User]}
		p.Was, _ = rules.Judge(c.Rank, c.Tier, p.Before)
		p.Is, p.Words = rules.Judge(c.Rank, c.Tier, p.After)
		return p
	}
	out.From = party(h.from)
	for _, c := range list {
		out.To = append(out.To, party(c))
	}
	phones, err := h.Store.PhonesOf(ctx, h.from.User)
	for _, p := range phones {
		out.Phones = append(out.Phones, describe(p, h.from.InUse(), h.Now()))
	}
	return out, err
}

// moved shows one household of a hand-over.
func (c Change) moved(from Cadre, to string, dry bool) Moved {
	m := Moved{Household: c.House.ID, Code: c.House.Code, Head: c.House.Head, From: from.Login, To: to, Seen: Seen(c.Ran)}
	if !dry {
		m.Seen = Seen([]*Pairing{c.Now})
	}
	switch {
	case !c.Fresh:
		m.Words = "这一户已经和接手的干部结对，只结束原来的。"
	case len(c.Ran) > 1:
		m.Words = "这一户还和另一位干部结着对，会一起结束。"
	}
	return m
}

// describe says what a phone may still hold, and what becomes of it after the
// hand-over (docs/sync-protocol.md, "Judging a mutation").
func describe(c write.Client, inUse bool, now time.Time) Phone {
	p := Phone{Unsent: c.Unsent, OldestAt: c.OldestAt, SeenAt: c.SeenAt}
	then := "移交后 30 天内送到，走访仍会收下，别的修改等您审。"
	if !inUse {
		then = "账号已停用，送到后另存待查，不会丢。"
	}
	quiet := now.UnixMilli() - c.SeenAt
	switch {
	case c.SeenAt == 0:
		p.Words = "这部手机还没有同步过，可能有没送到的内容。" + then
	case c.Unsent > 0:
		p.Words = fmt.Sprintf("这部手机上还有 %d 条没有送到。", c.Unsent) + then
	case quiet >= silent.Milliseconds():
		p.Words = fmt.Sprintf("这部手机已经 %d 天没有联系，可能有没送到的内容。", quiet/(24*time.Hour).Milliseconds()) + then
	}
	return p
}
