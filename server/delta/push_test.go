package delta_test

import (
	"fmt"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/delta"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/servertest/town"
	"daohu/server/types"
)

// count is how many visits a household has at the server.
func (p *phone) count(house string) int {
	return len(synced(p.t, p.b, p.who).ids(house, "visit"))
}

func TestEachMutationHasItsEffectOnce(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Houses: 4})
		p := synced(t, b, tn.Cadres[0])
		house := tn.Houses[0]
		one := p.mut("visit", b.DB.NewID(), house, `{"day":"2026-03-02","text":"屋顶漏雨"}`)
		two := p.mut("visit", b.DB.NewID(), house, `{"day":"2026-03-01"}`)
		for range 3 { // the answer is lost: sent again, word for word, alone and with the next
			if out, err := p.try(one); err != nil || out.Last != 1 || len(out.Results) != 0 {
				t.Fatalf("%+v %v", out, err)
			}
		}
		out := p.send(one, two)
		if out.Last != 2 || out.NewClient != "" {
			t.Fatalf("%+v", out)
		}
		if out = p.send(); out.Last != 2 {
			t.Fatalf("last %d", out.Last)
		}
		p.converged()
		if n := p.count(house); n != 2 {
			t.Fatalf("%d visits, want 2", n)
		}
		// Under a new client id the journal's text changes nothing either.
		p.renew(b.DB.NewID())
		p.mid = 1
		if out = p.send(p.sign(one)); out.Last != 1 || len(out.Results)+len(out.Own) != 0 {
			t.Fatalf("offered again: %+v", out)
		}
		p.converged()
		if n := p.count(house); n != 2 {
			t.Fatalf("%d visits after the journal, want 2", n)
		}
	})
}

func TestOfferedAgainEditsAndProposalsDoNotDouble(t *testing.T) {
	b, _ := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
	p := synced(t, b, tn.Cadres[0])
	house := tn.Houses[0]
	edit := p.mut("household", house, house, `{"notes":"第一"}`)
	ask := p.mut("household", house, house, `{"income":500000}`)
	p.want(p.verdict(p.send(edit, ask), 2), "proposal")
	p.want(p.push("household", house, house, `{"notes":"第二"}`), "")
	p.renew(b.DB.NewID())
	p.mid = 2
	p.hashes[2] = hash(ask)
	if out := p.send(edit, ask); len(out.Own) != 0 {
		t.Fatalf("%+v", out)
	}
	p.converged()
	if p.row(house, "household", house)["notes"] != "第二" || len(p.ids(house, "proposal")) != 1 {
		t.Fatalf("an old edit came back: %v, %d proposals", p.row(house, "household", house)["notes"], len(p.ids(house, "proposal")))
	}
}

func TestClones(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Houses: 4})
		house := tn.Houses[0]
		p := synced(t, b, tn.Cadres[0])
		p.want(p.push("visit", b.DB.NewID(), house, `{"day":"2026-03-01"}`), "")
		twin := *p // a copied phone goes its own way
		twin.hashes, twin.rows = map[int64]string{1: p.hashes[1]}, synced(t, b, p.who).rows
		p.want(p.push("visit", b.DB.NewID(), house, `{"day":"2026-03-02","text":"甲"}`), "")
		p.send()

		mut := twin.mut("visit", b.DB.NewID(), house, `{"day":"2026-03-02","text":"乙"}`)
		ask := func(q phone, muts ...string) string {
			t.Helper()
			out, err := q.try(muts...)
			if err != nil || out.NewClient == "" || out.served() || out.NewClient == q.client {
				t.Fatalf("a clone was not told: %+v %v", out, err)
			}
			return out.NewClient
		}
		next := ask(twin, mut) // another hash for a consumed mid
		if again := ask(twin, mut); again != next {
			t.Error("a repeated request gets another id")
		}
		lied := *p
		lied.acked = [2]any{2, "0000000000000000"}
		lied.mid = 2
		ask(lied, lied.mut("visit", b.DB.NewID(), house, `{"day":"2026-03-02"}`)) // another acknowledged mutation
		lied.acked = [2]any{9, "0000000000000000"}
		if out, err := lied.try(); err != nil || !out.Epoch || out.served() { // acknowledges what this server never took
			t.Fatalf("a server that forgot goes on as if nothing were: %+v %v", out, err)
		}
		gap := *p
		gap.mid = 4
		ask(gap, gap.mut("visit", b.DB.NewID(), house, `{"day":"2026-03-02"}`)) // skips a mid
		other := synced(t, b, tn.Cadres[1])
		other.client, other.mid = p.client, 0
		ask(*other, other.mut("visit", b.DB.NewID(), tn.Houses[1], `{"day":"2026-03-02"}`)) // someone else's client id

		twin.renew(next)
		twin.mid = 1
		mut = twin.sign("[1" + mut[strings.IndexByte(mut, ','):])
		if out := twin.send(mut); out.Last != 1 || out.NewClient != "" {
			t.Fatalf("%+v", out)
		}
		twin.converged()
		p.converged()
		if n := p.count(house); n != 3 {
			t.Fatalf("%d visits, want those of both phones: 3", n)
		}
	})
}

