package quality

import "fmt"

// Source is what another source says of a township's figures. It stands beside
// ours: nothing is corrected by it, and what one source said before stays too.
type Source struct {
	ID         string `gorm:"primaryKey" json:"id"`
	Township   string `json:"-"`
	Name       string `json:"name" doc:"of the source"`
	Day        string `json:"day" doc:"the day its figures are of, Asia/Shanghai"`
	Households int64  `json:"households"`
	People     int64  `json:"people"`
	By         string `json:"by,omitempty" doc:"user id of who entered them; absent = at the command line"`
	Who        string `json:"who,omitempty" doc:"name of who entered them; the county does not see names"`
	At         int64  `json:"at" doc:"when, Unix ms"`
}

// TableName is the table of Source.
func (Source) TableName() string { return "source_figures" }

// Figures are the two numbers of the source.
func (s Source) Figures() Figures { return Figures{int(s.Households), int(s.People)} }

// Line is what reports print: who said what, and how it differs from ours.
func (s Source) Line(own Figures) string {
	return fmt.Sprintf("核对\t%s（%s，%s 录入）\t%s", s.Name, s.Day, s.Who, Reconcile(own, s.Figures()))
}

// Reconciliation is a township's own figures beside those of every source.
type Reconciliation struct {
	Own  Figures      `json:"own" doc:"counted now"`
	Rows []Reconciled `json:"rows" doc:"latest entered first"`
}

// Reconciled is one source and what ours is more than it.
type Reconciled struct {
	Source
	MoreHouseholds int    `json:"moreHouseholds" doc:"ours less theirs"`
	MorePeople     int    `json:"morePeople"`
	Sentence       string `json:"sentence"`
}

// Beside puts own beside the sources; without names the people who entered
// them stay unnamed.
func Beside(own Figures, sources []Source, names bool) Reconciliation {
	out := Reconciliation{Own: own, Rows: []Reconciled{}}
	for _, s := range sources {
		if !names {
			s.Who = ""
		}
		d := Reconcile(own, s.Figures())
		out.Rows = append(out.Rows, Reconciled{s, d.Households, d.People, d.String()})
	}
	return out
}
