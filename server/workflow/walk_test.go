package workflow_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/servertest/town"
	"daohu/server/types"
	"daohu/server/workflow"
)

// walk drives visits through review at random and keeps beside the server what
// must have become of each: the model knows the rules, not the program.
type walk struct {
	t      *testing.T
	tn     *town.Town
	r      *rand.Rand
	admins []access.Actor // the second writes visits too
	pens   []*pen         // those who write: the second admin, and a village worker
	rows   []*modelled
	ops    map[string]int
	n      int // of texts
}

// pen is the phone of somebody who writes.
type pen struct {
	who    access.Actor
	client string
	mid    int64
}

// modelled is one visit as it must be.
type modelled struct {
	id, house, state, text string
	author                 *pen
	rev                    int64
	gone                   bool
	decided                *decided // the decision that made this revision; nil = something else did
	latest                 *decided // the latest decision, whatever happened since
	wishes                 []wish
}

type decided struct {
	by, to  string
	at, rev int64
}

type wish struct { // an amendment that waits
	id, text string
	at       int64
}

// TestWalksOfReview: whatever admins and authors do, in whatever order, a
// record never skips a state, nobody decides on their own, a batch does to
// each row what a single decision would, and an undo undoes just that.
func TestWalksOfReview(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("DAOHU_TEST_SEED"), 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	town.Each(t, func(t *testing.T, b *town.Base) {
		t.Logf("DAOHU_TEST_SEED=%d", seed)
		worlds, moves := 6, 120
		if b.DB.Dialect() == "mysql" {
			worlds, moves = 2, 60
		}
		sum := map[string]int{}
		for n := range worlds {
			w := newWalk(t, add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 3}), rand.New(rand.NewPCG(seed, uint64(n))))
			for range moves {
				w.move()
			}
			w.trails()
			for k, v := range w.ops {
				sum[k] += v
			}
		}
		for _, must := range []string{"approve ok", "return ok", "reject ok", "object ok", "object wrong-state", "approve stale", "approve own-record", "undo ok", "undo wrong-state", "correct ", "amend proposal", "accept ok", "delete "} {
			if sum[must] == 0 && b.DB.Dialect() == "sqlite" {
				t.Errorf("%q never happened", must)
			}
		}
		t.Logf("figure: walks of review (%s): seed %d, %d worlds of %d moves, %v", b.DB.Dialect(), seed, worlds, moves, sum)
	})
}

func newWalk(t *testing.T, tn *town.Town, r *rand.Rand) *walk {
	w := &walk{t: t, tn: tn, r: r, ops: map[string]int{}, admins: []access.Actor{tn.Admin, tn.Cadres[0]}}
	w.admins[1].Role = access.Township
	for _, who := range []access.Actor{tn.Cadres[0], tn.Workers[0]} {
		w.pens = append(w.pens, &pen{who: who, client: tn.DB.NewID()})
	}
	return w
}

func (w *walk) move() {
	w.t.Helper()
	if len(w.rows) == 0 || w.r.IntN(6) == 0 {
		w.write()
	}
	row := w.rows[w.r.IntN(len(w.rows))]
	switch w.r.IntN(16) {
	case 0, 1, 2, 3:
		w.correct(row)
	case 4:
		w.erase(row)
	case 5, 6, 7:
		w.decide([]*modelled{row}, false)
	case 8, 9:
		w.decide(w.some(), true)
	case 10, 11, 12:
		w.undo()
	default:
		if i := slices.IndexFunc(w.rows, func(m *modelled) bool { return len(m.wishes) > 0 }); i >= 0 {
			w.settle(w.rows[i])
		}
	}
	w.tn.Pass(time.Duration(w.r.IntN([]int{1000, 3000, 20_000}[w.r.IntN(3)])) * time.Millisecond)
}

// some are up to five rows, each once.
func (w *walk) some() []*modelled {
	out := slices.Clone(w.rows)
	w.r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:min(len(out), 1+w.r.IntN(5))]
}

func (w *walk) now() int64 { return w.tn.Now().UnixMilli() }

// happened counts a move and holds what the server said against the model.
func (w *walk) happened(what, got, want string) {
	w.t.Helper()
	w.ops[what+" "+want]++
	if got != want {
		w.t.Fatalf("%s: the server says %q, the model %q", what, got, want)
	}
}

// push sends one mutation and returns its code and reference.
func (w *walk) push(p *pen, id, house, patch string) (string, string) {
	w.t.Helper()
	p.mid++
	body := fmt.Sprintf(`{"cursor":"","schema":%d,"client":%q,"acked":[0,""],"muts":[[%d,%d,"visit",%q,%q,%s,%d]],"budget":4096,"unsent":[0,0]}`,
		types.Schema, p.client, p.mid, 1<<30, id, house, patch, w.now())
	raw, err := w.tn.Delta.Exchange(w.t.Context(), p.who, []byte(body))
	check(w.t, err)
	var out struct {
		Last    int64
		Results [][]any
	}
	check(w.t, json.Unmarshal(raw, &out))
	if out.Last != p.mid {
		w.t.Fatalf("mutation %d was not consumed: %s", p.mid, raw)
	}
	for _, r := range out.Results {
		if r[0] == float64(p.mid) {
			return r[1].(string), r[3].(string)
		}
	}
	return "", ""
}

