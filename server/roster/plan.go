package roster

import (
	"context"

	users "daohu/server/account"
	"daohu/server/area"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/write"
)

// Sealer seals and makes blind indexes.
type Sealer interface {
	record.Sealer
	// Index is the blind index of a number; Indexes are those under every key,
	// for rows that an older key indexed. None for "".
	Index(plain string) string
	Indexes(plain string) []string
}

// Registry reads what a township has already.
type Registry interface {
	// Live reads the rows of t that are no tombstones: of the households given,
	// or, with none, of the whole township.
	Live(ctx context.Context, t *record.Type, township string, households ...string) ([]record.Record, error)
}

// Loader compares checked books with the registry and stores them.
//
// An import is planned first and stored then. Plan reads the registry as it is,
// says what would be new, what would change and what is the same, names what
// does not fit, and seals; it is the whole of a dry run. Store takes the locks
// and stores the plan in one transaction, after it has seen that every row the
// plan was made from is still at the version it had; otherwise it stores
// nothing (fault.Stale) and the plan has to be made again.
type Loader struct {
	Writer   write.Writer
	Registry Registry
	Sealer   Sealer
	NewID    func() string
}

// Into says where a book goes, who is who, and what the import may do.
type Into struct {
	Township string
	Common   string // id of the pseudo-household; made on first use
	Actor    string // user id; "" = the system
	// Update lets rows that are there already be changed by what the book says
	// of them. Without it such a row is an error. What the book does not say (a
	// missing column, an empty cell) stays as it is either way.
	Update bool
	// Quota says whose pairing may end only with a successor; nil = nobody's.
	Quota *pairing.Quota
	// Bound keeps the import from changing places outside the township.
	Bound bool
	// Areas are those the registry has: of this township, above it, and of every
	// code in the book.
	Areas []area.Area
	// People are the accounts by 工号: for Plan those there are (one without an
	// id is taken, but not by a cadre of the county), for Store those of all
	// cadres of the book.
	People map[string]users.User
	// Workers are the user ids of the village workers, by village.
	Workers map[string][]string
	// Unheld are villages with a worker who holds nothing yet: all their
	// households are given to their workers.
	Unheld []string
	// Extra may add common rows in the same transaction; nil = none.
	Extra func(tx write.Tx, common string) error
}

// Count counts the rows of a sheet by what becomes of them.
type Count struct {
	New     int `json:"new"`
	Changed int `json:"changed"`
	Same    int `json:"same"`
}

// Counts is a Count for every sheet.
type Counts struct {
	Areas      Count `json:"areas"`
	Households Count `json:"households"`
	Members    Count `json:"members"`
	Cadres     Count `json:"cadres"`
	Pairings   Count `json:"pairings"`
	Visits     Count `json:"visits"`
	Measures   Count `json:"measures"`
}

// All adds the sheets up.
func (c Counts) All() Count {
	var out Count
	for _, n := range []Count{c.Areas, c.Households, c.Members, c.Cadres, c.Pairings, c.Visits, c.Measures} {
		out.New, out.Changed, out.Same = out.New+n.New, out.Changed+n.Changed, out.Same+n.Same
	}
	return out
}

// Plan is what storing a book will do.
type Plan struct {
	Counts
	Areas []area.Area       // to be put
	IDs   map[string]string // household ids by 户编号, of the book's households

	fresh   []fresh
	edits   []*edit
	locks   set                         // existing households that anything lies with
	seen    map[*record.Type]seen       // versions by row id of all rows the plan was made from
	recount set                         // existing households whose members change
	leaving set                         // ids of people who leave
	watched set                         // households with measures that change
	paired  set                         // households whose pairings change
	village map[string]string           // households to be given to village workers -> village
	free    map[*record.Type][]freeKeys // keys that must still be free
}

type set map[string]bool

type seen map[string]int64

type freeKeys struct {
	field  string // Go name
	values []string
}

// fresh is a new row; login is the cadre it names, "" = none.
type fresh struct {
	t     *record.Type
	rec   record.Record
	login string
}

// edit is what changes in a row that is there.
type edit struct {
	t     *record.Type
	have  record.Record // as read: nothing is written to it
	sets  []setting
	index string // blind index of a new ID number
}

type setting struct {
	field record.Field
	value string // as record.Type.Get gives it
}

