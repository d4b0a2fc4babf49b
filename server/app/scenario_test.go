package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/app"
	"daohu/server/config"
	"daohu/server/delta"
	"daohu/server/demo"
	"daohu/server/fault"
	"daohu/server/roster"
	"daohu/server/servertest"
	"daohu/server/types"
)

// codes stands for WeChat itself, which no test can reach: demo:<login> is the
// login code of that user.
type codes struct{}

func (codes) Code2Session(_ context.Context, code string) (string, error) {
	if login, ok := strings.CutPrefix(code, "demo:"); ok {
		return "wx:" + login, nil
	}
	return "", fault.New(fault.BadLogin, "")
}

func (codes) PhoneNumber(context.Context, string) (string, error) {
	return "", fault.New(fault.BadLogin, "")
}

// site is the whole program on one database, with the second demo township.
type site struct {
	*app.App
	t     *testing.T
	url   string
	book  *roster.Book
	ids   map[string]string // household ids by 户编号
	where string            // township
	env   map[string]string // settings
	srv   *httptest.Server
}

// sites runs f on the embedded default, and on MariaDB with Redis.
func sites(t *testing.T, f func(t *testing.T, s *site)) {
	t.Run("embedded", func(t *testing.T) { f(t, newSite(t, "", "")) })
	t.Run("mariadb and redis", func(t *testing.T) {
		f(t, newSite(t, servertest.MariaDB(t, servertest.MariaDBOptions{}), servertest.Redis(t)))
	})
}

func newSite(t *testing.T, dsn, redis string) *site {
	t.Helper()
	key := sha256.Sum256([]byte("scenario"))
	env := map[string]string{"DAOHU_DATA": t.TempDir(), "DAOHU_DB": dsn, "DAOHU_REDIS": redis, "DAOHU_KEY": hex.EncodeToString(key[:])}
	s := &site{t: t, book: demo.Townships(7, time.Now())[1], env: env}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	a := s.App
	if err := a.DB.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := roster.Write(&buf, s.book); err != nil {
		t.Fatal(err)
	}
	got, err := a.Import(t.Context(), app.Import{File: bytes.NewReader(buf.Bytes()), Size: int64(buf.Len()), OpenID: func(l string) string { return "wx:" + l }})
	if err != nil || !got.Stored {
		t.Fatalf("import: %v %+v", err, got)
	}
	s.ids, s.where = got.IDs, got.Township
	s.user("admin", access.Township, "")
	return s
}

// start puts the program together by the site's settings, behind a server.
func (s *site) start() error {
	c, err := config.Load(func(k string) string { return s.env[k] })
	if err != nil {
		return err
	}
	a, err := app.New(s.t.Context(), app.Options{Config: c, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Rand: rand.Reader, Unsafe: true, WeChat: codes{}, Hash: account.HashParams{MemoryKiB: 64, Passes: 1}})
	if err != nil {
		return err
	}
	s.App = a
	s.t.Cleanup(func() { _ = a.Close() })
	s.srv = httptest.NewServer(a.API)
	s.t.Cleanup(s.srv.Close)
	s.url = s.srv.URL
	return nil
}

