// Package calendar counts working days as Chinese offices do: Monday to
// Friday, without the public holidays, with the weekend days that are worked
// in exchange (调休). Which these are the State Council's office publishes for
// one year at a time, so they are data: holidays.json, an edition with the
// source of every year. Of a year that is not published yet only weekends are
// known, and Known and Sure say so; nothing is guessed.
package calendar

import (
	_ "embed"
	"errors"
	"fmt"

	"daohu/server/record"
)

//go:embed holidays.json
var builtin []byte

// Limits of a document: a holiday of 8 days and the weekends beside it fit.
const (
	maxYears   = 50
	maxHoliday = 15 // days
	firstYear  = 1993
	lastYear   = 2100
)

// Calendar is one edition, checked. It is safe for concurrent use.
type Calendar struct {
	Edition string
	known   map[int]string // year -> source
	off     map[Day]bool
	work    map[Day]bool
}

type document struct {
	Edition string `json:"edition"`
	Years   []year `json:"years"`
}

type year struct {
	Year     int       `json:"year"`
	Source   string    `json:"source"` // the document that ordered it
	Holidays []holiday `json:"holidays"`
}

type holiday struct {
	Name string   `json:"name"`
	From string   `json:"from"`
	To   string   `json:"to"`   // last day
	Work []string `json:"work"` // weekend days worked in exchange
}

// Builtin is the edition that comes with the program.
func Builtin() (*Calendar, error) { return Parse(builtin) }

// Parse reads an edition, strictly: unknown keys, a key, year or day that
// stands twice, a holiday outside its year (the last week of the year before belongs
// to it), a day worked that is no weekend or is off are errors.
func Parse(raw []byte) (*Calendar, error) {
	var doc document
	if err := record.Document(raw, &doc); err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	if doc.Edition == "" || len(doc.Years) == 0 || len(doc.Years) > maxYears {
		return nil, errors.New("calendar: an edition and 1 to 50 years are needed")
	}
	c := &Calendar{Edition: doc.Edition, known: map[int]string{}, off: map[Day]bool{}, work: map[Day]bool{}}
	for _, y := range doc.Years {
		if err := c.add(y); err != nil {
			return nil, fmt.Errorf("calendar: %d: %w", y.Year, err)
		}
	}
	for day := range c.work {
		if c.off[day] {
			return nil, fmt.Errorf("calendar: %s is both off and worked", day)
		}
	}
	return c, nil
}

func (c *Calendar) add(y year) error {
	switch {
	case y.Year < firstYear || y.Year > lastYear:
		return errors.New("no such year")
	case c.known[y.Year] != "":
		return errors.New("the year stands twice")
	case y.Source == "" || len(y.Holidays) == 0:
		return errors.New("a source and at least one holiday are needed")
	}
	c.known[y.Year] = y.Source
	for _, h := range y.Holidays {
		if err := c.holiday(y.Year, h); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
	return nil
}

func (c *Calendar) holiday(year int, h holiday) error {
	from, err := within(year, h.From)
	if err != nil {
		return err
	}
	to, err := within(year, h.To)
	if err != nil {
		return err
	}
	if h.Name == "" || to < from || to-from >= maxHoliday {
		return errors.New("a name and 1 to 15 days are needed")
	}
	for d := from; d <= to; d++ {
		if c.off[d] {
			return fmt.Errorf("%s is off twice", d)
		}
		c.off[d] = true
	}
	for _, s := range h.Work {
		d, err := within(year, s)
		if err != nil {
			return err
		}
		if !d.weekend() || c.work[d] {
			return fmt.Errorf("%s is no weekend day, or stands twice", d)
		}
		c.work[d] = true
	}
	return nil
}

// within reads a day of the year or of the December before it: a New Year's
// holiday may begin there.
func within(year int, s string) (Day, error) {
	d, err := ParseDay(s)
	if err != nil {
		return 0, err
	}
	if t := d.time(); t.Year() != year && (t.Year() != year-1 || t.Month() != 12) {
		return 0, fmt.Errorf("%s lies outside the year", s)
	}
	return d, nil
}

// Known reports whether the year's holidays have been published.
func (c *Calendar) Known(year int) bool { return c.known[year] != "" }

// Source is the document that ordered a year's holidays; "" = not known.
func (c *Calendar) Source(year int) string { return c.known[year] }

// Sure reports whether every day from one to the other lies in a known year.
func (c *Calendar) Sure(from, to Day) bool {
	for y := from.Year(); y <= to.Year(); y++ {
		if !c.Known(y) {
			return false
		}
	}
	return true
}

// Working reports whether d is a working day.
func (c *Calendar) Working(d Day) bool {
	return c.work[d] || !d.weekend() && !c.off[d]
}

// Deadline is the n-th working day after from: from itself does not count.
// With n < 1 it is from.
func (c *Calendar) Deadline(from Day, n int) Day {
	d := from
	for n > 0 {
		if d++; c.Working(d) {
			n--
		}
	}
	return d
}

// Overdue reports whether something due on a day is late on another: the
// whole due day still counts.
func Overdue(due, today Day) bool { return today > due }

// WorkingDaysBetween counts the working days after from up to and with to;
// negative when to comes before from.
func (c *Calendar) WorkingDaysBetween(from, to Day) int {
	if to < from {
		return -c.WorkingDaysBetween(to, from)
	}
	n := 0
	for d := from + 1; d <= to; d++ {
		if c.Working(d) {
			n++
		}
	}
	return n
}
