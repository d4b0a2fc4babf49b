package retention

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/write"
)

// House is a household and where it lies.
type House = registry.House

// Scope judges what lies in a caller's reach and shows it (registry.Service).
type Scope interface {
	Reach(ctx context.Context, a access.Actor, household string) (House, error)
	Get(ctx context.Context, a access.Actor, t *record.Type, id string) (json.RawMessage, error)
	Row(ctx context.Context, a access.Actor, t *record.Type, id string) (record.Record, error)
}

// LoginCloser is what is done to a household's own account (account.Service).
type LoginCloser interface {
	// CloseLogin takes an account out of use for good and empties it.
	CloseLogin(ctx context.Context, user string) error
}

// Pictures holds stored bodies (blob.Store).
type Pictures interface {
	Delete(ctx context.Context, key string) error
}

// Service erases. It is safe for concurrent use.
type Service struct {
	Store    Store
	Accounts LoginStore
	Closer   LoginCloser
	Scope    Scope
	Writer   write.Writer
	Pictures Pictures
	Types    []*record.Type
	Rules    Rules
	// Purges carry out the rules whose rows have an order of their own: Logins
	// and Tombstones.
	Purges map[string]func(context.Context) (int64, error)
	Now    func() time.Time
}

// Ask is the wish to erase, on request of the persons concerned.
type Ask struct {
	Rev    int64  // revision of the household, or of the member, that the admin saw
	Member string // member id of one who has left; "" = the whole household, which has ended
	Reason string // 5 to 200 runes; stays in the history: no names, no numbers
}

// The length of a reason in runes.
const (
	reasonMin = 5
	reasonMax = 200
)

func (k Ask) check() error {
	f := record.Field{Name: "reason", Max: reasonMax}
	if p := f.CheckText(k.Reason); p != nil {
		return fault.Bad(fault.Field(*p))
	}
	if utf8.RuneCountInString(strings.TrimSpace(k.Reason)) < reasonMin {
		return fault.Bad(fault.Field{Name: "reason", Code: "required", Detail: "请写明谁在什么时候要求删除，至少 5 个字，不要写姓名和号码。"})
	}
	if digits(k.Reason) >= 11 { // a telephone, the shortest of them
		return fault.Bad(fault.Field{Name: "reason", Code: "not-allowed", Detail: "原因会一直留着，请不要写证件号和电话。"})
	}
	return nil
}

// digits is the longest run of digits in s.
func digits(s string) int {
	longest, n := 0, 0
	for _, r := range s {
		if n++; !unicode.IsDigit(r) {
			n = 0
		}
		longest = max(longest, n)
	}
	return longest
}

// Erase empties the personal data of a household that was closed or merged, or
// of one member who has left, and returns the row. Only a township admin may.
// What stays is said in docs/operations.md. Codes: invalid, forbidden,
// not-found, stale, wrong-state.
func (s *Service) Erase(ctx context.Context, a access.Actor, in House, k Ask) (json.RawMessage, error) {
	if a.Role != access.Township || a.PushOnly {
		return nil, fault.New(fault.Forbidden, "")
	}
	if err := k.check(); err != nil {
		return nil, err
	}
	if k.Member != "" && !record.IsID(k.Member) {
		return nil, fault.New(fault.NotFound, "")
	}
	if _, err := s.Scope.Reach(ctx, a, in.ID); err != nil {
		return nil, err
	}
	w := write.Intent{Township: in.Township, Actor: a.User, Action: "erase", Households: []string{in.ID}}
	_, err := s.Writer.Write(ctx, w, func(tx write.Tx) error {
		if k.Member != "" {
			return s.eraseMember(tx, a, in.ID, k)
		}
		h, err := ended(tx, in.ID)
		if err != nil {
			return err
		}
		if h.Version != k.Rev {
			return fault.New(fault.Stale, "")
		}
		return s.eraseHouse(tx, h, a.User, k.Reason)
	})
	if err != nil {
		return nil, err
	}
	if k.Member != "" {
		return s.Scope.Get(ctx, a, household.MemberType, k.Member)
	}
	if err := s.sweep(ctx); err != nil {
		return nil, err
	}
	return s.Scope.Get(ctx, a, household.HouseholdType, in.ID)
}