// planner is the state of one Plan.
type planner struct {
	*Plan
	issues
	l      *Loader
	in     Into
	b      *Book
	env    *env
	houses map[string]*household.Household // by 户编号; an open one before a closed one
	codes  map[string]string               // 户编号 by household id, of those there are
	of     map[string][]*household.Member  // by household id
	member map[string]*household.Member    // by 人编号
	number map[string]string               // blind index -> id of who lives there
	step   func()
}

// Plan compares a book without errors with the registry. The issues are of what
// does not fit it; a plan may be stored when HasErrors says no.
func (l *Loader) Plan(ctx context.Context, in Into, b *Book, progress func(done, total int)) (*Plan, []Issue, error) {
	p := &planner{
		Plan: &Plan{IDs: map[string]string{}, locks: set{}, recount: set{}, leaving: set{}, watched: set{}, paired: set{}, village: map[string]string{},
			seen: map[*record.Type]seen{}, free: map[*record.Type][]freeKeys{}},
		issues: newIssues(), l: l, in: in, b: b, env: &env{places: newPlaces(in.Areas, b.Areas)}, step: counter(b, progress),
		houses: map[string]*household.Household{}, codes: map[string]string{}, of: map[string][]*household.Member{},
		member: map[string]*household.Member{}, number: map[string]string{},
	}
	if err := p.read(ctx); err != nil {
		return nil, nil, err
	}
	p.areas()
	p.cadres()
	for _, step := range []func(context.Context) error{p.households, p.members, p.pairings, p.visits, p.measures} {
		if err := step(ctx); err != nil {
			return nil, nil, err
		}
	}
	p.heads()
	p.workers()
	return p.Plan, p.list(), nil
}

// counter tells progress of every 500th row.
func counter(b *Book, progress func(done, total int)) func() {
	done, total := 0, len(b.Households)+len(b.Members)+len(b.Pairings)+len(b.Visits)+len(b.Measures)
	return func() {
		if done++; progress != nil && (done%500 == 0 || done == total) {
			progress(done, total)
		}
	}
}

// read takes in the township's households and people.
func (p *planner) read(ctx context.Context) error {
	rows, err := p.l.Registry.Live(ctx, household.HouseholdType, p.in.Township)
	if err != nil {
		return err
	}
	for _, r := range rows {
		h := r.(*household.Household)
		if h.Kind != "" {
			continue
		}
		p.codes[h.ID] = h.Code
		if have := p.houses[h.Code]; have == nil || have.State != "" && h.State == "" {
			p.houses[h.Code] = h
		}
	}
	if rows, err = p.l.Registry.Live(ctx, household.MemberType, p.in.Township); err != nil {
		return err
	}
	for _, r := range rows {
		m := r.(*household.Member)
		p.of[m.Household] = append(p.of[m.Household], m)
		if m.IDIndex != "" && m.Left == "" {
			p.number[m.IDIndex] = m.ID
		}
		if m.Code != "" && (p.member[m.Code] == nil || p.nearer(m, p.member[m.Code])) {
			p.member[m.Code] = m
		}
	}
	return nil
}

// nearer says which of two rows of one person is meant: who moved to another
// household, as by a merge, leaves a row behind in the old one.
func (p *planner) nearer(m, than *household.Member) bool {
	open := func(m *household.Member) bool {
		h := p.houses[p.codes[m.Household]]
		return h != nil && h.ID == m.Household && h.State == ""
	}
	if open(m) != open(than) {
		return open(m)
	}
	return m.Left == "" && than.Left != ""
}

// at files an issue about a cell.
func (p *planner) at(level, sheet string, row int, head, code, reason string) {
	i := Issue{Level: level, Sheet: sheet, Row: row, Header: head, Code: code, Reason: reason}
	if p.b.src != nil {
		if col, ok := p.b.src.heads[sheet][head]; ok {
			i.Column = letter(col)
		}
	}
	p.add(i)
}

// house finds the household a row refers to: "" when it is none to write to,
// which has been named.
func (p *planner) house(sheet string, row int, code string) string {
	if id := p.IDs[code]; id != "" || code == "" {
		return id
	}
	h := p.houses[code]
	switch {
	case h == nil: // the file's own checks saw it a moment ago
		p.at(Error, sheet, row, "户编号", CodeNoHousehold, "没有这个户编号的农户。")
	case h.State != "":
		p.at(Error, sheet, row, "户编号", CodeClosed, "这一户已经销户或并户，不能再导入。")
	default:
		return h.ID
	}
	return ""
}

