package notice

import (
	"context"
	"strings"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/write"
)

// Store reads what notices are made of.
type Store interface {
	Find(ctx context.Context, t *record.Type, townships []string, id string) (record.Record, error)
	Common(ctx context.Context, township string) (string, error)
	// Up lists the published notices of a township; "" = of every one.
	Up(ctx context.Context, township string) ([]*Notice, error)
	// Villages are the names of a township's villages by code.
	Villages(ctx context.Context, township string) (map[string]string, error)
}

// Service writes and takes down notices. It is safe for concurrent use.
type Service struct {
	Store  Store
	Writer write.Writer
	Today  func() string // Asia/Shanghai, 2006-01-02
}

// New is a notice to be drafted.
type New struct {
	Kind, Title, Text, Hotline string
	Households                 []string // ids; the server masks what it shows of them
}

// mostHouseholds is how many households one notice may list.
const mostHouseholds = 800

// longest is how many days a notice may be up.
const longest = 90

// Draft checks and keeps a notice that only the office sees. Codes: invalid,
// not-found (a household of another township).
func (s *Service) Draft(ctx context.Context, a access.Actor, township string, n New) (*Notice, error) {
	if len(n.Households) > mostHouseholds {
		return nil, fault.Bad(fault.Field{Name: "households", Code: "too-long", Detail: "一份公示最多列 800 户。"})
	}
	if err := n.check(); err != nil {
		return nil, err
	}
	common, err := s.Store.Common(ctx, township)
	if err != nil {
		return nil, err
	}
	villages, err := s.Store.Villages(ctx, township)
	if err != nil {
		return nil, err
	}
	var out *Notice
	in := write.Intent{Township: township, Actor: a.User, Action: "notice", Households: append([]string{common}, n.Households...)}
	_, err = s.Writer.Write(ctx, in, func(tx write.Tx) error {
		rows, names, err := listed(tx, villages, n.Households)
		if err != nil {
			return err
		}
		for field, text := range map[string]string{"title": n.Title, "text": n.Text} {
			if bad := clean(field, text, names); bad != nil {
				return fault.Bad(*bad)
			}
		}
		out = &Notice{Meta: record.Meta{ID: tx.NewID(), Household: common, MadeBy: a.User, MadeAt: tx.Now()},
			Kind: n.Kind, Title: strings.TrimSpace(n.Title), Text: n.Text, Hotline: n.Hotline, Rows: rows, State: Draft}
		tx.Put(Type, out)
		return nil
	})
	return out, err
}

// check holds what was typed to the rules of the fields.
func (n New) check() error {
	var bad []fault.Field
	for _, f := range []struct{ name, text string }{{"kind", n.Kind}, {"title", n.Title}, {"text", n.Text}, {"hotline", n.Hotline}} {
		field, _ := Type.Field(f.name)
		if p := field.CheckText(f.text); p != nil {
			bad = append(bad, fault.Field(*p))
		} else if f.name != "hotline" && strings.TrimSpace(f.text) == "" {
			bad = append(bad, fault.Field{Name: f.name, Code: "required", Detail: "这一项要填。"})
		}
	}
	if strings.Trim(n.Hotline, "0123456789-") != "" {
		bad = append(bad, fault.Field{Name: "hotline", Code: "format", Detail: "监督电话只能填数字。"})
	}
	if len(bad) > 0 {
		return fault.Bad(bad...)
	}
	return nil
}

// listed gives the rows that are shown of households, and the names of
// everyone there, which may not be.
func listed(tx write.Tx, villages map[string]string, ids []string) (record.List, []string, error) {
	if len(ids) == 0 {
		return "", nil, nil
	}
	got, err := tx.Load(household.HouseholdType, ids...)
	if err != nil {
		return "", nil, err
	}
	members, err := tx.Of(household.MemberType, ids...)
	if err != nil {
		return "", nil, err
	}
	var names []string
	for _, m := range members {
		names = append(names, m.(*household.Member).Name)
	}
	rows := make([][]any, 0, len(ids))
	seen := map[string]bool{}
	for _, id := range ids {
		h, ok := got[id].(*household.Household)
		if !ok || h.Kind != "" || h.State != "" || h.DeletedAt > 0 {
			return "", nil, fault.New(fault.NotFound, "有一户不在册，或者已经销户、并户。")
		}
		if seen[id] {
			return "", nil, fault.Bad(fault.Field{Name: "households", Code: "duplicate", Detail: "有一户列了两次。"})
		}
		seen[id] = true
		names = append(names, h.Head)
		rows = append(rows, []any{villages[h.Village], MaskName(h.Head), h.People})
	}
	return record.ListOf(rows), names, nil
}