// ended loads a household that was closed or merged.
func ended(tx write.Tx, id string) (*household.Household, error) {
	got, err := tx.Load(household.HouseholdType, id)
	if err != nil {
		return nil, err
	}
	h, _ := got[id].(*household.Household)
	switch {
	case h == nil, h.Kind != "", h.DeletedAt > 0:
		return nil, fault.New(fault.NotFound, "")
	case h.State == "":
		return nil, fault.New(fault.WrongState, "这一户还在，不能删除个人信息；先销户或并户。")
	}
	return h, nil
}

// eraseHouse empties every row that lies with a household, tombstones too.
func (s *Service) eraseHouse(tx write.Tx, h *household.Household, by, reason string) error {
	forget := s.forget(h.ID)
	forget.Quarantine = true
	for _, t := range s.Types {
		if t.Common {
			continue
		}
		rows, err := tx.Of(t, h.ID)
		if err != nil {
			return err
		}
		for _, r := range rows {
			next := t.Clone(r)
			changed := t.Erase(next)
			switch n := next.(type) {
			case *household.Household:
				n.ErasedAt, changed = tx.Now(), true
			case *household.Member:
				if n.ErasedAt == 0 {
					n.ErasedAt, changed = tx.Now(), true
				}
			case *household.Proposal:
				if n.State == "open" || n.State == "conflict" {
					n.State, changed = "refused", true
				}
			case *photo.Photo:
				if n.State != photo.Erased {
					n.State, changed = photo.Erased, true
				}
			}
			if changed {
				tx.Put(t, next)
			}
			forget.Rows[t.Name] = append(forget.Rows[t.Name], r.Base().ID)
		}
	}
	tx.Add(forget)
	tx.Add(&write.Step{Type: household.HouseholdType.Name, Row: h.ID, Rev: h.Version, From: h.State, To: write.ErasedState, By: by, Reason: reason, At: tx.Now()})
	return nil
}

// eraseMember empties one person who has left, and what was proposed about it.
func (s *Service) eraseMember(tx write.Tx, a access.Actor, house string, k Ask) error {
	got, err := tx.Load(household.MemberType, k.Member)
	if err != nil {
		return err
	}
	m, _ := got[k.Member].(*household.Member)
	switch {
	case m == nil, m.Household != house, m.DeletedAt > 0:
		return fault.New(fault.NotFound, "")
	case m.Left == "":
		return fault.New(fault.WrongState, "这个人还住在家里，不能删除个人信息。")
	case m.Version != k.Rev:
		return fault.New(fault.Stale, "")
	}
	forget := s.forget(house)
	next := *m
	household.MemberType.Erase(&next)
	next.ErasedAt = tx.Now()
	tx.Put(household.MemberType, &next)
	forget.Rows[household.MemberType.Name] = []string{m.ID}
	asked, err := tx.Of(household.ProposalType, house)
	if err != nil {
		return err
	}
	for _, r := range asked {
		p := *r.(*household.Proposal)
		if p.Row != m.ID {
			continue
		}
		changed := household.ProposalType.Erase(&p)
		if p.State == "open" || p.State == "conflict" {
			p.State, changed = "refused", true
		}
		if changed {
			tx.Put(household.ProposalType, &p)
		}
		forget.Rows[household.ProposalType.Name] = append(forget.Rows[household.ProposalType.Name], p.ID)
	}
	tx.Add(forget)
	tx.Add(&write.Step{Type: household.MemberType.Name, Row: m.ID, Rev: m.Version, To: write.ErasedState, By: a.User, Reason: k.Reason, At: tx.Now()})
	return nil
}

// forget lists the personal fields of every type.
func (s *Service) forget(house string) *write.Forget {
	out := &write.Forget{Household: house, Rows: map[string][]string{}, Fields: map[string][]string{}}
	for _, t := range s.Types {
		for _, f := range t.Fields {
			if f.Name != "" && f.Personal() {
				out.Fields[t.Name] = append(out.Fields[t.Name], f.Name)
			}
		}
	}
	return out
}