func (s *site) user(login string, role access.Role, house string) account.User {
	s.t.Helper()
	u, err := s.AddUser(s.t.Context(), account.NewUser{Login: login, Name: "用户" + login, Role: role, County: demo.County, Township: s.where, Household: house, OpenID: "wx:" + login})
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// paired is a household of the book with an open pairing of the cadre.
func (s *site) paired(cadre string, n int) string {
	s.t.Helper()
	for _, p := range s.book.Pairings {
		if p.Cadre == cadre && p.To == "" {
			if n == 0 {
				return s.ids[p.House]
			}
			n--
		}
	}
	s.t.Fatalf("%s has too few pairings", cadre)
	return ""
}

// person is someone logged in over HTTP.
type person struct {
	s      *site
	token  string
	user   string
	client string
	cursor string
	base   int64
	mid    int64
	acked  [2]any
}

func (s *site) login(login string) *person {
	s.t.Helper()
	p := &person{s: s, client: s.DB.NewID(), acked: [2]any{0, ""}}
	var out struct {
		Token string
		Me    struct{ User string }
	}
	p.want(200, "POST", "/api/v1/login/wechat", map[string]string{"code": "demo:" + login}, &out)
	p.token, p.user = out.Token, out.Me.User
	return p
}

// do sends one request and returns status and body.
func (p *person) do(method, path string, body any, header ...string) (int, []byte, http.Header) {
	p.s.t.Helper()
	var r io.Reader
	kind := "application/json"
	switch b := body.(type) {
	case nil:
	case []byte:
		r, kind = bytes.NewReader(b), "application/offset+octet-stream"
	case io.Reader:
		r, kind = b, "application/offset+octet-stream"
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			p.s.t.Fatal(err)
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(p.s.t.Context(), method, p.s.url+path, r)
	if err != nil {
		p.s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, []byte(err.Error()), nil
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, []byte(err.Error()), nil
	}
	return res.StatusCode, out, res.Header
}

func (p *person) want(status int, method, path string, body, into any) {
	p.s.t.Helper()
	got, out, _ := p.do(method, path, body)
	if got != status {
		p.s.t.Fatalf("%s %s: %d, want %d: %s", method, path, got, status, out)
	}
	if into != nil {
		if err := json.Unmarshal(out, into); err != nil {
			p.s.t.Fatalf("%s %s: %v: %s", method, path, err, out)
		}
	}
}

// answer is what a test reads of a sync answer.
type answer struct {
	Cursor     string
	Last       int64
	Results    [][]any
	Own        [][]any
	Removed    [][2]string
	Households []struct {
		ID   string
		Full bool
		Rows map[string][]json.RawMessage
	}
	Tops [][]int64
	More bool
}

func (p *person) mutation(typ, id, house string, patch any) string {
	p.mid++
	raw, err := json.Marshal(patch)
	if err != nil {
		p.s.t.Fatal(err)
	}
	return fmt.Sprintf(`[%d,%d,%q,%q,%q,%s,%d]`, p.mid, p.base, typ, id, house, raw, time.Now().UnixMilli())
}

func (p *person) request(muts ...string) map[string]any {
	list := []json.RawMessage{}
	for _, m := range muts {
		list = append(list, json.RawMessage(m))
	}
	return map[string]any{"cursor": p.cursor, "schema": types.Schema, "client": p.client, "acked": p.acked, "muts": list, "budget": 65536, "unsent": [2]int{0, 0}}
}

// sync sends mutations, stores the answer as a phone does, and goes on until
// the round ends. It returns the pages.
func (p *person) sync(muts ...string) []answer {
	p.s.t.Helper()
	var pages []answer
	for {
		var a answer
		p.want(200, "POST", "/api/v1/sync", p.request(muts...), &a)
		p.cursor = a.Cursor
		if len(a.Tops) > 0 {
			p.base = a.Tops[0][1]
		}
		if len(muts) > 0 {
			p.acked = [2]any{a.Last, mutationHash(muts[len(muts)-1])}
		}
		pages, muts = append(pages, a), nil
		if !a.More {
			return pages
		}
	}
}

func mutationHash(m string) string {
	text := "[" + m[strings.IndexByte(m, ',')+1:]
	h := fnv.New32a()
	h.Write([]byte(text))
	second := uint32(0x01000193)
	for i := range len(text) {
		second = (second ^ uint32(text[i])) * 16777619
	}
	return fmt.Sprintf("%08x%08x", h.Sum32(), second)
}

// rows are all rows of a type in the pages, by id.
func rowsIn(pages []answer, typ string) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, a := range pages {
		for _, h := range a.Households {
			for _, raw := range h.Rows[typ] {
				var row map[string]any
				_ = json.Unmarshal(raw, &row)
				out[row["id"].(string)] = row
			}
		}
	}
	return out
}

// projection is what the user should hold, straight from the server's rows.
func (s *site) projection(user string) map[string]string {
	s.t.Helper()
	ctx := s.t.Context()
	scope, err := s.DB.Scope(ctx, user, s.where, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string]string{}
	for _, h := range scope {
		if h.SinceSeq == 0 { // held once, and no more
			continue
		}
		for _, t := range types.All() {
			recs, err := s.DB.Rows(ctx, t, delta.Select{Township: s.where, Households: []string{h.Household}})
			if err != nil {
				s.t.Fatal(err)
			}
			for _, r := range recs {
				text, err := t.Project(r, h.Role, s.Box)
				if err != nil {
					s.t.Fatal(err)
				}
				if text != nil && r.Base().DeletedAt == 0 {
					out[t.Name+" "+r.Base().ID] = string(text)
				}
			}
		}
	}
	return out
}

func held(pages []answer) map[string]string {
	out := map[string]string{}
	for _, a := range pages {
		for _, h := range a.Households {
			for typ, rows := range h.Rows {
				for _, raw := range rows {
					var id struct{ ID string }
					_ = json.Unmarshal(raw, &id)
					out[typ+" "+id.ID] = string(raw)
				}
			}
		}
	}
	return out
}

func picture(t *testing.T) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for i := range 640 * 480 {
		m.Set(i%640, i/640, color.RGBA{uint8(i * 7), uint8(i >> 5), uint8(i * i), 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// cutAfter is a body whose connection dies after n bytes.
type cutAfter struct {
	r io.Reader
	n int
}

func (c *cutAfter) Read(p []byte) (int, error) {
	if c.n <= 0 {
		return 0, errors.New("the link was cut")
	}
	n, err := c.r.Read(p[:min(len(p), c.n)])
	c.n -= n
	return n, err
}

// upload sends a picture by tus; the link is cut twice on the way.
func (p *person) upload(id string, body []byte) {
	t := p.s.t
	t.Helper()
	sum := sha256.Sum256(body)
	meta := "photo " + base64.StdEncoding.EncodeToString([]byte(id)) + ",sha256 " + base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum[:])))
	code, out, h := p.do("POST", "/api/v1/uploads", nil, "Tus-Resumable", "1.0.0", "Upload-Length", fmt.Sprint(len(body)), "Upload-Metadata", meta)
	if code != 201 {
		t.Fatalf("create: %d %s", code, out)
	}
	at := strings.TrimPrefix(h.Get("Location"), p.s.url)
	offset := 0
	for cut := range 4 {
		var r io.Reader = bytes.NewReader(body[offset:])
		if cut < 2 {
			r = &cutAfter{r, len(body) / 3}
		}
		code, out, h = p.do("POST", at, r, "Tus-Resumable", "1.0.0", "X-HTTP-Method-Override", "PATCH", "Upload-Offset", fmt.Sprint(offset))
		if code == 204 && h.Get("Upload-Offset") == fmt.Sprint(len(body)) {
			return
		}
		_, _, h = p.do("POST", at, nil, "Tus-Resumable", "1.0.0", "X-HTTP-Method-Override", "HEAD")
		if _, err := fmt.Sscan(h.Get("Upload-Offset"), &offset); err != nil {
			t.Fatalf("after cut %d: %d %s: no offset", cut, code, out)
		}
	}
	t.Fatalf("the upload never ends: %d %s", code, out)
}

// parallel sends the same request n times at once.
func (p *person) parallel(n int, req any) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if code, out, _ := p.do("POST", "/api/v1/sync", req); code != 200 {
				p.s.t.Errorf("%d %s", code, out)
			}
		})
	}
	wg.Wait()
}
