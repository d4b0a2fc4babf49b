package rate_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/form"
	"daohu/server/form/rate"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/setting"
	"daohu/server/write"
)

// Answers to the quiz that ships: all right, one topic wrong, one topic asked.
const (
	right      = `[["visit","card"],["rate","office"],["stay","yes"],["ask","tell"],["crack","no"],["unsafe",["leave","report"]],["find",["office","course"]],["fee","check"]]`
	sick       = `[["visit","nothing"],["rate","office"],["stay","yes"],["ask","tell"],["crack","no"],["unsafe",["leave","report"]],["find",["office","course"]],["fee","check"]]`
	onlyHealth = `[["visit","card"],["rate","nobody"]]`
	nothing    = `[["visit",null]]`
)

// survey is a township in which answers are planted.
type survey struct {
	*testing.T
	*rate.Service
	town     *town.Town
	settings *setting.Service
}

func newSurvey(t *testing.T, b *town.Base) *survey {
	t.Helper()
	tn, err := b.Add(t.Context(), town.Size{})
	if err != nil {
		t.Fatal(err)
	}
	s := &setting.Service{Store: b.DB, Writer: b.DB, Kinds: []setting.Kind{rate.Kind()}}
	return &survey{t, &rate.Service{Store: b.DB, Targets: s, Now: b.Now}, tn, s}
}

// village is the code of the n-th village; Add makes it known.
func (s *survey) village(n int) string { return fmt.Sprintf("%s%03d", s.town.Township, 200+n) }

// one is one household's answers.
type one struct {
	village int // 0 = none
	state   string
	form    string // "" = the quiz that ships
	days    []string
	answers []string
	erased  bool
}

