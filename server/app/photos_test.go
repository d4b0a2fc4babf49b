package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daohu/server/config"
	"daohu/server/servertest/bodies"
)

// eachKind runs a test of the whole on SQLite with pictures in a folder, and on
// MariaDB with pictures in an S3 bucket.
func eachKind(t *testing.T, f func(t *testing.T, m *matrix)) {
	begin := func(t *testing.T, o fixtureOptions) *matrix {
		m := &matrix{fixture: newFixture(t, o), seen: map[string]bool{}}
		m.targets = []*matrixTarget{m.pictured(0), m.pictured(1)}
		return m
	}
	t.Run("sqlite, folder", func(t *testing.T) { f(t, begin(t, fixtureOptions{})) })
	t.Run("mariadb, bucket", func(t *testing.T) { f(t, begin(t, fixtureOptions{MariaDB: true, Config: bucket(t)})) })
}

// bucket is a configuration with the pictures in an S3 bucket.
func bucket(t *testing.T) func(*config.Config) {
	o := bodies.S3(t)
	return func(c *config.Config) {
		c.S3 = config.S3{Host: o.Endpoint, Bucket: o.Bucket, Key: o.Key, Secret: config.Secret(o.Secret), Plain: true}
	}
}

// pictured is a household of the first township with a picture.
func (m *matrix) pictured(house int) *matrixTarget {
	m.Helper()
	h := m.Towns[0].Houses[house]
	x := &matrixTarget{town: m.Towns[0], house: h.ID, rows: map[string]string{"visit": m.DB.NewID(), "photo": m.DB.NewID()}, photo: matrixJPEG(house)}
	phone := m.Phone(m.Token(h.Cadre))
	phone.Send(fixtureMut{Type: "visit", ID: x.rows["visit"], House: h.ID, Patch: map[string]any{"day": m.Today()}},
		fixtureMut{Type: "photo", ID: x.rows["photo"], House: h.ID, Patch: matrixPhoto(x.rows["visit"], x.photo, "")})
	if a := m.create(phone.Token, x.rows["photo"], x.photo, true); a.Status != http.StatusCreated {
		m.Fatalf("photo: %d %s", a.Status, a.Body)
	}
	return x
}

func (m *matrix) link(token, id, size string) (string, fixtureAnswer) {
	m.Helper()
	a := m.Do("POST", token, "/api/v1/photos/"+id+"/link", map[string]any{"size": size})
	var l struct{ URL string }
	if a.Status == http.StatusOK {
		m.must(json.Unmarshal([]byte(a.Body), &l))
	}
	return l.URL, a
}

// TestPhotoLinksOfTheWhole: whoever may see a picture gets a link to it; the
// link needs no session, is bound to its holder's reach and session, and ends.
func TestPhotoLinksOfTheWhole(t *testing.T) {
	eachKind(t, func(t *testing.T, m *matrix) {
		x, other := m.targets[0], m.targets[1]
		for _, login := range []string{"household-1-0", "cadre-1-0", "village-1", "admin-1"} {
			for _, size := range []string{"thumb", "full"} {
				url, a := m.link(m.Token(login), x.rows["photo"], size)
				if a.Status != http.StatusOK {
					t.Fatalf("%s: %d %s", login, a.Status, a.Body)
				}
				v := m.Do("GET", "", url, nil)
				if v.Status != http.StatusOK || !strings.HasPrefix(v.Body, "\xff\xd8\xff") || v.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s, %s: %d %v", login, size, v.Status, v.Header)
				}
				if v := m.Do("GET", "", strings.Replace(url, x.rows["photo"], other.rows["photo"], 1), nil); v.Status != http.StatusNotFound {
					t.Errorf("%s: the link opens another photo: %d", login, v.Status)
				}
			}
		}
		token := m.FreshToken("cadre-1-0")
		url, _ := m.link(token, x.rows["photo"], "thumb")
		m.Pass(4 * time.Minute)
		if v := m.Do("GET", "", url, nil); v.Status != http.StatusOK {
			t.Errorf("after 4 minutes: %d", v.Status)
		}
		actor, err := m.Accounts.Authenticate(t.Context(), token)
		m.must(err)
		m.must(m.Accounts.Revoke(t.Context(), actor.Session))
		if v := m.Do("GET", "", url, nil); v.Status != http.StatusGone {
			t.Errorf("session revoked: %d", v.Status)
		}
		url, _ = m.link(m.Token("admin-1"), x.rows["photo"], "thumb")
		m.Pass(5 * time.Minute)
		if v := m.Do("GET", "", url, nil); v.Status != http.StatusGone {
			t.Errorf("after 5 minutes: %d", v.Status)
		}
		if strings.Contains(m.log.String(), "ticket") {
			t.Error("a link stands in the log")
		}
	})
}

