package registry_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/servertest/town"
	"daohu/server/types"
)

// wire speaks the sync protocol for one user, as little of it as is needed.
type wire struct {
	t      *testing.T
	tn     *town.Town
	who    access.Actor
	client string
	cursor string
	mid    int64
	base   int64 // of every mutation: what the phone had when it last pulled
}

type answer struct {
	Cursor     string
	Results    [][]any
	Removed    [][2]string
	Households []struct {
		ID   string
		Rows map[string][]map[string]any
	}
	Tops [][3]int64
}

func phone(t *testing.T, tn *town.Town, who access.Actor) *wire {
	p := &wire{t: t, tn: tn, who: who, client: tn.DB.NewID()}
	for _, top := range p.exchange().Tops {
		p.base = top[1]
	}
	return p
}

// mut is a change of typ id of a household, not sent yet.
func (p *wire) mut(typ, id, house, patch string) string {
	p.mid++
	return fmt.Sprintf(`[%d,%d,%q,%q,%q,%s,%d]`, p.mid, p.base, typ, id, house, patch, p.tn.Now().UnixMilli())
}

func (p *wire) exchange(muts ...string) answer {
	p.t.Helper()
	raw := fmt.Sprintf(`{"cursor":%q,"schema":%d,"client":%q,"acked":[0,""],"muts":[%s],"budget":65536,"unsent":[0,0]}`, p.cursor, types.Schema, p.client, strings.Join(muts, ","))
	out, err := p.tn.Delta.Exchange(p.t.Context(), p.who, []byte(raw))
	check(p.t, err)
	var a answer
	check(p.t, json.Unmarshal(out, &a))
	p.cursor = a.Cursor
	return a
}

// codes are the results of mutations by mid; "" = plainly applied.
func (a answer) codes() map[int64]string {
	out := map[int64]string{}
	for _, r := range a.Results {
		out[int64(r[0].(float64))] = r[1].(string)
	}
	return out
}

func load[T record.Record](t *testing.T, tn *town.Town, typ *record.Type, house string) []T {
	t.Helper()
	rs, err := tn.DB.Page(t.Context(), typ, registry.PageQuery{Township: tn.Township, Household: house, Limit: 100})
	check(t, err)
	var out []T
	for _, r := range rs {
		out = append(out, r.(T))
	}
	return out
}

func home(t *testing.T, tn *town.Town, i int) *household.Household {
	t.Helper()
	return load[*household.Household](t, tn, household.HouseholdType, tn.Houses[i])[0]
}

// unsent is work of a phone that the server has not seen: a visit, an edit of
// the household and one of its member.
func unsent(p *wire, i int) []string {
	house := p.tn.Houses[i]
	return []string{
		p.mut("visit", p.tn.DB.NewID(), house, `{"day":"2026-03-02","text":"最后一次走访"}`),
		p.mut("household", house, house, `{"notes":"屋后有危石"}`),
		p.mut("member", headOf(p.t, p.tn, house), house, `{"health":"健康"}`),
	}
}

// kept checks that unsent work arrived: the visit late, the edits as proposals.
func kept(t *testing.T, tn *town.Town, i int, a answer) {
	t.Helper()
	if c := a.codes(); c[1] != "late" || c[2] != "proposal" || c[3] != "proposal" {
		t.Errorf("results %v", a.Results)
	}
	vs := load[*activity.Visit](t, tn, activity.VisitType, tn.Houses[i])
	ps := load[*household.Proposal](t, tn, household.ProposalType, tn.Houses[i])
	if len(vs) != 1 || vs[0].Text != "最后一次走访" || !strings.Contains(string(vs[0].Flags), "late") || len(ps) != 2 {
		t.Errorf("kept %+v, %d proposals", vs, len(ps))
	}
	if h := home(t, tn, i); strings.Contains(h.Notes, "危石") || h.State == "" {
		t.Errorf("the household was changed after its end: %+v", h)
	}
}

