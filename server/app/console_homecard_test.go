package app

import (
	"regexp"
	"strings"
	"testing"
)

// TestHomeCard opens the page behind the code on a household's card: nothing
// of the household before the PIN, its page and booklet after it, without
// script, cookie or a session that stays.
func TestHomeCard(t *testing.T) {
	f := newMatrix(t)
	card, pin, err := f.Accounts.IssueCard(t.Context(), f.User("household-1-0").ID)
	f.must(err)
	b := f.browser()
	my := f.Do("GET", f.Token("household-1-0"), "/api/v1/my", nil).Body
	head := regexp.MustCompile(`"head":"([^"]+)"`).FindStringSubmatch(my)[1]
	helper := regexp.MustCompile(`"helpers":\["([^。]+)。`).FindStringSubmatch(my)[1]

	sessions := func() int {
		open, err := f.DB.Accounts().OpenSessions(t.Context(), f.User("household-1-0").ID, f.Now().UnixMilli())
		f.must(err)
		return len(open)
	}
	open := sessions()
	before := b.open("/h/" + card)
	if before.Status != 200 || !strings.Contains(before.Body, `name="pin"`) || strings.Contains(before.Body, head) {
		t.Fatalf("before the PIN: %d %s", before.Status, before.Body)
	}
	wrong := b.submit("/h/"+card, "pin", strings.Repeat("0", len(pin)))
	if wrong.Status < 400 || strings.Contains(wrong.Body, head) || !strings.Contains(wrong.Body, `role="alert"`) {
		t.Errorf("a wrong PIN: %d %s", wrong.Status, wrong.Body)
	}
	for _, card := range []string{"x", strings.Repeat("A", 43)} {
		if a := b.submit("/h/"+card, "pin", pin); a.Status < 400 || strings.Contains(a.Body, head) {
			t.Errorf("card %q: %d", card, a.Status)
		}
	}
	page := b.submit("/h/"+card, "pin", pin)
	if page.Status != 200 || !strings.Contains(page.Body, "您好，"+head+"家") {
		t.Fatalf("after the PIN: %d %s", page.Status, page.Body)
	}
	name := strings.TrimPrefix(strings.Split(helper, "，")[0], "帮您家的是")
	for _, want := range []string{name, "口袋书", "<details>"} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if m := regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son\w+=|https?://`).FindString(page.Body); m != "" {
		t.Errorf("the page has %q", m)
	}
	if page.Header.Get("Set-Cookie") != "" || page.Header.Get("Cache-Control") != "no-store" || page.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the browser keeps something: %v", page.Header)
	}
	if n := sessions(); n != open {
		t.Errorf("%d sessions run after the page, %d before it: its own must end", n, open)
	}
	if said := f.log.String(); strings.Contains(said, card) {
		t.Error("the log holds the card's token")
	}
}
