package roster

import (
	"cmp"
	"slices"

	"daohu/server/workbook"
)

// The levels of an Issue.
const (
	Error   = workbook.Error
	Warning = workbook.Warning
)

// The codes of an Issue beside those of record.Problem (required, format,
// not-allowed, too-long, range).
const (
	CodeSheet        = "unknown-sheet"  // a sheet this import does not know
	CodeNoSheet      = "no-sheet"       // no sheet it knows
	CodeNoColumn     = "missing-column" // a required header is not there
	CodeColumn       = "unknown-column" // a header it does not know
	CodeTwiceColumn  = "twice-column"   // two columns carry the same header
	CodeTwiceSheet   = "twice-sheet"    // two CSV files are the same sheet
	CodeDuplicate    = "duplicate"      // a key that stands in the file twice
	CodeNoArea       = "no-area"        // the area above is not known
	CodeNoVillage    = "no-village"     // the village is not known
	CodeNoGroup      = "no-group"       // the village has no group of that name
	CodeTownship     = "other-township" // not of the township the rest is of
	CodeNoHousehold  = "no-household"
	CodeNoCadre      = "no-cadre"
	CodeNoHead       = "no-head"
	CodeTwoHeads     = "two-heads"
	CodeHeadName     = "head-name" // 户主姓名 is not the name of the head's row
	CodeID           = "id-check"  // wrong length, date or check digit
	CodeNoID         = "no-id"
	CodeIDBirth      = "id-birth"     // birth differs from the ID number's
	CodeIDSex        = "id-sex"       // sex differs from the ID number's
	CodeNumberLost   = "number-lost"  // Excel kept a long number and lost its end
	CodeFormula      = "formula"      // the cell shows a formula error
	CodeOrder        = "order"        // ends before it begins
	CodeTwoPairings  = "two-pairings" // two open pairings of one household
	CodeTwiceVisited = "double"       // same household, cadre and day twice
	CodeFuture       = "future"
	CodeClosed       = "closed"  // the household was closed or merged
	CodeAccount      = "account" // the account is another person's, or says otherwise
	CodeMoved        = "moved"   // the person is of another household
	CodePending      = "pending" // waits for a review
	CodeKept         = "kept"    // not left poverty: no pairing ends without a successor
	CodeLedger       = "ledger"  // only the ledger of money says this
	CodeMasked       = "masked"  // a masked export: what it shows is not what is kept
	CodeMore         = "more"    // the list was cut; Reason says how many are left out
)

// MaxIssues is how many issues Parse lists; a last one of code CodeMore counts
// the rest. Errors go before warnings when the list is cut.
const MaxIssues = 2000

// Issue is one thing wrong with a workbook.
type Issue = workbook.Issue

// HasErrors reports whether any issue forbids the import.
func HasErrors(issues []Issue) bool { return workbook.HasErrors(issues) }

// issues collects with bounded memory: beyond MaxIssues of a level it counts.
type issues struct {
	errors, warnings []Issue
	total            int
	order            map[string]int // sheet -> place in the workbook
}

func newIssues() issues {
	c := issues{order: map[string]int{}}
	for i, s := range sheets() {
		c.order[s.name()] = i + 1
	}
	return c
}

func (c *issues) add(i Issue) {
	c.total++
	list := &c.errors
	if i.Level == Warning {
		list = &c.warnings
	}
	if len(*list) < MaxIssues {
		*list = append(*list, i)
	}
}

// list returns what was found in the order of sheets, rows and columns.
func (c *issues) list() []Issue {
	out := slices.Clone(c.errors)
	out = append(out, c.warnings[:min(len(c.warnings), MaxIssues-len(out))]...)
	c.sort(out)
	if rest := c.total - len(out); rest > 0 {
		level := Warning
		if len(c.errors) == MaxIssues {
			level = Error
		}
		out = append(out, Issue{Level: level, Code: CodeMore, Reason: "还有 " + itoa(rest) + " 处没有列出，请先改好上面这些再导入。"})
	}
	return out
}

func (c *issues) sort(list []Issue) {
	last := func(i Issue) int { // the count of the rest stands last
		if i.Code == CodeMore {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b Issue) int {
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(c.order[a.Sheet], c.order[b.Sheet]), cmp.Compare(a.Row, b.Row),
			cmp.Compare(len(a.Column), len(b.Column)), cmp.Compare(a.Column, b.Column))
	})
}

// Join puts the issues of Parse and of Plan into one list in its order; what
// both found stands once.
func Join(parsed, planned []Issue) []Issue {
	type place struct {
		sheet, column, code string
		row                 int
	}
	known, out := map[place]bool{}, slices.Clone(parsed)
	for _, i := range parsed {
		known[place{i.Sheet, i.Column, i.Code, i.Row}] = true
	}
	for _, i := range planned {
		if !known[place{i.Sheet, i.Column, i.Code, i.Row}] {
			out = append(out, i)
		}
	}
	c := newIssues()
	c.sort(out)
	return out
}