func (w *walk) text() string { w.n++; return fmt.Sprintf("第%d稿", w.n) }

func (w *walk) write() {
	p := w.pens[w.r.IntN(2)]
	m := &modelled{id: w.tn.DB.NewID(), house: w.tn.Houses[w.r.IntN(3)], state: workflow.Pending, text: w.text(), author: p, rev: 1}
	code, _ := w.push(p, m.id, m.house, fmt.Sprintf(`{"day":"2026-03-02","text":%q}`, m.text))
	w.happened("write", code, "")
	w.rows = append(w.rows, m)
	w.look(m)
}

// correct: somebody changes the text. Only the author may; what is settled
// changes by an amendment alone.
func (w *walk) correct(m *modelled) {
	text, p := w.text(), w.pens[w.r.IntN(2)]
	code, ref := w.push(p, m.id, m.house, fmt.Sprintf(`{"text":%q}`, text))
	switch {
	case m.gone:
		w.happened("correct", code, "gone")
	case p != m.author:
		w.happened("correct", code, "forbidden")
	case m.state == workflow.Approved || m.state == workflow.Rejected:
		w.happened("amend", code, "proposal")
		m.wishes = append(m.wishes, wish{ref, text, w.now()})
	default:
		w.happened("correct", code, "")
		m.text, m.state, m.rev, m.decided = text, workflow.Pending, m.rev+1, nil
	}
	w.look(m)
}

func (w *walk) erase(m *modelled) {
	code, _ := w.push(m.author, m.id, m.house, "null")
	switch {
	case m.gone:
		w.happened("delete", code, "")
	case m.state == workflow.Approved || m.state == workflow.Rejected:
		w.happened("delete", code, "wrong-state")
	default:
		w.happened("delete", code, "")
		m.gone, m.rev = true, m.rev+1
	}
	w.look(m)
}

// seen is a revision an admin may have on the screen: the present one, mostly.
func (w *walk) seen(m *modelled) int64 {
	if w.r.IntN(4) == 0 {
		return max(1, m.rev-1)
	}
	return m.rev
}

// verdict is what the model says of a decision.
func (m *modelled) verdict(a access.Actor, to string, rev int64) string {
	d := m.decided
	switch {
	case m.gone:
		return "not-found"
	case m.author.who.User == a.User:
		return "own-record"
	case rev == m.rev-1 && d != nil && d.by == a.User && d.to == to:
		return workflow.Done
	case rev != m.rev:
		return "stale"
	case (to == workflow.Pending) != (m.state == workflow.Approved) || m.state != workflow.Pending && m.state != workflow.Approved:
		return "wrong-state"
	case to == workflow.Pending && len(m.wishes) > 0:
		return "wrong-state"
	}
	return workflow.OK
}

func (w *walk) decide(rows []*modelled, batch bool) {
	i := w.r.IntN(4)
	if rows[0].state == workflow.Approved && w.r.IntN(2) == 0 {
		i = 3
	}
	action, to := []string{"approve", "return", "reject", "object"}[i], []string{workflow.Approved, workflow.Returned, workflow.Rejected, workflow.Pending}[i]
	a, dry := w.admins[w.r.IntN(2)], batch && w.r.IntN(3) == 0
	in := workflow.Batch{Action: action, Reason: "请看", Dry: dry}
	for _, m := range rows {
		in.Rows = append(in.Rows, workflow.Mark{ID: m.id, Rev: w.seen(m)})
	}
	got := make([]string, len(rows))
	if batch {
		out, err := w.tn.Workflow.DecideAll(w.t.Context(), a, activity.VisitType, in)
		check(w.t, err)
		for i, v := range out.Rows {
			got[i] = v.Code
		}
	} else {
		_, err := w.tn.Workflow.Decide(w.t.Context(), a, activity.VisitType, rows[0].id, workflow.Decision{Action: action, Rev: in.Rows[0].Rev, Reason: in.Reason})
		got[0] = codeOf(err)
	}
	for i, m := range rows {
		rev := in.Rows[i].Rev
		want := m.verdict(a, to, rev)
		if want == workflow.Done && !batch {
			want = "stale"
		}
		if w.happened(action, got[i], want); want == workflow.OK && !dry {
			m.state, m.rev, m.decided = to, rev+1, &decided{a.User, to, w.now(), rev}
			m.latest = m.decided
		}
		w.look(m)
	}
}

