package app

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/api"
	"daohu/server/store"
)

// rescueFile is a file as the phone of a user (id) writes it, of the given
// changes and pictures.
func (f *fixture) rescueFile(author, client string, changes []any, photos ...[]any) map[string]any {
	if photos == nil {
		photos = [][]any{}
	}
	list := []any{}
	for _, p := range photos {
		list = append(list, map[string]any{"photo": p[0], "sha256": matrixPhoto("", p[1].([]byte), "")["sha256"], "data": base64.StdEncoding.EncodeToString(p[1].([]byte))})
	}
	return map[string]any{"format": "daohu-rescue", "edition": 1, "user": author, "client": client, "changes": changes, "photos": list}
}

// bring sends a file as the admin; the states of changes and pictures come back.
func (f *fixture) bring(admin string, file map[string]any, query string) (report api.RescueReport, states []string) {
	f.Helper()
	a := f.Do("POST", f.Token(admin), "/api/v1/quarantine/file"+query, file)
	if a.Status != http.StatusOK {
		f.Fatalf("file: %d %s", a.Status, a.Body)
	}
	f.must(json.Unmarshal([]byte(a.Body), &report))
	for _, r := range slices.Concat(report.Rows, report.Photos) {
		states = append(states, r.State)
		if r.Detail == "" {
			f.Errorf("no words: %+v", r)
		}
	}
	return report, states
}

// TestRescueOfTheWhole: a phone that cannot send any more writes a file; the
// township brings it in, takes what it holds, and sees visit and picture, once,
// also when the phone sends all of it after all.
func TestRescueOfTheWhole(t *testing.T) {
	eachKind(t, func(t *testing.T, m *matrix) {
		h := m.Towns[0].Houses[0]
		visits, photos := len(m.RowsOf("visit", m.Towns[0], h.ID)), len(m.RowsOf("photo", m.Towns[0], h.ID))
		phone := m.Phone(m.Token(h.Cadre))
		visit, pic, id, at := m.DB.NewID(), matrixJPEG(77), m.DB.NewID(), m.clock.Load()
		base := m.Seq(h.ID)
		changes := []any{
			[]any{base, "visit", visit, h.ID, map[string]any{"day": m.Today(), "text": "文件里的一次"}, at},
			[]any{base, "photo", id, h.ID, matrixPhoto(visit, pic, ""), at + 1},
		}
		file := m.rescueFile(m.User(h.Cadre).ID, phone.Client, changes, []any{id, pic})
		report, states := m.bring("admin-1", file, "?dry=1")
		if report.Done || report.Name != m.User(h.Cadre).Name || strings.Join(states, " ") != "waiting waiting waiting" {
			t.Fatalf("dry: %+v", report)
		}
		for range 2 {
			if report, states = m.bring("admin-1", file, ""); !report.Done || strings.Join(states, " ") != "waiting waiting waiting" {
				t.Fatalf("%+v", report)
			}
		}
		kept, err := m.DB.Quarantined(t.Context(), m.Towns[0].Township, "open", "", 10)
		m.must(err)
		if len(kept) != 2 || kept[0].BroughtBy != m.Towns[0].Admin {
			t.Fatalf("kept %+v", kept)
		}
		take := func() { // the visit before its picture
			t.Helper()
			a := m.Do("GET", m.Token("admin-1"), "/api/v1/quarantine", nil)
			for _, typ := range []string{`"visit"`, `"photo"`} {
				var page struct {
					Rows []struct {
						ID        string
						BroughtBy string
						Mutation  []json.RawMessage
					}
				}
				m.must(json.Unmarshal([]byte(a.Body), &page))
				for _, r := range page.Rows {
					if string(r.Mutation[1]) != typ {
						continue
					}
					if a := m.Do("POST", m.Token("admin-1"), "/api/v1/quarantine/"+r.ID+"/decision", map[string]any{"action": "take"}); a.Status != http.StatusNoContent || r.BroughtBy != m.Towns[0].Admin {
						t.Fatalf("taking: %d %s", a.Status, a.Body)
					}
				}
			}
		}
		take()
		there := func(when string) {
			t.Helper()
			if v, p := len(m.RowsOf("visit", m.Towns[0], h.ID)), len(m.RowsOf("photo", m.Towns[0], h.ID)); v != visits+1 || p != photos+1 {
				t.Errorf("%s: %d visits and %d pictures, want one more of each than %d and %d", when, v, p, visits, photos)
			}
			if a := m.Do("GET", m.Token("admin-1"), "/api/v1/photos/"+id+"?size=full", nil); a.Status != http.StatusOK || !strings.HasPrefix(a.Body, "\xff\xd8\xff") {
				t.Errorf("%s: the picture answers %d", when, a.Status)
			}
		}
		there("taken")
		if _, states = m.bring("admin-1", file, ""); strings.Join(states, " ") != "arrived arrived arrived" {
			t.Errorf("again: %v", states)
		}
		muts := []any{}
		for i, c := range changes {
			muts = append(muts, append([]any{i + 1}, c.([]any)...))
		}
		a := m.Do("POST", phone.Token, "/api/v1/sync", map[string]any{"cursor": "", "schema": 1, "client": phone.Client, "acked": []any{0, ""}, "muts": muts, "budget": 65536, "unsent": []int{0, 0}})
		if a.Status != http.StatusOK || !strings.Contains(a.Body, `"last":2`) || strings.Contains(a.Body, `"results"`) {
			t.Errorf("the phone itself: %d %.300s", a.Status, a.Body)
		}
		if a := m.create(phone.Token, id, pic, false); a.Status != http.StatusCreated || a.Header.Get("Upload-Offset") != fmt.Sprint(len(pic)) {
			t.Errorf("its picture: %d %v", a.Status, a.Header)
		}
		there("sent")
		chains, err := m.DB.Verify(t.Context(), store.Audit{})
		m.must(err)
		for _, v := range chains {
			if len(v.Findings) > 0 {
				t.Errorf("audit: %+v", v.Findings)
			}
		}
		if strings.Contains(m.log.String(), "文件里的一次") {
			t.Error("words of a visit stand in the log")
		}
	})
}

