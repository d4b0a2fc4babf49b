package app

import (
	"bytes"
	"mime/multipart"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// hidden are the values of a form's hidden fields of a name.
func hidden(page, name string) (out []string) {
	for _, m := range regexp.MustCompile(`type="hidden" name="`+name+`" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		out = append(out, strings.ReplaceAll(m[1], "&#43;", "+"))
	}
	return out
}

// TestConsoleHandover: choose from, see what is unsent, to whom and why, try,
// carry out; a household that was moved meanwhile makes the whole stale.
func TestConsoleHandover(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, town := f.as("admin-1"), f.Towns[0]
	phone := f.Phone(f.Token("cadre-1-0"))
	phone.Push(fixtureMut{Type: "visit", ID: f.DB.NewID(), House: town.Houses[0].ID, Patch: map[string]any{"day": f.Today()}})
	phone.unsent(3, f.Now().UnixMilli())
	path := "/pairings/handover?from=cadre-1-0"
	b.shows(b.page("/pairings/handover"), "谁交出", "cadre-1-0")
	page := b.page(path)
	b.shows(page, "没送到 3 条", `value="`+town.Houses[0].ID+`" checked`, `value="`+town.Houses[1].ID+`" checked`)
	b.hides(page, town.Houses[2].ID)

	try := []string{"do", "try", "to", "cadre-1-1", "day", f.Today(), "reason", "调离", "households", town.Houses[0].ID, "households", town.Houses[1].ID}
	b.refused(422, path, try[:8], `id="try-households-wrong"`, `value="调离"`)
	b.refused(422, path, append([]string{"do", "try", "to", "cadre-1-0"}, try[4:]...), "不能移交给本人")
	tried := b.submit(path, try...)
	if tried.Status != 200 {
		t.Fatalf("%d %s", tried.Status, tried.Body)
	}
	b.shows(tried.Body, "还没有办", "2 户 → 0 户", "2 户 → 4 户", town.Houses[0].Code, "调离")
	seen := hidden(tried.Body, "households")
	if len(seen) != 2 {
		t.Fatalf("%v", seen)
	}
	if a := f.Do("GET", f.Token("admin-1"), "/api/v1/pairings?cadre=cadre-1-0&on="+f.Today(), nil); strings.Count(a.Body, `"id"`) != 2 {
		t.Errorf("trying moved something: %s", a.Body)
	}
	carry := []string{"do", "carry", "to", "cadre-1-1", "day", f.Today(), "reason", "调离", "households", seen[0], "households", seen[1]}
	if a := f.Do("POST", f.Token("admin-1"), "/api/v1/households/"+town.Houses[0].ID+"/pairing", map[string]any{"cadre": "cadre-1-1", "day": f.Today(), "reason": "先换一户"}); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	b.refused(409, path, carry, "下面是最新的内容", `value="调离"`)
	again := b.submit(path, "do", "try", "to", "cadre-1-1", "day", f.Today(), "reason", "调离", "households", town.Houses[1].ID)
	one := hidden(again.Body, "households")
	if len(one) != 1 {
		t.Fatalf("%d %s", again.Status, again.Body)
	}
	b.shows(b.done(path, append(carry[:8], "households", one[0])...), "已交接 1 户")
	b.shows(b.page(path), "他现在没有结对的户")
	cadres := b.page("/pairings/cadres")
	b.shows(cadres, "按单位和姓名排")
	b.shows(b.page("/pairings/households?cadre=cadre-1-1"), "有 4 户结对")
	b.shows(b.page("/households/"+town.Houses[1].ID), "调离")
}

func TestConsolePairsOne(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, h := f.as("admin-1"), f.Towns[0].Houses[0]
	path := "/households/" + h.ID
	b.refused(422, path, []string{"do", "pair", "cadre", "nobody", "day", f.Today(), "reason", "换人"}, `id="pair-cadre-wrong"`, `value="换人"`)
	b.done(path, "do", "pair", "cadre", "cadre-1-1", "day", f.Today(), "reason", "离得近")
	b.shows(b.page(path), "离得近", "现在")
	gaps := b.page("/pairings")
	b.shows(gaps, "54321", "正处", "干部")
	k := f.as("county-1")
	page := k.page("/pairings")
	k.shows(page, "测试镇1", "测试镇2")
	k.hides(page, "测试镇3", "cadre-1-0")
}

// TestConsolePairsMany: a list by workbook or pasted, tried first; one bad row
// and nothing is done, the rows stay to be corrected.
func TestConsolePairsMany(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, town, path := f.as("admin-1"), f.Towns[0], "/pairings/bulk"
	book := excelize.NewFile()
	for i, row := range [][]any{{"户编号", "干部账号", "从哪天"}, {town.Houses[0].Code, "cadre-1-1", 46083}, {town.Houses[1].Code, "cadre-1-1", "2026-03-02"}, {town.Houses[2].Code, "cadre-1-1"}} {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		f.must(book.SetSheetRow("Sheet1", cell, &row))
	}
	var file, form bytes.Buffer
	f.must(book.Write(&file))
	send := func(raw []byte, fields ...string) fixtureAnswer {
		form.Reset()
		w := multipart.NewWriter(&form)
		for i := 0; i+1 < len(fields); i += 2 {
			f.must(w.WriteField(fields[i], fields[i+1]))
		}
		if raw != nil {
			part, err := w.CreateFormFile("file", "名单.xlsx")
			f.must(err)
			_, err = part.Write(raw)
			f.must(err)
		}
		f.must(w.Close())
		return b.send("POST", path, form.String(), "Content-Type", w.FormDataContentType())
	}
	tried := send(file.Bytes(), "do", "try", "reason", "统一调整")
	if tried.Status != 200 {
		t.Fatalf("%d %s", tried.Status, tried.Body)
	}
	b.shows(tried.Body, "新结对 0 户，换人 2 户，没变 1 户", "还没有办", "2026-03-02")
	lines := hidden(tried.Body, "lines")
	b.shows(b.done(path, "do", "carry", "lines", strings.ReplaceAll(lines[0], "&#9;", "\t"), "reason", "统一调整"), "换人 2 户")
	b.shows(b.page("/pairings/households?cadre=cadre-1-1"), "有 4 户结对")

	bad := b.refused(422, path, []string{"do", "try", "reason", "x", "lines", town.Houses[0].Code + "\tnobody\n"}, "第 1 行干部账号")
	b.refused(422, path, []string{"do", "try", "reason", "x", "lines", town.Houses[0].Code + " cadre-1-0\n没有这户,cadre-1-1\n"}, "第 2 行户编号")
	b.shows(bad, town.Houses[0].Code+"\tnobody\t"+f.Today())
	if a := send([]byte("not a workbook"), "do", "try", "reason", "x"); a.Status != 422 || !strings.Contains(a.Body, `id="try-file-wrong"`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	b.refused(422, path, []string{"do", "try", "lines", " "}, `id="try-lines-wrong"`)
	if a := send(bytes.Repeat([]byte("x"), 3<<20), "do", "try"); a.Status != 413 {
		t.Errorf("a file of 3 MB: %d", a.Status)
	}
	b.shows(b.page("/pairings/households?cadre=cadre-1-1"), "有 4 户结对")
}
