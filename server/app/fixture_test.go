package app

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/activity"
	"daohu/server/area"
	"daohu/server/config"
	"daohu/server/household"
	"daohu/server/registry"
	"daohu/server/roster"
	"daohu/server/servertest"
	"daohu/server/wechat"
)

// fixturePassword opens every account of a fixture that has no WeChat.
const fixturePassword = "fixture-Mima-2026"

// fixtureStart is what the clock of a new fixture shows: 2026-03-02 09:00 in
// Shanghai.
var fixtureStart = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// fixture is the whole program, put together as main does it, behind a real
// HTTP server: three small townships, two in one county, one in another,
// imported from workbooks. Everything planted in them can be found again:
// names, telephones, numbers and notes occur once each.
//
// Logins, n being 1 to 3: cadre-n-0 (households 0, 1), cadre-n-1 (households
// 2, 3), village-n (households 0, 1, 2), admin-n, household-n-0 and
// household-n-3; county-1, auditor-1 (townships 1, 2), county-2, auditor-2.
type fixture struct {
	testing.TB
	*App
	URL     string
	Config  config.Config
	Towns   []*fixtureTown
	Markers []fixtureMarker

	clock  atomic.Int64 // Unix ms
	log    *fixtureLog
	mu     sync.Mutex
	tokens map[string]string
}

type fixtureTown struct {
	No                              int
	Township, County, Common, Admin string // Admin is a user id
	Houses                          []fixtureHouse
}

type fixtureHouse struct {
	ID, Code, Cadre string // Cadre is a login
	Town            *fixtureTown
}

// fixtureMarker is one planted text, the households it belongs to (ids), and
// the roles that may see it as it is when one of these is in their reach.
type fixtureMarker struct {
	Text   string
	Houses []string
	Roles  string
}

// fixtureLog is a log that can be read while it is written.
type fixtureLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *fixtureLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *fixtureLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// fixtureOptions choose the services; the zero value is the embedded mode with
// the demo's WeChat.
type fixtureOptions struct {
	MariaDB  bool // and Redis: accounts log in by fixturePassword
	Snapshot bool // innodb_snapshot_isolation ON
	Config   func(*config.Config)
	Trace    func(sql string) // every SQL statement; nil = none
}