// exists names a row that is there already, when that is an error.
func (p *planner) exists(sheet string, row int, head, what string) bool {
	if !p.in.Update {
		p.at(Error, sheet, row, head, CodeDuplicate, what+"系统里已经有了。")
	}
	return !p.in.Update
}

// keep counts the edit e of a row that is there, nil = nothing changes, and
// queues it.
func (p *planner) keep(n *Count, e *edit) {
	if e == nil {
		n.Same++
		return
	}
	n.Changed++
	p.edits = append(p.edits, e)
	p.watch(e.t, e.have)
	p.locks[e.have.Base().Household] = true
}

// watch notes the version of a row the plan builds on.
func (p *planner) watch(t *record.Type, rs ...record.Record) {
	if p.seen[t] == nil {
		p.seen[t] = seen{}
	}
	for _, r := range rs {
		p.seen[t][r.Base().ID] = r.Base().Version
	}
}

// touch adds a household to s, and to those to lock when it is there already.
func (p *planner) touch(s set, id string) {
	s[id] = true
	if _, there := p.codes[id]; there {
		p.locks[id] = true
	}
}

// make queues a new row.
func (p *planner) make(t *record.Type, r record.Record, login string) {
	p.fresh = append(p.fresh, fresh{t, r, login})
}

// areas finds the places to be put. Where a place lies cannot be changed:
// households carry their township.
func (p *planner) areas() {
	have := map[string]area.Area{}
	for _, a := range p.in.Areas {
		have[a.Code] = a
	}
	for i, a := range p.b.Areas {
		row := p.b.areaRow(i)
		was, known := have[a.Code]
		next := was
		if known {
			next = p.mergeArea(row, was, a)
		} else {
			next = a
		}
		switch {
		case next == was:
			p.Counts.Areas.Same++
			continue
		case p.in.Bound && (a.Township != p.in.Township || known && was.Township != p.in.Township):
			p.at(Error, SheetAreas, row, "代码", CodeTownship, "这个地方不在您导入的乡镇，不能从这里改。")
			continue
		case !known:
			p.Counts.Areas.New++
		case next.Level != was.Level || next.Parent != was.Parent:
			p.at(Error, SheetAreas, row, "上级代码", CodeNoArea, "级别或上级和系统里的不一样，这不能用导入来改。")
			continue
		case p.exists(SheetAreas, row, "代码", "这个代码"):
			continue
		default:
			p.Counts.Areas.Changed++
		}
		p.Areas = append(p.Areas, next)
	}
}

// mergeArea is was with what the row says.
func (p *planner) mergeArea(row int, was, a area.Area) area.Area {
	t := areaTable()
	for i := range t.cols {
		c := &t.cols[i]
		if v := c.get(&a); p.b.says(SheetAreas, row, c.head, v) {
			c.set(&was, v)
		}
	}
	return was
}

// cadres names accounts that are not whom the row means. What an account says
// stays: accounts are changed where users are kept.
func (p *planner) cadres() {
	for _, c := range p.b.Cadres {
		u, there := p.in.People[c.Login]
		if !there {
			p.Counts.Cadres.New++
			continue
		}
		p.Counts.Cadres.Same++
		differs := func(head, was, says string) {
			if says != "" && says != was {
				p.at(Warning, SheetCadres, c.Row, head, CodeAccount, "和这个账号里的不一样，没有改；要改请到用户管理。")
			}
		}
		switch {
		case u.ID == "", string(u.Role) != c.Role, u.Name != c.Name:
			p.at(Error, SheetCadres, c.Row, "工号", CodeAccount, "工号 "+c.Login+" 已经是另一个人的账号。")
		default:
			differs("单位", u.Unit, c.Unit)
			differs("职级", u.Rank, c.Rank)
			if c.Role == "V" {
				differs("包村", u.Area, c.Village)
			}
		}
	}
}

// workers gives households that are new or came to another village to the
// village's workers, and all of a village's when a worker holds none.
func (p *planner) workers() {
	for _, v := range p.in.Unheld {
		for _, h := range p.houses {
			if h.State == "" && h.Village == v && p.village[h.ID] == "" {
				p.village[h.ID] = v
				p.locks[h.ID] = true
			}
		}
	}
}
