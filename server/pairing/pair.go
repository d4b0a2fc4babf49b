package pairing

import (
	"context"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
	home "daohu/server/household"
	"daohu/server/record"
	"daohu/server/write"
)

// Helper is a cadre as pairings show it.
type Helper struct {
	User, Name, Unit string
	Phone            record.Sealed
}

// People finds cadres.
type People interface {
	// Helper finds an enabled cadre of the county by login name; fault.NotFound.
	Helper(ctx context.Context, county, login string) (Helper, error)
}

// Service changes pairings. It is safe for concurrent use.
type Service struct {
	Writer write.Writer
	People People
	Common func(ctx context.Context, township string) (string, error)
}

// Pair ends the pairing that runs and opens one with the cadre of that login
// on day; with cadre "" it only ends. Unsent work of the former cadre is still
// accepted (docs/sync-protocol.md). Codes: invalid, not-found, wrong-state.
func (s *Service) Pair(ctx context.Context, a access.Actor, township, household, cadre, day, reason string) (*Pairing, error) {
	if _, err := time.Parse("2006-01-02", day); err != nil {
		return nil, fault.Bad(fault.Field{Name: "day", Code: "format", Detail: "日期要写成 2026-01-31 这样。"})
	}
	if f, _ := Type.Field("reason"); reason != "" {
		if p := f.CheckText(reason); p != nil {
			return nil, fault.Bad(fault.Field(*p))
		}
	}
	common, err := s.Common(ctx, township)
	if err != nil {
		return nil, err
	}
	var h Helper
	if cadre != "" {
		if h, err = s.People.Helper(ctx, a.County, cadre); err != nil {
			if fault.Is(err, fault.NotFound) {
				return nil, fault.Bad(fault.Field{Name: "cadre", Code: "not-allowed", Detail: "没有这位帮扶干部。"})
			}
			return nil, err
		}
	}
	var out *Pairing
	in := write.Intent{Township: township, Actor: a.User, Action: "pair", Households: []string{household, common}}
	_, err = s.Writer.Write(ctx, in, func(tx write.Tx) error {
		out = nil
		if h, known := tx.Household(household); !known || h.Common() {
			return fault.New(fault.NotFound, "") // the pseudo-household is everyone's
		}
		if err := open(tx, household); err != nil {
			return err
		}
		rows, err := tx.Of(Type, household)
		if err != nil {
			return err
		}
		for _, r := range rows {
			p := r.(*Pairing)
			switch {
			case p.To != "" || p.DeletedAt > 0:
			case cadre != "" && p.Cadre == h.User:
				out = p // the same again changes nothing
			case p.From > day:
				return fault.Bad(fault.Field{Name: "day", Code: "range", Detail: "日期早于现在这次结对的开始（" + p.From + "）。"})
			default:
				tx.Put(Type, Close(p, day, reason))
			}
		}
		if out == nil && cadre != "" {
			out = Open(tx.NewID(), household, a.User, tx.Now(), h.User, h.Name, h.Unit, h.Phone, day)
			tx.Put(Type, out)
		}
		return Materialise(tx, common, household)
	})
	return out, err
}

// open refuses a household that was closed or merged: nobody is paired with it
// again.
func open(tx write.Tx, id string) error {
	got, err := tx.Load(home.HouseholdType, id)
	if err != nil {
		return err
	}
	if h, ok := got[id].(*home.Household); ok && h.State != "" {
		return fault.New(fault.WrongState, "这一户已经销户或并户。")
	}
	return nil
}
