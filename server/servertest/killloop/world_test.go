// Package killloop kills what the server stands on, and the server itself, in
// the middle of work, and compares what was acknowledged with what the
// database holds (quality.md F1 to F4). The server is the real binary, the
// load comes over HTTP, the databases are real; only this package's tests use
// it.
//
// Each test prints its seed; DAOHU_SEED gives one again (the order in which
// processes run is not repeatable, the load and the moments are). DAOHU_KILLS
// is how many kills a database gets: 15 in the full run, 3 otherwise; mariadbd
// itself is killed a fifth as often, 15 times at least in the full run.
package killloop

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	mrand "math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/glebarez/go-sqlite"
	_ "github.com/go-sql-driver/mysql"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/app"
	"daohu/server/config"
	"daohu/server/demo"
	"daohu/server/roster"
	"daohu/server/servertest"
)

const (
	password = "kill-loop-Mima-1"
	// patience is how long anything may take that must come true.
	patience = time.Minute
	phones   = 6
)

// binary builds the product once for all tests of the package.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "daohu-kill-")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "daohu")
	if out, err := exec.Command("go", "build", "-o", name, "daohu/server").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the server: %w\n%s", err, out)
	}
	return name, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if name, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(name))
	}
	os.Exit(code)
}

// kills is how often something is killed: what DAOHU_KILLS says over part,
// else few times.
func kills(t *testing.T, part int) int {
	t.Helper()
	few := 3
	if servertest.Full() {
		few = 15
	}
	text := os.Getenv("DAOHU_KILLS")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("DAOHU_KILLS is %q", text)
	}
	return max(n/part, few)
}

// options choose what a world stands on; the zero value is SQLite in a folder
// of the test's own.
type options struct {
	dsn   string
	redis string
	dir   string
}

// world is one township, its server and those who work with it.
type world struct {
	t        *testing.T
	rand     *mrand.Rand
	env      []string
	conf     config.Config
	raw      *sql.DB // past the product
	township string
	phones   []*phone
	desk     *desk

	gate sync.RWMutex // held for reading during a request, for writing while the server is away
	url  string
	proc *exec.Cmd
	logs *tail
	http *http.Client

	until   atomic.Int64 // requests to go until trigger
	trigger chan struct{}
	seen    counts
	pushed  atomic.Int64 // pushes acknowledged
}

// newWorld makes the township in this process and starts the server on it.
func newWorld(t *testing.T, o options) *world {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("DAOHU_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("DAOHU_SEED=%d", seed)
	if o.dir == "" {
		o.dir = t.TempDir()
	}
	key := sha256.Sum256([]byte("kill loop"))
	env := map[string]string{"DAOHU_DATA": o.dir, "DAOHU_DB": o.dsn, "DAOHU_REDIS": o.redis, "DAOHU_KEY": hex.EncodeToString(key[:]), "DAOHU_ADDR": "127.0.0.1:0"}
	w := &world{t: t, rand: mrand.New(mrand.NewPCG(seed, 1)), trigger: make(chan struct{}, 1), http: &http.Client{
		Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * phones}}}
	for k, v := range env {
		w.env = append(w.env, k+"="+v)
	}
	var err error
	if w.conf, err = config.Load(func(k string) string { return env[k] }); err != nil {
		t.Fatal(err)
	}
	w.openRaw(o)
	logins := w.fill()
	w.start()
	t.Cleanup(func() { w.kill() })
	for i, login := range logins {
		w.phones = append(w.phones, w.newPhone(login, seed+uint64(i)))
	}
	w.desk = &desk{w: w, token: w.login("admin"), decided: map[string]bool{}, work: make(chan string, 4096)}
	return w
}

func (w *world) openRaw(o options) {
	driver, dsn := "sqlite", "file:"+filepath.Join(o.dir, "daohu.db")+"?_pragma=busy_timeout(10000)"
	if o.dsn != "" {
		driver, dsn = "mysql", o.dsn
	}
	var err error
	if w.raw, err = sql.Open(driver, dsn); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = w.raw.Close() })
}

// fill imports the second demo township and gives its cadres passwords.
func (w *world) fill() (logins []string) {
	ctx, t := w.t.Context(), w.t
	a, err := app.New(ctx, app.Options{Config: w.conf, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Rand: rand.Reader, Unsafe: true, Hash: account.HashParams{MemoryKiB: 64, Passes: 1, Lanes: 1}})
	must(t, err)
	defer func() { must(t, a.Close()) }()
	must(t, a.DB.Migrate(ctx))
	book := demo.Townships(7, time.Now())[1]
	var buf bytes.Buffer
	must(t, roster.Write(&buf, book))
	got, err := a.Import(ctx, app.Import{File: bytes.NewReader(buf.Bytes()), Size: int64(buf.Len())})
	must(t, err)
	if !got.Stored {
		t.Fatalf("not imported: %+v", got.Issues)
	}
	w.township = got.Township
	for _, c := range book.Cadres {
		if c.Role != "C" || len(logins) == phones {
			continue
		}
		u, err := a.Accounts.User(ctx, account.ByLogin, c.Login)
		must(t, err)
		must(t, a.Accounts.SetPassword(ctx, u.ID, password))
		logins = append(logins, c.Login)
	}
	_, err = a.AddUser(ctx, account.NewUser{Login: "admin", Name: "管理员", Role: access.Township, County: demo.County, Township: w.township, Password: password})
	must(t, err)
	return logins
}