func TestClose(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		// Cadre 0 holds household 0 alone; cadre 1 household 1; the worker both.
		tn := add(t, b, town.Size{Cadres: 2, Workers: 1, Houses: 2})
		h := login(t, tn, tn.Houses[0])
		cadre, worker := phone(t, tn, tn.Cadres[0]), phone(t, tn, tn.Workers[0])
		written := unsent(cadre, 0)
		raw, err := b.Registry.End(t.Context(), tn.Admin, house(tn, 0), registry.Ending{Rev: home(t, tn, 0).Version, Reason: "全户迁往外省定居"})
		check(t, err)
		if !strings.Contains(string(raw), `"state":"closed"`) {
			t.Errorf("answered %s", raw)
		}
		p := load[*pairing.Pairing](t, tn, pairing.Type, tn.Houses[0])[0]
		if p.To != "2026-03-02" || p.Reason != "全户迁往外省定居" {
			t.Errorf("the pairing: %+v", p)
		}
		if m := load[*household.Member](t, tn, household.MemberType, tn.Houses[0]); len(m) != 1 || m[0].Left != "" {
			t.Errorf("closing changed the members: %+v", m)
		}
		for _, who := range []access.Actor{tn.Cadres[0], tn.Workers[0], h} {
			if _, err := b.Registry.Reach(t.Context(), who, tn.Houses[0]); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s still reaches it: %v", who.Role, err)
			}
			tws, err := b.DB.HeldTownships(t.Context(), who.User)
			if check(t, err); (len(tws) > 0) != (who.Role == access.Village) {
				t.Errorf("%s holds the common rows of %v", who.Role, tws)
			}
		}
		if _, err := b.Registry.Reach(t.Context(), tn.Workers[0], tn.Houses[1]); err != nil {
			t.Errorf("the worker lost another household: %v", err)
		}
		kept(t, tn, 0, cadre.exchange(written...))
		if a := worker.exchange(); len(a.Removed) != 1 || a.Removed[0] != [2]string{tn.Houses[0], ""} {
			t.Errorf("the worker was told %v", a.Removed)
		}
		if again := cadre.exchange(written...); len(load[*activity.Visit](t, tn, activity.VisitType, tn.Houses[0])) != 1 {
			t.Errorf("sent again it was taken again: %v", again.Results)
		}
		later := cadre.exchange(cadre.mutAt(1<<40, tn.Houses[0]))
		if later.codes()[4] != "not-found" {
			t.Errorf("work begun after the end: %v", later.Results)
		}
	})
}

// mutAt is a visit written when the phone had seen base.
func (p *wire) mutAt(base int64, house string) string {
	p.base = base
	return p.mut("visit", p.tn.DB.NewID(), house, `{"day":"2026-03-02"}`)
}

func TestMerge(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Houses: 2})
		people(t, tn, 0, household.Member{Name: "儿子", Relation: "之子", Education: "初中"})
		people(t, tn, 0, household.Member{Name: "出嫁", Relation: "之女", Left: "外嫁"})
		head := *load[*household.Member](t, tn, household.MemberType, tn.Houses[1])[0]
		mine, other := phone(t, tn, tn.Cadres[0]), phone(t, tn, tn.Cadres[1])
		written := unsent(mine, 0)
		raw, err := b.Registry.End(t.Context(), tn.Admin, house(tn, 0), registry.Ending{Rev: home(t, tn, 0).Version, Into: tn.Houses[1], Reason: "父子两户合为一户"})
		check(t, err)
		if !strings.Contains(string(raw), `"state":"merged"`) {
			t.Errorf("answered %s", raw)
		}
		from, into := home(t, tn, 0), home(t, tn, 1)
		if from.People != 0 || into.People != 3 || into.Head != "户主2" || into.State != "" {
			t.Errorf("%d and %d people, head %q, state %q", from.People, into.People, into.Head, into.State)
		}
		left := map[string]string{}
		old := map[string]*household.Member{}
		for _, m := range load[*household.Member](t, tn, household.MemberType, tn.Houses[0]) {
			left[m.Name], old[m.Name] = m.Left+m.LeftDay, m
		}
		if fmt.Sprint(left) != "map[儿子:并户2026-03-02 出嫁:外嫁 户主1:并户2026-03-02]" {
			t.Errorf("who left: %v", left)
		}
		for _, m := range load[*household.Member](t, tn, household.MemberType, tn.Houses[1]) {
			if m.Name == "户主2" {
				if *m != head {
					t.Errorf("the member who was there changed: %+v", m)
				}
				continue
			}
			want := *old[m.Name]
			want.Meta, want.Left, want.LeftDay, want.Relation, want.Joined, want.JoinedDay = m.Meta, "", "", "其他", "并户", "2026-03-02"
			if *m != want || m.MadeBy != tn.Admin.User || m.ID == old[m.Name].ID {
				t.Errorf("moved in %+v, want %+v", m, want)
			}
		}
		hs, err := b.DB.Histories(t.Context(), tn.Township)
		check(t, err)
		var said []string
		for _, x := range hs {
			said = append(said, x.Type+"."+x.Field+" "+x.Old+">"+x.New)
		}
		slices.Sort(said)
		if got := strings.Join(said, ", "); got != "household.state >merged, member.left >并户, member.left >并户, member.leftDay >2026-03-02, member.leftDay >2026-03-02, member.relation 之子>其他, member.relation 户主>其他" {
			t.Errorf("history: %s", got)
		}
		kept(t, tn, 0, mine.exchange(written...))
		a := other.exchange()
		names := []string{}
		for _, h := range a.Households {
			for _, m := range h.Rows["member"] {
				names = append(names, fmt.Sprint(m["name"]))
			}
		}
		if slices.Sort(names); strings.Join(names, " ") != "儿子 户主1" {
			t.Errorf("the other cadre's phone was sent %v", names)
		}
	})
}

