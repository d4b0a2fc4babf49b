package app

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/roster"
)

// TestNumbersCannotBeGuessed: an ID number that exists beyond reach answers as
// one that nobody has, few misses a day are answered, and the index in the
// database cannot be made without the key (quality.md A12).
func TestNumbersCannotBeGuessed(t *testing.T) {
	for name, o := range map[string]fixtureOptions{"embedded": {}, "mariadb": {MariaDB: true}} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, o)
			search := func(login, number string) fixtureAnswer {
				f.Pass(time2)
				return f.Do("POST", f.Token(login), "/api/v1/search", map[string]string{"q": number})
			}
			mine, beyond, nobody := fixtureNumber(2*10), fixtureNumber(2*30), fixtureNumber(999)
			if a := search("admin-1", mine); a.Status != http.StatusOK || !strings.Contains(a.Body, f.Towns[0].Houses[0].ID) {
				t.Fatalf("one's own: %d %s", a.Status, a.Body)
			}
			for _, login := range []string{"cadre-1-0", "village-1", "admin-1", "county-1", "auditor-1"} {
				if a, b := search(login, beyond), search(login, nobody); a.Status != b.Status || a.Body != b.Body || strings.Contains(a.Body, `"household"`) {
					t.Errorf("%s can tell them apart: %s, %s", login, a.Body, b.Body)
				}
			}
			f.guessing(t, search, mine)
			f.keyedIndex(t, mine)
		})
	}
}

// guessing tries the number of a known birth month, as a cadre would who may
// not see it.
func (f *fixture) guessing(t *testing.T, search func(login, number string) fixtureAnswer, mine string) {
	t.Helper()
	counts := map[int]int{}
	for n := range 60 {
		first := fmt.Sprintf("9999991950%02d%02d%03d", 1+n%12, 1+n%28, 900+n%99)
		a := search("cadre-1-1", first+string(roster.IDCheckDigit(first)))
		counts[a.Status]++
		if a.Status == http.StatusTooManyRequests {
			f.hostileProblem("a guess", a, http.StatusTooManyRequests)
		}
	}
	if counts[200] != 30 || counts[429] != 30 {
		t.Errorf("60 guesses: %v, want 30 answered", counts)
	}
	if a := search("cadre-1-1", fixtureNumber(2*12)); a.Status != http.StatusTooManyRequests { // its own household's
		t.Errorf("the right one is answered: the limit tells: %d", a.Status)
	}
	if a := search("cadre-1-1", f.Towns[0].Houses[2].Code); a.Status != http.StatusOK {
		t.Errorf("searching by code: %d", a.Status)
	}
	for range 40 { // what is found costs nothing
		if a := search("admin-1", mine); a.Status != http.StatusOK {
			t.Fatalf("found: %d %s", a.Status, a.Body)
		}
	}
	f.Pass(24 * time.Hour)
	f.mu.Lock()
	f.tokens = map[string]string{}
	f.mu.Unlock()
	if a := search("cadre-1-1", fixtureNumber(2*12)); a.Status != http.StatusOK || !strings.Contains(a.Body, f.Towns[0].Houses[2].ID) {
		t.Errorf("the next day: %d %s", a.Status, a.Body)
	}
	fixtureFigure(t, "ID numbers: %d guesses answered of 60 a day, then 429; beyond reach = nobody's, byte for byte", counts[200])
}

// keyedIndex looks for hashes of a number that anybody could compute.
func (f *fixture) keyedIndex(t *testing.T, number string) {
	t.Helper()
	d := &dumpText{}
	_, err := f.DB.Dump(t.Context(), func(string) (io.WriteCloser, error) { return d, nil })
	f.must(err)
	for _, n := range []string{number, strings.ToLower(number), number[:17]} {
		for _, h := range []string{fmt.Sprintf("%x", sha256.Sum256([]byte(n))), fmt.Sprintf("%x", sha1.Sum([]byte(n))), fmt.Sprintf("%x", md5.Sum([]byte(n)))} {
			if strings.Contains(d.String(), h[:32]) || strings.Contains(d.String(), h[:16]) {
				t.Error("a plain hash of an ID number is in the database")
			}
		}
	}
	if !strings.Contains(d.String(), f.Box.Index(number)) {
		t.Error("the index is not where this test looks")
	}
}

type dumpText struct{ strings.Builder }

func (*dumpText) Close() error { return nil }

// TestLoginTimes: a name that nobody has is refused no faster than a wrong
// password, by medians; the figure is printed and fails beyond three times.
func TestLoginTimes(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	f.must(f.Accounts.SetPassword(t.Context(), f.User("admin-1").ID, fixturePassword))
	took := map[string][]time.Duration{}
	for n := range 60 {
		for _, name := range []string{"admin-1", "nobody-1"} {
			f.Pass(16 * time.Minute) // the limits are not what is tested here
			start := time.Now()
			a := f.Do("POST", "", "/api/v1/login/password", map[string]string{"name": name, "password": fmt.Sprintf("wrong-mima-%d", n)})
			took[name] = append(took[name], time.Since(start))
			if a.Status != http.StatusUnauthorized {
				t.Fatalf("%s: %d %s", name, a.Status, a.Body)
			}
		}
	}
	median := func(name string) time.Duration {
		slices.Sort(took[name])
		return took[name][len(took[name])/2]
	}
	known, unknown := median("admin-1"), median("nobody-1")
	if known > 3*unknown || unknown > 3*known {
		t.Errorf("a name that exists takes %v, another %v", known, unknown)
	}
	fixtureFigure(t, "log-in refused: known name %v, unknown name %v (medians of 60)", known, unknown)
}
