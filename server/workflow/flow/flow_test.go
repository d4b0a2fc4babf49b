package flow_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/types"
	"daohu/server/workflow"
	"daohu/server/workflow/flow"
)

func rules() flow.Rules { return workflow.FlowRules(types.All()) }

func builtin(t testing.TB) *flow.Book {
	t.Helper()
	b, err := rules().Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBuiltinCoversEveryReviewedType: members' proposals have a flow of their
// own, other proposals the general one.
func TestBuiltinCoversEveryReviewedType(t *testing.T) {
	b := builtin(t)
	for _, typ := range types.All() {
		if f := b.For(typ.Name, ""); (f != nil) != (typ.Workflow || typ.Name == "proposal") {
			t.Errorf("%s: flow %v", typ.Name, f)
		}
	}
	for about, want := range map[string]string{"member": "member", "visit": "change", "": "change"} {
		if f := b.For("proposal", about); f.Code != want {
			t.Errorf("proposal about %q runs on %s, want %s", about, f.Code, want)
		}
	}
}

// TestParseRefuses: each change of what ships that would let a gate be passed
// by, an author approve, or a row get stuck is refused.
func TestParseRefuses(t *testing.T) {
	raw, err := json.Marshal(builtin(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rules().Parse(raw); err != nil {
		t.Fatalf("what ships is refused: %v", err)
	}
	step := func(b *flow.Book, i, j int) *flow.Step { return &b.Flows[i].Steps[j] }
	for name, change := range map[string]func(b *flow.Book){
		"author leads on":         func(b *flow.Book) { step(b, 0, 0).Moves[0].Own, step(b, 0, 0).Moves[0].Who = true, "" },
		"pass aside":              func(b *flow.Book) { step(b, 0, 0).Moves[0].To = "rejected" },
		"pass to itself":          func(b *flow.Book) { step(b, 0, 0).Moves[0].To = "pending" },
		"pass over a step":        func(b *flow.Book) { step(b, 0, 1).Moves[0].To = "approved" },
		"another way round":       func(b *flow.Book) { flowOf(b, "change").Steps[1].Moves[0].Gates = nil },
		"return without words":    func(b *flow.Book) { step(b, 0, 0).Moves[1].Words = false },
		"return to an end":        func(b *flow.Book) { step(b, 0, 0).Moves[1].To = "rejected" },
		"reject onto the path":    func(b *flow.Book) { step(b, 0, 0).Moves[2].To = "approved" },
		"objection without words": func(b *flow.Book) { step(b, 0, 2).Moves[0].Words = false },
		"objection of the author": func(b *flow.Book) { step(b, 0, 2).Moves[0].Own, step(b, 0, 2).Moves[0].Who = true, "" },
		"objection leads aside":   func(b *flow.Book) { step(b, 0, 2).Moves[0].To = "returned" },
		"objection leads on":      func(b *flow.Book) { step(b, 0, 0).Moves[0].Kind = flow.Object; step(b, 0, 0).Moves[0].Words = true },
		"objection by cadres":     func(b *flow.Book) { step(b, 0, 2).Moves[0].Who = "TC" },
		"gate on a reject":        func(b *flow.Book) { step(b, 0, 0).Moves[2].Gates = []flow.Gate{flow.Fit} },
		"unknown gate":            func(b *flow.Book) { step(b, 0, 0).Moves[0].Gates = []flow.Gate{"weather"} },
		"unknown kind":            func(b *flow.Book) { step(b, 0, 0).Moves[0].Kind = "jump" },
		"cadres approve":          func(b *flow.Book) { step(b, 0, 0).Moves[0].Who = "TC" },
		"nobody approves":         func(b *flow.Book) { step(b, 0, 0).Moves[0].Who = "" },
		"author or role":          func(b *flow.Book) { step(b, 0, 1).Moves[0].Who = "T" },
		"move twice":              func(b *flow.Book) { step(b, 0, 0).Moves[1].Do = "approve" },
		"nothing leads to":        func(b *flow.Book) { step(b, 0, 0).Moves = step(b, 0, 0).Moves[:2] },
		"stuck with the author":   func(b *flow.Book) { step(b, 0, 1).Moves = nil },
		"foreign state":           func(b *flow.Book) { step(b, 0, 3).Code = "lost"; step(b, 0, 0).Moves[2].To = "lost" },
		"a state less":            func(b *flow.Book) { b.Flows[0].Steps = b.Flows[0].Steps[:3] },
		"begins elsewhere":        func(b *flow.Book) { slices.Reverse(b.Flows[0].Steps) },
		"clock without a count":   func(b *flow.Book) { step(b, 0, 0).Count = "" },
		"clock of 400 days":       func(b *flow.Book) { step(b, 0, 0).Days = 400 },
		"count without a clock":   func(b *flow.Book) { step(b, 0, 0).Days = 0 },
		"type without workflow":   func(b *flow.Book) { b.Flows[0].Of = []string{"visit", "clip", "need"} },
		"two flows of a type":     func(b *flow.Book) { b.Flows[1].Of = []string{"measure", "visit"} },
		"of nothing":              func(b *flow.Book) { b.Flows[3].Of = nil },
		"a code twice":            func(b *flow.Book) { b.Flows[1].Code = b.Flows[0].Code },
		"no edition":              func(b *flow.Book) { b.Edition = "" },
		"no name":                 func(b *flow.Book) { step(b, 0, 0).Name = " " },
	} {
		var b flow.Book
		if err := json.Unmarshal(raw, &b); err != nil {
			t.Fatal(err)
		}
		change(&b)
		changed, _ := json.Marshal(b)
		if _, err := rules().Parse(changed); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for _, s := range []string{"", "{}", `{"edition":"1","flows":[]}`, strings.Replace(string(raw), `"who"`, `"whom"`, 1)} {
		if _, err := rules().Parse([]byte(s)); err == nil {
			t.Errorf("%.40q is taken", s)
		}
	}
}

// flowOf is the flow called code.
func flowOf(b *flow.Book, code string) *flow.Flow {
	return &b.Flows[slices.IndexFunc(b.Flows, func(f flow.Flow) bool { return f.Code == code })]
}

// random is a workflow of any shape, mostly one that Parse takes.
func random(t *rapid.T) flow.Flow {
	n := rapid.IntRange(2, 7).Draw(t, "steps")
	f := flow.Flow{Code: "x", Name: "x", Of: []string{"thing"}}
	sane := func(what string) bool { return rapid.IntRange(0, 19).Draw(t, what) > 0 }
	any := func() int { return rapid.IntRange(0, n-1).Draw(t, "any") }
	for i := range n {
		f.Steps = append(f.Steps, flow.Step{Code: fmt.Sprintf("s%d", i), Name: "s", Aside: i > 0 && i < n-1 && rapid.IntRange(0, 2).Draw(t, "aside") == 0})
	}
	next := func(i int) int {
		return i + 1 + slices.IndexFunc(f.Steps[i+1:], func(s flow.Step) bool { return !s.Aside })
	}
	for i := range n - 1 {
		s := &f.Steps[i]
		if s.Aside && rapid.Bool().Draw(t, "end") {
			continue
		}
		m := flow.Move{Do: "go", Name: "go", Kind: flow.Pass, To: f.Steps[next(i)].Code, Who: "T"}
		if !sane("to") {
			m.To = f.Steps[any()].Code
		}
		s.Moves = append(s.Moves, m)
	}
	for i := range n - 1 {
		s := &f.Steps[i]
		for j := range n - 1 {
			to := f.Steps[j]
			kind := flow.Return
			if to.Aside && to.End() {
				kind = flow.Reject
			} else if !to.Aside && rapid.Bool().Draw(t, "object") {
				kind = flow.Object
			}
			if s.End() || !to.Aside && j >= i && sane("back") || rapid.IntRange(0, 2).Draw(t, "more") == 0 {
				continue
			}
			s.Moves = append(s.Moves, flow.Move{Do: fmt.Sprintf("m%d", j), Name: "m", Kind: kind, To: to.Code, Who: "TK", Words: true})
		}
	}
	return f
}

// TestNothingSkipsAGate: in every workflow that Parse takes, whoever moves a
// row in whatever order, it comes to a step of the path only after a pass from
// the one before it, and nobody decides on what they wrote. The model counts
// the path by itself.
func TestNothingSkipsAGate(t *testing.T) {
	taken, passes, refused := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		f := random(t)
		states := []string{}
		for _, s := range f.Steps {
			states = append(states, s.Code)
		}
		raw, _ := json.Marshal(flow.Book{Edition: "1", Flows: []flow.Flow{f}})
		b, err := flow.Rules{"thing": {States: states, Begins: "s0", Who: "TK"}}.Parse(raw)
		if err != nil {
			return
		}
		taken++
		got := b.For("thing", "")
		path := map[string]int{}
		for _, s := range f.Steps {
			if !s.Aside {
				path[s.Code] = len(path)
			}
		}
		at, furthest := flow.At{Step: "s0", Author: "ann"}, 0 // the furthest step of the path since it last went back
		for range 30 {
			who := flow.Who{User: rapid.SampledFrom([]string{"ann", "bob", "cyd", "dan"}).Draw(t, "user"), Role: rapid.SampledFrom([]string{"T", "K", "C", ""}).Draw(t, "role")}
			do := rapid.SampledFrom([]string{"go", "go", "m0", "m1", "m2", "m3", "fly"}).Draw(t, "do")
			m, err := got.Judge(at, who, do)
			if err != nil {
				refused++
				continue
			}
			if !strings.Contains("TK", who.Role) || who.Role == "" {
				t.Fatalf("%+v made %s", who, do)
			}
			if who.User == at.Author {
				t.Fatalf("%s decided on their own at %s", who.User, at.Step)
			}
			place, on := path[m.To]
			if m.Kind == flow.Pass {
				passes++
				if !on || place > furthest+1 {
					t.Fatalf("%s: from %s to %s, furthest was %d", do, at.Step, m.To, furthest)
				}
				furthest = max(furthest, place)
			} else if on && place > furthest {
				t.Fatalf("%s leads on from %s to %s", m.Kind, at.Step, m.To)
			}
			if on {
				furthest = place
			}
			at.Step = m.To
		}
	})
	if taken < 10 || passes < 10 || refused < 10 {
		t.Errorf("only %d workflows, %d passes, %d refusals", taken, passes, refused)
	}
	t.Logf("figure: workflows: %d of random shape, %d passes, %d refusals", taken, passes, refused)
}

// TestJudge names why not.
func TestJudge(t *testing.T) {
	f := builtin(t).For("visit", "")
	for _, c := range []struct {
		at   flow.At
		who  flow.Who
		do   string
		want fault.Code
	}{
		{flow.At{Step: "pending", Author: "a"}, flow.Who{"t", "T"}, "approve", ""},
		{flow.At{Step: "pending", Author: "t"}, flow.Who{"t", "T"}, "approve", fault.OwnRecord},
		{flow.At{Step: "pending", Author: "t"}, flow.Who{"t", "T"}, "return", fault.OwnRecord},
		{flow.At{Step: "pending", Author: "a"}, flow.Who{"c", "C"}, "approve", fault.Forbidden},
		{flow.At{Step: "pending", Author: "a"}, flow.Who{"c", ""}, "approve", fault.Forbidden},
		{flow.At{Step: "approved", Author: "a"}, flow.Who{"t", "T"}, "approve", fault.WrongState},
		{flow.At{Step: "nowhere", Author: "a"}, flow.Who{"t", "T"}, "approve", fault.WrongState},
		{flow.At{Step: "returned", Author: "a"}, flow.Who{"a", "C"}, "correct", ""},
		{flow.At{Step: "returned", Author: "a"}, flow.Who{"t", "T"}, "correct", fault.Forbidden},
		{flow.At{Step: "pending"}, flow.Who{"", "T"}, "approve", ""}, // the system's own
	} {
		_, err := f.Judge(c.at, c.who, c.do)
		if (err == nil) != (c.want == "") || err != nil && !fault.Is(err, c.want) {
			t.Errorf("%+v by %+v, %s: %v, want %s", c.at, c.who, c.do, err, c.want)
		}
	}
	if f.Knows("correct") || !f.Knows("approve") || f.Owes("approve") || !f.Owes("return") || f.Owes("nothing") {
		t.Error("what is known or owed")
	}
}

// TestDue counts working days over National Day and calendar days.
func TestDue(t *testing.T) {
	c, err := calendar.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2025, 9, 30, 12, 0, 0, 0, calendar.Zone()).UnixMilli() // a Tuesday; 1 to 8 October are off, 28 September and 11 October are worked
	for _, x := range []struct {
		s    flow.Step
		want string
	}{
		{flow.Step{Days: 1, Count: flow.Working}, "2025-10-09"},
		{flow.Step{Days: 3, Count: flow.Working}, "2025-10-11"},
		{flow.Step{Days: 3, Count: flow.Calendar}, "2025-10-03"},
		{flow.Step{}, ""},
	} {
		due, ok := x.s.Due(at, c)
		if ok != (x.want != "") || ok && due.String() != x.want {
			t.Errorf("%+v: %s %v, want %s", x.s, due, ok, x.want)
		}
	}
}