// anyone finds every cadre.
type anyone struct{ who access.Actor }

func (f anyone) Helper(context.Context, string, string) (pairing.Helper, error) {
	return pairing.Helper{User: f.who.User, Name: f.who.Name}, nil
}

// TestNobodyIsPairedAfterTheEnd: the pairing that was wanted at the same time.
func TestNobodyIsPairedAfterTheEnd(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Houses: 2})
		_, err := b.Registry.End(t.Context(), tn.Admin, house(tn, 0), registry.Ending{Rev: 1, Reason: "全户迁往外省定居"})
		check(t, err)
		s := &pairing.Service{Writer: b.DB, People: anyone{tn.Cadres[1]}, Common: b.DB.Common}
		if _, err := s.Pair(t.Context(), tn.Admin, tn.Township, tn.Houses[0], "x", "2026-03-03", ""); !fault.Is(err, fault.WrongState) {
			t.Errorf("paired after the end: %v", err)
		}
		if _, err := b.Registry.Reach(t.Context(), tn.Cadres[1], tn.Houses[0]); !fault.Is(err, fault.NotFound) {
			t.Errorf("held after the end: %v", err)
		}
	})
}

// TestEndRefused: who may not, what is not there, what has ended.
func TestEndRefused(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, far := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 3}), add(t, b, town.Size{Houses: 1})
		const why = "全户迁往外省定居"
		admin := tn.Admin
		_, err := b.Registry.End(t.Context(), admin, house(tn, 2), registry.Ending{Rev: home(t, tn, 2).Version, Reason: why})
		check(t, err)
		seq := func() int64 {
			s, err := b.DB.Space(t.Context(), tn.Township)
			check(t, err)
			return s.Seq
		}
		before := seq()
		county := access.Actor{User: b.DB.NewID(), Role: access.County, County: "999900"}
		common := registry.House{ID: tn.Common, Township: tn.Township}
		for i, c := range []struct {
			who  access.Actor
			in   registry.House
			e    registry.Ending
			code fault.Code
		}{
			{tn.Cadres[0], house(tn, 0), registry.Ending{Rev: 1, Reason: why}, fault.Forbidden},
			{tn.Workers[0], house(tn, 0), registry.Ending{Rev: 1, Reason: why}, fault.Forbidden},
			{county, house(tn, 0), registry.Ending{Rev: 1, Reason: why}, fault.Forbidden},
			{far.Admin, house(tn, 0), registry.Ending{Rev: 1, Reason: why}, fault.NotFound},
			{admin, common, registry.Ending{Rev: 1, Reason: why}, fault.NotFound},
			{admin, registry.House{ID: b.DB.NewID(), Township: tn.Township}, registry.Ending{Rev: 1, Reason: why}, fault.NotFound},
			{admin, house(tn, 0), registry.Ending{Rev: 1}, fault.Invalid},
			{admin, house(tn, 0), registry.Ending{Rev: 1, Reason: "  迁走了   "}, fault.Invalid},
			{admin, house(tn, 0), registry.Ending{Rev: 1, Reason: strings.Repeat("迁", 151)}, fault.Invalid},
			{admin, house(tn, 0), registry.Ending{Rev: 2, Reason: why}, fault.Stale},
			{admin, house(tn, 0), registry.Ending{Reason: why}, fault.Stale},
			{admin, house(tn, 0), registry.Ending{Rev: 1, Reason: why, Into: tn.Houses[0]}, fault.Invalid},
			{admin, house(tn, 0), registry.Ending{Rev: 1, Reason: why, Into: tn.Houses[2]}, fault.Invalid},
			{admin, house(tn, 0), registry.Ending{Rev: 1, Reason: why, Into: tn.Common}, fault.Invalid},
			{admin, house(tn, 0), registry.Ending{Rev: 1, Reason: why, Into: far.Houses[0]}, fault.Invalid},
			{admin, house(tn, 0), registry.Ending{Rev: 1, Reason: why, Into: b.DB.NewID()}, fault.Invalid},
			{admin, house(tn, 2), registry.Ending{Rev: home(t, tn, 2).Version, Reason: why}, fault.WrongState},
			{admin, house(tn, 2), registry.Ending{Rev: home(t, tn, 2).Version, Reason: why, Into: tn.Houses[0]}, fault.WrongState},
		} {
			if raw, err := b.Registry.End(t.Context(), c.who, c.in, c.e); !fault.Is(err, c.code) || raw != nil {
				t.Errorf("%d: %s %v, want %s", i, raw, err, c.code)
			}
		}
		if seq() != before {
			t.Error("a refusal wrote something")
		}
	})
}

