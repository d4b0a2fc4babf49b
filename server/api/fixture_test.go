package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/quality"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/types"
)

const (
	mine   = "mine00000001" // household every actor of the fixture reaches
	theirs = "theirs000001" // household nobody does
	rowID  = "row000000001"
	town   = "520000001"
)

// What the server runs with fits as it is.
var (
	_ Scope   = (*registry.Service)(nil)
	_ Records = (*registry.Service)(nil)
	_ Bodies  = (*registry.Service)(nil)
)

// service answers for everything behind the API and remembers what it was
// asked. err, when set, is what every call fails with.
type service struct {
	err     error
	asked   []string // one entry per call: name and arguments
	push    bool     // sessions are push-only
	polled  []byte
	payload []byte // what Body returns
}

func (s *service) ask(args ...string) error {
	s.asked = append(s.asked, strings.Join(args, " "))
	return s.err
}

func (s *service) last() string {
	if len(s.asked) == 0 {
		return ""
	}
	return s.asked[len(s.asked)-1]
}

func (s *service) actor(role string) access.Actor {
	a := access.Actor{User: "user0000000" + role, Name: "测试", Role: access.Role(role), County: "520000", Township: town, Session: "s", PushOnly: s.push}
	if role == "K" || role == "A" {
		a.Township = ""
	}
	if role == "H" {
		a.Household = mine
	}
	return a
}

func (s *service) login(role string) account.Login {
	a := s.actor(role)
	return account.Login{Token: "t", ExpiresAt: 5, PushOnly: s.push, User: account.User{
		ID: a.User, Name: a.Name, Role: a.Role, County: a.County, Township: a.Township, Household: account.Optional(a.Household)}}
}

func (s *service) LoginWeChat(_ context.Context, code, bind string) (account.Login, error) {
	return s.login("C"), s.ask("wechat", code, bind)
}

func (s *service) LoginPhone(_ context.Context, code, phone string) (account.Login, error) {
	return s.login("C"), s.ask("phone", code, phone)
}

func (s *service) LoginPassword(_ context.Context, login, _, totp, ip string) (account.Login, error) {
	return s.login("T"), s.ask("password", login, ip+totp)
}

func (s *service) LoginCard(_ context.Context, card, _, ip string) (account.Login, error) {
	return s.login("H"), s.ask("card", card, ip)
}

func (s *service) Logout(_ context.Context, token string) error { return s.ask("logout", token) }

// Authenticate takes tokens such as "role-T".
func (s *service) Authenticate(_ context.Context, token string) (access.Actor, error) {
	role, ok := strings.CutPrefix(token, "role-")
	if !ok {
		return access.Actor{}, fault.New(fault.Unauthorized, "")
	}
	return s.actor(role), nil
}

func (s *service) Reach(_ context.Context, _ access.Actor, household string) (House, error) {
	if household != mine {
		return House{}, fault.New(fault.NotFound, "")
	}
	return House{ID: mine, Township: town}, nil
}

func (s *service) ReachTownship(_ context.Context, _ access.Actor, township string) (string, error) {
	if township != town && township != "" {
		return "", fault.New(fault.NotFound, "")
	}
	return town, nil
}

func (s *service) Exchange(_ context.Context, _ access.Actor, raw []byte) ([]byte, error) {
	return []byte(`{"cursor":"c"}`), s.ask("exchange", string(raw))
}

func (s *service) Poll(_ context.Context, _ access.Actor, cursor string, _ int64, client string, _ int) ([]byte, error) {
	return s.polled, s.ask("poll", cursor, client)
}

func q(x Query) string { b, _ := json.Marshal(x); return string(b) }

func (s *service) List(_ context.Context, _ access.Actor, t *record.Type, x Query) ([]json.RawMessage, string, error) {
	return nil, "n", s.ask("list", t.Name, q(x))
}

