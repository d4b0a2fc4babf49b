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

	"daohu/server/record"
	"daohu/server/store"
)

// TestEraseOnRequest: from the closing to the raw files, through the real
// server: the household's phone, the cadre's phone, the photo, the log.
func TestEraseOnRequest(t *testing.T) {
	m := newMatrix(t)
	x, admin, home := m.targets[0], m.tokens["T"], m.tokens["H"]
	phone := m.Phone(m.tokens["C"])
	phone.Send()
	var own struct {
		Rows  map[string][]map[string]any
		Looks []any
	}
	a := m.Do("GET", home, "/api/v1/my/export", nil)
	if m.must(json.Unmarshal([]byte(a.Body), &own)); len(own.Rows["visit"]) != 2 || len(own.Rows["member"]) != 2 || own.Rows["proposal"] != nil || own.Rows["form"] != nil || strings.Contains(a.Body, "999999") {
		t.Errorf("a household's own data: %s", a.Body)
	}
	pictures := func() (n int) {
		_ = filepath.WalkDir(filepath.Join(m.Config.Data, "photos"), func(path string, d os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".jpg") {
				n++
			}
			return nil
		})
		return n
	}
	before := pictures()
	do := func(what string, want int, body map[string]any) fixtureAnswer {
		t.Helper()
		body["rev"] = m.rev("household", x)
		a := m.Do("POST", admin, "/api/v1/households/"+x.house+what, body)
		if a.Status != want {
			t.Fatalf("%s: %d %s", what, a.Status, a.Body)
		}
		return a
	}
	do("/erase", http.StatusConflict, map[string]any{"reason": "本人来信要求删除"})
	do("/close", http.StatusOK, map[string]any{"reason": "全户迁往外省定居"})
	a = do("/erase", http.StatusOK, map[string]any{"reason": "本人来信要求删除"})
	if !strings.Contains(a.Body, `"head":"`+record.Erased) || !strings.Contains(a.Body, `"erasedAt"`) || !strings.Contains(a.Body, `"people":2`) {
		t.Errorf("answered %s", a.Body)
	}
	if a := m.Do("GET", home, "/api/v1/my/export", nil); a.Status != http.StatusUnauthorized {
		t.Errorf("the household's session: %d", a.Status)
	}
	if a := m.Do("GET", admin, "/api/v1/photos/"+x.rows["photo"], nil); a.Status != http.StatusGone || before-pictures() != 2 {
		t.Errorf("the photo: %d, %d of %d files are left", a.Status, pictures(), before)
	}
	if a := m.create(m.tokens["C"], x.live, matrixJPEG(100+10*x.town.No), false); a.Status != http.StatusGone {
		t.Errorf("the photo on its way: %d %s", a.Status, a.Body)
	}
	if a, _ := phone.Push(); !strings.Contains(a.Body, x.house) || strings.Contains(a.Body, `"household":[`) {
		t.Errorf("the cadre's phone keeps it: %s", a.Body)
	}
	got, err := m.DB.Verify(t.Context(), store.Audit{})
	m.must(err)
	for _, v := range got {
		if len(v.Findings) > 0 {
			t.Errorf("audit: %v", v.Findings)
		}
	}
	m.must(m.DB.Close()) // writes the log of SQLite back into the file
	raw := m.rawFiles()
	gone := 0
	for _, k := range m.Markers {
		if len(k.Houses) == 1 && k.Houses[0] == x.house && k.Roles != "T" {
			if gone++; strings.Contains(raw, k.Text) {
				t.Errorf("%s is still in the files", k.Text)
			}
		}
	}
	if other := m.targets[1]; gone < 8 || !strings.Contains(raw, fmt.Sprintf("备注记号%d", 7000+10*other.town.No+3)) {
		t.Errorf("%d texts looked for: the net has a hole", gone)
	}
	fixtureFigure(t, "erased: %d planted texts of one household, 0 left in any file", gone)
}

// rawFiles is every byte of the data folder: database, pictures, uploads.
func (f *fixture) rawFiles() string {
	f.Helper()
	var b strings.Builder
	f.must(filepath.WalkDir(f.Config.Data, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		b.Write(raw)
		return err
	}))
	return b.String()
}

// TestHousekeep: the server applies the rules by itself.
func TestHousekeep(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	house := f.Towns[0].Houses[0].ID
	a := f.Do("POST", f.Token("admin-1"), "/api/v1/households/"+house+"/reveal", map[string]any{"field": "phone", "reason": "核对电话号码"})
	if a.Status != http.StatusOK {
		t.Fatal(a.Body)
	}
	looks := func() int {
		list, err := f.DB.AccessPage(t.Context(), f.Towns[0].Township, house, "", 10)
		f.must(err)
		return len(list)
	}
	f.Pass(1094 * 24 * time.Hour)
	if f.housekeep(t.Context()); looks() != 1 {
		t.Error("it went too early")
	}
	f.Pass(2 * 24 * time.Hour)
	if f.housekeep(t.Context()); looks() != 0 {
		t.Error("it is still there")
	}
	if log := f.log.String(); strings.Contains(log, "failed") {
		t.Error(log)
	}
}

// TestEraseWhoLeft: one who has left goes from the cadre's phone by sync, like
// any other change; who lives there stays.
func TestEraseWhoLeft(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	town, admin := f.Towns[0], f.Token("admin-1")
	house := town.Houses[0].ID
	phone := f.Phone(f.Token("cadre-1-0"))
	first, _ := phone.Push()
	gone, stays := fixtureName("冉", 21), fixtureName("冉", 20) // the son, the head
	if !strings.Contains(first.Body, gone) || !strings.Contains(first.Body, stays) {
		t.Fatalf("the phone holds neither: %s", first.Body)
	}
	id := ""
	for _, m := range f.RowsOf("member", town, house) {
		if a := f.Do("GET", admin, "/api/v1/records/member/"+m, nil); strings.Contains(a.Body, gone) {
			id = m
		}
	}
	erase := func(want int) fixtureAnswer {
		t.Helper()
		a := f.Do("POST", admin, "/api/v1/households/"+house+"/erase", map[string]any{"rev": f.Rev(1, town, id), "member": id, "reason": "本人三月来信要求"})
		if a.Status != want {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		return a
	}
	erase(http.StatusConflict)
	if a := f.Do("PATCH", admin, "/api/v1/records/member/"+id, map[string]any{"left": "户籍迁出"}, "If-Match", fmt.Sprint(f.Rev(1, town, id))); a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := erase(http.StatusOK); strings.Contains(a.Body, gone) || !strings.Contains(a.Body, record.Erased) {
		t.Errorf("answered %s", a.Body)
	}
	if a, _ := phone.Push(); !strings.Contains(a.Body, id) || !strings.Contains(a.Body, `"name":"`+record.Erased) || strings.Contains(a.Body, gone) {
		t.Errorf("the phone is told %s", a.Body)
	}
	if a, _ := f.Phone(f.Token("cadre-1-0")).Push(); strings.Contains(a.Body, gone) || !strings.Contains(a.Body, stays) {
		t.Errorf("a new phone is told %s", a.Body)
	}
}