// TestRescueRefused: a file of somebody else's, of another program, of a later
// edition, with more than its fields, or too large.
func TestRescueRefused(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	good := func() map[string]any { return f.rescueFile(f.User("cadre-1-0").ID, f.DB.NewID(), []any{}) }
	for name, c := range map[string]struct {
		change func(map[string]any)
		who    string
		status int
		words  string
	}{
		"of another township": {func(m map[string]any) { m["user"] = f.User("cadre-2-0").ID }, "admin-1", 422, "不是本乡镇"},
		"of an admin":         {func(m map[string]any) { m["user"] = f.Towns[0].Admin }, "admin-1", 422, "不是本乡镇"},
		"of nobody":           {func(m map[string]any) { m["user"] = f.DB.NewID() }, "admin-1", 422, "不是本乡镇"},
		"user no id":          {func(m map[string]any) { m["user"] = "x" }, "admin-1", 422, "可能坏了"},
		"another format":      {func(m map[string]any) { m["format"] = "other" }, "admin-1", 422, "导出没传的"},
		"a later edition":     {func(m map[string]any) { m["edition"] = 2 }, "admin-1", 422, "先更新"},
		"a field more":        {func(m map[string]any) { m["admin"] = true }, "admin-1", 422, "没有这一项"},
		"a picture's more": {func(m map[string]any) {
			m["photos"] = []any{map[string]any{"photo": "x", "sha256": strings.Repeat("a", 64), "data": "", "path": "/x"}}
		}, "admin-1", 422, ""},
		"without changes":    {func(m map[string]any) { delete(m, "changes") }, "admin-1", 422, ""},
		"too many":           {func(m map[string]any) { m["changes"] = make([]int, 2001) }, "admin-1", 422, ""},
		"by a cadre":         {func(map[string]any) {}, "cadre-1-0", 403, ""},
		"by the county":      {func(map[string]any) {}, "county-1", 403, ""},
		"by the other admin": {func(map[string]any) {}, "admin-2", 422, "不是本乡镇"},
	} {
		file := good()
		c.change(file)
		if a := f.Do("POST", f.Token(c.who), "/api/v1/quarantine/file", file); a.Status != c.status || !strings.Contains(a.Body, c.words) {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	file := good()
	file["client"] = strings.Repeat("x", 19<<20)
	if a := f.Do("POST", f.Token("admin-1"), "/api/v1/quarantine/file", file); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d", a.Status)
	}
	if a := f.Do("POST", f.Token("admin-1"), "/api/v1/quarantine/file?dry=maybe", good()); a.Status != 422 {
		t.Errorf("dry=maybe: %d", a.Status)
	}
	if kept, err := f.DB.Quarantined(t.Context(), f.Towns[0].Township, "open", "", 10); err != nil || len(kept) != 0 {
		t.Errorf("%d kept of files that were refused: %v", len(kept), err)
	}
}

// TestConsoleRescue: the file is looked at, then brought in; what waits of its
// author is taken at once, pictures after the visits they belong to.
func TestConsoleRescue(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	h := f.Towns[0].Houses[0]
	b := f.as("admin-1")
	visit, pic, id, at, base := f.DB.NewID(), matrixJPEG(78), f.DB.NewID(), f.clock.Load(), f.Seq(h.ID)
	raw, err := json.Marshal(f.rescueFile(f.User(h.Cadre).ID, f.DB.NewID(), []any{
		[]any{base, "photo", id, h.ID, matrixPhoto(visit, pic, ""), at + 1}, // the later one first
		[]any{base, "visit", visit, h.ID, map[string]any{"day": f.Today(), "text": "文件里的一次"}, at},
		[]any{base, "visit", f.DB.NewID(), f.Towns[1].Houses[0].ID, map[string]any{"day": f.Today()}, at},
	}, []any{id, pic}))
	f.must(err)
	send := func(body, do string) fixtureAnswer {
		t.Helper()
		f.Pass(time.Second)
		return b.upload("/quarantine/file", "到户.json", body, "do", do)
	}
	for body, want := range map[string]string{"": "请选一个文件", "PK": "不是手机上", `{"format":"x"}`: "这一项必须填", strings.Replace(string(raw), `"edition":1`, `"edition":2`, 1): "先更新"} {
		if a := send(body, "check"); a.Status != 422 || !strings.Contains(a.Body, `id="file-wrong"`) || !strings.Contains(a.Body, want) {
			t.Errorf("%.20q: %d %s", body, a.Status, a.Body)
		}
	}
	look := send(string(raw), "check")
	b.shows(look.Body, "的文件会这样（还没有导入）", "等您定 3 条，收不了 1 条", "不在您的乡镇", "先放着")
	b.hides(look.Body, "文件里的一次")
	b.shows(b.page("/quarantine"), "没有搁着的改动", "/quarantine/file")
	b.shows(send(string(raw), "bring").Body, "的文件导入好了", "去搁着的改动")
	list := b.page("/quarantine")
	b.shows(list, "文件里的一次", "从手机文件导入", "账号admin-1 导入的", "接收"+f.User(h.Cadre).Name+"写的全部")
	if strings.Index(list, "文件里的一次") > strings.Index(list, "照片") {
		t.Error("the picture stands before its visit")
	}
	b.shows(b.done("/quarantine", "do", "take-all", "key", f.User(h.Cadre).ID), "接收了 2 条", "没有搁着的改动")
	if a := f.Do("GET", f.Token("admin-1"), "/api/v1/photos/"+id, nil); a.Status != http.StatusOK {
		t.Errorf("the picture: %d", a.Status)
	}
	b.shows(send(string(raw), "check").Body, "早已送达 3 条，收不了 1 条")
}