// TestConsentOfTheWhole: the household takes its consent back on its own phone;
// the next visit is saved all the same, its picture is not taken; what was
// there is hidden from cadre and village; the township erases it on request.
func TestConsentOfTheWhole(t *testing.T) {
	eachKind(t, func(t *testing.T, m *matrix) {
		x := m.targets[0]
		see := func(login string) int {
			t.Helper()
			return m.Do("GET", m.Token(login), "/api/v1/photos/"+x.rows["photo"], nil).Status
		}
		cadre, own := m.Phone(m.Token("cadre-1-0")), m.Phone(m.Token("household-1-0"))
		link, _ := m.link(m.Token("cadre-1-0"), x.rows["photo"], "thumb")
		say := func(p *fixturePhone, answer string) string {
			t.Helper()
			_, codes := p.Push(fixtureMut{Type: "consent", ID: m.DB.NewID(), House: x.house, Patch: map[string]any{"answer": answer, "day": m.Today(), "who": "户主本人", "edition": "2026-1"}})
			return codes[0]
		}
		if code := say(own, "withdrawn"); code != "" {
			t.Fatalf("withdrawn: %q", code)
		}
		if code := say(cadre, "given"); code != "wrong-state" {
			t.Errorf("the cadre says yes for it: %q", code)
		}
		visit, pic := m.DB.NewID(), matrixJPEG(88)
		id := m.DB.NewID()
		_, codes := cadre.Push(fixtureMut{Type: "visit", ID: visit, House: x.house, Patch: map[string]any{"day": m.Today(), "text": "照样记"}},
			fixtureMut{Type: "photo", ID: id, House: x.house, Patch: matrixPhoto(visit, pic, "")})
		if codes[0] != "" || codes[1] != "" {
			t.Errorf("saving after it: %v", codes)
		}
		if a := m.create(cadre.Token, id, pic, true); a.Status != http.StatusGone || !strings.Contains(a.Problem().Detail, "走访记录不受影响") {
			t.Errorf("the picture: %d %s", a.Status, a.Body)
		}
		for login, want := range map[string]int{"cadre-1-0": 410, "village-1": 410, "household-1-0": 200, "admin-1": 200} {
			if got := see(login); got != want {
				t.Errorf("the earlier picture, as %s: %d, want %d", login, got, want)
			}
		}
		if v := m.Do("GET", "", link, nil); v.Status != http.StatusGone {
			t.Errorf("the cadre's link from before: %d", v.Status)
		}
		if a := m.Do("POST", m.Token("admin-1"), "/api/v1/photos/"+x.rows["photo"]+"/erase", map[string]any{"reason": "户主三月来信要求删除"}); a.Status != http.StatusOK {
			t.Fatalf("erase: %d %s", a.Status, a.Body)
		}
		if got := see("household-1-0"); got != http.StatusGone {
			t.Errorf("erased: %d", got)
		}
		if _, there, err := m.DB.BodyOf(t.Context(), x.town.Township, x.rows["photo"]); there || err != nil {
			t.Errorf("its files are still noted: %v", err)
		}
		if code := say(own, "given"); code != "" {
			t.Errorf("given again: %q", code)
		}
	})
}

// TestWaitingPhotos: the author, and nobody else, is told what has not come.
func TestWaitingPhotos(t *testing.T) {
	m := newMatrix(t)
	x := m.targets[0]
	list := func(login string, days int) string {
		t.Helper()
		return m.Do("GET", m.Token(login), fmt.Sprintf("/api/v1/photos?days=%d", days), nil).Body
	}
	if s := list("cadre-1-0", 3); strings.Contains(s, x.live) {
		t.Errorf("just begun, and waiting: %s", s)
	}
	m.Pass(4 * 24 * time.Hour)
	if s := list("cadre-1-0", 3); !strings.Contains(s, x.live) || strings.Contains(s, x.rows["photo"]) {
		t.Errorf("after four days: %s", s)
	}
	if s := list("village-1", 0); strings.Contains(s, x.live) {
		t.Errorf("somebody else's: %s", s)
	}
}

// TestBackupOfABucket: a backup copies what lies in the bucket, and restores it
// into a folder.
func TestBackupOfABucket(t *testing.T) {
	m := &matrix{fixture: newFixture(t, fixtureOptions{MariaDB: true, Config: bucket(t)})}
	m.targets = []*matrixTarget{m.pictured(0)}
	if _, err := os.Stat(filepath.Join(m.Config.Data, "photos")); !os.IsNotExist(err) {
		t.Errorf("pictures lie in the data folder: %v", err)
	}
	want := m.Do("GET", m.Token("admin-1"), "/api/v1/photos/"+m.targets[0].rows["photo"]+"?size=full", nil).Body
	dir := filepath.Join(t.TempDir(), "backup")
	quiet := func(string, int, int) {}
	man, err := m.Backup(t.Context(), dir, quiet)
	if err != nil || len(man.Missing) != 0 {
		t.Fatalf("missing %v, %v", man.Missing, err)
	}
	boxes, err := Boxes(m.Config)
	m.must(err)
	b, err := OpenBackup(dir, boxes, false)
	m.must(err)
	defer b.Close()
	c := m.Config
	c.Data, c.S3, c.DB, c.Redis = t.TempDir(), config.S3{}, "", ""
	next, err := New(t.Context(), Options{Config: c, Log: m.App.opt.Log, Now: m.Now, Rand: m.App.opt.Rand, Unsafe: true, Hash: m.App.opt.Hash})
	m.must(err)
	defer next.Close()
	m.must(next.DB.Migrate(t.Context()))
	if _, err := next.Restore(t.Context(), b, quiet); err != nil {
		t.Fatal(err)
	}
	body, _, err := next.DB.BodyOf(t.Context(), m.targets[0].town.Township, m.targets[0].rows["photo"])
	m.must(err)
	if got, ok := bodies.Read(t, next.blobs, body.BodyKey); !ok || string(got) != want || want == "" {
		t.Errorf("the picture came back as %d bytes, was %d", len(got), len(want))
	}
}