func (s *service) Get(_ context.Context, _ access.Actor, t *record.Type, id string) (json.RawMessage, error) {
	return json.RawMessage(`{"id":"` + id + `","text":"<a&b>"}`), s.ask("get", t.Name, id)
}

func (s *service) Change(_ context.Context, _ access.Actor, t *record.Type, id string, rev int64, patch json.RawMessage) (json.RawMessage, error) {
	if rev != 3 {
		return nil, fault.New(fault.Stale, "")
	}
	return json.RawMessage(`{"rev":4}`), s.ask("change", t.Name, id, string(patch))
}

func (s *service) Make(_ context.Context, _ access.Actor, t *record.Type, in House, id string, row json.RawMessage) (json.RawMessage, error) {
	return json.RawMessage(`{"rev":1}`), s.ask("make", t.Name, in.ID, in.Township, id, string(row))
}

func (s *service) Findings(_ context.Context, a access.Actor, township, village string) (quality.Findings, error) {
	return quality.Findings{Edition: "e"}, s.ask("findings", string(a.Role), township, village)
}

func (s *service) Reconciled(_ context.Context, a access.Actor, township string) (quality.Reconciliation, error) {
	return quality.Reconciliation{}, s.ask("reconciled", string(a.Role), township)
}

func (s *service) AddSource(_ context.Context, _ access.Actor, x quality.Source) error {
	return s.ask("source", x.Township, x.Name, x.Day)
}

func (s *service) History(_ context.Context, _ access.Actor, t *record.Type, id string) ([]registry.HistoryEvent, error) {
	return nil, s.ask("history", t.Name, id)
}

func (s *service) Quarantine(_ context.Context, _ access.Actor, x Query) ([]json.RawMessage, string, error) {
	return nil, "", s.ask("quarantine", q(x))
}

func (s *service) Decide(_ context.Context, _ access.Actor, t *record.Type, id string, d Decision) (json.RawMessage, error) {
	return json.RawMessage(`{"state":"approved"}`), s.ask(t.Name, id, d.Action, d.Reason)
}

func (s *service) Undo(_ context.Context, _ access.Actor, t *record.Type, id string, rev int64) (json.RawMessage, error) {
	return json.RawMessage(`{"state":"pending"}`), s.ask("undo", t.Name, id, fmt.Sprint(rev))
}

func (s *service) DecideQuarantine(_ context.Context, _ access.Actor, id string, d Decision) (json.RawMessage, error) {
	return nil, s.ask("settle", id, d.Action, d.Reason)
}

func (s *service) Rescue(_ context.Context, _ access.Actor, f RescueFile, dry bool) (*RescueReport, error) {
	text, _ := json.Marshal(f.Changes) // raw as it is
	return &RescueReport{Done: !dry, User: f.User}, s.ask("rescue", f.User, string(text), fmt.Sprint(len(f.Photos), dry))
}

func (s *service) DecideProposal(_ context.Context, _ access.Actor, id string, d Decision) (json.RawMessage, error) {
	return nil, s.ask("proposal", id, d.Action, d.Reason)
}

func (s *service) Pair(_ context.Context, _ access.Actor, in House, cadre, day, reason string) (json.RawMessage, error) {
	return json.RawMessage(`{"rev":1}`), s.ask("pair", in.ID, cadre, day, reason)
}

func (s *service) My(_ context.Context, a access.Actor) (My, error) {
	return My{Household: json.RawMessage(`{"id":"` + a.Household + `"}`)}, s.ask("my")
}

func (s *service) Body(_ context.Context, _ access.Actor, sha256 string) (string, []byte, error) {
	return "text/markdown; charset=utf-8", s.payload, s.ask("body", sha256)
}

type picturefile struct{ *bytes.Reader }

func (picturefile) Close() error { return nil }

func (s *service) Open(_ context.Context, _ access.Actor, id, size string) (io.ReadSeekCloser, time.Time, error) {
	return picturefile{bytes.NewReader([]byte("0123456789"))}, time.Unix(1, 0), s.ask("open", id, size)
}