func TestResultsAreToldUntilAcknowledged(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		p := synced(t, b, tn.Cadres[0])
		bad := p.mut("visit", b.DB.NewID(), tn.Houses[0], `{"day":"gestern"}`)
		good := p.mut("visit", b.DB.NewID(), tn.Houses[0], `{"day":"2026-03-02"}`)
		for i := range 3 {
			var muts []string
			if i == 0 {
				muts = []string{bad, good}
			}
			out, err := p.try(muts...)
			if err != nil || out.Last != 2 || len(out.Results) != 1 || out.Results[0].Mid != 1 {
				t.Fatalf("%+v %v", out, err)
			}
		}
		p.acked = [2]any{2, p.hashes[2]}
		if out := p.send(); len(out.Results) != 0 {
			t.Fatalf("told after the acknowledgement: %v", out.Results)
		}
		kept, err := b.DB.Results(t.Context(), p.client, 0)
		if err != nil || len(kept) != 0 {
			t.Fatalf("kept for ever: %v %v", kept, err)
		}
		p.converged()
	})
}

// TestRefusedMutationsComeBack: every one is consumed with its code and a
// sentence, and those before and behind it have their effect.
func TestRefusedMutationsComeBack(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Workers: 1, Houses: 4})
		mine, other := tn.Houses[0], tn.Houses[1]
		p, w := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Workers[0])
		theirs, elsewhere := b.DB.NewID(), b.DB.NewID()
		w.want(w.push("visit", theirs, mine, `{"day":"2026-03-01"}`), "")
		w.want(w.push("visit", elsewhere, other, `{"day":"2026-03-01"}`), "")
		p.round()
		new := b.DB.NewID
		member := p.only(mine, "member")
		const day = `{"day":"2026-03-02"}`
		for _, c := range []struct{ name, code, typ, id, house, patch string }{
			{"unknown type", "bad-request", "gossip", new(), mine, day},
			{"unknown field", "invalid", "visit", new(), mine, `{"day":"2026-03-02","rank":1}`},
			{"server-set field", "invalid", "visit", new(), mine, `{"day":"2026-03-02","state":"approved"}`},
			{"server-set field of a known row", "invalid", "household", mine, mine, `{"head":"我"}`},
			{"online field", "online-only", "household", mine, mine, `{"code":"H1"}`},
			{"ID number", "online-only", "member", member, mine, `{"idNo":"999999195001010000"}`},
			{"bad value", "invalid", "visit", new(), mine, `{"day":"02.03.2026"}`},
			{"wrong kind", "invalid", "visit", new(), mine, `{"day":20260302}`},
			{"out of range", "invalid", "visit", new(), mine, `{"day":"2026-03-02","stage":5}`},
			{"a place without its system", "invalid", "visit", new(), mine, `{"day":"2026-03-02","lat":1}`},
			{"too long", "invalid", "visit", new(), mine, `{"day":"2026-03-02","text":"` + strings.Repeat("长", 2001) + `"}`},
			{"what is required is missing", "invalid", "visit", new(), mine, `{"text":"无日期"}`},
			{"repeated key", "bad-request", "visit", new(), mine, `{"day":"2026-03-02","day":"2026-03-01"}`},
			{"patch of another kind", "bad-request", "visit", new(), mine, `7`},
			{"another's household", "not-found", "visit", new(), other, day},
			{"no such household", "not-found", "visit", new(), "AAAAAAAAAAAA", day},
			{"id of another household", "id-taken", "visit", elsewhere, mine, day},
			{"id of another user's row", "forbidden", "visit", theirs, mine, `{"text":"改"}`},
			{"erasing another user's row", "forbidden", "visit", theirs, mine, `null`},
			{"erasing a member", "forbidden", "member", member, mine, `null`},
			{"erasing nothing", "not-found", "visit", new(), mine, `null`},
			{"erasing the household", "forbidden", "household", mine, mine, `null`},
			{"making a household", "forbidden", "household", new(), mine, `{"notes":"新"}`},
			{"a type nobody makes", "forbidden", "pairing", new(), mine, `{}`},
			{"a settled proposal out of thin air", "forbidden", "proposal", new(), mine, `{"state":"accepted"}`},
			{"writing to the common rows", "not-found", "visit", new(), tn.Common, day},
			{"changing a card", "not-found", "card", tn.Cards[0], tn.Common, `{"title":"假"}`},
			{"a form that is not there", "invalid", "response", new(), mine, fmt.Sprintf(`{"form":%q,"day":"2026-03-02"}`, new())},
			{"a photo of another's visit", "invalid", "photo", new(), mine, fmt.Sprintf(`{"visit":%q,"sha256":"%064d","size":9,"mime":"image/jpeg"}`, theirs, 1)},
		} {
			t.Run(c.name, func(t *testing.T) {
				before, behind := new(), new()
				out := p.send(p.mut("visit", before, mine, day), p.mut(c.typ, c.id, c.house, c.patch), p.mut("visit", behind, mine, day))
				if out.Last != p.mid || len(out.Results) != 1 {
					t.Fatalf("%+v", out)
				}
				p.want(p.verdict(out, p.mid-1), c.code)
				if p.row(mine, "visit", before) == nil || p.row(mine, "visit", behind) == nil {
					t.Fatal("a good mutation beside it was lost")
				}
			})
		}
		p.converged()
		if find(t, tn, visitType, theirs).Base().Version != 1 || find(t, tn, household.HouseholdType, mine).(*household.Household).Head == "我" {
			t.Fatal("a refused mutation had an effect")
		}
	})
}

