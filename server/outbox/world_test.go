package outbox_test

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/activity"
	"daohu/server/outbox"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/types"
	"daohu/server/workflow"
	"daohu/server/write"
)

// line is WeChat at the other end: it remembers what it was given and answers
// as it is told.
type line struct {
	mu     sync.Mutex
	sent   []message
	asked  []string // texts to be checked
	answer func(n int) error
	risky  func(text string) (bool, error)
}

type message struct {
	openid, template, page string
	data                   map[string]string
}

func (l *line) Subscribe(_ context.Context, openid, template, page string, data map[string]string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, message{openid, template, page, data})
	if l.answer != nil {
		return l.answer(len(l.sent))
	}
	return nil
}

func (l *line) Risky(_ context.Context, _, text string) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, text)
	if l.risky == nil {
		return false, nil
	}
	return l.risky(text)
}

// Planted texts: they must reach neither WeChat's messages nor the outbox.
const (
	plantedText   = "老冉甲子家门口的路断了"
	plantedReason = "冉甲子没有到场，请补"
	plantedAnswer = "冉乙丑周三来修"
)

var templates = outbox.Templates{
	outbox.Returned: {ID: "T-returned", Page: "pages/todo", Fields: map[string]string{"thing1": "what", "phrase2": "result", "thing3": "words", "date4": "day"}},
	outbox.Answered: {ID: "T-answered", Fields: map[string]string{"thing1": "what", "date2": "day"}},
	outbox.Notice:   {ID: "T-notice", Fields: map[string]string{"thing1": "what", "phrase9": "result"}},
}

// world is a township of two cadres and three households with logins, and an
// outbox on it.
type world struct {
	*testing.T
	*town.Town
	line  *line
	watch *outbox.Watch
	desk  *outbox.Desk
	flow  *workflow.Service
}

func newWorld(t *testing.T, b *town.Base) *world {
	t.Helper()
	tn, err := b.Add(t.Context(), town.Size{Cadres: 2, Houses: 3})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, Town: tn, line: &line{}}
	w.watch = &outbox.Watch{Writer: b.DB, Sealer: b.Box, Templates: templates, Check: true}
	w.desk = &outbox.Desk{Grants: b.DB, Templates: templates}
	w.flow = &workflow.Service{Store: b.DB, Writer: w.watch, Sealer: b.Box, Types: types.All(), Rules: types.Rules()}
	for _, c := range tn.Cadres {
		w.login(c.User, access.Cadre, "")
	}
	for _, h := range tn.Houses {
		w.login("H"+h[1:], access.Household, h)
	}
	return w
}

func (w *world) login(id string, role access.Role, house string) {
	w.Helper()
	w.must(w.DB.Accounts().AddUser(w.Context(), account.User{ID: id, Version: 1, Login: "u:" + w.Township + ":" + id, Name: "账号", Role: role, County: "999900",
		Township: w.Township, Household: account.Optional(house), OpenID: account.Optional("o-" + id)}))
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) worker() *outbox.Worker {
	return &outbox.Worker{Queue: w.DB, Grants: w.DB, Users: w.DB.Accounts(), Rows: w.DB, Writer: w.DB, Sealer: w.Box, WeChat: w.line, Templates: templates,
		Types: types.All(), Now: w.Now, Jitter: func(n int64) int64 { return n - 1 }, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// drain lets one worker do what is due.
func (w *world) drain() int {
	w.Helper()
	n, err := w.worker().Drain(w.Context())
	w.must(err)
	return n
}

// put writes rows through the watch, in the name of actor.
func (w *world) put(actor string, t *record.Type, rows ...record.Record) {
	w.Helper()
	in := write.Intent{Township: w.Township, Actor: actor, Action: "test", Households: append([]string{w.Common}, w.Houses...)}
	_, err := w.watch.Write(w.Context(), in, func(tx write.Tx) error {
		for _, r := range rows {
			if r.Base().Version > 0 {
				if _, err := tx.Load(t, r.Base().ID); err != nil {
					return err
				}
			}
			tx.Put(t, r)
		}
		return nil
	})
	w.must(err)
}

// visit is a new one of cadre 0 that waits for review.
func (w *world) visit(text string) *activity.Visit {
	w.Helper()
	id := w.DB.NewID()
	w.put(w.Cadres[0].User, activity.VisitType, &activity.Visit{Meta: record.Meta{ID: id, Household: w.Houses[0], MadeBy: w.Cadres[0].User, MadeAt: w.Now().UnixMilli()},
		Day: "2026-03-02", Text: text, State: workflow.Pending})
	return w.read(activity.VisitType, id).(*activity.Visit)
}

func (w *world) read(t *record.Type, id string) record.Record {
	w.Helper()
	r, err := w.DB.Find(w.Context(), t, []string{w.Township}, id)
	w.must(err)
	return r
}

// returned is a visit that the admin returns.
func (w *world) returned() {
	w.Helper()
	w.decide(activity.VisitType, w.visit(plantedText).ID, "return")
}

// decide is the admin's.
func (w *world) decide(t *record.Type, id, action string) {
	w.Helper()
	_, err := w.flow.Decide(w.Context(), w.Admin, t, id, workflow.Decision{Action: action, Rev: w.read(t, id).Base().Version, Reason: plantedReason})
	w.must(err)
}

func (w *world) grant(user, cause string, n int64) {
	w.Helper()
	w.must(w.desk.Accept(w.Context(), access.Actor{User: user}, cause, n))
}

// left is how many grants of a cause a user has.
func (w *world) left(user, cause string) int64 {
	w.Helper()
	list, err := w.desk.List(w.Context(), access.Actor{User: user})
	w.must(err)
	for _, s := range list {
		if s.Cause == cause {
			return s.Left
		}
	}
	w.Fatalf("no template of %s in %v", cause, list)
	return 0
}

// waiting lists all open rows, due or not.
func (w *world) waiting() []write.Outbox {
	w.Helper()
	list, err := w.DB.Unsent(w.Context(), 1<<50, 1000)
	w.must(err)
	return list
}

// counts are the rows that are not done, by state.
func (w *world) counts(open, dead int64) {
	w.Helper()
	n, err := w.DB.OutboxCounts(w.Context())
	w.must(err)
	if n[write.OutboxOpen] != open || n[write.OutboxDead] != dead {
		w.Errorf("%v in the outbox, want %d open and %d dead", n, open, dead)
	}
}
