package activity_test

import (
	"testing"
	"time"

	"daohu/server/activity"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

const minute = int64(time.Minute / time.Millisecond)

// desk lets visits arrive at one household of one township.
type desk struct {
	*town.Town
	t *testing.T
}

func begin(t *testing.T, b *town.Base) *desk {
	t.Helper()
	tn, err := b.Add(t.Context(), town.Size{Cadres: 2, Houses: 2})
	if err != nil {
		t.Fatal(err)
	}
	return &desk{tn, t}
}

// arrive runs the rule on v as on a new row and stores it.
func (d *desk) arrive(v activity.Visit, a write.Arrival) activity.Visit {
	d.t.Helper()
	if v.Household == "" {
		v.Household = d.Houses[0]
	}
	if v.MadeBy == "" {
		v.MadeBy = d.Cadres[0].User
	}
	if v.Day == "" {
		v.Day = "2026-03-02"
	}
	_, err := d.DB.Write(d.t.Context(), write.Intent{Township: d.Township, Action: "sync", Households: d.Houses}, func(tx write.Tx) error {
		row := v
		row.ID = tx.NewID()
		a.Row, a.By = &row, row.MadeBy
		if err := activity.Arrive(tx, a); err != nil {
			return err
		}
		v = row
		tx.Put(activity.VisitType, &row)
		return nil
	})
	if err != nil {
		d.t.Fatalf("a visit was refused: %v", err)
	}
	return v
}

func (d *desk) now() int64 { return d.Now().UnixMilli() }

// base is the counter now: what a phone that has just synced has seen.
func (d *desk) base() int64 {
	d.t.Helper()
	sp, err := d.DB.Space(d.t.Context(), d.Township)
	if err != nil {
		d.t.Fatal(err)
	}
	return sp.Seq
}

func (d *desk) flags(v activity.Visit, want ...string) {
	d.t.Helper()
	if l := record.ListOf(want); v.Flags != l {
		d.t.Errorf("flags %s, want %s", v.Flags, l)
	}
}

func TestArrivingVisitWaitsForReview(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := begin(t, b)
		seen := d.base()
		committed := d.now()
		b.Pass(time.Hour)
		v := d.arrive(activity.Visit{}, write.Arrival{Base: seen, DeviceAt: d.now()})
		if v.State != "pending" || v.DeviceAt != d.now() || v.WindowAt != committed {
			t.Errorf("%+v", v)
		}
		d.flags(v)
	})
}

func TestFlagsAreHintsOnly(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := begin(t, b)
		b.Pass(24 * time.Hour)
		now := d.now()
		d.flags(d.arrive(activity.Visit{}, write.Arrival{DeviceAt: now, Late: true}), "late")
		// Thirty minutes between two of one author at one household on one day.
		d.flags(d.arrive(activity.Visit{}, write.Arrival{DeviceAt: now + 5*minute}), "double")
		d.flags(d.arrive(activity.Visit{}, write.Arrival{DeviceAt: now + 5*minute, Late: true}), "late", "double")
		d.flags(d.arrive(activity.Visit{Day: "2026-03-01"}, write.Arrival{DeviceAt: now}))
		d.flags(d.arrive(activity.Visit{Meta: record.Meta{Household: d.Houses[1]}}, write.Arrival{DeviceAt: now}))
		d.flags(d.arrive(activity.Visit{Meta: record.Meta{MadeBy: d.Cadres[1].User}}, write.Arrival{DeviceAt: now}))
		// The check-in counts, where there is one.
		d.flags(d.arrive(activity.Visit{CheckinAt: now - 40*minute}, write.Arrival{DeviceAt: now}))
		d.flags(d.arrive(activity.Visit{CheckinAt: now - 69*minute}, write.Arrival{DeviceAt: now}), "double")
		d.flags(d.arrive(activity.Visit{CheckinAt: now - 100*minute}, write.Arrival{DeviceAt: now}))
	})
}

func TestDoubleEndsAtThirtyMinutes(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := begin(t, b)
		b.Pass(24 * time.Hour)
		now := d.now()
		at := func(ms int64) activity.Visit { return d.arrive(activity.Visit{}, write.Arrival{DeviceAt: ms}) }
		d.flags(at(now - 120*minute))
		d.flags(at(now - 90*minute))
		d.flags(at(now-60*minute-1), "double")
		// An erased one no longer counts.
		first := d.arrive(activity.Visit{Meta: record.Meta{Household: d.Houses[1]}}, write.Arrival{DeviceAt: now})
		_, err := b.DB.Write(t.Context(), write.Intent{Township: d.Township, Households: d.Houses}, func(tx write.Tx) error {
			got, err := tx.Load(activity.VisitType, first.ID)
			if err != nil {
				return err
			}
			dead := *got[first.ID].(*activity.Visit)
			dead.DeletedAt = tx.Now()
			tx.Put(activity.VisitType, &dead)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		d.flags(d.arrive(activity.Visit{Meta: record.Meta{Household: d.Houses[1]}}, write.Arrival{DeviceAt: now}))
	})
}

// TestClockOutsideTheWindow: from the commit of what the phone had seen to
// the arrival, with ten minutes of grace on both sides.
func TestClockOutsideTheWindow(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := begin(t, b)
		seen, from := d.base(), d.now()
		b.Pass(48 * time.Hour)
		to := d.now()
		for i, c := range []struct {
			device, checkin int64
			clock           bool
		}{
			{from, 0, false}, {to, 0, false}, {from - 10*minute, 0, false}, {to + 10*minute, 0, false},
			{from - 10*minute - 1, 0, true}, {to + 10*minute + 1, 0, true}, {0, 0, true},
			{to, from - 60*minute, true}, {to, to + 60*minute, true}, {to, from + 60*minute, false},
			{to - 365*24*60*minute, to, true}, // two days or a year wrong: a hint, no more
		} {
			v := activity.Visit{Day: time.Date(2026, 2, 1+i, 0, 0, 0, 0, time.UTC).Format("2006-01-02"), CheckinAt: c.checkin} // a day each: no doubles
			v = d.arrive(v, write.Arrival{Base: seen, DeviceAt: c.device})
			if c.clock {
				d.flags(v, "clock")
			} else {
				d.flags(v)
			}
		}
		v := d.arrive(activity.Visit{Day: "2026-01-01"}, write.Arrival{Base: 1 << 40, DeviceAt: from - 99*minute}) // nothing can be proved
		if d.flags(v); v.WindowAt != 0 {
			t.Errorf("a window from %d", v.WindowAt)
		}
	})
}

func TestCorrectedVisitWaitsAgain(t *testing.T) {
	for state, want := range map[string][2]string{"returned": {"pending", ""}, "pending": {"pending", "话"}} {
		before := &activity.Visit{State: state, Words: "话", Flags: `["late"]`, DeviceAt: 7}
		now := *before
		if err := activity.Arrive(nil, write.Arrival{Row: &now, Before: before, DeviceAt: 9, Late: true}); err != nil {
			t.Fatal(err)
		}
		if now.State != want[0] || now.Words != want[1] || now.Flags != before.Flags || now.DeviceAt != 7 {
			t.Errorf("from %s: %+v", state, now)
		}
	}
}