func TestBrokenMutationsAreConsumed(t *testing.T) {
	b, _ := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
	p := synced(t, b, tn.Cadres[0])
	for _, text := range []string{`[%d]`, `[%d,0]`, `[%d,0,"visit","short","short",{},0]`, `[%d,-1,"visit","AAAAAAAAAAAA","AAAAAAAAAAAA",{},0]`, `[%d,"0",7,[],{},{},null]`, `[%d,0,"visit","AAAAAAAAAAAA","AAAAAAAAAAAA",{},0,1]`} {
		p.mid++
		m := p.sign(fmt.Sprintf(text, p.mid))
		if !strings.Contains(m, ",") {
			p.hashes[p.mid] = hash(",]")
		}
		p.want(p.verdict(p.send(m, p.mut("visit", b.DB.NewID(), tn.Houses[0], `{"day":"2026-03-02"}`)), p.mid-1), "bad-request")
	}
	for _, text := range []string{`7`, `[]`, `["1"]`, `[0]`, `[1.5]`, `{}`} {
		if _, err := p.try(text); !fault.Is(err, fault.BadRequest) {
			t.Errorf("%s: %v", text, err)
		}
	}
	p.converged()
}

func TestRequestLimits(t *testing.T) {
	b, _ := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
	p := synced(t, b, tn.Cadres[0])
	var muts []string
	for range 101 {
		muts = append(muts, p.mut("visit", b.DB.NewID(), tn.Houses[0], `{"day":"2026-03-02"}`))
	}
	if _, err := p.try(muts...); !fault.Is(err, fault.TooLarge) {
		t.Errorf("101 mutations: %v", err)
	}
	if _, err := p.try(muts[0], muts[2]); !fault.Is(err, fault.BadRequest) {
		t.Errorf("a gap within a request: %v", err)
	}
	if out := p.send(muts[:100]...); out.Last != 100 || len(out.Results) != 0 {
		t.Fatalf("100 mutations: %+v", out.Results)
	}
	long := fmt.Sprintf(`{"day":"2026-03-02","text":"%s"}`, strings.Repeat("长", 2000))
	muts = nil
	p.mid = 100
	for range 11 {
		muts = append(muts, p.mut("visit", b.DB.NewID(), tn.Houses[0], long))
	}
	if _, err := p.try(muts...); !fault.Is(err, fault.TooLarge) {
		t.Errorf("66 KB: %v", err)
	}
	if out := p.send(muts[:10]...); out.Last != 110 || len(out.Results) != 0 {
		t.Fatalf("60 KB: %+v", out.Results)
	}
	for _, body := range []string{``, `[]`, `{"client":"short"}`, `{"client":"AAAAAAAAAAAA","surprise":1}`, `{"client":"AAAAAAAAAAAA","acked":["x",1]}`, `{"client":"AAAAAAAAAAAA","muts":{}}`} {
		if _, err := b.Delta.Exchange(t.Context(), p.who, []byte(body)); !fault.Is(err, fault.BadRequest) && !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestPoisonDoesNotBlock: a row the database cannot store comes back to its
// author alone.
func TestPoisonDoesNotBlock(t *testing.T) {
	b, _ := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
	p := synced(t, b, tn.Cadres[0])
	ids := []string{b.DB.NewID(), b.DB.NewID(), b.DB.NewID()}
	var muts []string
	for _, id := range ids {
		muts = append(muts, p.mut("visit", id, tn.Houses[0], `{"day":"2026-03-02"}`))
	}
	b.Delta = delta.New(delta.Config{Store: &meddler{DB: b.DB, poison: ids[1]}, Types: types.All(), Rules: types.Rules(), Sealer: b.Box, Tag: b.Box.Tag, Now: b.Now,
		Jitter: func(int) int { return 0 }, Schema: types.Schema, Oldest: types.Oldest, Log: quietLog()})
	out := p.send(muts...)
	if out.Last != 3 || len(out.Results) != 1 {
		t.Fatalf("%+v", out)
	}
	p.want(p.verdict(out, 2), "internal")
	if strings.Contains(fmt.Sprint(out.Results), "column") {
		t.Fatal("the database's words reached the phone")
	}
	p.converged()
	if got := p.ids(tn.Houses[0], "visit"); len(got) != 2 || p.row(tn.Houses[0], "visit", ids[1]) != nil {
		t.Fatalf("visits %v", got)
	}
}

func TestOneCadreInTwoTownships(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		one, two := add(t, b, town.Size{Cadres: 1, Houses: 2}), add(t, b, town.Size{Cadres: 1, Houses: 2})
		check(t, two.Pair(t.Context(), two.Houses[1], &one.Cadres[0]))
		p := synced(t, b, one.Cadres[0])
		if len(p.rows) != 5 { // 2 + 1, and both common ones
			t.Fatalf("%d households", len(p.rows))
		}
		var muts, ids []string
		for _, h := range []string{one.Houses[0], two.Houses[1], two.Houses[0], one.Houses[1], "AAAAAAAAAAAA", two.Houses[1]} {
			ids = append(ids, b.DB.NewID())
			muts = append(muts, p.mut("visit", ids[len(ids)-1], h, `{"day":"2026-03-02"}`))
		}
		if out, err := p.try(muts...); err != nil || out.Last != 6 { // this answer is lost
			t.Fatalf("%+v %v", out, err)
		}
		out := p.send(muts...)
		if out.Last != 6 || len(out.Results) != 2 || out.NewClient != "" {
			t.Fatalf("%+v", out)
		}
		p.want(p.verdict(out, 3), "not-found")
		p.want(p.verdict(out, 5), "not-found")
		p.converged()
		for i, h := range []string{one.Houses[0], two.Houses[1], "", one.Houses[1], "", two.Houses[1]} {
			if h != "" && p.row(h, "visit", ids[i]) == nil {
				t.Errorf("visit %d is missing", i+1)
			}
		}
		if n := len(p.ids(two.Houses[1], "visit")); n != 2 {
			t.Errorf("%d visits, want 2", n)
		}
		// One township's last household goes, the other stays.
		check(t, two.Pair(t.Context(), two.Houses[1], &two.Cadres[0]))
		p.converged()
		if len(p.rows) != 3 {
			t.Fatalf("%d households", len(p.rows))
		}
	})
}

