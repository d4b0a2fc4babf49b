package calendar

import (
	"fmt"
	"time"
)

// Day is a day of the calendar, counted from 1970-01-01 (0). It has no time
// and no zone; At says which day an instant lies on in Shanghai.
type Day int64

// shanghai is how far the programme's time is ahead of UTC. China has kept it
// without summer time since 1992 (IANA tz database, Asia/Shanghai).
const shanghai = 8 * time.Hour

// Zone is the programme's time zone.
func Zone() *time.Location { return time.FixedZone("Asia/Shanghai", int(shanghai.Seconds())) }

const dayMillis = 86_400_000

// layout is how a day is written everywhere.
const layout = "2006-01-02"

// At is the day in Asia/Shanghai of an instant, Unix ms.
func At(ms int64) Day {
	ms += shanghai.Milliseconds()
	d := ms / dayMillis
	if ms%dayMillis < 0 {
		d--
	}
	return Day(d)
}

// ParseDay reads 2026-01-31.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(layout, s)
	if err != nil || len(s) != len(layout) {
		return 0, fmt.Errorf("%q is not a day such as 2026-01-31", s)
	}
	return Day(t.Unix() / 86_400), nil // before 1970 whole days divide exactly too
}

// Begins is the first instant of d in Asia/Shanghai, Unix ms.
func (d Day) Begins() int64 { return int64(d)*dayMillis - shanghai.Milliseconds() }

func (d Day) time() time.Time { return time.Unix(int64(d)*86_400, 0).UTC() }

// String writes 2026-01-31.
func (d Day) String() string { return d.time().Format(layout) }

// Year is the year of d.
func (d Day) Year() int { return d.time().Year() }

// weekend reports whether d is a Saturday or Sunday.
func (d Day) weekend() bool {
	w := d.time().Weekday()
	return w == time.Saturday || w == time.Sunday
}
