package app

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"daohu/server/demo"
	"daohu/server/household"
	"daohu/server/roster"
	"daohu/server/store"
)

// sizeFaults are the ways in which a row of 家庭成员 is spoilt: the header and
// code of the issue that must name it.
var sizeFaults = []struct {
	head, code string
	spoil      func(m *roster.MemberRow, all []roster.MemberRow)
}{
	{"证件号码", roster.CodeID, func(m *roster.MemberRow, _ []roster.MemberRow) {
		m.IDNo = m.IDNo[:16] + string('0'+(m.IDNo[16]-'0'+2)%10) + m.IDNo[17:]
	}},
	{"性别", "not-allowed", func(m *roster.MemberRow, _ []roster.MemberRow) { m.Rec.Sex = "男女" }},
	{"姓名", "required", func(m *roster.MemberRow, _ []roster.MemberRow) { m.Rec.Name = "" }},
	{"户编号", roster.CodeNoHousehold, func(m *roster.MemberRow, _ []roster.MemberRow) { m.House, m.Rec.Relation = "无此户", "其他" }},
	{"证件号码", roster.CodeDuplicate, func(m *roster.MemberRow, all []roster.MemberRow) {
		m.Rec.Code, m.Rec.Relation, m.IDNo = m.Rec.Code+"x", "其他", all[0].IDNo
	}}, // in the registry
	{"户编号", roster.CodeMoved, func(m *roster.MemberRow, all []roster.MemberRow) { m.House, m.Rec.Relation = all[0].House, "其他" }},
}

// TestFiveThousandRows (product.md row 50): a sheet of 5000 people with 300
// bad ones, as a Chinese Excel writes it, into a township of 1896 households:
// every bad cell is named; put right it is stored whole, with every household
// of the township locked at once.
func TestFiveThousandRows(t *testing.T) {
	for _, maria := range []bool{false, true} {
		f := newFixture(t, fixtureOptions{MariaDB: maria})
		name := map[bool]string{false: "SQLite", true: "MariaDB"}[maria]
		b := demo.Townships(5, f.Now())[0]
		township := b.Township()
		var buf bytes.Buffer
		f.must(roster.Write(&buf, b))
		start := time.Now()
		got, err := f.Import(t.Context(), Import{File: bytes.NewReader(buf.Bytes()), Size: int64(buf.Len())})
		f.must(err)
		if !got.Stored {
			t.Fatalf("%+v", got.Issues)
		}
		fixtureFigure(t, "import on %s: %d rows stored in %.1f s", name, got.Added, time.Since(start).Seconds())
		f.addUser("admin-big", "T", &fixtureTown{Township: township, County: township[:6]}, "")
		if maria {
			f.must(f.Accounts.SetPassword(t.Context(), f.User("admin-big").ID, fixturePassword))
		}
		people := slices.Clone(b.Members[100:5100])
		want := map[string]bool{}
		for i := range 300 {
			row, fault := 3+16*i, sizeFaults[i%len(sizeFaults)]
			fault.spoil(&people[row], b.Members)
			want[fmt.Sprintf("%d %s %s", row+2, fault.head, fault.code)] = true
		}
		start = time.Now()
		report, a := f.send("admin-big", "dry=1&update=1", importCSV, f.sheet(people))
		fixtureFigure(t, "import on %s: 5000 rows with 300 bad ones named in %.1f s", name, time.Since(start).Seconds())
		if report.State != roster.Refused || report.More {
			t.Fatalf("%d %.300s", a.Status, a.Body)
		}
		for _, i := range report.Issues {
			if i.Level != roster.Error {
				continue
			}
			key := fmt.Sprintf("%d %s %s", i.Row, i.Header, i.Code)
			if i.Column == "" || i.Sheet != roster.SheetMembers || !want[key] {
				t.Errorf("not seeded: %+v", i)
			}
			delete(want, key)
		}
		if len(want) > 0 {
			t.Errorf("%d bad cells are not named: %v", len(want), want)
		}
		f.wholeUpdate(name, township, b)
	}
}

func (f *fixture) sheet(people []roster.MemberRow) string {
	f.Helper()
	var buf bytes.Buffer
	f.must(roster.WriteCSV(&buf, &roster.Book{Members: people}, roster.SheetMembers, roster.CSVOptions{GB18030: true}))
	return buf.String()
}

// wholeUpdate changes every household and 5000 people in one transaction.
func (f *fixture) wholeUpdate(name, township string, b *roster.Book) {
	f.Helper()
	next := &roster.Book{Areas: b.Areas, Households: slices.Clone(b.Households), Members: slices.Clone(b.Members[:5000])}
	for i := range next.Households {
		next.Households[i].Rec.Address = fmt.Sprintf("新址%d号", i)
	}
	for i := range next.Members {
		next.Members[i].Rec.Ethnic = "苗族"
	}
	sp, err := f.DB.Space(f.Context(), township)
	f.must(err)
	var buf bytes.Buffer
	f.must(roster.Write(&buf, &roster.Book{Areas: next.Areas, Households: next.Households}))
	in := Import{Township: township, Update: true, File: bytes.NewReader(buf.Bytes()), Size: int64(buf.Len())}
	start := time.Now()
	got, err := f.Import(f.Context(), in)
	f.must(err)
	fixtureFigure(f, "update on %s: %d households changed in %.1f s", name, got.Counts.Households.Changed, time.Since(start).Seconds())
	if !got.Stored || got.Counts.Households != (roster.Count{Changed: len(b.Households)}) || got.Counts.Areas.New+got.Counts.Areas.Changed != 0 || got.Seq != sp.Seq+1 {
		f.Fatalf("%+v %+v", got.Counts, got.Issues)
	}
	start = time.Now()
	text, err := simplifiedchinese.GB18030.NewDecoder().String(f.sheet(next.Members))
	f.must(err)
	report, a := f.send("admin-big", "update=1", importCSV, text) // UTF-8 this time
	fixtureFigure(f, "update on %s: %d of 5000 people changed in %.1f s", name, report.Counts.Members.Changed, time.Since(start).Seconds())
	if c := report.Counts.Members; report.State != roster.Stored || c.New != 0 || c.Changed < 4000 || c.Changed+c.Same != 5000 || report.Seq != sp.Seq+2 {
		f.Fatalf("%d %.300s", a.Status, a.Body)
	}
	hs, err := f.DB.Histories(f.Context(), township)
	f.must(err)
	if len(hs) < len(b.Households)+report.Counts.Members.Changed {
		f.Errorf("%d values in the history", len(hs))
	}
	found, err := f.DB.Verify(f.Context(), store.Audit{Township: township})
	if f.must(err); len(found) != 1 || len(found[0].Findings) > 0 {
		f.Errorf("the audit: %+v", found)
	}
	rows, err := f.DB.Live(f.Context(), household.HouseholdType, township)
	f.must(err)
	for _, r := range rows {
		if h := r.(*household.Household); h.Kind == "" && (!strings.HasPrefix(h.Address, "新址") || h.Version != 2) {
			f.Fatalf("%+v", h)
		}
	}
}