func TestOwnRows(t *testing.T) {
	b, _ := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 2, Houses: 2})
	p := synced(t, b, tn.Cadres[0])
	house, id := tn.Houses[0], b.DB.NewID()
	out := p.send(p.mut("visit", id, house, `{"day":"2026-03-02","text":"一"}`))
	if len(out.Own) != 1 || out.Own[0].Whole != 0 || out.Own[0].Set["text"] != nil || string(out.Own[0].Set["state"]) != `"pending"` {
		t.Fatalf("a new row is told by what differs: %+v", out.Own)
	}
	if len(out.Households) != 0 {
		t.Fatalf("told twice: %+v", out.Households)
	}
	out = p.send(p.mut("visit", id, house, `{"text":"二"}`))
	if len(out.Own) != 1 || out.Own[0].Whole != 1 || string(out.Own[0].Set["text"]) != `"二"` || out.Own[0].Set["day"] == nil {
		t.Fatalf("a known row is told whole: %+v", out.Own)
	}
	// Made, changed and made empty again in one request.
	next := b.DB.NewID()
	out = p.send(p.mut("visit", next, house, `{"day":"2026-03-02","text":"一","needs":"水"}`), p.mut("visit", next, house, `{"text":null,"needs":"电"}`))
	if len(out.Own) != 1 {
		t.Fatalf("%+v", out.Own)
	}
	p.converged()
	if out = p.send(p.mut("visit", next, house, `null`)); len(out.Own) != 1 || out.Own[0].Set != nil {
		t.Fatalf("an erased row: %+v", out.Own)
	}
	p.converged()
	// Handed over before it arrives: accepted, and nothing is told of a household not held.
	late := p.mut("visit", b.DB.NewID(), house, `{"day":"2026-03-02"}`)
	check(t, tn.Pair(t.Context(), house, &tn.Cadres[1]))
	if out = p.send(late); len(out.Own) != 0 {
		t.Fatalf("own rows of a household not held: %+v", out.Own)
	}
	p.converged()
}

