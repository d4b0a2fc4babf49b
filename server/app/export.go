package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/activity"
	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/measure"
	"daohu/server/pairing"
	"daohu/server/roster"
	"daohu/server/workflow"
)

// How often an actor may take something out on one day. A full workbook holds
// every personal number: nobody needs many. Sheets of one household are printed
// by the village: the demo's largest has fewer than sheetsPerDay.
const (
	fullPerDay   = 5
	maskedPerDay = 50
	sheetsPerDay = 300
	logsPerDay   = 50
)

// Export asks for one township as a workbook.
type Export struct {
	Township string
	As       access.Role // whose view: T, K or A; "" = T
	Full     bool        // with every personal number; needs a reason
	Reason   string      // at most 200 characters
	Actor    string      // user id; "" = the operator at the command line
}

// Exported is a township on its way out. It is logged already.
type Exported struct {
	Book *roster.Book
	Note roster.Note
	// Waiting counts visits and measures that were left out because nobody has
	// approved them: an import takes every one for approved.
	Waiting int
}

// Export reads a township as the role sees it. It records who took what and
// why before anything is given out. Codes: invalid, too-many.
func (a *App) Export(ctx context.Context, q Export) (*Exported, error) {
	q.As, q.Reason = cmp.Or(q.As, access.Township), strings.TrimSpace(q.Reason)
	switch {
	case !q.As.In("TKA"):
		return nil, fault.New(fault.Invalid, "只能按乡镇（T）、县（K）或审计（A）的权限导出。")
	case q.Full && utf8.RuneCountInString(q.Reason) < 2:
		return nil, fault.Bad(fault.Field{Name: "reason", Code: "required", Detail: "完整导出要写明事由。"})
	case utf8.RuneCountInString(q.Reason) > 200:
		return nil, fault.Bad(fault.Field{Name: "reason", Code: "too-long", Detail: "事由最多 200 个字。"})
	}
	t, err := a.readTownship(ctx, q.Township)
	if err != nil {
		return nil, err
	}
	e := &exporter{a: a, t: t, view: roster.View{Role: q.As, Full: q.Full, Sealer: a.Box}, out: &Exported{Book: &roster.Book{}}, codes: map[string]string{}, logins: map[string]string{}}
	for _, step := range []func(context.Context) error{e.areas, e.registry, e.links, e.measures} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	e.out.Book.Settle()
	return e.out, a.release(ctx, q, e)
}

// release writes the log: a row in the database and a line without personal
// data.
func (a *App) release(ctx context.Context, q Export, e *exporter) error {
	now := a.opt.Now()
	local := now.In(shanghai)
	r := roster.Release{
		ID: a.DB.NewID(), Township: q.Township, Actor: q.Actor, Role: string(q.As), Full: q.Full, Day: local.Format("2006-01-02"),
		Reason: q.Reason, Households: int64(len(e.out.Book.Households)), People: int64(len(e.out.Book.Members)), At: now.UnixMilli(),
	}
	limit := int64(maskedPerDay)
	if q.Full {
		limit = fullPerDay
	}
	if err := a.DB.KeepRelease(ctx, r, limit); err != nil {
		return err
	}
	a.opt.Log.InfoContext(ctx, "export", "id", r.ID, "township", r.Township, "actor", r.Actor, "role", r.Role, "full", r.Full, "households", r.Households, "people", r.People)
	e.out.Note = roster.Note{ID: r.ID, Township: q.Township + " " + e.t.area.Name, Who: cmp.Or(q.Actor, "命令行操作员"), At: local.Format("2006-01-02 15:04"), Why: q.Reason, Masked: !q.Full}
	return nil
}

// exporter is the state of one Export.
type exporter struct {
	a      *App
	t      *township
	view   roster.View
	out    *Exported
	codes  map[string]string // 户编号 by household id
	logins map[string]string // 工号 by user id
}

// areas writes the county, the township, its villages and then their groups.
func (e *exporter) areas(ctx context.Context) error {
	county, err := e.a.DB.Area(ctx, e.t.area.Parent)
	if err != nil {
		return err
	}
	villages, err := e.a.DB.Under(ctx, e.t.area.Code)
	if err != nil {
		return err
	}
	list := append([]area.Area{county, e.t.area}, villages...)
	for _, v := range villages {
		groups, err := e.a.DB.Under(ctx, v.Code)
		if err != nil {
			return err
		}
		list = append(list, groups...)
	}
	e.out.Book.Areas = list
	return nil
}

// registry writes households by 户编号 and members by 人编号.
func (e *exporter) registry(context.Context) error {
	names := map[string]string{}
	for _, v := range e.out.Book.Areas {
		names[v.Code] = v.Name
	}
	b := e.out.Book
	for _, h := range e.t.houses {
		group := strings.TrimPrefix(h.Place, names[h.Village]) // Place is the village's name and the group's
		row, ok, err := e.view.House(h, group)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		e.codes[h.ID] = h.Code
		b.Households = append(b.Households, row)
		first := len(b.Members)
		for _, m := range e.t.members[h.ID] {
			row, ok, err := e.view.Member(m, h.Code)
			if err != nil {
				return err
			}
			if ok {
				b.Members = append(b.Members, row)
			}
		}
		slices.SortStableFunc(b.Members[first:], func(x, y roster.MemberRow) int {
			return cmp.Or(strings.Compare(x.Rec.Code, y.Rec.Code), strings.Compare(x.Rec.Birth, y.Rec.Birth), strings.Compare(x.Rec.Name, y.Rec.Name))
		})
	}
	return nil
}

