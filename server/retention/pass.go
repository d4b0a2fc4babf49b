package retention

import (
	"context"
	"errors"

	"daohu/server/fault"
	"daohu/server/photo"
	"daohu/server/write"
)

// Store finds what is due. Moments are Unix ms.
type Store interface {
	// Due counts the rows that rule what (not Photos, Contents) would delete.
	Due(ctx context.Context, what string, before int64) (int64, error)
	// Drop deletes them; not those of Purges.
	Drop(ctx context.Context, what string, before int64) (int64, error)
	// Lapsed lists households that ended before before: for Photos those with
	// pictures left; for Contents those not erased, and besides, whenever they
	// ended, those to which something came after they were erased.
	Lapsed(ctx context.Context, what string, before int64, limit int) ([]House, error)
	// Bodies lists stored pictures whose row was erased or is gone for good.
	Bodies(ctx context.Context, limit int) ([]photo.Body, error)
	// Shared reports whether a row that was not erased has the same picture.
	Shared(ctx context.Context, b photo.Body) (bool, error)
	// DropBody deletes the note of where a picture lies.
	DropBody(ctx context.Context, b photo.Body) error
}

// LoginStore finds accounts.
type LoginStore interface {
	// Logins lists the accounts, not emptied yet, of households that were erased.
	Logins(ctx context.Context, limit int) ([]string, error)
}

// Outcome is what one rule found and did.
type Outcome struct {
	Rule
	Due  int64 // rows, or households for Photos and Contents; at most passLimit households
	Done int64 // 0 in a dry run
}

// passLimit is how many households one pass erases, so that it ends; the next
// one goes on.
const passLimit = 500

// dayMS is a day in ms.
const dayMS = 24 * 60 * 60 * 1000

// Pass applies every rule, or with apply false only counts. One rule that fails
// does not keep the others from their turn.
func (s *Service) Pass(ctx context.Context, apply bool) ([]Outcome, error) {
	var out []Outcome
	var errs []error
	for _, r := range s.Rules.Rules {
		o := Outcome{Rule: r}
		before := s.Now().UnixMilli() - r.Days*dayMS
		var err error
		if r.What == Photos || r.What == Contents {
			err = s.passHouses(ctx, &o, before, apply)
		} else {
			err = s.passRows(ctx, &o, before, apply)
		}
		errs = append(errs, err)
		out = append(out, o)
	}
	if apply {
		errs = append(errs, s.sweep(ctx))
	}
	return out, errors.Join(errs...)
}

func (s *Service) passRows(ctx context.Context, o *Outcome, before int64, apply bool) (err error) {
	if o.Due, err = s.Store.Due(ctx, o.What, before); err != nil || !apply {
		return err
	}
	if purge := s.Purges[o.What]; purge != nil {
		o.Done, err = purge(ctx)
		return err
	}
	o.Done, err = s.Store.Drop(ctx, o.What, before)
	return err
}

func (s *Service) passHouses(ctx context.Context, o *Outcome, before int64, apply bool) error {
	list, err := s.Store.Lapsed(ctx, o.What, before, passLimit)
	o.Due = int64(len(list))
	if err != nil || !apply {
		return err
	}
	for _, h := range list {
		w := write.Intent{Township: h.Township, Action: "erase", Households: []string{h.ID}}
		_, err := s.Writer.Write(ctx, w, func(tx write.Tx) error {
			row, err := ended(tx, h.ID)
			if err != nil {
				return err
			}
			if o.What == Photos {
				return erasePhotos(tx, h.ID)
			}
			return s.eraseHouse(tx, row, "", o.Name+"："+o.Reason)
		})
		if fault.Is(err, fault.WrongState) || fault.Is(err, fault.NotFound) {
			continue // not what it was when it was listed
		}
		if err != nil {
			return err
		}
		o.Done++
	}
	return nil
}

// erasePhotos marks every picture of a household as erased; sweep takes the bodies.
func erasePhotos(tx write.Tx, house string) error {
	rows, err := tx.Of(photo.Type, house)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if p := *r.(*photo.Photo); p.State != photo.Erased {
			p.State = photo.Erased
			tx.Put(photo.Type, &p)
		}
	}
	return nil
}

// sweep finishes what an erasure leaves outside the transaction: the stored
// pictures and the household's account. It may be cut short and run again at
// any point: the note of where a picture lies goes last.
func (s *Service) sweep(ctx context.Context) error {
	users, err := s.Accounts.Logins(ctx, passLimit)
	if err != nil {
		return err
	}
	for _, u := range users {
		if err := s.Closer.CloseLogin(ctx, u); err != nil {
			return err
		}
	}
	for {
		list, err := s.Store.Bodies(ctx, passLimit)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, b := range list {
			if err := s.dropPicture(ctx, b); err != nil {
				return err
			}
		}
	}
}

func (s *Service) dropPicture(ctx context.Context, b photo.Body) error {
	shared, err := s.Store.Shared(ctx, b)
	if err != nil {
		return err
	}
	for _, key := range []string{b.BodyKey, b.ThumbKey} {
		if key == "" || shared {
			continue
		}
		if err := s.Pictures.Delete(ctx, key); err != nil {
			return err
		}
	}
	return s.Store.DropBody(ctx, b)
}
