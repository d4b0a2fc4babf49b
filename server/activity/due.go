package activity

import (
	"cmp"
	"context"
	"slices"
	"time"

	"daohu/server/fault"
)

// Due is one paired household and how far its visits of a window have come.
type Due struct {
	Household string
	Last      string // day of the latest visit up to the window's end; "" = never
	Done      int64  // visits in the window
	Want      int64
}

// Missing is how many visits are still to be made.
func (d Due) Missing() int64 { return max(0, d.Want-d.Done) }

// Standing is a household with an open pairing.
type Standing struct {
	Household string
	Since     string // day the oldest open pairing began
}

// Visited is what there is of a household's visits.
type Visited struct {
	Last string
	N    int64 // in the window
}

// DueStore reads what the due list is made of.
type DueStore interface {
	// Paired lists the open households with an open pairing; with a principal
	// only those it holds.
	Paired(ctx context.Context, township, principal string) ([]Standing, error)
	// Visits counts by household those from a day to a day that were not
	// rejected, and finds the latest up to the last day.
	Visits(ctx context.Context, township, from, to string) (map[string]Visited, error)
}

// Source gives the document that holds in a township (setting.Service).
type Source interface {
	Current(ctx context.Context, township, code string) ([]byte, error)
}

// DueList is what has to be visited, computed and never typed.
type DueList struct {
	Store    DueStore
	Settings Source
}

// List gives the households of a township, or those a principal holds, with a
// visit missing in the month or quarter that day lies in; with all those that
// are done too. The longest unvisited comes first; a household whose pairing
// begins after the window is not asked for. Code: invalid (day).
func (l *DueList) List(ctx context.Context, township, principal, day string, all bool) (due []Due, from, to string, err error) {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil, "", "", fault.Bad(fault.Field{Name: "day", Code: "format", Detail: "日期要写成 2026-01-31 这样。"})
	}
	raw, err := l.Settings.Current(ctx, township, CodeRhythm)
	if err != nil {
		return nil, "", "", err
	}
	r, err := ParseRhythm(raw)
	if err != nil {
		return nil, "", "", err
	}
	from, to = r.Window(at)
	paired, err := l.Store.Paired(ctx, township, principal)
	if err != nil {
		return nil, "", "", err
	}
	visited, err := l.Store.Visits(ctx, township, from, to)
	if err != nil {
		return nil, "", "", err
	}
	for _, p := range paired {
		v := visited[p.Household]
		d := Due{Household: p.Household, Last: v.Last, Done: v.N, Want: r.Count}
		if p.Since <= to && (all || d.Missing() > 0) {
			due = append(due, d)
		}
	}
	slices.SortFunc(due, func(a, b Due) int {
		return cmp.Or(cmp.Compare(a.Last, b.Last), cmp.Compare(a.Household, b.Household))
	})
	return due, from, to, nil
}