// plant writes households with their answers; the place of their villages is
// made known.
func (s *survey) plant(list ...one) {
	s.Helper()
	areas := []area.Area{{Code: s.town.Township, Parent: "999900", Level: area.Township, Name: "试镇", Township: s.town.Township}}
	for n := 1; n <= 4; n++ {
		areas = append(areas, area.Area{Code: s.village(n), Parent: s.town.Township, Level: area.Village, Name: fmt.Sprintf("第%d村", n), Township: s.town.Township})
	}
	if err := s.town.DB.PutAreas(s.Context(), areas); err != nil {
		s.Fatal(err)
	}
	_, err := s.town.DB.Write(s.Context(), write.Intent{Township: s.town.Township, Action: "import"}, func(tx write.Tx) error {
		for _, o := range list {
			id, code := tx.NewID(), ""
			if o.village > 0 {
				code = s.village(o.village)
			}
			tx.Put(household.HouseholdType, &household.Household{Meta: record.Meta{ID: id, Household: id}, Village: code, State: o.state})
			for i, day := range o.days {
				r := &form.Response{Meta: record.Meta{ID: tx.NewID(), Household: id, MadeAt: int64(100 - i)}, Form: o.form, Day: day, Answers: record.List(o.answers[i])}
				if r.Form == "" {
					r.Form = s.town.Form
				}
				if o.erased {
					r.DeletedAt = tx.Now()
				}
				tx.Put(form.ResponseType, r)
			}
		}
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
}

func times(n int, o one) []one {
	out := make([]one, n)
	for i := range out {
		out[i] = o
	}
	return out
}

func asked(village int, answers string) one {
	return one{village: village, days: []string{"2026-03-01"}, answers: []string{answers}}
}

func (s *survey) report(q rate.Query) *rate.Rates {
	s.Helper()
	got, err := s.Awareness(s.Context(), s.town.Township, q)
	if err != nil {
		s.Fatal(err)
	}
	return got
}

// say is a cell in short: "355/373 95.1% true", or its state.
func (s *survey) say(r *rate.Rates, village, topic string) string {
	s.Helper()
	for _, c := range r.Cells {
		if c.Village == village && c.Topic == topic {
			raw, err := json.Marshal(c)
			if err != nil {
				s.Fatal(err)
			}
			if c.State != rate.Shown {
				for _, key := range []string{`"aware"`, `"asked"`, `"rate"`, `"passes"`} {
					if strings.Contains(string(raw), key) || c.Why == "" {
						s.Errorf("%s", raw)
					}
				}
				return c.State
			}
			return fmt.Sprintf("%d/%d %s %v", *c.Aware, *c.Asked, c.Rate, *c.Passes)
		}
	}
	return "no cell"
}

func TestPasses(t *testing.T) {
	for _, c := range []struct {
		aware, asked, target int64
		want                 bool
	}{
		{355, 373, 95, true}, {354, 373, 95, false}, {1802, 1896, 95, true}, {1801, 1896, 95, false}, // the township plan's figures
		{19, 20, 95, true}, {0, 0, 95, false}, {0, 0, 1, false}, {10, 10, 100, true}, {9, 10, 100, false},
	} {
		if got := rate.Passes(c.aware, c.asked, c.target); got != c.want {
			t.Errorf("%d of %d against %d%%: %v", c.aware, c.asked, c.target, got)
		}
	}
}

// TestThePlansFigures: 355 of 373 reach 95 %, one less does not, and no
// rounding says otherwise.
func TestThePlansFigures(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		for aware, want := range map[int]string{355: "355/373 95.1% true", 354: "354/373 94.9% false"} {
			s := newSurvey(t, b)
			s.plant(append(times(aware, asked(1, right)), times(373-aware, asked(1, sick))...)...)
			r := s.report(rate.Query{})
			for _, at := range [][2]string{{"", ""}, {"", "health"}, {s.village(1), ""}, {s.village(1), "health"}} {
				if got := s.say(r, at[0], at[1]); got != want {
					t.Errorf("%v: %s, want %s", at, got, want)
				}
			}
			if got := s.say(r, "", "job"); got != "373/373 100.0% true" {
				t.Errorf("job: %s", got)
			}
			if got := s.say(r, s.village(2), ""); got != rate.Unknown {
				t.Errorf("a village nobody was asked in: %s", got)
			}
			if _, err := s.settings.Publish(t.Context(), s.town.Admin, s.town.Township, rate.Code, setting.Change{Body: []byte(`{"target":96}`), Reason: "试"}); err != nil {
				t.Fatal(err)
			}
			if r := s.report(rate.Query{}); r.Target != 96 || !strings.HasSuffix(s.say(r, "", ""), "false") {
				t.Errorf("against 96%%: %+v", r.Cells[0])
			}
		}
	})
}

// TestSmallCellsAreHidden: and cannot be told by subtraction either.
func TestSmallCellsAreHidden(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		s := newSurvey(t, b)
		var all []one
		for village, n := range map[int]int{1: 20, 2: 9, 3: 12} {
			all = append(all, times(n, asked(village, right))...)
		}
		all = append(all, one{village: 4})
		s.plant(all...)
		r := s.report(rate.Query{})
		for n, want := range map[int]string{1: "20/20 100.0% true", 2: rate.Hidden, 3: rate.Hidden, 4: rate.Unknown} {
			if got := s.say(r, s.village(n), ""); got != want {
				t.Errorf("village %d: %s, want %s", n, got, want)
			}
			// Asked for alone it shows no more.
			part := s.report(rate.Query{Village: s.village(n), Topic: "health"})
			if got := s.say(part, s.village(n), "health"); got != want || len(part.Cells) != 1 {
				t.Errorf("village %d alone: %s of %d cells", n, got, len(part.Cells))
			}
		}
		if got := s.say(r, "", ""); got != "41/41 100.0% true" {
			t.Errorf("township: %s", got)
		}
		for _, c := range r.Cells {
			if c.Village == s.village(4) && c.Households != 1 {
				t.Errorf("households of village 4: %d", c.Households)
			}
		}
		// Households without a village are a row of their own: the rest of the
		// township would tell of them.
		s.plant(asked(0, sick))
		if got := s.say(s.report(rate.Query{}), "-", ""); got != rate.Hidden {
			t.Errorf("without a village: %s", got)
		}
		few := newSurvey(t, b)
		few.plant(times(9, asked(1, right))...)
		if got := few.say(few.report(rate.Query{}), "", ""); got != rate.Hidden {
			t.Errorf("a township of nine: %s", got)
		}
		few.plant(asked(2, right))
		if got := few.say(few.report(rate.Query{}), "", ""); got != "10/10 100.0% true" {
			t.Errorf("a township of ten: %s", got)
		}
		empty := newSurvey(t, b)
		if got := empty.say(empty.report(rate.Query{}), "", ""); got != rate.Unknown {
			t.Errorf("an empty township: %s", got)
		}
	})
}

