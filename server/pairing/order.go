package pairing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"daohu/server/access"
	"daohu/server/calendar"
	"daohu/server/fault"
	home "daohu/server/household"
	"daohu/server/write"
)

// The one way pairings change online: one household, a hand-over and a long
// list are all a batch of orders, judged under the locks of their households
// and stored in one transaction, or not at all.

// ahead is how far in the future a pairing may begin: what lies further is a
// slip in the year, and the pairing could not be ended until then.
const ahead = 366 * 24 * time.Hour

// exited is Household.Exit of a household that has left poverty.
const exited = "已脱贫"

// Order asks for one household to be paired with a cadre.
type Order struct {
	Household string // id
	Cadre     string // login; "" = only end what runs
	Day       string // YYYY-MM-DD, Asia/Shanghai: first day of the new pairing
	Reason    string // why the pairing before ends; "" = not told
	From      string // user id of a cadre it must be paired with now; "" = anybody or nobody
	Seen      string // Seen of the pairings the caller saw; "" = whatever runs now
}

// Change is what an order did, or would do.
type Change struct {
	House *home.Household
	Ran   []*Pairing // that ran before, by id
	Ended []*Pairing // of these, as they end
	Now   *Pairing   // that runs now; nil = none
	Fresh bool       // Now is a new one
}