// Publish puts a draft up from today for a number of days. Codes: invalid,
// not-found, stale, wrong-state.
func (s *Service) Publish(ctx context.Context, a access.Actor, id string, rev, days int64) (*Notice, error) {
	if days < 1 || days > longest {
		return nil, fault.Bad(fault.Field{Name: "days", Code: "range", Detail: "公示 1 到 90 天。"})
	}
	today, err := time.Parse(time.DateOnly, s.Today())
	if err != nil {
		return nil, err
	}
	return s.move(ctx, a, id, rev, "publish", func(n *Notice) error {
		if n.State != Draft {
			return fault.New(fault.WrongState, "")
		}
		n.State, n.From, n.Until = Published, today.Format(time.DateOnly), today.AddDate(0, 0, int(days)-1).Format(time.DateOnly)
		return nil
	})
}

// Withdraw takes a notice down before its time, or throws a draft away. Codes:
// invalid, not-found, stale, wrong-state.
func (s *Service) Withdraw(ctx context.Context, a access.Actor, id string, rev int64, reason string) (*Notice, error) {
	f, _ := Type.Field("reason")
	if p := f.CheckText(reason); p != nil {
		return nil, fault.Bad(fault.Field(*p))
	}
	if strings.TrimSpace(reason) == "" {
		return nil, fault.Bad(fault.Field{Name: "reason", Code: "required", Detail: "请写明为什么撤下。"})
	}
	return s.move(ctx, a, id, rev, "withdraw", func(n *Notice) error {
		if n.State != Draft && n.State != Published {
			return fault.New(fault.WrongState, "")
		}
		n.State, n.Reason = Withdrawn, reason
		return nil
	})
}

func (s *Service) move(ctx context.Context, a access.Actor, id string, rev int64, action string, change func(*Notice) error) (*Notice, error) {
	if !record.IsID(id) {
		return nil, fault.New(fault.NotFound, "")
	}
	found, err := s.Store.Find(ctx, Type, []string{a.Township}, id)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, a.User, found.Base(), rev, action, change)
}

// change is a compare-and-set on the revision; rev 0 takes whatever is there.
func (s *Service) change(ctx context.Context, by string, m *record.Meta, rev int64, action string, change func(*Notice) error) (*Notice, error) {
	var out *Notice
	in := write.Intent{Township: m.Township, Actor: by, Action: action, Households: []string{m.Household}}
	_, err := s.Writer.Write(ctx, in, func(tx write.Tx) error {
		got, err := tx.Load(Type, m.ID)
		if err != nil {
			return err
		}
		was, ok := got[m.ID].(*Notice)
		switch {
		case !ok || was.DeletedAt > 0:
			return fault.New(fault.NotFound, "")
		case rev != 0 && was.Version != rev:
			return fault.New(fault.Stale, "")
		}
		next := *was
		if err := change(&next); err != nil {
			return err
		}
		out = &next
		tx.Add(&write.Step{Type: Type.Name, Row: m.ID, Rev: was.Version, From: was.State, To: next.State, By: by, Reason: next.Reason, At: tx.Now()})
		tx.Put(Type, out)
		return nil
	})
	return out, err
}

// Now lists the notices of a township that are up today. One whose last day
// has passed is not among them, whether or not it was taken down yet.
func (s *Service) Now(ctx context.Context, township string) ([]*Notice, error) {
	all, err := s.Store.Up(ctx, township)
	if err != nil {
		return nil, err
	}
	today := s.Today()
	out := []*Notice{}
	for _, n := range all {
		if n.From <= today && today <= n.Until {
			out = append(out, n)
		}
	}
	return out, nil
}

// Expire takes down every notice whose last day has passed and says how many.
func (s *Service) Expire(ctx context.Context) (int, error) {
	all, err := s.Store.Up(ctx, "")
	if err != nil {
		return 0, err
	}
	done, today := 0, s.Today()
	for _, n := range all {
		if today <= n.Until {
			continue
		}
		_, err := s.change(ctx, "", n.Base(), 0, "expire", func(n *Notice) error {
			if n.State != Published || s.Today() <= n.Until {
				return fault.New(fault.WrongState, "") // somebody was faster
			}
			n.State = Expired
			return nil
		})
		if err != nil && !fault.Is(err, fault.WrongState) {
			return done, err
		}
		done++
	}
	return done, nil
}