func newFixture(t testing.TB, o fixtureOptions) *fixture {
	t.Helper()
	f := &fixture{TB: t, log: &fixtureLog{}, tokens: map[string]string{}}
	f.clock.Store(fixtureStart.UnixMilli())
	dir := t.TempDir()
	f.Config = fixtureConfig(t, dir)
	if o.MariaDB {
		f.Config.DB = config.Secret(servertest.MariaDB(t, servertest.MariaDBOptions{Snapshot: o.Snapshot}))
		f.Config.Redis = config.Secret(servertest.Redis(t))
	}
	if o.Config != nil {
		o.Config(&f.Config)
	}
	var err error
	f.App, err = New(t.Context(), Options{
		Config: f.Config, Log: slog.New(slog.NewTextHandler(f.log, nil)), Now: f.Now, Rand: rand.Reader, Demo: !o.MariaDB, Unsafe: true, Trace: o.Trace,
		Hash: account.HashParams{MemoryKiB: 64, Passes: 1, Lanes: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(f.API)
	f.URL = srv.URL
	t.Cleanup(func() { srv.Close(); _ = f.Close() })
	if err := f.DB.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n, code := range []string{"999911101", "999911102", "999912101"} {
		f.addTown(n+1, code)
	}
	return f
}

// fixtureConfig is a configuration of the embedded mode in dir.
func fixtureConfig(t testing.TB, dir string) config.Config {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	c, err := config.Load(func(name string) string {
		return map[string]string{"DAOHU_KEY": hex.EncodeToString(key), "DAOHU_DATA": dir, "DAOHU_ADDR": "127.0.0.1:0"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Now is the injected clock; Pass moves it.
func (f *fixture) Now() time.Time       { return time.UnixMilli(f.clock.Load()) }
func (f *fixture) Pass(d time.Duration) { f.clock.Add(d.Milliseconds()) }

// Today is the day of the clock in Shanghai.
func (f *fixture) Today() string { return f.Now().In(shanghai).Format("2006-01-02") }

// addTown imports one township from a workbook and adds the other accounts.
func (f *fixture) addTown(n int, code string) {
	f.Helper()
	ctx := f.Context()
	town := &fixtureTown{No: n, Township: code, County: code[:6]}
	f.Towns = append(f.Towns, town)
	b := f.book(town)
	var buf bytes.Buffer
	f.must(roster.Write(&buf, b))
	in := Import{File: bytes.NewReader(buf.Bytes()), Size: int64(buf.Len())}
	if wechat.IsFake(f.WeChat) {
		in.OpenID = wechat.FakeOpenID
	}
	got, err := f.Import(ctx, in)
	f.must(err)
	if !got.Stored {
		f.Fatalf("township %d was not stored: %+v", n, got.Issues)
	}
	town.Common, err = f.DB.Common(ctx, code)
	f.must(err)
	for i, h := range b.Households {
		town.Houses = append(town.Houses, fixtureHouse{got.IDs[h.Rec.Code], h.Rec.Code, fmt.Sprintf("cadre-%d-%d", n, i/2), town})
	}
	for i := range f.Markers { // they were planted by 户编号
		for j, h := range f.Markers[i].Houses {
			if id := got.IDs[h]; id != "" {
				f.Markers[i].Houses[j] = id
			}
		}
	}
	town.Admin = f.addUser(fmt.Sprintf("admin-%d", n), access.Township, town, "").ID
	for _, i := range []int{0, 3} {
		f.addUser(fmt.Sprintf("household-%d-%d", n, i), access.Household, town, town.Houses[i].ID)
	}
	if n != 2 {
		county := min(n, 2)
		f.addUser(fmt.Sprintf("county-%d", county), access.County, town, "")
		f.addUser(fmt.Sprintf("auditor-%d", county), access.Auditor, town, "")
	}
	if !wechat.IsFake(f.WeChat) {
		for _, c := range b.Cadres {
			f.must(f.Accounts.SetPassword(ctx, f.User(c.Login).ID, fixturePassword))
		}
	}
}

func (f *fixture) addUser(login string, role access.Role, town *fixtureTown, house string) account.User {
	f.Helper()
	u := account.NewUser{Login: login, Name: "账号" + login, Role: role, County: town.County, Household: house}
	if !role.In("KA") {
		u.Township = town.Township
	}
	if u.Password = fixturePassword; wechat.IsFake(f.WeChat) {
		u.Password, u.OpenID = "", wechat.FakeOpenID(login)
	}
	out, err := f.AddUser(f.Context(), u)
	f.must(err)
	return out
}

// User finds an account by login.
func (f *fixture) User(login string) account.User {
	f.Helper()
	u, err := f.Accounts.User(f.Context(), account.ByLogin, login)
	f.must(err)
	return u
}

func (f *fixture) must(err error) {
	if err != nil {
		f.Helper()
		f.Fatal(err)
	}
}

// mark plants a text: it is returned as it is.
func (f *fixture) mark(text, roles string, houses ...string) string {
	f.Markers = append(f.Markers, fixtureMarker{text, append([]string(nil), houses...), roles})
	return text
}

// Words that no interface text contains; pairs of them name people.
var fixtureStems = strings.Split("甲 乙 丙 丁 戊 己 庚 辛 壬 癸", " ")
var fixtureBranches = strings.Split("子 丑 寅 卯 辰 巳 午 未 申 酉 戌 亥", " ")

// fixtureName is an invented name: another one for every n below 120.
func fixtureName(surname string, n int) string {
	return surname + fixtureStems[n/12%10] + fixtureBranches[n%12]
}

// fixtureNumber is an invented ID number of a man born in 1950.
func fixtureNumber(n int) string {
	first := fmt.Sprintf("999999195001%02d%03d", 1+n/400, 1+2*(n%400))
	return first + string(roster.IDCheckDigit(first))
}

// book is a township of two villages with four households: 0 to 2 in the
// first village, 3 in the second; the cadres have 0, 1 and 2, 3.
func (f *fixture) book(town *fixtureTown) *roster.Book {
	n, b := town.No, &roster.Book{}
	v1, v2 := town.Township+"201", town.Township+"202"
	b.Areas = []area.Area{
		{Code: town.County, Level: area.County, Name: "测试县" + town.County},
		{Code: town.Township, Parent: town.County, Level: area.Township, Name: fmt.Sprintf("测试镇%d", n), Profile: "alleviation-2016"},
		{Code: v1, Parent: town.Township, Level: area.Village, Name: fmt.Sprintf("上村%d", n)},
		{Code: v2, Parent: town.Township, Level: area.Village, Name: fmt.Sprintf("下村%d", n)},
	}
	code := func(i int) string { return fmt.Sprintf("%s%05d", town.Township, i+1) }
	worker := func(login, role, village string, i int, homes ...string) {
		names, phones := "HCVTKA", "HCVT" // as pairings show them
		if role == "V" {
			names, phones = "VTK", "" // T and K list the users of their area
		}
		b.Cadres = append(b.Cadres, roster.CadreRow{Login: login, Role: role, Village: village, Unit: "镇政府", Tier: roster.TierTownship, Rank: "一般",
			Name: f.mark(fixtureName("干", 10*n+i), names, homes...), Phone: f.mark(fmt.Sprintf("199000080%d%d", n, i), phones, homes...)})
	}
	worker(fmt.Sprintf("cadre-%d-0", n), "C", "", 0, code(0), code(1))
	worker(fmt.Sprintf("cadre-%d-1", n), "C", "", 1, code(2), code(3))
	worker(fmt.Sprintf("village-%d", n), "V", v1, 2, code(0), code(1), code(2))
	for i := range 4 {
		k, village := 10*n+i, v1
		if i == 3 {
			village = v2
		}
		b.Households = append(b.Households, roster.HouseRow{
			Phone: f.mark(fmt.Sprintf("199000070%02d", k), "CV", code(i)),
			Rec: household.Household{Code: code(i), Village: village, Class: "一般贫困户", Exit: "未脱贫", Income: 300000,
				Address: f.mark(fmt.Sprintf("测试路%d号院", 7000+k), "HCVTK", code(i)),
				Notes:   f.mark(fmt.Sprintf("备注记号%d", 7000+k), "CVTKA", code(i))},
		})
		for j, relation := range []string{"户主", "之子"} {
			b.Members = append(b.Members, roster.MemberRow{House: code(i), IDNo: f.mark(fixtureNumber(2*k+j), "", code(i)),
				Rec: household.Member{Code: fmt.Sprintf("%s%02d", code(i), j+1), Name: f.mark(fixtureName("冉", 2*k+j), "HCVTK", code(i)), Relation: relation, Sex: "男", Birth: "1950-01"}})
		}
		b.Pairings = append(b.Pairings, roster.PairingRow{House: code(i), Cadre: fmt.Sprintf("cadre-%d-%d", n, i/2), From: "2026-01-05"})
		b.Visits = append(b.Visits, roster.VisitRow{House: code(i), Cadre: fmt.Sprintf("cadre-%d-%d", n, i/2),
			Rec: activity.Visit{Day: "2026-02-10", Stage: 1, Text: f.mark(fmt.Sprintf("旧走访记号%d", 7000+k), "HCVTA", code(i))}})
	}
	b.Settle()
	return b
}

// fixtureAnswer is an answered request.
type fixtureAnswer struct {
	Status int
	Header http.Header
	Body   string
}

// Problem decodes a failure; the zero value when it is none.
func (a fixtureAnswer) Problem() (p struct {
	Type, Title, Detail, Code, RequestID string
	Status                               int
	Retry                                int64
	Fields                               []struct{ Name, Code, Detail string }
}) {
	_ = json.Unmarshal([]byte(a.Body), &p)
	return p
}

// Do makes a request with a bearer token ("" = none); a body that is no text
// is sent as JSON. Headers come as pairs and win.
func (f *fixture) Do(method, token, path string, body any, headers ...string) fixtureAnswer {
	f.Helper()
	var in io.Reader
	text, isText := body.(string)
	if !isText && body != nil {
		raw, err := json.Marshal(body)
		f.must(err)
		text = string(raw)
	}
	if text != "" {
		in = strings.NewReader(text)
	}
	r, err := http.NewRequestWithContext(f.Context(), method, f.URL+path, in)
	f.must(err)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	ans, err := http.DefaultClient.Do(r)
	f.must(err)
	defer func() { _ = ans.Body.Close() }()
	raw, err := io.ReadAll(ans.Body)
	f.must(err)
	return fixtureAnswer{ans.StatusCode, ans.Header, string(raw)}
}

// Token logs in once per account and returns the same token again.
func (f *fixture) Token(login string) string {
	f.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tokens[login] == "" {
		f.tokens[login] = f.FreshToken(login)
	}
	return f.tokens[login]
}

// FreshToken logs in anew: by WeChat in the embedded mode, else by password.
func (f *fixture) FreshToken(login string) string {
	f.Helper()
	path, body := "/api/v1/login/wechat", map[string]string{"code": "demo:" + login}
	if !wechat.IsFake(f.WeChat) {
		path, body = "/api/v1/login/password", map[string]string{"name": login, "password": fixturePassword}
	}
	a := f.Do("POST", "", path, body)
	var got struct{ Token string }
	if err := json.Unmarshal([]byte(a.Body), &got); err != nil || got.Token == "" {
		f.Fatalf("log-in of %s: %d %s", login, a.Status, a.Body)
	}
	return got.Token
}

// PushOnlyToken is a phone's session that was revoked: embedded mode only.
func (f *fixture) PushOnlyToken(login string) string {
	f.Helper()
	token := f.FreshToken(login)
	actor, err := f.Accounts.Authenticate(f.Context(), token)
	f.must(err)
	f.must(f.Accounts.Revoke(f.Context(), actor.Session))
	return token
}

// Row reads one live row's revision, by type and id.
func (f *fixture) Rev(t int, town *fixtureTown, id string) int64 {
	f.Helper()
	r, err := f.DB.Find(f.Context(), f.Registry.Types[t], []string{town.Township}, id)
	f.must(err)
	return r.Base().Version
}

// RowsOf lists the ids of the live rows of a type that lie with a household.
func (f *fixture) RowsOf(name string, town *fixtureTown, house string) []string {
	f.Helper()
	var out []string
	for _, t := range f.Registry.Types {
		if t.Name != name {
			continue
		}
		recs, err := f.DB.Page(f.Context(), t, registry.PageQuery{Township: town.Township, Household: house, Limit: 1000})
		f.must(err)
		for _, r := range recs {
			out = append(out, r.Base().ID)
		}
	}
	return out
}

// Phone is one phone of an account, as far as these tests need one.
type fixturePhone struct {
	f             *fixture
	Token, Client string
	Cursor        string
	mid           int64
}

func (f *fixture) Phone(token string) *fixturePhone {
	return &fixturePhone{f: f, Token: token, Client: f.DB.NewID()}
}

// fixtureMut is one mutation; a nil Patch deletes.
type fixtureMut struct {
	Type, ID, House string
	Patch           map[string]any
	Base            int64 // 0 = all that the township has by now
}

// Seq is the counter of a household's township; 1 for an unknown household.
func (f *fixture) Seq(house string) int64 {
	f.Helper()
	for _, town := range f.Towns {
		known := town.Common == house
		for _, h := range town.Houses {
			known = known || h.ID == house
		}
		if known {
			s, err := f.DB.Space(f.Context(), town.Township)
			f.must(err)
			return s.Seq
		}
	}
	return 1
}

// Push sends mutations and returns the answer and, by their position, the
// codes of those that were not plainly applied.
func (p *fixturePhone) Push(muts ...fixtureMut) (fixtureAnswer, map[int]string) {
	p.f.Helper()
	first := p.mid + 1
	list := []any{}
	for _, m := range muts {
		p.mid++
		if m.Base == 0 {
			m.Base = p.f.Seq(m.House)
		}
		list = append(list, []any{p.mid, m.Base, m.Type, m.ID, m.House, m.Patch, p.f.clock.Load()})
	}
	a := p.f.Do("POST", p.Token, "/api/v1/sync", map[string]any{"cursor": p.Cursor, "schema": 1, "client": p.Client,
		"acked": []any{0, ""}, "muts": list, "budget": 65536, "unsent": []int{0, 0}})
	var got struct {
		Cursor  string
		Last    int64
		Results [][]any
	}
	if a.Status == http.StatusOK {
		p.f.must(json.Unmarshal([]byte(a.Body), &got))
		p.Cursor = got.Cursor
		if got.Last != p.mid {
			p.f.Fatalf("%d mutations were sent, %d are acknowledged: %s", p.mid, got.Last, a.Body)
		}
	}
	codes := map[int]string{}
	for _, r := range got.Results {
		if mid := int64(r[0].(float64)); mid >= first {
			codes[int(mid-first)] = r[1].(string)
		}
	}
	return a, codes
}

// Send pushes and fails the test unless every mutation was plainly applied.
func (p *fixturePhone) Send(muts ...fixtureMut) {
	p.f.Helper()
	if a, codes := p.Push(muts...); a.Status != http.StatusOK || len(codes) > 0 {
		p.f.Fatalf("push: %d %v %s", a.Status, codes, a.Body)
	}
}
