package casework

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"daohu/server/record"
)

//go:embed book.json
var builtin []byte

// Book is one edition of what is data about cases: the clocks, and the words
// of the problem ledger. Five working days for a need are the product's rule;
// the days for a complaint and a finding are our choice and no official term.
type Book struct {
	Edition       string  `json:"edition"`
	NeedDays      int     `json:"needDays" doc:"working days in which a need is answered"`
	ComplaintDays int     `json:"complaintDays" doc:"working days in which a complaint is answered"`
	RequestDays   int     `json:"requestDays,omitempty" doc:"working days in which a request about personal data is answered; absent = 15"`
	FindingDays   int     `json:"findingDays,omitempty" doc:"working days in which an auditor's finding is answered; absent = 10"`
	Categories    []Entry `json:"categories" doc:"kinds of problem"`
	Causes        []Entry `json:"causes" doc:"where problems come from"`
}

// Entry is one word of a list: rows carry the code, people read the name.
type Entry struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// requestDays is the clock of a DataRequest. The law says "timely"
// (个人信息保护法 art. 50); GB/T 35273-2020, 8.7 says 30 days, which 15 working
// days are within.
func (b *Book) requestDays() int { return cmp.Or(b.RequestDays, 15) }

// findingDays is the clock of a Finding: our choice, no official term.
func (b *Book) findingDays() int { return cmp.Or(b.FindingDays, 10) }

// maxDays is the longest clock: a year has about 250 working days.
const maxDays = 250

// BuiltinBook is the edition that comes with the program.
func BuiltinBook() (*Book, error) { return ParseBook(builtin) }

// ParseBook reads an edition, strictly (record.Document): a code that stands twice
// or is no plain word, an empty name, a clock outside 1 to 250 are errors.
func ParseBook(raw []byte) (*Book, error) {
	var b Book
	if err := record.Document(raw, &b); err != nil {
		return nil, fmt.Errorf("casework: %w", err)
	}
	for _, n := range []int{b.NeedDays, b.ComplaintDays} {
		if n < 1 || n > maxDays {
			return nil, fmt.Errorf("casework: a clock of %d working days", n)
		}
	}
	for _, n := range []int{b.RequestDays, b.FindingDays} {
		if n < 0 || n > maxDays {
			return nil, fmt.Errorf("casework: a clock of %d working days", n)
		}
	}
	if b.Edition == "" {
		return nil, errors.New("casework: an edition is needed")
	}
	for _, list := range [][]Entry{b.Categories, b.Causes} {
		if err := checkCodes(list); err != nil {
			return nil, fmt.Errorf("casework: %w", err)
		}
	}
	return &b, nil
}

func checkCodes(list []Entry) error {
	if len(list) == 0 || len(list) > 100 {
		return errors.New("a list has 1 to 100 codes")
	}
	seen := map[string]bool{}
	for _, c := range list {
		plain := len(c.Code) > 0 && len(c.Code) <= 40 && !slices.ContainsFunc([]byte(c.Code), func(b byte) bool {
			return (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '-'
		})
		if !plain || c.Name == "" || seen[c.Code] {
			return fmt.Errorf("code %q is empty, not plain or stands twice", c.Code)
		}
		seen[c.Code] = true
	}
	return nil
}

// Has reports whether code is one of list.
func Has(list []Entry, code string) bool {
	return slices.ContainsFunc(list, func(c Entry) bool { return c.Code == code })
}

// Name is the name of a code; the code itself when it is unknown.
func Name(list []Entry, code string) string {
	for _, c := range list {
		if c.Code == code {
			return c.Name
		}
	}
	return code
}
