package measure_test

import (
	"encoding/json"
	"strings"
	"testing"

	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/measure"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/servertest/town"
	"daohu/server/workflow"
	"daohu/server/write"
)

func begin(t *testing.T, b *town.Base) *town.Town {
	t.Helper()
	tn, err := b.Add(t.Context(), town.Size{Cadres: 2, Houses: 2})
	if err != nil {
		t.Fatal(err)
	}
	return tn
}

// arrive runs the rule on m as on a row that came from a phone, and stores it.
func arrive(t *testing.T, tn *town.Town, m measure.Measure, before record.Record) (*measure.Measure, error) {
	t.Helper()
	row := m
	_, err := tn.DB.Write(t.Context(), write.Intent{Township: tn.Township, Action: "sync", Households: tn.Houses}, func(tx write.Tx) error {
		row = m
		if row.ID == "" {
			row.ID = tx.NewID()
		}
		if err := measure.Arrive(tx, write.Arrival{By: row.MadeBy, Row: &row, Before: before}); err != nil {
			return err
		}
		tx.Put(measure.Type, &row)
		return nil
	})
	return &row, err
}

func TestArrivingMeasureWaitsForReview(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := begin(t, b)
		cows := measure.Measure{Meta: record.Meta{Household: tn.Houses[0], MadeBy: tn.Cadres[0].User}, Kind: "产业帮扶", What: "两头能繁母牛", Amount: 1_000_000, Quantity: 2, Unit: "头", Stage: measure.Doing}
		got, err := arrive(t, tn, cows, nil)
		if err != nil || got.State != "pending" {
			t.Fatalf("%+v %v", got, err)
		}
		for state, want := range map[string]string{"returned": "pending", "pending": "pending"} {
			was := *got
			was.State, was.Words = state, "请写清楚"
			now := was
			if err := measure.Arrive(nil, write.Arrival{By: was.MadeBy, Row: &now, Before: &was}); err != nil || now.State != want || (now.Words == "") != (state == "returned") {
				t.Errorf("from %s: %+v %v", state, now, err)
			}
		}
	})
}

