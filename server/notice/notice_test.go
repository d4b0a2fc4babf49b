package notice_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/notice"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

type office struct {
	*town.Town
	*notice.Service
	t *testing.T
}

func begin(t *testing.T, b *town.Base) *office {
	t.Helper()
	tn, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.DB.PutAreas(t.Context(), []area.Area{{Code: tn.Village, Parent: tn.Township, Level: area.Village, Name: "坪子村", Township: tn.Township}}); err != nil {
		t.Fatal(err)
	}
	today := func() string { return b.Now().In(time.FixedZone("CST", 8*3600)).Format(time.DateOnly) }
	return &office{tn, &notice.Service{Store: b.DB, Writer: b.DB, Today: today}, t}
}

// name gives the head and one member of a household a full name.
func (o *office) name(house, head, member string) {
	o.t.Helper()
	_, err := o.DB.Write(o.t.Context(), write.Intent{Township: o.Township, Action: "change", Households: []string{house}}, func(tx write.Tx) error {
		got, err := tx.Load(household.HouseholdType, house)
		if err != nil {
			return err
		}
		h := *got[house].(*household.Household)
		h.Head, h.People = head, 4
		tx.Put(household.HouseholdType, &h)
		tx.Put(household.MemberType, &household.Member{Meta: record.Meta{ID: tx.NewID(), Household: house}, Name: member, Relation: "配偶"})
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) draft(n notice.New) *notice.Notice {
	o.t.Helper()
	if n.Kind == "" {
		n.Kind, n.Title = "公示", "拟脱贫户公示"
	}
	if n.Text == "" {
		n.Text = "下列各户拟脱贫，有不同意见请打电话。"
	}
	out, err := o.Draft(o.t.Context(), o.Admin, o.Township, n)
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

func (o *office) now() []*notice.Notice {
	o.t.Helper()
	list, err := o.Now(o.t.Context(), o.Township)
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

// TestLifeOfANotice: drafted, seen by the office only, published, seen by all
// with masked names, down by itself after its last day.
func TestLifeOfANotice(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		o := begin(t, b)
		o.name(o.Houses[0], "欧阳测试", "上官测试")
		n := o.draft(notice.New{Households: o.Houses[:2], Hotline: "0851-1234567"})
		if n.State != notice.Draft || len(o.now()) != 0 {
			t.Fatalf("%+v, %d up", n, len(o.now()))
		}
		for _, role := range access.Roles {
			if row, err := notice.Type.Project(n, string(role), nil); err != nil || (row != nil) != (role == access.Township) {
				t.Errorf("a draft for %s: %s %v", role, row, err)
			}
		}
		n, err := o.Publish(t.Context(), o.Admin, n.ID, n.Version, 7)
		if err != nil {
			t.Fatal(err)
		}
		if n.From != "2026-03-02" || n.Until != "2026-03-08" {
			t.Errorf("up from %s until %s", n.From, n.Until)
		}
		for _, role := range access.Roles {
			row, err := notice.Type.Project(n, string(role), nil)
			if err != nil || !strings.Contains(string(row), `["坪子村","欧***",4]`) || strings.Contains(string(row), "欧阳") || strings.Contains(string(row), "上官") {
				t.Errorf("for %s: %s %v", role, row, err)
			}
		}
		b.Pass(6 * 24 * time.Hour)
		if done, err := o.Expire(t.Context()); done != 0 || err != nil || len(o.now()) != 1 {
			t.Errorf("on its last day: %d down, %v, %d up", done, err, len(o.now()))
		}
		b.Pass(24 * time.Hour)
		if len(o.now()) != 0 {
			t.Error("after its last day it is still shown")
		}
		if done, err := o.Expire(t.Context()); done != 1 || err != nil {
			t.Errorf("%d down, %v", done, err)
		}
		if done, err := o.Expire(t.Context()); done != 0 || err != nil {
			t.Errorf("again: %d down, %v", done, err)
		}
		r, err := b.DB.Find(t.Context(), notice.Type, []string{o.Township}, n.ID)
		if err != nil || r.(*notice.Notice).State != notice.Expired {
			t.Fatalf("%+v %v", r, err)
		}
		for _, role := range access.Roles {
			if row, err := notice.Type.Project(r, string(role), nil); err != nil || (row != nil) != role.In("TKA") {
				t.Errorf("expired for %s: %s %v", role, row, err)
			}
		}
	})
}

// TestNoticesNameNobody: numbers and names are refused wherever they stand and
// however they are written.
func TestNoticesNameNobody(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		o := begin(t, b)
		o.name(o.Houses[0], "欧阳测试", "上官测试")
		for _, c := range []struct{ field, title, text string }{
			{"text", "公示", "身份证号 999999195001010017"}, {"text", "公示", "999999 19500101 001X"}, {"text", "公示", "９９９９９９１９５００１０１００１７"},
			{"text", "公示", "电话19900000001。"}, {"text", "公示", "199-0000-0001"}, {"text", "公示", "199\u200b00000001"}, {"text", "公示", "199\n0000\n0001"}, {"text", "公示", "账号 6222 9999 9999 9999"},
			{"title", "欧阳测试一户", "下列"}, {"text", "公示", "户主的妻子上官测试"},
		} {
			_, err := o.Draft(t.Context(), o.Admin, o.Township, notice.New{Kind: "公示", Title: c.title, Text: c.text, Households: o.Houses[:1]})
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || len(f.Fields) != 1 || f.Fields[0].Name != c.field || f.Fields[0].Code != "personal" {
				t.Errorf("%q %q: %v", c.title, c.text, err)
			}
		}
		o.draft(notice.New{Kind: "通知", Title: "2026 年 3 月开会", Text: "2026-03-02 到 2026-03-08，共 1896 户 8640 人，监督电话见下。", Hotline: "0851-1234567"})
	})
}

