package app

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"daohu/server/account"
)

// below says who stands below whom, by hand from the design and not from the
// program.
func below(role, other string) bool {
	return strings.Contains(map[string]string{"K": "TACVH", "T": "CVH"}[role], other)
}

// climber is somebody who tries to rise: an account and what it was made as.
type climber struct {
	id, login, role, county, township, token string
}

// ladder plays random administration of users.
type ladder struct {
	*fixture
	rand    *rand.Rand
	people  []*climber
	calls   int
	taken   int
	created int
	trail   []string // the last calls, for a failure
}

// TestNobodyRises: whatever is asked of the administration of users, in
// whatever order and by whomever, nobody ever gets a role that is not below
// the one who gave it, nor reaches another area, and nobody's own changes
// (quality.md A3). DAOHU_TEST_SEED plays a run again.
func TestNobodyRises(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("DAOHU_TEST_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("DAOHU_TEST_SEED=%d", seed)
	l := &ladder{fixture: newFixture(t, fixtureOptions{}), rand: rand.New(rand.NewPCG(seed, 1))}
	for _, login := range []string{"county-1", "county-2", "admin-1", "admin-2", "admin-3", "auditor-1", "cadre-1-0", "village-1", "household-1-0", "cadre-3-0"} {
		l.join(l.User(login), l.Token(login))
	}
	for range 2000 {
		l.step()
		if t.Failed() {
			t.Fatalf("seed %d, after:\n%s", seed, strings.Join(l.trail, "\n"))
		}
	}
	l.everyone()
	if l.taken < 100 || l.created < 15 {
		t.Errorf("of %d calls %d were carried out, %d users made: too little happened", l.calls, l.taken, l.created)
	}
	fixtureFigure(t, "seed %d: %d calls, %d carried out, %d users made and logged in, nobody rose", seed, l.calls, l.taken, l.created)
}

func (l *ladder) join(u account.User, token string) *climber {
	c := &climber{u.ID, u.Login, string(u.Role), u.County, u.Township, token}
	l.people = append(l.people, c)
	return c
}

func (l *ladder) one(list ...string) string { return list[l.rand.IntN(len(list))] }
func (l *ladder) somebody() *climber        { return l.people[l.rand.IntN(len(l.people))] }

func (l *ladder) call(by *climber, method, path string, body any) fixtureAnswer {
	l.Helper()
	l.calls++
	l.Pass(time2)
	a := l.Do(method, by.token, path, body)
	l.trail = append(l.trail[max(0, len(l.trail)-20):], fmt.Sprintf("%s (%s): %s %s %v -> %d", by.login, by.role, method, path, body, a.Status))
	if a.Status < 300 {
		l.taken++
	}
	if a.Status >= 500 {
		l.Errorf("%s: %s", path, a.Body)
	}
	return a
}

// step makes one random call and judges it.
func (l *ladder) step() {
	l.Helper()
	by, whom := l.somebody(), l.somebody()
	for l.rand.IntN(3) > 0 && !strings.Contains("KT", by.role) { // mostly those who may do something
		by = l.somebody()
	}
	switch l.rand.IntN(7) {
	case 0, 1, 2:
		l.make(by)
	case 3:
		l.bind(by, whom)
	case 4:
		what := l.one("card", "revoke", "disable")
		body := map[string]any(nil)
		if what == "disable" {
			body = map[string]any{"on": false, "anyway": true}
		}
		if what == "revoke" && whom.login == "county-1" {
			return // the one who keeps the play going
		}
		a := l.call(by, "POST", "/api/v1/users/"+whom.id+"/"+what, body)
		l.may(by, whom, a, what)
		if a.Status < 300 && what == "revoke" {
			whom.token = l.FreshTokenOf(whom)
		}
	case 5:
		l.call(by, "POST", l.one("/api/v1/me/phone", "/api/v1/me/totp/confirm"), map[string]any{"code": "demo:tel", "role": "K", "township": l.one(l.Towns[1].Township, "")})
		l.call(by, "PATCH", "/api/v1/users/"+whom.id, map[string]any{"role": "K"})
		l.call(by, "POST", "/api/v1/records/pairing?household="+l.Towns[0].Houses[0].ID, map[string]any{"cadre": by.id})
	case 6:
		l.is(by)
	}
}

// make asks for a user of any role anywhere.
func (l *ladder) make(by *climber) {
	l.Helper()
	town := l.Towns[l.rand.IntN(3)]
	role := l.one("H", "C", "V", "T", "K", "A")
	n := map[string]any{"login": fmt.Sprintf("rise-%d", l.calls), "name": "攀", "role": role}
	for field, values := range map[string][]string{"township": {town.Township, by.township, ""}, "area": {town.Township + "201", ""}, "household": {town.Houses[l.rand.IntN(4)].ID, ""},
		"county": {"999912", "", "", "", "", ""}, "password": {"mima-Mima-12", "", "", "", "", ""}, "tier": {"county", ""}} {
		if v := l.one(values...); v != "" && (field != "area" || role == "V" || l.rand.IntN(9) == 0) && (field != "household" || role == "H" || l.rand.IntN(9) == 0) && (field != "township" || !strings.Contains("KA", role) || l.rand.IntN(9) == 0) {
			n[field] = v
		}
	}
	a := l.call(by, "POST", "/api/v1/users", n)
	var u struct{ ID, Login, Role, Township string }
	if a.Status >= 300 {
		return
	}
	l.must(json.Unmarshal([]byte(a.Body), &u))
	made := l.User(u.Login)
	if !below(by.role, string(made.Role)) || made.County != by.county || by.role == "T" && made.Township != by.township || made.PasswordHash != "" || made.OpenID != "" {
		l.Errorf("%s of %s%s made a %s of %s %s", by.role, by.county, by.township, made.Role, made.County, made.Township)
	}
	for _, town := range l.Towns { // a township belongs to one county
		if made.Township == town.Township && made.County != town.County {
			l.Errorf("a township of another county: %+v", made)
		}
	}
	l.created++
	code := l.call(by, "POST", "/api/v1/users/"+u.ID+"/code", nil)
	var c struct{ Code string }
	l.must(json.Unmarshal([]byte(code.Body), &c))
	l.login(l.join(made, ""), c.Code)
}

// bind asks for somebody's code and, having it, takes the account over: this
// is how one would rise.
func (l *ladder) bind(by, whom *climber) {
	l.Helper()
	a := l.call(by, "POST", "/api/v1/users/"+whom.id+"/code", nil)
	l.may(by, whom, a, "code")
}

func (l *ladder) login(c *climber, code string) {
	l.Helper()
	l.Pass(time2)
	a := l.Do("POST", "", "/api/v1/login/wechat", map[string]string{"code": "demo:" + c.login, "bind": code})
	var got struct{ Token string }
	if l.must(json.Unmarshal([]byte(a.Body), &got)); got.Token == "" {
		l.Errorf("log-in of %s: %d %s", c.login, a.Status, a.Body)
	}
	c.token = got.Token
	l.is(c)
}

// FreshTokenOf logs in again after the sessions were taken away.
func (l *ladder) FreshTokenOf(c *climber) string {
	l.Helper()
	l.Pass(time2)
	return l.FreshToken(c.login)
}

// may judges a call about another user that was carried out.
func (l *ladder) may(by, whom *climber, a fixtureAnswer, what string) {
	l.Helper()
	if a.Status >= 300 {
		return
	}
	near := by.county == whom.county && (by.role == "K" || by.township == whom.township)
	if !below(by.role, whom.role) || !near || by.id == whom.id {
		l.Errorf("%s (%s of %s%s) did %s to %s (%s of %s%s)", by.login, by.role, by.county, by.township, what, whom.login, whom.role, whom.county, whom.township)
	}
}

// is checks that somebody is still what it was made as.
func (l *ladder) is(c *climber) {
	l.Helper()
	a := l.call(c, "GET", "/api/v1/me", nil)
	var me struct{ User, Role, County, Township string }
	if a.Status == http.StatusOK {
		l.must(json.Unmarshal([]byte(a.Body), &me))
		if me.User != c.id || me.Role != c.role || me.County != c.county || me.Township != c.township {
			l.Errorf("%s was %+v and is %s", c.login, *c, a.Body)
		}
	}
}

// everyone compares all accounts with what they were made as.
func (l *ladder) everyone() {
	l.Helper()
	for _, c := range l.people {
		u := l.User(c.login)
		if u.ID != c.id || string(u.Role) != c.role || u.County != c.county || u.Township != c.township {
			l.Errorf("%s was %+v and is %s of %s %s", c.login, *c, u.Role, u.County, u.Township)
		}
	}
	all, err := l.Accounts.Users(l.Context(), account.Filter{Role: "K", Limit: 1000})
	l.must(err)
	if len(all) != 2 {
		l.Errorf("%d county admins, there were 2", len(all))
	}
}