func codeOf(err error) string {
	if err == nil {
		return workflow.OK
	}
	return string(fault.CodeOf(err))
}

// undone is what the model says of an undo.
func (m *modelled) undone(a access.Actor, rev, now int64) string {
	d := m.decided
	switch {
	case m.gone:
		return "not-found"
	case rev != m.rev:
		return "stale"
	case d == nil || d.to == workflow.Pending || d.by != a.User || now-d.at > 10_000 || slices.ContainsFunc(m.wishes, func(x wish) bool { return x.at >= d.at }):
		return "wrong-state"
	}
	return workflow.OK
}

func (w *walk) undo() {
	rows, a := w.some(), w.admins[w.r.IntN(2)]
	var hot []*modelled // decided a moment ago
	for _, m := range w.rows {
		if m.latest != nil && !m.gone && w.now()-m.latest.at < 12_000 {
			hot = append(hot, m)
		}
	}
	if len(hot) > 0 && w.r.IntN(4) > 0 {
		rows = []*modelled{hot[w.r.IntN(len(hot))]}
		if a = w.admins[0]; rows[0].latest.by != a.User && w.r.IntN(3) > 0 {
			a = w.admins[1]
		}
	}
	marks, want := []workflow.Mark{}, []string{}
	for _, m := range rows {
		k := workflow.Mark{ID: m.id, Rev: w.seen(m)}
		marks, want = append(marks, k), append(want, m.undone(a, k.Rev, w.now()))
	}
	out, err := w.tn.Workflow.UndoAll(w.t.Context(), a, activity.VisitType, marks)
	check(w.t, err)
	for i, m := range rows {
		if w.happened("undo", out.Rows[i].Code, want[i]); want[i] == workflow.OK {
			m.state, m.rev, m.decided = workflow.Pending, m.rev+1, nil
		}
		w.look(m)
	}
}

// settle accepts or refuses the oldest amendment of a row.
func (w *walk) settle(m *modelled) {
	a, x, action := w.admins[w.r.IntN(2)], m.wishes[0], []string{"accept", "refuse"}[w.r.IntN(2)]
	r, err := w.tn.DB.Find(w.t.Context(), household.ProposalType, []string{w.tn.Township}, x.id)
	check(w.t, err)
	now, err := w.tn.Workflow.Settle(w.t.Context(), a, x.id, workflow.Decision{Action: action, Rev: r.Base().Version, Reason: "看过"})
	want := workflow.OK
	if m.author.who.User == a.User {
		want = "own-record"
	}
	if w.happened(action, codeOf(err), want); want == workflow.OK {
		if p := now.(*household.Proposal); p.Words != "看过" { // whichever it was, the author hears the words
			w.t.Fatalf("%s: the words are %q", action, p.Words)
		}
		if m.wishes = m.wishes[1:]; action == "accept" {
			m.text, m.rev, m.decided = x.text, m.rev+1, nil
		}
	}
	w.look(m)
}

// look holds the row against the model.
func (w *walk) look(m *modelled) {
	w.t.Helper()
	r, err := w.tn.DB.Find(w.t.Context(), activity.VisitType, []string{w.tn.Township}, m.id)
	if m.gone {
		if !fault.Is(err, fault.NotFound) {
			w.t.Fatalf("%s was deleted: %v", m.id, err)
		}
		return
	}
	check(w.t, err)
	if v := r.(*activity.Visit); v.State != m.state || v.Version != m.rev || v.Text != m.text || v.MadeBy != m.author.who.User {
		w.t.Fatalf("the server has %+v, the model %+v", v, *m)
	}
}

// trails reads the steps of every row: each begins where the one before ended,
// and is one of those there are, by whom it may be.
func (w *walk) trails() {
	w.t.Helper()
	allowed := map[string]string{"pending>approved": "T", "pending>returned": "T", "pending>rejected": "T", "returned>pending": "CT", "approved>pending": "T", "rejected>pending": "T"}
	for _, m := range w.rows {
		if m.gone {
			continue
		}
		r, err := w.tn.DB.Find(w.t.Context(), activity.VisitType, []string{w.tn.Township}, m.id)
		check(w.t, err)
		trail, err := w.tn.DB.Trail(w.t.Context(), activity.VisitType, *r.Base(), 500)
		check(w.t, err)
		state, last := workflow.Pending, int64(0)
		for _, s := range trail.Steps {
			if s.Type != activity.VisitType.Name {
				continue
			}
			who := "T"
			if s.By == m.author.who.User {
				who = "C"
			}
			if ok := allowed[s.From+">"+s.To]; s.From != state || s.Rev <= last || ok == "" || !access.Role(who).In(ok) {
				w.t.Errorf("after %s at %d: %+v by %s", state, last, s, who)
			}
			state, last = s.To, s.Rev
		}
		if state != m.state {
			w.t.Errorf("the steps end in %s, the row in %s", state, m.state)
		}
	}
}