// start runs the binary and waits until it says that it serves.
func (w *world) start() {
	w.t.Helper()
	name, err := binary()
	must(w.t, err)
	w.proc = exec.Command(name, "serve")
	w.proc.Env = w.env
	pipe, err := w.proc.StderrPipe()
	must(w.t, err)
	must(w.t, w.proc.Start())
	w.logs = &tail{}
	addr := make(chan string, 1)
	go w.logs.read(pipe, addr)
	select {
	case got, ok := <-addr:
		if !ok {
			w.t.Fatalf("the server did not start:\n%s", w.logs.text())
		}
		w.url = "http://" + got
	case <-time.After(patience):
		w.t.Fatalf("the server does not serve:\n%s", w.logs.text())
	}
}

// kill is kill -9 and returns when the process is gone.
func (w *world) kill() {
	if w.proc == nil {
		return
	}
	_ = w.proc.Process.Kill()
	_ = w.proc.Wait()
	w.proc = nil
}

// after lets n more requests begin, and a random moment of them pass.
func (w *world) after(n int) {
	w.until.Store(int64(n))
	select {
	case <-w.trigger:
	case <-time.After(patience):
		w.t.Fatalf("no %d requests within %v:\n%s", n, patience, w.logs.text())
	}
	<-time.After(time.Duration(w.rand.IntN(4000)) * time.Microsecond)
}

// tick counts a request that begins.
func (w *world) tick() {
	if w.until.Add(-1) == 0 {
		w.trigger <- struct{}{}
	}
}

// answer is what came back; Status 0 = nothing came back.
type answer struct {
	status int
	head   http.Header
	body   []byte
}

// do makes one request, while the server is not being brought back.
func (w *world) do(ctx context.Context, method, token, path, media string, body []byte, heads ...string) answer {
	w.gate.RLock()
	defer w.gate.RUnlock()
	w.tick()
	r, err := http.NewRequestWithContext(ctx, method, w.url+path, bytes.NewReader(body))
	if err != nil {
		w.t.Error(err)
		return answer{}
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(heads); i += 2 {
		r.Header.Set(heads[i], heads[i+1])
	}
	res, err := w.http.Do(r)
	if err != nil {
		w.seen.note(0, "")
		return answer{}
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		w.seen.note(0, "")
		return answer{}
	}
	w.seen.note(res.StatusCode, res.Header.Get("Retry-After"))
	return answer{res.StatusCode, res.Header, raw}
}

func (w *world) login(name string) string {
	w.t.Helper()
	body, err := json.Marshal(map[string]string{"name": name, "password": password})
	must(w.t, err)
	a := w.do(w.t.Context(), "POST", "", "/api/v1/login/password", "application/json", body)
	var out struct{ Token string }
	if a.status != 200 || json.Unmarshal(a.body, &out) != nil {
		w.t.Fatalf("log-in of %s: %d %s", name, a.status, a.body)
	}
	return out.Token
}

// work lets everybody work until stop is called; stop returns when all that
// was begun is acknowledged.
func (w *world) work() (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	var all sync.WaitGroup
	for _, p := range w.phones {
		all.Go(func() { p.run(ctx) })
	}
	all.Go(func() { w.desk.run(ctx) })
	return func() { cancel(); all.Wait() }
}

// counts are answers by status, and those that should have said when to come again.
type counts struct {
	mu      sync.Mutex
	by      map[int]int
	noRetry int
}

func (c *counts) note(status int, retry string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[int]int{}
	}
	c.by[status]++
	if (status == 503 || status == 429) && retry == "" {
		c.noRetry++
	}
}

func (c *counts) get(status int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.by[status]
}

// odd are the answers nobody should get, whatever is being killed.
func (c *counts) odd() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var bad []string
	for status, n := range c.by {
		switch status {
		case 0, 200, 201, 204, 409, 429, 503:
		default:
			bad = append(bad, fmt.Sprintf("%d times %d", n, status))
		}
	}
	if c.noRetry > 0 {
		bad = append(bad, fmt.Sprintf("%d times 503 or 429 without Retry-After", c.noRetry))
	}
	return strings.Join(bad, ", ")
}

// tail keeps the end of a log and finds the address in it.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (l *tail) read(r io.Reader, addr chan<- string) {
	defer close(addr)
	for in := bufio.NewScanner(r); in.Scan(); {
		l.mu.Lock()
		l.lines = append(l.lines[max(0, len(l.lines)-30):], in.Text())
		l.mu.Unlock()
		var line struct{ Msg, Addr string }
		if json.Unmarshal(in.Bytes(), &line) == nil && line.Msg == "serving" {
			addr <- line.Addr
		}
	}
}

func (l *tail) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