// TestReopen: a closing is taken back; the village worker and the login hold
// the household as before and get it whole, the cadre by a new pairing only.
func TestReopen(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, err := b.Add(t.Context(), town.Size{Cadres: 1, Workers: 1, Houses: 3})
		check(t, err)
		worker, cadre := phone(t, tn, tn.Workers[0]), phone(t, tn, tn.Cadres[0])
		in := registry.House{ID: tn.Houses[1], Township: tn.Township}
		end := func(e registry.Ending) error {
			e.Rev, e.Reason = home(t, tn, 1).Version, "写错了销户"
			_, err := b.Registry.End(t.Context(), tn.Admin, in, e)
			return err
		}
		if err := end(registry.Ending{Reopen: true}); !fault.Is(err, fault.WrongState) {
			t.Errorf("an open one: %v", err)
		}
		check(t, end(registry.Ending{}))
		for _, p := range []*wire{worker, cadre} {
			if a := p.exchange(); len(a.Removed) != 1 {
				t.Errorf("closed: %+v", a.Removed)
			}
		}
		old := home(t, tn, 1)
		_, err = b.Registry.End(t.Context(), tn.Admin, in, registry.Ending{Reopen: true, Rev: old.Version - 1, Reason: "写错了销户"})
		if !fault.Is(err, fault.Stale) {
			t.Errorf("an older revision: %v", err)
		}
		check(t, end(registry.Ending{Reopen: true}))
		if h := home(t, tn, 1); h.State != "" || h.Version != old.Version+1 {
			t.Errorf("%+v", h)
		}
		if a := worker.exchange(); len(a.Households) != 1 || a.Households[0].ID != in.ID || len(a.Households[0].Rows["member"]) != 1 {
			t.Errorf("the village worker gets %+v", a.Households)
		}
		if a := cadre.exchange(); len(a.Households) != 0 {
			t.Errorf("the cadre gets %+v without a pairing", a.Households)
		}
		check(t, tn.Pair(t.Context(), in.ID, &tn.Cadres[0]))
		if a := cadre.exchange(); len(a.Households) != 1 {
			t.Errorf("paired anew: %+v", a.Households)
		}
		check(t, end(registry.Ending{Into: tn.Houses[0]}))
		if err := end(registry.Ending{Reopen: true}); !fault.Is(err, fault.WrongState) {
			t.Errorf("a merged one: %v", err)
		}
	})
}