// links writes cadres, pairings and approved visits, in an order that does not
// depend on ids: these are others after an import.
func (e *exporter) links(ctx context.Context) error {
	pairings, err := e.a.pairings(ctx, e.t)
	if err != nil {
		return err
	}
	visits, err := every[*activity.Visit](ctx, e.a, activity.VisitType, e.t.area.Code)
	if err != nil {
		return err
	}
	who := map[string]bool{}
	for _, p := range pairings {
		who[p.Cadre] = true
	}
	for _, v := range visits {
		who[v.MadeBy] = true
	}
	users, err := e.a.workers(ctx, e.t.area.Code, who)
	if err != nil {
		return err
	}
	if err := e.cadres(users); err != nil {
		return err
	}
	e.pairs(pairings)
	e.visits(visits)
	return nil
}

func (e *exporter) cadres(users map[string]account.User) error {
	b := e.out.Book
	for _, u := range users {
		c := roster.CadreRow{Login: u.Login, Name: u.Name, Unit: u.Unit, Tier: u.Tier, Rank: u.Rank, Role: string(u.Role), Village: u.Area}
		if c.Tier == "" { // an account made by hand: the column may not be empty
			c.Tier = map[access.Role]string{access.Cadre: roster.TierTownship, access.Village: roster.TierVillage}[u.Role]
		}
		c, err := e.view.Cadre(c, u.Phone)
		if err != nil {
			return err
		}
		b.Cadres = append(b.Cadres, c)
		e.logins[u.ID] = u.Login
	}
	slices.SortFunc(b.Cadres, func(x, y roster.CadreRow) int { return strings.Compare(x.Login, y.Login) })
	return nil
}

func (e *exporter) pairs(pairings []*pairing.Pairing) {
	b := e.out.Book
	for _, p := range pairings {
		if house, login := e.codes[p.Household], e.logins[p.Cadre]; house != "" && login != "" {
			b.Pairings = append(b.Pairings, roster.PairingRow{House: house, Cadre: login, From: p.From, To: p.To, Reason: p.Reason})
		}
	}
	slices.SortFunc(b.Pairings, func(x, y roster.PairingRow) int {
		return cmp.Or(strings.Compare(x.House, y.House), strings.Compare(x.From, y.From), strings.Compare(x.To, y.To), strings.Compare(x.Cadre, y.Cadre), strings.Compare(x.Reason, y.Reason))
	})
}

func (e *exporter) measures(ctx context.Context) error {
	list, err := every[*measure.Measure](ctx, e.a, measure.Type, e.t.area.Code)
	if err != nil {
		return err
	}
	b := e.out.Book
	for _, m := range list {
		house := e.codes[m.Household]
		if house == "" {
			continue
		}
		if m.State != workflow.Approved {
			e.out.Waiting++
			continue
		}
		row, ok, err := e.view.Measure(m, house)
		if err != nil {
			return err
		}
		if ok {
			b.Measures = append(b.Measures, row)
		}
	}
	slices.SortFunc(b.Measures, func(x, y roster.MeasureRow) int {
		return cmp.Or(strings.Compare(x.House, y.House), strings.Compare(x.Rec.From, y.Rec.From), strings.Compare(x.Rec.Kind, y.Rec.Kind),
			strings.Compare(x.Rec.What, y.Rec.What), strings.Compare(x.Rec.To, y.Rec.To), cmp.Compare(x.Rec.Amount, y.Rec.Amount), cmp.Compare(x.Rec.Given, y.Rec.Given))
	})
	return nil
}

func (e *exporter) visits(visits []*activity.Visit) {
	b := e.out.Book
	for _, v := range visits {
		house, login := e.codes[v.Household], e.logins[v.MadeBy]
		if house == "" {
			continue
		}
		if v.State != workflow.Approved || login == "" {
			e.out.Waiting++
			continue
		}
		b.Visits = append(b.Visits, roster.VisitRow{House: house, Cadre: login, Rec: activity.Visit{Day: v.Day, Stage: v.Stage, Text: v.Text, Needs: v.Needs}})
	}
	slices.SortFunc(b.Visits, func(x, y roster.VisitRow) int {
		return cmp.Or(strings.Compare(x.Rec.Day, y.Rec.Day), strings.Compare(x.House, y.House), strings.Compare(x.Cadre, y.Cadre),
			cmp.Compare(x.Rec.Stage, y.Rec.Stage), strings.Compare(x.Rec.Text, y.Rec.Text), strings.Compare(x.Rec.Needs, y.Rec.Needs))
	})
}