func TestHouseholdsWriteNothing(t *testing.T) {
	b, _ := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Houses: 2})
	h := access.Actor{User: b.DB.NewID(), Name: "户主1", Role: access.Household, Township: tn.Township, Household: tn.Houses[0]}
	login(t, tn, h)
	p := synced(t, b, h)
	if len(p.rows) != 2 || len(p.ids(tn.Houses[0], "member")) != 1 || len(p.ids(tn.Common, "form")) != 0 || len(p.ids(tn.Common, "card")) == 0 {
		t.Fatalf("a household sees %v", p.rows)
	}
	p.want(p.push("visit", b.DB.NewID(), tn.Houses[0], `{"day":"2026-03-02"}`), "forbidden")
	p.want(p.push("household", tn.Houses[0], tn.Houses[0], `{"notes":"我"}`), "forbidden")
	p.want(p.push("member", b.DB.NewID(), tn.Houses[0], `{"name":"新","relation":"子"}`), "forbidden")
	c := synced(t, b, tn.Cadres[0])
	c.want(c.push("visit", b.DB.NewID(), tn.Houses[0], `{"day":"2026-03-02"}`), "")
	p.converged()
	if v := p.row(tn.Houses[0], "visit", p.only(tn.Houses[0], "visit")); v["by"] != nil || v["flags"] != nil {
		t.Fatalf("a household sees %v", v)
	}
}