func (s *service) Link(_ context.Context, _ access.Actor, id, size string) (string, int64, error) {
	return "a-ticket_", 7, s.ask("link", id, size)
}

func (s *service) OpenLink(_ context.Context, id, size, ticket string) (io.ReadSeekCloser, time.Time, error) {
	return picturefile{bytes.NewReader([]byte("0123456789"))}, time.Unix(1, 0), s.ask("view", id, size, ticket)
}

func (s *service) Waiting(_ context.Context, _ access.Actor, days int) ([]json.RawMessage, error) {
	return []json.RawMessage{json.RawMessage(`{"id":"x"}`)}, s.ask("waiting", strconv.Itoa(days))
}

// ServeHTTP stands for tus.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, ok := ActorOf(r.Context())
	if _, err := io.Copy(io.Discard, r.Body); err != nil || !ok {
		Fail(w, r, err)
		return
	}
	_ = s.ask("upload", string(a.Role), RequestID(r.Context()))
	w.WriteHeader(http.StatusCreated)
}

// fixture is an API over a service, with its log.
type fixture struct {
	testing.TB
	*service
	api *API
	log *bytes.Buffer
}

func newFixture(t testing.TB, change ...func(*Deps)) *fixture {
	t.Helper()
	f := &fixture{TB: t, service: &service{}, log: &bytes.Buffer{}}
	s := f.service
	d := Deps{
		Types:     types.All(),
		Accounts:  s,
		Settings:  settings{s},
		Users:     users{s},
		Devices:   devices{s},
		Audit:     auditLog{s},
		Scope:     s,
		Sync:      s,
		Records:   s,
		Registry:  s,
		Rosters:   s,
		Erasure:   erasure{s},
		Rights:    rights{s},
		Findings:  rights{s},
		PublicURL: "https://daohu.example",
		Approval:  s,
		Inbox:     queue{s},
		Rescue:    s,
		Quality:   s,
		Pairing:   s,
		Pairings:  pairings{s},
		Rules:     rules{s},
		Visits:    duties{s},
		Notices:   notices{s},
		Counting:  counting{s},
		Cases:     cases{s},
		Ledger:    money{s},
		Forms:     papers{s},
		Rates:     rates{s},
		Own:       s,
		Bodies:    s,
		Photos:    s,
		Cards:     cards{s},
		Clips:     cards{s},
		Uploads:   s,
		Log:       slog.New(slog.NewTextHandler(f.log, nil)),
		Now:       func() time.Time { return time.Unix(1700000000, 0) },
		Rand:      bytes.NewReader(bytes.Repeat([]byte{0xab}, 8<<10)),
		Version:   "test",

		Subscriptions: subscriptions{s},
	}
	for _, c := range change {
		c(&d)
	}
	var err error
	if f.api, err = New(d); err != nil {
		t.Fatal(err)
	}
	return f
}

// do makes a request as role ("" = nobody). Headers come as pairs.
func (f *fixture) do(role, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if role != "" {
		r.Header.Set("Authorization", "Bearer role-"+role)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.api.ServeHTTP(w, r)
	return w
}

// problem checks that w is a failure of the one shape and returns it.
func (f *fixture) problem(w *httptest.ResponseRecorder, status int, code fault.Code) Problem {
	f.Helper()
	var p Problem
	d := json.NewDecoder(w.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		f.Fatalf("%d: %v", w.Code, err)
	}
	if w.Code != status || p.Status != status || p.Code != string(code) {
		f.Errorf("got %d %+v, want %d %s", w.Code, p, status, code)
	}
	if p.Type != "/errors/"+p.Code || p.Title == "" || p.Detail == "" || p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-Id") {
		f.Errorf("incomplete: %+v", p)
	}
	if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
		f.Errorf("content type %q", ct)
	}
	return p
}
