// Package retention says how long what is kept, and erases: by rule when the
// time is over, or on request. A household's rows are never deleted; their
// personal contents are emptied through write.Writer like any other change
// (docs/adr/0011-erasing.md).
package retention

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

// What a rule speaks of.
const (
	Logins     = "logins"     // sessions, by their end; one-time codes and counted tries go when they run out
	Tombstones = "tombstones" // and ended assignments and receipts
	Quarantine = "quarantine" // settled mutations, by when they were settled
	Looks      = "looks"      // at sealed fields
	Exports    = "exports"    // the log of workbooks given out
	Outbox     = "outbox"     // what was sent or given up, by when it was caused
	Photos     = "photos"     // pictures of households that ended, by their end
	Contents   = "contents"   // personal contents of households that ended, by their end
)

// Rule is one line of the table.
type Rule struct {
	What   string `json:"what"`
	Days   int64  `json:"days"`  // after which it goes
	Least  int64  `json:"least"` // days that Days must not fall below
	Name   string `json:"name"`  // Chinese
	Reason string `json:"reason"`
	Source string `json:"source"` // where the number comes from
}

// Rules is one edition of the table.
type Rules struct {
	Edition string `json:"edition"`
	Rules   []Rule `json:"rules"`
}

//go:embed rules.json
var builtin []byte

// Builtin is the table this program ships.
func Builtin() (Rules, error) { return Read(builtin) }

// Read reads and checks a table: every subject once, no number below its least.
func Read(raw []byte) (Rules, error) {
	var r Rules
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Rules{}, fmt.Errorf("retention: %w", err)
	}
	open := map[string]bool{Logins: true, Tombstones: true, Quarantine: true, Looks: true, Exports: true, Outbox: true, Photos: true, Contents: true}
	for _, k := range r.Rules {
		switch {
		case !open[k.What]:
			return Rules{}, fmt.Errorf("retention: %q is twice in the table, or unknown", k.What)
		case k.Least < 1 || k.Days < k.Least:
			return Rules{}, fmt.Errorf("retention: %s: %d days are less than %d", k.What, k.Days, max(k.Least, 1))
		case strings.TrimSpace(k.Name) == "" || strings.TrimSpace(k.Reason) == "" || strings.TrimSpace(k.Source) == "":
			return Rules{}, fmt.Errorf("retention: %s has no name, reason or source", k.What)
		}
		delete(open, k.What)
	}
	if len(open) > 0 || r.Edition == "" {
		return Rules{}, fmt.Errorf("retention: %d subjects have no rule, or there is no edition", len(open))
	}
	return r, nil
}
