package pairing

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	home "daohu/server/household"
)

//go:embed quota.json
var builtin []byte

// quotaMax is the largest quota document in bytes, and householdsMax the most
// households one cadre can be asked to help: what is above is a slip.
const (
	quotaMax      = 16 << 10
	householdsMax = 200
)

// Values of Quota.Release.
const (
	AfterExit = "after-exit" // 不脱贫不脱钩: a pairing ends without a successor only after the household has left poverty
	AnyTime   = "any"
)

// Values of Quota.Must: which households should be paired.
const (
	ThisYear   = "this-year"  // planned to leave poverty this year, without the safety net
	NotExited  = "not-exited" // all that have not left poverty
	Registered = "registered" // all
)

// Quota is one edition of the rules of pairing: how many households a cadre of
// each rank helps (54321), who must be paired, when a pairing may simply end.
// The built-in edition is an example (design: domain.md A.8), not a rule of
// any authority.
type Quota struct {
	Edition string      `json:"edition"`
	Source  string      `json:"source"` // where the numbers come from, in words
	Release string      `json:"release"`
	Must    string      `json:"must"`
	Ranks   []RankQuota `json:"ranks"`
	Tiers   []TierQuota `json:"tiers"` // may be empty
}

// RankQuota is how many households a cadre of a rank helps.
type RankQuota struct {
	Rank       string   `json:"rank"`
	Also       []string `json:"also"` // other spellings of the rank
	Households int      `json:"households"`
}

// TierQuota bounds the households of a cadre by where she comes from,
// whatever her rank.
type TierQuota struct {
	Tier string `json:"tier"` // county, township, village
	Min  int    `json:"min"`
	Max  int    `json:"max"` // 0 = no bound
}

// Rulebooks knows the rules a township has of its own.
type Rulebooks interface {
	// Current returns the document of a kind that holds in a township.
	Current(ctx context.Context, township, code string) ([]byte, error)
}

// Keeps reports whether a household's pairing may end only with a successor
// (不脱贫不脱钩). A nil table keeps none.
func (q *Quota) Keeps(h *home.Household) bool {
	return q != nil && q.Release == AfterExit && h.Exit != exited
}

// Quota is the edition that holds in a township.
func (s *Service) Quota(ctx context.Context, township string) (*Quota, error) {
	raw := builtin
	if s.Books != nil {
		own, err := s.Books.Current(ctx, township, Code)
		if err != nil {
			return nil, err
		}
		if own != nil {
			raw = own
		}
	}
	return ParseQuota(raw)
}

// BuiltinQuota is the example edition that comes with the program, as text.
func BuiltinQuota() []byte { return slices.Clone(builtin) }

// ParseQuota reads an edition strictly: an error names what is unknown,
// missing, doubled or out of range.
func ParseQuota(raw []byte) (*Quota, error) {
	if len(raw) > quotaMax {
		return nil, fmt.Errorf("pairing: quota: larger than %d bytes", quotaMax)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var q Quota
	if err := d.Decode(&q); err != nil {
		return nil, fmt.Errorf("pairing: quota: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("pairing: quota: something follows the document")
	}
	if err := q.check(); err != nil {
		return nil, fmt.Errorf("pairing: quota: %w", err)
	}
	return &q, nil
}

func (q *Quota) check() error {
	switch {
	case q.Edition == "" || q.Source == "":
		return errors.New("an edition and a source are needed")
	case q.Release != AfterExit && q.Release != AnyTime:
		return fmt.Errorf("release %q", q.Release)
	case !slices.Contains([]string{ThisYear, NotExited, Registered}, q.Must):
		return fmt.Errorf("must %q", q.Must)
	case len(q.Ranks) == 0:
		return errors.New("no ranks")
	}
	seen := map[string]bool{}
	for _, r := range q.Ranks {
		for _, name := range append([]string{r.Rank}, r.Also...) {
			if name == "" || seen[name] {
				return fmt.Errorf("rank %q is empty or stands twice", name)
			}
			seen[name] = true
		}
		if r.Households < 0 || r.Households > householdsMax {
			return fmt.Errorf("rank %q: %d households", r.Rank, r.Households)
		}
	}
	tiers := map[string]bool{}
	for _, t := range q.Tiers {
		if !slices.Contains([]string{"county", "township", "village"}, t.Tier) || tiers[t.Tier] {
			return fmt.Errorf("tier %q is unknown or stands twice", t.Tier)
		}
		tiers[t.Tier] = true
		if t.Min < 0 || t.Max < 0 || t.Max > householdsMax || t.Max > 0 && t.Min > t.Max {
			return fmt.Errorf("tier %q: from %d to %d", t.Tier, t.Min, t.Max)
		}
	}
	return nil
}

// Finding is how a cadre stands to the quota.
type Finding string

// The findings.
const (
	Met       Finding = "met"
	Under     Finding = "under"
	Over      Finding = "over"
	NoRank    Finding = "no-rank"    // nobody told the rank
	OtherRank Finding = "other-rank" // the table does not have it
)

// Judge compares the number of a cadre's households with the table. words says
// it in Chinese, "" when met.
func (q *Quota) Judge(rank, tier string, households int) (f Finding, words string) {
	i := slices.IndexFunc(q.Ranks, func(r RankQuota) bool { return r.Rank == rank || slices.Contains(r.Also, rank) })
	switch {
	case rank == "":
		return NoRank, "没有填职级，没法比。"
	case i < 0:
		return OtherRank, "职级“" + rank + "”不在表里，没法比。"
	case households < q.Ranks[i].Households:
		return Under, fmt.Sprintf("%s应结对 %d 户，现在 %d 户。", q.Ranks[i].Rank, q.Ranks[i].Households, households)
	case households > q.Ranks[i].Households:
		f, words = Over, fmt.Sprintf("%s应结对 %d 户，现在 %d 户。", q.Ranks[i].Rank, q.Ranks[i].Households, households)
	default:
		f = Met
	}
	for _, t := range q.Tiers {
		switch {
		case t.Tier != tier || f != Met:
		case households < t.Min:
			return Under, fmt.Sprintf("最少 %d 户，现在 %d 户。", t.Min, households)
		case t.Max > 0 && households > t.Max:
			return Over, fmt.Sprintf("最多 %d 户，现在 %d 户。", t.Max, households)
		}
	}
	return f, words
}

// MustPair reports whether a household should be paired; year is the running
// one.
func (q *Quota) MustPair(h Home, year int64) bool {
	switch q.Must {
	case ThisYear:
		return h.Exit != exited && !h.Safety && h.PlanYear == year
	case NotExited:
		return h.Exit != exited
	}
	return true
}