func TestVisitOfAMeasureIsOneToTheHousehold(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := begin(t, b)
		here, there := b.DB.NewID(), b.DB.NewID()
		_, err := b.DB.Write(t.Context(), write.Intent{Township: tn.Township, Households: tn.Houses}, func(tx write.Tx) error {
			for i, id := range []string{here, there} {
				tx.Put(activity.VisitType, &activity.Visit{Meta: record.Meta{ID: id, Household: tn.Houses[i], MadeBy: tn.Cadres[i].User}, Day: "2026-03-01"})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		m := measure.Measure{Meta: record.Meta{Household: tn.Houses[0], MadeBy: tn.Cadres[0].User}, Kind: "健康帮扶", Visit: here}
		row, err := arrive(t, tn, m, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range []string{there, b.DB.NewID()} {
			m.Visit = wrong
			if _, err := arrive(t, tn, m, nil); !fault.Is(err, fault.Invalid) {
				t.Errorf("new, with another's visit: %v", err)
			}
			changed := *row
			changed.Visit = wrong
			if _, err := arrive(t, tn, changed, row); !fault.Is(err, fault.Invalid) {
				t.Errorf("changed to another's visit: %v", err)
			}
		}
	})
}

func TestCheck(t *testing.T) {
	for body, want := range map[string]string{
		`{"kind":"产业帮扶"}`: "",
		`{"kind":"产业帮扶","from":"2026-03-01","to":"2026-03-01","quantity":2,"unit":"头"}`: "",
		`{}`: "kind required",
		`{"kind":"产业帮扶","from":"2026-03-02","to":"2026-03-01"}`: "to range",
		`{"kind":"产业帮扶","quantity":2}`:                          "unit required",
		`{"kind":"送温暖"}`:                                        "kind not-allowed",
		`{"kind":"产业帮扶","stage":"soon"}`:                        "stage not-allowed",
		`{"kind":"产业帮扶","amount":-1}`:                           "amount range",
		`{"kind":"产业帮扶","state":"approved"}`:                    "state server-set",
	} {
		patch, err := record.Object([]byte(body), 60)
		if err != nil {
			t.Fatal(err)
		}
		m := &measure.Measure{}
		if err = write.Apply(measure.Type, m, patch, nil, record.Author); err == nil {
			err = write.Complete(measure.Type, m)
		}
		got := ""
		if f, ok := err.(*fault.Error); ok && len(f.Fields) > 0 {
			got = f.Fields[0].Name + " " + f.Fields[0].Code
		}
		if got != want {
			t.Errorf("%s: %q %v, want %q", body, got, err, want)
		}
	}
}

func TestCounts(t *testing.T) {
	for want, list := range map[bool][]measure.Measure{
		true:  {{}, {Stage: measure.Plan, State: "pending"}, {Stage: measure.Doing, State: "returned"}, {Stage: measure.Done, State: "approved"}},
		false: {{Stage: measure.Wish}, {Stage: measure.Stopped, State: "approved"}, {Stage: measure.Doing, State: "rejected"}, {Meta: record.Meta{DeletedAt: 1}}},
	} {
		for _, m := range list {
			if m.Counts() != want {
				t.Errorf("%+v counts: %v", m, !want)
			}
		}
	}
}

// TestTownshipEntersMeasures: what the township enters itself is approved at
// once, may be corrected by whoever entered it, and shows on the household's
// page; another's stays as its author wrote it.
func TestTownshipEntersMeasures(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := begin(t, b)
		house := registry.House{ID: tn.Houses[0], Township: tn.Township}
		raw, err := b.Registry.Make(t.Context(), tn.Admin, measure.Type, house, "", json.RawMessage(`{"kind":"产业帮扶","what":"两头能繁母牛","amount":1000000}`))
		if err != nil || !strings.Contains(string(raw), `"state":"approved"`) {
			t.Fatalf("%s %v", raw, err)
		}
		var made struct{ ID, By string }
		if err := json.Unmarshal(raw, &made); err != nil || made.By != tn.Admin.User {
			t.Fatalf("%s %v", raw, err)
		}
		_, err = b.Workflow.Decide(t.Context(), tn.Admin, measure.Type, made.ID, workflow.Decision{Action: "reject", Rev: 1, Reason: "不要"})
		if !fault.Is(err, fault.OwnRecord) {
			t.Errorf("deciding one's own: %v", err)
		}
		raw, err = b.Registry.Change(t.Context(), tn.Admin, measure.Type, made.ID, 1, json.RawMessage(`{"stage":"done","result":"两头牛都进圈了"}`))
		if err != nil || !strings.Contains(string(raw), `"stage":"done"`) || !strings.Contains(string(raw), `"state":"approved"`) {
			t.Errorf("%s %v", raw, err)
		}
		other := tn.Admin
		other.User = b.DB.NewID()
		if _, err := b.Registry.Change(t.Context(), other, measure.Type, made.ID, 2, json.RawMessage(`{"what":"别的"}`)); !fault.Is(err, fault.Invalid) {
			t.Errorf("another admin's change: %v", err)
		}
		theirs, err := arrive(t, tn, measure.Measure{Meta: record.Meta{Household: house.ID, MadeBy: tn.Cadres[0].User}, Kind: "健康帮扶"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Registry.Change(t.Context(), tn.Admin, measure.Type, theirs.ID, 1, json.RawMessage(`{"what":"别的"}`)); !fault.Is(err, fault.Invalid) {
			t.Errorf("the admin writes in a cadre's measure: %v", err)
		}
		if _, err := b.Registry.Make(t.Context(), tn.Admin, measure.Type, house, "", json.RawMessage(`{"kind":"产业帮扶","visit":"AAAAAAAAAAAA"}`)); !fault.Is(err, fault.Invalid) {
			t.Errorf("a visit that is not there: %v", err)
		}
	})
}

// TestTheHouseholdsWord goes through who may say what of a plan, and when.
func TestTheHouseholdsWord(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := begin(t, b)
		plan := measure.Measure{Kind: "产业帮扶", What: "养牛", Amount: 5, State: "approved"}
		plan.Household = tn.Houses[0]
		with := func(m measure.Measure, f func(m *measure.Measure)) measure.Measure { f(&m); return m }
		agreed := with(plan, func(m *measure.Measure) { m.Agreement, m.AgreedBy, m.AgreedDay = "agreed", "cadre_phone", "2026-03-01" })
		say := func(word string) func(m *measure.Measure) { return func(m *measure.Measure) { m.Agreement = word } }
		got := func(word string) func(m *measure.Measure) { return func(m *measure.Measure) { m.Arrived = word } }
		to := func(stage string) func(m *measure.Measure) {
			return func(m *measure.Measure) { m.Stage, m.Result = stage, "好了" }
		}
		had := with(agreed, func(m *measure.Measure) {
			m.Stage, m.Arrived, m.ArrivedBy, m.ArrivedDay = "doing", "not_arrived", "cadre_phone", "2026-03-01"
		})
		for name, c := range map[string]struct {
			was  measure.Measure
			role string
			f    func(m *measure.Measure)
			want string // what was said then, or the code of a refusal
		}{
			"a cadre passes it on":                 {plan, "C", say("agreed"), "agreed cadre_phone 2026-03-02 /"},
			"the household says it":                {plan, "H", say("agreed"), "agreed own 2026-03-02 /"},
			"a cadre says it anew":                 {agreed, "C", say(""), "forbidden"},
			"the village says it anew":             {agreed, "V", say("objected"), "forbidden"},
			"the household says it anew":           {agreed, "H", func(m *measure.Measure) { m.Agreement, m.Objection = "objected", "太贵" }, "objected own 2026-03-02 /"},
			"the household takes it back":          {agreed, "H", say(""), "/"},
			"words and no objection":               {plan, "H", func(m *measure.Measure) { m.Objection = "太贵" }, "invalid"},
			"of a wish":                            {with(plan, to("wish")), "H", say("agreed"), "wrong-state"},
			"of what is stopped":                   {with(plan, to("stopped")), "H", say("agreed"), "wrong-state"},
			"another amount":                       {agreed, "C", func(m *measure.Measure) { m.Amount = 6 }, "/"},
			"another fund":                         {agreed, "C", func(m *measure.Measure) { m.Fund = "x" }, "agreed cadre_phone 2026-03-01 /"},
			"goes on without being asked":          {plan, "C", to("doing"), "invalid"},
			"the township goes on":                 {plan, "T", to("doing"), "/"},
			"goes on":                              {agreed, "C", to("doing"), "agreed cadre_phone 2026-03-01 /"},
			"goes on before it is approved":        {with(agreed, func(m *measure.Measure) { m.State = "pending" }), "T", to("doing"), "wrong-state"},
			"a cadre says that it came":            {agreed, "C", got("arrived"), "agreed cadre_phone 2026-03-01 / arrived cadre_phone 2026-03-02"},
			"a cadre says it came after all":       {had, "C", got("arrived"), "forbidden"},
			"a cadre takes back that it came":      {had, "V", got(""), "forbidden"},
			"the household says it came after all": {had, "H", got("arrived"), "agreed cadre_phone 2026-03-01 / arrived own 2026-03-02"},
			"what waits did not come":              {with(plan, func(m *measure.Measure) { m.State = "pending" }), "H", got("arrived"), "wrong-state"},
			"done without a result":                {agreed, "C", func(m *measure.Measure) { m.Stage = "done" }, "invalid"},
			"stopped without a word":               {plan, "T", func(m *measure.Measure) { m.Stage = "stopped" }, "invalid"},
			"back from done":                       {with(agreed, to("done")), "T", to("doing"), "wrong-state"},
			"back from stopped":                    {with(agreed, to("stopped")), "T", to("plan"), "wrong-state"},
			"back to a wish":                       {plan, "C", to("wish"), "wrong-state"},
			"calves of a plan":                     {plan, "C", func(m *measure.Measure) { m.YieldQuantity, m.YieldUnit = 1, "头" }, "invalid"},
		} {
			row := with(c.was, c.f)
			var err error
			_, e := tn.DB.Write(t.Context(), write.Intent{Township: tn.Township, Households: tn.Houses}, func(tx write.Tx) error {
				err = measure.Arrive(tx, write.Arrival{By: "x", Role: c.role, Row: &row, Before: &c.was})
				return nil
			})
			if e != nil {
				t.Fatal(e)
			}
			said := strings.Join(strings.Fields(strings.Join([]string{row.Agreement, row.AgreedBy, row.AgreedDay, "/", row.Arrived, row.ArrivedBy, row.ArrivedDay}, " ")), " ")
			if f, ok := err.(*fault.Error); ok {
				said = string(f.Code)
			}
			if said != c.want {
				t.Errorf("%s: %q %v, want %q", name, said, err, c.want)
			}
		}
		late := with(plan, say("agreed"))
		at := b.Now().AddDate(0, 0, -3).UnixMilli()
		_, err := tn.DB.Write(t.Context(), write.Intent{Township: tn.Township, Households: tn.Houses}, func(tx write.Tx) error {
			return measure.Arrive(tx, write.Arrival{Role: "H", Row: &late, Before: &plan, DeviceAt: at})
		})
		if err != nil || late.AgreedDay != "2026-02-27" {
			t.Errorf("said three days ago without signal: %+v %v", late, err)
		}
	})
}