func TestNoticeRefuses(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		o, other := begin(t, b), begin(t, b)
		good := notice.New{Kind: "公示", Title: "题目", Text: "内容"}
		for name, c := range map[string]struct {
			change func(*notice.New)
			code   fault.Code
		}{
			"unknown kind":   {func(n *notice.New) { n.Kind = "通报" }, fault.Invalid},
			"no title":       {func(n *notice.New) { n.Title = " " }, fault.Invalid},
			"no text":        {func(n *notice.New) { n.Text = "" }, fault.Invalid},
			"long text":      {func(n *notice.New) { n.Text = strings.Repeat("长", 2001) }, fault.Invalid},
			"a name to call": {func(n *notice.New) { n.Hotline = "找老王" }, fault.Invalid},
			"twice":          {func(n *notice.New) { n.Households = []string{o.Houses[0], o.Houses[0]} }, fault.Invalid},
			"others'":        {func(n *notice.New) { n.Households = other.Houses[:1] }, fault.NotFound},
			"everyone's":     {func(n *notice.New) { n.Households = []string{o.Common} }, fault.NotFound},
			"too many":       {func(n *notice.New) { n.Households = make([]string, 801) }, fault.Invalid},
		} {
			n := good
			c.change(&n)
			if _, err := o.Draft(t.Context(), o.Admin, o.Township, n); !fault.Is(err, c.code) {
				t.Errorf("%s: %v", name, err)
			}
		}
		n := o.draft(good)
		for name, c := range map[string]struct {
			err  error
			code fault.Code
		}{
			"no days":     {second(o.Publish(t.Context(), o.Admin, n.ID, 1, 0)), fault.Invalid},
			"many days":   {second(o.Publish(t.Context(), o.Admin, n.ID, 1, 91)), fault.Invalid},
			"stale":       {second(o.Publish(t.Context(), o.Admin, n.ID, 2, 7)), fault.Stale},
			"another's":   {second(o.Publish(t.Context(), other.Admin, n.ID, 1, 7)), fault.NotFound},
			"nothing":     {second(o.Publish(t.Context(), o.Admin, b.DB.NewID(), 1, 7)), fault.NotFound},
			"no reason":   {second(o.Withdraw(t.Context(), o.Admin, n.ID, 1, " ")), fault.Invalid},
			"long reason": {second(o.Withdraw(t.Context(), o.Admin, n.ID, 1, strings.Repeat("长", 201))), fault.Invalid},
		} {
			if !fault.Is(c.err, c.code) {
				t.Errorf("%s: %v", name, c.err)
			}
		}
		n, err := o.Withdraw(t.Context(), o.Admin, n.ID, 1, "写错了")
		if err != nil || n.State != notice.Withdrawn {
			t.Fatalf("%+v %v", n, err)
		}
		if _, err := o.Publish(t.Context(), o.Admin, n.ID, n.Version, 7); !fault.Is(err, fault.WrongState) {
			t.Errorf("withdrawn, then published: %v", err)
		}
	})
}

func second(_ *notice.Notice, err error) error { return err }

// TestPublishOnce: of many at once one wins.
func TestPublishOnce(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		o := begin(t, b)
		n := o.draft(notice.New{})
		errs := make([]error, 6)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { _, errs[i] = o.Publish(t.Context(), o.Admin, n.ID, 1, int64(i+1)) })
		}
		wg.Wait()
		won := 0
		for i, err := range errs {
			if err == nil {
				won++
			} else if !fault.Is(err, fault.Stale) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if won != 1 || len(o.now()) != 1 {
			t.Errorf("%d won, %d up", won, len(o.now()))
		}
	})
}

// TestAWholeCohort: 373 households fit into one notice.
func TestAWholeCohort(t *testing.T) {
	rows := make([][]any, 0, 800)
	for i := range 800 {
		rows = append(rows, []any{fmt.Sprintf("很长的村名%d村", i), notice.MaskName("欧阳某某某"), 8})
	}
	if l := record.ListOf(rows); len(l) > 1<<20 || !json.Valid([]byte(l)) {
		t.Errorf("%d bytes", len(l))
	}
	for name, want := range map[string]string{"": "", "张": "张*", "张三": "张*", "欧阳某某": "欧***"} {
		if got := notice.MaskName(name); got != want {
			t.Errorf("%s becomes %s", name, got)
		}
	}
}