// Seen names the state of a household's running pairings: it differs whenever
// one of them began, ended or changed.
func Seen(running []*Pairing) string {
	if len(running) == 0 {
		return "none"
	}
	var parts []string
	for _, p := range running {
		parts = append(parts, fmt.Sprintf("%s.%d", p.ID, p.Version))
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// batch is orders that are carried out together.
type batch struct {
	township, action string
	orders           []Order
	list, cadre      string                  // names of the list ("" = a single order) and of the cadre's login in the request, for errors
	dry              bool                    // judge, and change nothing
	also             func(tx write.Tx) error // what belongs to the same transaction; nil = nothing
}

// carry judges the orders of a batch and, unless it is dry, stores what they
// ask for: all in one transaction, or nothing. Codes: invalid, not-found,
// wrong-state (a single order only), stale.
func (s *Service) carry(ctx context.Context, a access.Actor, b batch) ([]Change, error) {
	rules, err := s.Quota(ctx, b.township)
	if err != nil {
		return nil, err
	}
	common, err := s.Common(ctx, b.township)
	if err != nil {
		return nil, err
	}
	helpers, err := s.helpers(ctx, a, b)
	if err != nil {
		return nil, err
	}
	in := write.Intent{Township: b.township, Actor: a.User, Action: b.action, Households: []string{common}}
	for _, o := range b.orders {
		in.Households = append(in.Households, o.Household)
	}
	var out []Change
	_, err = s.Writer.Write(ctx, in, func(tx write.Tx) error {
		var err error
		if b.also != nil {
			if err = b.also(tx); err != nil {
				return err
			}
		}
		if out, err = plan(tx, b, a.User, helpers, rules); err != nil || b.dry {
			return err
		}
		return settle(tx, common, out)
	})
	return out, err
}

// helpers checks the orders by themselves and finds their cadres, each once.
func (s *Service) helpers(ctx context.Context, a access.Actor, b batch) (map[string]Helper, error) {
	found, missing := map[string]Helper{}, map[string]bool{}
	t := trouble{list: b.list}
	for i, o := range b.orders {
		if e := o.check(); e != nil {
			t.add(i, nil, e)
			continue
		}
		if _, known := found[o.Cadre]; o.Cadre == "" || known {
			continue
		}
		if !missing[o.Cadre] {
			h, err := s.People.Helper(ctx, a.County, o.Cadre)
			if err == nil {
				found[o.Cadre] = h
				continue
			}
			if !fault.Is(err, fault.NotFound) {
				return nil, err
			}
			missing[o.Cadre] = true
		}
		t.add(i, nil, noCadre(b.cadre))
	}
	return found, t.err()
}

func noCadre(field string) *fault.Error {
	return fault.Bad(fault.Field{Name: field, Code: "not-allowed", Detail: "没有这位帮扶干部。"})
}

// isDay reports whether text is a day of the calendar.
func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

var badDay = fault.Field{Name: "day", Code: "format", Detail: "日期要写成 2026-01-31 这样。"}

// check looks at what needs no database.
func (o Order) check() *fault.Error {
	if !isDay(o.Day) {
		return fault.Bad(badDay)
	}
	if f, _ := Type.Field("reason"); o.Reason != "" {
		if p := f.CheckText(o.Reason); p != nil {
			return fault.Bad(fault.Field(*p))
		}
	}
	return nil
}

// plan judges every order and queues nothing.
func plan(tx write.Tx, b batch, by string, helpers map[string]Helper, rules *Quota) ([]Change, error) {
	var ids []string
	for _, o := range b.orders {
		ids = append(ids, o.Household)
	}
	houses, err := tx.Load(home.HouseholdType, ids...)
	if err != nil {
		return nil, err
	}
	running, err := open(tx, ids...)
	if err != nil {
		return nil, err
	}
	t, twice := trouble{list: b.list}, map[string]bool{}
	out := make([]Change, len(b.orders))
	for i, o := range b.orders {
		h, _ := houses[o.Household].(*home.Household)
		out[i] = Change{House: h, Ran: running[o.Household]}
		e := o.judge(&out[i], time.UnixMilli(tx.Now()), helpers[o.Cadre], rules)
		if twice[o.Household] && e == nil {
			e = fault.Bad(fault.Field{Name: "household", Code: "not-allowed", Detail: "这一户写了两次。"})
		}
		twice[o.Household] = true
		if e != nil {
			t.add(i, h, e)
			continue
		}
		if who := helpers[o.Cadre]; o.Cadre != "" && out[i].Now == nil {
			out[i].Fresh, out[i].Now = true, Open(tx.NewID(), o.Household, by, tx.Now(), who.User, who.Name, who.Unit, who.Phone, o.Day)
		}
	}
	return out, t.err()
}

// open reads the pairings that run, by household.
func open(tx write.Tx, households ...string) (map[string][]*Pairing, error) {
	rows, err := tx.Of(Type, households...)
	if err != nil {
		return nil, err
	}
	out := map[string][]*Pairing{}
	for _, r := range rows {
		if p := r.(*Pairing); p.To == "" && p.DeletedAt == 0 {
			out[p.Household] = append(out[p.Household], p)
		}
	}
	return out, nil
}

// judge fills in what ends and what stays of c, or says why the order cannot
// be carried out.
func (o Order) judge(c *Change, now time.Time, who Helper, rules *Quota) *fault.Error {
	with := func(user string) bool {
		return slices.ContainsFunc(c.Ran, func(p *Pairing) bool { return p.Cadre == user })
	}
	if e := standing(c.House); e != nil {
		return e
	}
	switch {
	case o.Seen != "" && o.Seen != Seen(c.Ran):
		return fault.New(fault.Stale, "这一户的结对刚被别人改过，请重新查看。")
	case o.From != "" && !with(o.From):
		return fault.New(fault.WrongState, "这一户现在不是和这位干部结对。")
	case o.Day > now.Add(ahead).In(calendar.Zone()).Format(time.DateOnly):
		return fault.Bad(fault.Field{Name: "day", Code: "range", Detail: "日期离今天太远，请核对年份。"})
	}
	for _, p := range c.Ran {
		switch {
		case o.Cadre != "" && p.Cadre == who.User && c.Now == nil:
			c.Now = p // the same again changes nothing
		case p.From > o.Day:
			return fault.Bad(fault.Field{Name: "day", Code: "range", Detail: "日期早于现在这次结对的开始（" + p.From + "）。"})
		default:
			c.Ended = append(c.Ended, Close(p, o.Day, o.Reason))
		}
	}
	if o.Cadre == "" && len(c.Ended) > 0 && rules.Keeps(c.House) {
		return fault.New(fault.WrongState, "这一户还没有脱贫，不能只结束结对，请选好接手的干部。")
	}
	return nil
}

// standing refuses what is no household, and one that was closed or merged:
// nobody is paired with it again.
func standing(h *home.Household) *fault.Error {
	switch {
	case h == nil, h.Kind != "", h.DeletedAt > 0: // the pseudo-household is everyone's
		return fault.New(fault.NotFound, "")
	case h.State != "":
		return fault.New(fault.WrongState, "这一户已经销户或并户。")
	}
	return nil
}

// settle queues what a plan found and makes the assignments follow.
func settle(tx write.Tx, common string, list []Change) error {
	var ids []string
	for _, c := range list {
		for _, p := range c.Ended {
			tx.Put(Type, p)
		}
		if c.Fresh {
			tx.Put(Type, c.Now)
		}
		ids = append(ids, c.House.ID)
	}
	return Materialise(tx, common, ids...)
}

// trouble collects what is wrong with the orders of a batch. That of a single
// order is told as it is; in a list every finding becomes a field with its
// place, so that all are named at once.
type trouble struct {
	list   string
	single *fault.Error
	fields []fault.Field
	other  bool // something else than a lost race
}

// add notes e of the order at place i; h names the household, nil = unknown.
func (t *trouble) add(i int, h *home.Household, e *fault.Error) {
	if t.list == "" {
		t.single = e
		return
	}
	t.other = t.other || e.Code != fault.Stale
	fields := e.Fields
	if len(fields) == 0 {
		fields = []fault.Field{{Name: "household", Code: "not-allowed", Detail: e.Sentence()}}
		switch e.Code {
		case fault.Stale:
			fields[0].Code = "stale"
		case fault.NotFound:
			fields[0].Detail = "没有这一户，或者它已经销户。"
		}
	}
	for _, f := range fields {
		f.Name = fmt.Sprintf("%s[%d].%s", t.list, i, f.Name)
		if h != nil && h.Kind == "" {
			f.Detail = "户 " + h.Code + "：" + f.Detail
		}
		t.fields = append(t.fields, f)
	}
}

func (t *trouble) err() error {
	switch {
	case t.single != nil:
		return t.single
	case len(t.fields) == 0:
		return nil
	case t.other:
		return fault.Bad(t.fields...)
	}
	return &fault.Error{Code: fault.Stale, Fields: t.fields}
}
