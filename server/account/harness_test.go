package account_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/rediskv"
	"daohu/server/seal"
	"daohu/server/servertest"
	"daohu/server/store"
	"daohu/server/wechat"
)

// world is the service on real parts: SQL, a Redis in the process, the demo's
// WeChat, and a clock that moves only when told.
type world struct {
	*account.Service
	t   *testing.T
	db  *store.DB
	kv  *rediskv.KV
	cfg account.Config
	ms  atomic.Int64

	mu      sync.Mutex
	log     bytes.Buffer
	secrets []string // what must be in no log and no error
	errs    []error
}

func (w *world) now() time.Time       { return time.UnixMilli(w.ms.Load()) }
func (w *world) move(d time.Duration) { w.ms.Add(d.Milliseconds()) }

// Write collects the log.
func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

// plant notes values that must stay hidden.
func (w *world) plant(secrets ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, secrets...)
}

// want fails unless err carries code ("" = no error), and keeps it to be
// searched for secrets at the end.
func (w *world) want(code fault.Code, err error) {
	w.t.Helper()
	if err != nil {
		w.mu.Lock()
		w.errs = append(w.errs, err)
		w.mu.Unlock()
	}
	if code == "" && err != nil || code != "" && !fault.Is(err, code) {
		w.t.Fatalf("got %v, want %q", err, code)
	}
}

func (w *world) searchSecrets() {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.log.String()
	for _, err := range w.errs {
		for e := err; e != nil; e = errors.Unwrap(e) {
			all += fmt.Sprintf("\n%v %+v", e, e)
		}
	}
	for _, s := range w.secrets {
		if s != "" && strings.Contains(all, s) {
			w.t.Errorf("%q is in a log or an error", s)
		}
	}
}

const (
	county   = "999999"
	township = "999999101"
)

// at8 is 8 in the morning in Shanghai.
var at8 = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func open(t *testing.T, mysql string) *world {
	t.Helper()
	w := &world{t: t}
	w.ms.Store(at8.UnixMilli())
	box, err := seal.New(seal.Key{ID: "k1", Bytes: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	w.db, err = store.Open(t.Context(), store.Options{MySQL: mysql, File: filepath.Join(t.TempDir(), "daohu.db"), Unsafe: true, Now: w.now, Rand: rand.Reader, Chain: box, Types: []*record.Type{household.HouseholdType}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	if err := w.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.kv, err = rediskv.Open("", rediskv.Options{Now: w.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.kv.Close() })
	a := w.db.Accounts()
	w.cfg = account.Config{
		Users: a, Sessions: a, Codes: a, Attempts: a, Janitor: a, Factors: a, Cache: w.kv, WeChat: wechat.NewFake(), Sealer: box,
		Key: bytes.Repeat([]byte{9}, 32), Hash: account.HashParams{MemoryKiB: 64, Passes: 1}, Now: w.now, Rand: rand.Reader,
		Log: slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if w.Service, err = account.New(w.cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.searchSecrets)
	return w
}

// each runs f on SQLite and on MariaDB in both isolation settings.
func each(t *testing.T, f func(w *world)) {
	t.Run("sqlite", func(t *testing.T) { f(open(t, "")) })
	t.Run("mariadb", func(t *testing.T) { f(open(t, servertest.MariaDB(t, servertest.MariaDBOptions{}))) })
	t.Run("mariadb snapshot", func(t *testing.T) { f(open(t, servertest.MariaDB(t, servertest.MariaDBOptions{Snapshot: true}))) })
}

// user makes a user of a role; login is also its name's tail.
func (w *world) user(role access.Role, login string) account.User {
	w.t.Helper()
	n := account.NewUser{Login: login, Name: "演示" + login, Role: role, County: county, Township: township, Unit: "演示单位", Rank: "科员", Phone: "19900001234"}
	switch role {
	case access.County, access.Auditor:
		n.Township = ""
	case access.Village:
		n.Area = township + "001"
	case access.Household:
		n.Household = fmt.Sprintf("%012d", w.ms.Add(1)%1e12)
	}
	w.plant(n.Name, n.Phone)
	u, err := w.CreateUser(w.t.Context(), n)
	w.want("", err)
	return u
}

// bound makes a user whose WeChat account is bound, and logs it in.
func (w *world) bound(login string) (account.User, account.Login) {
	w.t.Helper()
	u := w.user(access.Cadre, login)
	code, _, err := w.IssueCode(w.t.Context(), u.ID)
	w.want("", err)
	l, err := w.LoginWeChat(w.t.Context(), "demo:"+login, code)
	w.want("", err)
	w.plant(code, l.Token)
	return u, l
}
