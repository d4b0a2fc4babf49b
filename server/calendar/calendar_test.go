package calendar_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"daohu/server/calendar"
)

func day(t testing.TB, s string) calendar.Day {
	t.Helper()
	d, err := calendar.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func builtin(t testing.TB) *calendar.Calendar {
	t.Helper()
	c, err := calendar.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestPublishedYears checks the built-in years against what the notices say in
// sums: 11 statutory holidays in 2014 to 2024 became 13 in 2025, so a year of
// 365 days has 104 or 105 weekend days and, with the exchanges, this many
// working days.
func TestPublishedYears(t *testing.T) {
	c := builtin(t)
	for year, want := range map[int]struct{ working, statutory int }{2025: {248, 13}, 2026: {248, 13}} {
		first, last := day(t, time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006-01-02")), day(t, time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).Format("2006-01-02"))
		n, weekdays := 0, 0
		for d := first; d <= last; d++ {
			if c.Working(d) {
				n++
			}
			at, _ := time.Parse("2006-01-02", d.String())
			if w := at.Weekday(); w != time.Saturday && w != time.Sunday {
				weekdays++
			}
		}
		if n != want.working || weekdays-n != want.statutory {
			t.Errorf("%d: %d working days of %d weekdays, want %d", year, n, weekdays, want.working)
		}
		if !c.Known(year) || !strings.Contains(c.Source(year), "国务院办公厅") {
			t.Errorf("%d: known %v, source %q", year, c.Known(year), c.Source(year))
		}
	}
	if c.Known(2024) || c.Known(2027) || c.Source(2027) != "" {
		t.Error("a year is known that nobody published here")
	}
}

// TestDeadlines: over an ordinary week, National Day, Spring Festival with its
// days worked in exchange, and into a year that is not known.
func TestDeadlines(t *testing.T) {
	c := builtin(t)
	for _, x := range []struct {
		from string
		n    int
		want string
		sure bool
	}{
		{"2026-03-02", 5, "2026-03-09", true},  // Monday to Monday
		{"2026-03-06", 5, "2026-03-13", true},  // Friday
		{"2026-03-07", 5, "2026-03-13", true},  // said on a Saturday
		{"2026-09-29", 5, "2026-10-12", true},  // 30; 8, 9, 10 (Saturday worked), 12
		{"2026-09-30", 5, "2026-10-13", true},  // 8, 9, 10, 12, 13
		{"2026-10-03", 1, "2026-10-08", true},  // said within the holiday
		{"2025-09-30", 2, "2025-10-10", true},  // 9, 10: the holiday of 2025 ends on the 8th
		{"2026-02-13", 1, "2026-02-14", true},  // the Saturday before Spring Festival is worked
		{"2026-02-14", 5, "2026-02-28", true},  // 24 to 27, then Saturday the 28th
		{"2026-12-30", 1, "2026-12-31", true},  //
		{"2026-12-30", 2, "2027-01-01", false}, // nobody has said yet whether that day is off
		{"2026-04-03", 0, "2026-04-03", true},
		{"2026-04-03", -3, "2026-04-03", true},
	} {
		from := day(t, x.from)
		got := c.Deadline(from, x.n)
		if got.String() != x.want || c.Sure(from, got) != x.sure {
			t.Errorf("%d working days after %s: %s (sure %v), want %s (%v)", x.n, x.from, got, c.Sure(from, got), x.want, x.sure)
		}
		if calendar.Overdue(got, got) || !calendar.Overdue(got, got+1) {
			t.Errorf("%s: the due day itself is not late, the next is", got)
		}
	}
}

// TestDeadlineProperties: counting forth and back agree, for every day near
// the known years.
func TestDeadlineProperties(t *testing.T) {
	c := builtin(t)
	low, high := day(t, "2024-06-01"), day(t, "2028-06-01")
	rapid.Check(t, func(rt *rapid.T) {
		from := calendar.Day(rapid.Int64Range(int64(low), int64(high)).Draw(rt, "from"))
		n := rapid.IntRange(0, 60).Draw(rt, "n")
		due := c.Deadline(from, n)
		if got := c.WorkingDaysBetween(from, due); got != n {
			rt.Fatalf("%d working days after %s is %s, which is %d later", n, from, due, got)
		}
		if n > 0 && !c.Working(due) {
			rt.Fatalf("%s is due on a day nobody works", due)
		}
		if next := c.Deadline(from, n+1); next <= due {
			rt.Fatalf("one day more is due earlier: %s, %s", due, next)
		}
		if later := c.Deadline(from+1, n); later < due {
			rt.Fatalf("said a day later, due earlier: %s, %s", due, later)
		}
		if back := c.WorkingDaysBetween(due, from); back != -n {
			rt.Fatalf("back from %s to %s: %d", due, from, back)
		}
		if to := calendar.Day(rapid.Int64Range(int64(low), int64(high)).Draw(rt, "to")); c.WorkingDaysBetween(from, to)+c.WorkingDaysBetween(to, due) != n {
			rt.Fatalf("by way of %s the days do not add up", to)
		}
	})
}

// TestDays: the day of an instant in Shanghai, and its text.
func TestDays(t *testing.T) {
	zone := time.FixedZone("Asia/Shanghai", 8*3600)
	for text, want := range map[string]string{
		"2026-03-02T15:59:59.999Z": "2026-03-02", "2026-03-02T16:00:00Z": "2026-03-03",
		"1969-12-31T15:59:59Z": "1969-12-31", "1969-12-31T16:00:00Z": "1970-01-01", "2024-02-29T12:00:00Z": "2024-02-29",
	} {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := calendar.At(at.UnixMilli()).String(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		ms := rapid.Int64Range(-1<<41, 1<<42).Draw(rt, "ms")
		want := time.UnixMilli(ms).In(zone).Format("2006-01-02")
		d := calendar.At(ms)
		back, err := calendar.ParseDay(d.String())
		if d.String() != want || err != nil || back != d {
			rt.Fatalf("%d: %s, want %s; back %s %v", ms, d, want, back, err)
		}
	})
	for _, s := range []string{"", "2026-2-3", "2026-02-30", "2026-02-03T00:00", "昨天", "02026-02-03"} {
		if d, err := calendar.ParseDay(s); err == nil {
			t.Errorf("%q is %s", s, d)
		}
	}
}

// TestParseIsStrict: each of these documents differs from a good one in the
// one thing that is wrong.
func TestParseIsStrict(t *testing.T) {
	const good = `{"edition":"e","years":[{"year":2030,"source":"某通知","holidays":[{"name":"节","from":"2029-12-31","to":"2030-01-02","work":["2029-12-29"]}]}]}`
	c, err := calendar.Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if c.Edition != "e" || c.Working(day(t, "2029-12-31")) || !c.Working(day(t, "2029-12-29")) || !c.Working(day(t, "2030-01-03")) || c.Known(2029) {
		t.Errorf("%+v", c)
	}
	for what, edit := range map[string][2]string{
		"unknown key":           {`"edition":"e"`, `"edition":"e","x":1`},
		"unknown key inside":    {`"name":"节"`, `"name":"节","x":1`},
		"no edition":            {`"e"`, `""`},
		"no source":             {`某通知`, ``},
		"no name":               {`"节"`, `""`},
		"no years":              {`"years":[{`, `"years":[],"y":[{`},
		"outside the year":      {`"to":"2030-01-02"`, `"to":"2031-01-02"`},
		"november before":       {`"from":"2029-12-31"`, `"from":"2029-11-30"`},
		"ends before it begins": {`"to":"2030-01-02"`, `"to":"2029-12-30"`},
		"too long":              {`"to":"2030-01-02"`, `"to":"2030-01-16"`},
		"works on a weekday":    {`2029-12-29`, `2030-01-04`},
		"works twice":           {`["2029-12-29"]`, `["2029-12-29","2029-12-29"]`},
		"no such day":           {`2029-12-29`, `2029-12-32`},
		"no such year":          {`"year":2030`, `"year":1066`},
		"off and worked":        {`}]}]}`, `},{"name":"又","from":"2030-01-05","to":"2030-01-05","work":["2030-01-05"]}]}]}`},
		"off twice":             {`}]}]}`, `},{"name":"又","from":"2030-01-02","to":"2030-01-02","work":[]}]}]}`},
		"key twice":             {`"name":"节"`, `"name":"节","name":"又"`},
		"year twice":            {`}]}]}`, `}]},{"year":2030,"source":"又","holidays":[{"name":"节","from":"2030-05-01","to":"2030-05-01","work":[]}]}]}`},
		"something behind":      {`}]}]}`, `}]}]} {}`},
		"not JSON":              {`{"edition"`, `["edition"`},
	} {
		text := strings.Replace(good, edit[0], edit[1], 1)
		if text == good {
			t.Fatalf("%s: nothing was changed", what)
		}
		if _, err := calendar.Parse([]byte(text)); err == nil {
			t.Errorf("%s: accepted %s", what, text)
		}
	}
	if _, err := calendar.Parse([]byte(good + strings.Repeat(" ", 256<<10))); err == nil {
		t.Error("a huge document is accepted")
	}
}

// TestBegins: a day begins at midnight in Shanghai, whatever the year.
func TestBegins(t *testing.T) {
	for _, s := range []string{"1969-12-31", "1970-01-01", "2026-03-01", "2028-02-29"} {
		d, err := calendar.ParseDay(s)
		want, wrong := time.ParseInLocation(time.DateOnly, s, calendar.Zone())
		if err != nil || wrong != nil || d.Begins() != want.UnixMilli() || calendar.At(d.Begins()) != d || calendar.At(d.Begins()-1) != d-1 {
			t.Errorf("%s begins at %d, want %d", s, d.Begins(), want.UnixMilli())
		}
	}
}
