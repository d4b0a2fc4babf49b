package registry

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
)

// Hunt is one search as the store runs it. Everything in it was judged.
type Hunt struct {
	Townships []string
	Holder    string   // only what this principal holds now; "" = all of the townships
	Text      string   // what names, codes and villages begin with; "" with Indexes
	Whole     bool     // names must be equal: whoever sees them masked must not feel his way along
	Indexes   []string // blind indexes of one ID number, one a key; none = search by Text
	Limit     int      // households
}

// Catch is one household that was found, with the members that were meant.
type Catch struct {
	House   *household.Household
	Members []*household.Member
}

// Finder searches households.
type Finder interface {
	// Hunt finds at most Limit households, by township and walk order.
	Hunt(ctx context.Context, h Hunt) ([]Catch, error)
}

// searchMost is how many households one search answers.
const searchMost = 50

// searchLonger is the longest text to search for, in runes: a name has 50.
const searchLonger = 50

// searchReason stands in the access log for a search by ID number.
const searchReason = "搜索"

// Found is one household that was found, as the caller may see it.
type Found struct {
	Household json.RawMessage   `json:"household"`
	Members   []json.RawMessage `json:"members" doc:"those whose name or ID number was searched for"`
}

// Search finds households in reach by what the name of a member, the 户编号 or
// the name of the village begins with, or by a whole ID number; more says that
// there are others. A found ID number is logged before it is answered; too many that find
// nobody are refused. Codes: invalid, too-many.
func (s *Service) Search(ctx context.Context, a access.Actor, text string) (out []Found, more bool, err error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n < 1 || n > searchLonger {
		return nil, false, fault.Bad(fault.Field{Name: "q", Code: "range", Detail: "请输入姓名、户编号、村名，或完整的身份证号。"})
	}
	if p := (record.Field{Name: "q", Max: searchLonger}).CheckText(text); p != nil {
		return nil, false, fault.Bad(fault.Field(*p))
	}
	h := Hunt{Text: text, Limit: searchMost + 1}
	if number := idNumber(text); number != "" {
		h.Text, h.Indexes = "", s.Sealer.Indexes(number)
	}
	name, _ := household.MemberType.Field("name")
	h.Whole = !a.Role.In(name.Read)
	if h.Townships, err = s.townships(ctx, a); err != nil || len(h.Townships) == 0 {
		return []Found{}, false, err
	}
	if a.Role.Syncs() {
		h.Holder = a.User
	}
	found := func(context.Context) {}
	if len(h.Indexes) > 0 && s.Guesses != nil {
		if found, err = s.Guesses.Guess(ctx, a.User); err != nil {
			return nil, false, err
		}
	}
	caught, err := s.Store.Hunt(ctx, h)
	if err != nil {
		return nil, false, err
	}
	if len(caught) > 0 {
		found(ctx)
	}
	if more = len(caught) > searchMost; more {
		caught = caught[:searchMost]
	}
	if len(h.Indexes) > 0 {
		if err := s.logSearch(ctx, a, caught); err != nil {
			return nil, false, err
		}
	}
	out, err = s.show(a, caught)
	return out, more, err
}

// idNumber returns text as the number it is stored under when it looks like a
// whole ID number (18 characters, 20 or 22 of a disability certificate), else
// "". Such a text is never compared with a name.
func idNumber(text string) string {
	number := strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '　' || r == '-':
			return -1
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == 'x' || r == 'ｘ' || r == 'Ｘ':
			return 'X'
		}
		return r
	}, text)
	if n := len(number); n != 18 && n != 20 && n != 22 {
		return ""
	}
	for i, c := range []byte(number) {
		if (c < '0' || c > '9') && (i != 17 || c != 'X') {
			return ""
		}
	}
	return number
}

// logSearch notes that the ID numbers of the members found are known to the
// caller to be theirs.
func (s *Service) logSearch(ctx context.Context, a access.Actor, caught []Catch) error {
	var looks []Access
	for _, c := range caught {
		for _, m := range c.Members {
			looks = append(looks, Access{ID: s.NewID(), Township: m.Township, Household: m.Household, Member: m.ID, Field: "idNo", User: a.User, Role: string(a.Role), Reason: searchReason, At: s.Store.Clock()})
		}
	}
	if len(looks) == 0 {
		return nil
	}
	return s.Store.LogAccess(ctx, looks)
}

func (s *Service) show(a access.Actor, caught []Catch) ([]Found, error) {
	out := []Found{}
	for _, c := range caught {
		h, err := household.HouseholdType.Project(c.House, string(a.Role), s.Sealer)
		if err != nil {
			return nil, err
		}
		if h == nil {
			continue
		}
		f := Found{Household: h, Members: []json.RawMessage{}}
		for _, m := range c.Members {
			b, err := household.MemberType.Project(m, string(a.Role), s.Sealer)
			if err != nil {
				return nil, err
			}
			if b != nil {
				f.Members = append(f.Members, b)
			}
		}
		out = append(out, f)
	}
	return out, nil
}
