package app

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"daohu/server/booklet"
)

func sha(body []byte) string { return fmt.Sprintf("%x", sha256.Sum256(body)) }

// TestHomeCardIsHeard: the page behind a household's card plays the approved
// recordings of its cards, though its session has ended; the addresses are of
// these recordings, end, and give nothing that the household may not hear.
func TestHomeCardIsHeard(t *testing.T) {
	m := newMatrix(t)
	x, other := m.targets[0], m.targets[2] // of another township
	card, pin, err := m.Accounts.IssueCard(t.Context(), m.User("household-1-0").ID)
	m.must(err)
	page := m.browser().submit("/h/"+card, "pin", pin)
	found := regexp.MustCompile(`听一听：本地话，\d+ 秒</p><audio controls preload="none" src="([^"]+)"`).FindAllStringSubmatch(page.Body, -1)
	if page.Status != http.StatusOK || len(found) != 2 { // of both targets in the township
		t.Fatalf("%d %v", page.Status, found)
	}
	want, _, err := booklet.Strip(matrixVoice(x))
	m.must(err)
	address := ""
	for _, f := range found {
		url := html.UnescapeString(f[1])
		a := m.Do("GET", "", url, nil)
		if a.Status != http.StatusOK || a.Header.Get("Content-Type") != "audio/mpeg" || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Fatalf("%d %v", a.Status, a.Header)
		}
		if a.Body == string(want) {
			address = url
		}
	}
	if address == "" {
		t.Fatal("the household's recording is not among them")
	}
	if a := m.Do("GET", "", address, nil, "Range", "bytes=10-19"); a.Status != http.StatusPartialContent || a.Body != string(want[10:20]) {
		t.Errorf("a part: %d %q", a.Status, a.Body)
	}
	path, ticket, _ := strings.Cut(address, "?ticket=")
	foreign, _, err := booklet.Strip(matrixVoice(other))
	m.must(err)
	for what, url := range map[string]string{
		"another recording": strings.Replace(address, path, fmt.Sprintf("/api/v1/blobs/%s/sound", sha(foreign)), 1),
		"a card's text":     strings.Replace(address, path, "/api/v1/blobs/"+x.sha+"/sound", 1),
		"another ticket":    path + "?ticket=" + strings.Repeat("A", len(ticket)),
		"a cut one":         path + "?ticket=" + ticket[:20],
		"none":              path,
		"no hash":           "/api/v1/blobs/x/sound?ticket=" + ticket,
	} {
		if a := m.Do("GET", "", url, nil); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", what, a.Status)
		}
	}
	home := m.Token("household-1-0")
	for what, sum := range map[string]string{"another township's": sha(foreign), "a card's text": x.sha} {
		if a := m.Do("POST", home, "/api/v1/blobs/"+sum+"/link", nil); a.Status != http.StatusNotFound {
			t.Errorf("a link to %s: %d %s", what, a.Status, a.Body)
		}
	}
	m.Pass(booklet.SoundLife - time.Minute)
	if a := m.Do("GET", "", address, nil); a.Status != http.StatusOK {
		t.Errorf("a minute before its end: %d", a.Status)
	}
	fresh := m.Do("POST", m.FreshToken("household-1-0"), "/api/v1/blobs/"+sha(want)+"/link", nil)
	var link struct{ URL string }
	m.must(json.Unmarshal([]byte(fresh.Body), &link))
	m.Pass(time.Minute)
	if a := m.Do("GET", "", address, nil); a.Status != http.StatusGone {
		t.Errorf("at its end: %d", a.Status)
	}
	row := m.Do("GET", m.FreshToken("admin-1"), "/api/v1/records/clip/"+x.rows["clip"], nil)
	var rev struct{ Rev int64 }
	m.must(json.Unmarshal([]byte(row.Body), &rev))
	if a := m.Do("POST", m.Token("admin-1"), "/api/v1/clips/"+x.rows["clip"]+"/withdraw", map[string]any{"rev": rev.Rev, "reason": "说错了"}); a.Status != http.StatusOK {
		t.Fatalf("withdrawing: %d %s", a.Status, a.Body)
	}
	if a := m.Do("GET", "", link.URL, nil); a.Status != http.StatusNotFound {
		t.Errorf("withdrawn: %d", a.Status)
	}
	if strings.Contains(m.log.String(), "ticket") || strings.Contains(m.log.String(), ticket) {
		t.Error("a link stands in the log")
	}
}