// TestWhichAnswersCount: the latest by topic, of open households, to quizzes,
// within the months.
func TestWhichAnswersCount(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		s := newSurvey(t, b)
		desk := &form.Service{Store: b.DB, Writer: b.DB}
		publish := func(code, kind, paper string) string {
			draft, err := desk.Save(t.Context(), s.town.Admin, s.town.Township, form.Entry{Code: code, Kind: kind, Paper: json.RawMessage(paper)})
			if err == nil {
				draft, err = desk.Publish(t.Context(), s.town.Admin, s.town.Township, draft.ID, draft.Rev)
			}
			if err != nil {
				t.Fatal(err)
			}
			return draft.ID
		}
		const ask = `{"title":"问","topics":[{"key":"health","name":"看病"},{"key":"water","name":"饮水","aware":{">=":[{"var":"@percent"},50]}}],"items":[
{"key":"h","kind":"yesno","label":"看病？","answer":"yes","points":1,"topic":"health"},
{"key":"w","kind":"yesno","label":"水？","answer":"yes","points":1,"topic":"water"},{"key":"v","kind":"yesno","label":"井？","answer":"yes","points":1,"topic":"water"}]}`
		exam, list := publish("e", "exam", ask), publish("l", "checklist", ask)
		own := publish("own", "quiz", ask)
		publish("own", "quiz", strings.ReplaceAll(ask, `"answer":"yes"`, `"answer":"no"`)) // own is archived, and scored as it was
		d := func(days ...string) []string { return days }
		other := func(f, answers string) one {
			return one{village: 1, form: f, days: d("2026-03-01"), answers: []string{answers}}
		}
		for _, c := range []struct {
			name                        string
			who                         one
			all, health, housing, water string // added to ten households that know all but water
		}{
			{"twenty more", asked(1, right), "30/30", "30/30", "30/30", rate.Unknown},
			{"the later answers stand", one{village: 1, days: d("2026-01-05", "2026-02-05"), answers: []string{right, sick}}, "10/30", "10/30", "30/30", rate.Unknown},
			{"the later by the day, not by arrival", one{village: 1, days: d("2026-02-05", "2026-01-05"), answers: []string{right, sick}}, "30/30", "30/30", "30/30", rate.Unknown},
			{"a topic that was not asked again", one{village: 1, days: d("2026-01-05", "2026-02-05"), answers: []string{right, onlyHealth}}, "10/30", "10/30", "30/30", rate.Unknown},
			{"a topic that was never asked", asked(1, onlyHealth), "10/30", "10/30", "10/10", rate.Unknown},
			{"nothing was answered", asked(1, nothing), "10/10", "10/10", "10/10", rate.Unknown},
			{"closed", one{village: 1, state: "closed", days: d("2026-03-01"), answers: []string{sick}}, "10/10", "10/10", "10/10", rate.Unknown},
			{"erased", one{village: 1, erased: true, days: d("2026-03-01"), answers: []string{sick}}, "10/10", "10/10", "10/10", rate.Unknown},
			{"a phone ten years ahead", one{village: 1, days: d("2026-03-01", "2036-03-01"), answers: []string{right, sick}}, "30/30", "30/30", "30/30", rate.Unknown},
			{"a phone ten days ahead", one{village: 1, days: d("2026-03-01", "2026-03-12"), answers: []string{right, sick}}, "30/30", "30/30", "30/30", rate.Unknown},
			{"an exam", other(exam, `[["h","no"]]`), "10/10", "10/10", "10/10", rate.Unknown},
			{"a checklist", other(list, `[["h","no"]]`), "10/10", "10/10", "10/10", rate.Unknown},
			{"an archived edition, by its own key and rule", other(own, `[["h","yes"],["w","yes"],["v","no"]]`), "10/30", "30/30", "10/10", "20/20"},
			{"below the topic's rule", other(own, `[["h","yes"],["w","no"]]`), "10/30", "30/30", "10/10", "0/20"},
		} {
			s.clear()
			s.plant(append(times(10, asked(1, right)), times(20, c.who)...)...)
			r := s.report(rate.Query{})
			for topic, want := range map[string]string{"": c.all, "health": c.health, "housing": c.housing, "water": c.water} {
				if got, _, _ := strings.Cut(s.say(r, "", topic), " "); got != want {
					t.Errorf("%s: topic %q is %s, want %s", c.name, topic, got, want)
				}
			}
		}
		s.clear()
		s.plant(append(times(10, one{village: 1, days: d("2026-01-31"), answers: []string{right}}), times(10, one{village: 1, days: d("2026-02-01"), answers: []string{sick}})...)...)
		for q, want := range map[rate.Query]string{
			{}: "10/20", {To: "2026-01"}: "10/10", {From: "2026-02"}: "0/10", {From: "2026-02", To: "2026-02"}: "0/10", {From: "2026-01", To: "2026-02"}: "10/20", {To: "2025-12"}: rate.Unknown,
		} {
			if got, _, _ := strings.Cut(s.say(s.report(q), "", ""), " "); got != want {
				t.Errorf("%+v: %s, want %s", q, got, want)
			}
		}
		for field, q := range map[string]rate.Query{"from": {From: "2026-1"}, "to": {To: "2026-02-01"}, "village": {Village: "1"}, "topic": {Topic: "gossip"}} {
			_, err := s.Awareness(t.Context(), s.town.Township, q)
			if fe, _ := err.(*fault.Error); !fault.Is(err, fault.Invalid) || fe.Fields[0].Name != field {
				t.Errorf("%+v: %v", q, err)
			}
		}
		if _, err := s.Awareness(t.Context(), s.town.Township, rate.Query{From: "2026-03", To: "2026-02"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("months the wrong way round: %v", err)
		}
	})
}

// clear closes every household, so that the next are alone.
func (s *survey) clear() {
	s.Helper()
	homes, err := s.town.DB.RateHomes(s.Context(), s.town.Township)
	if err != nil {
		s.Fatal(err)
	}
	ids := []string{}
	for _, h := range homes {
		ids = append(ids, h.ID)
	}
	_, err = s.town.DB.Write(s.Context(), write.Intent{Township: s.town.Township, Action: "close", Households: ids}, func(tx write.Tx) error {
		rows, err := tx.Load(household.HouseholdType, ids...)
		for _, r := range rows {
			h := *r.(*household.Household)
			h.State = "closed"
			tx.Put(household.HouseholdType, &h)
		}
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
}

func TestTargetIsReadStrictly(t *testing.T) {
	k := rate.Kind()
	for _, good := range []string{`{"target":95}`, `{"target":1}`, `{"target":100}`, string(k.Shipped[0].Body)} {
		if err := k.Check([]byte(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{``, `{}`, `[]`, `{"target":0}`, `{"target":101}`, `{"target":95.5}`, `{"target":"95"}`, `{"target":null}`, `{"target":95,"x":1}`, `{"Target":95}`, `{"target":95,"target":96}`} {
		if err := k.Check([]byte(bad)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
