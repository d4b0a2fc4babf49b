package retention

import (
	"context"
	"encoding/json"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/write"
)

// ErasePhoto erases one picture, such as one of a household that took its
// consent back: its words are emptied and its files deleted, the row stays.
// Only a township admin may. Codes: invalid, forbidden, not-found.
func (s *Service) ErasePhoto(ctx context.Context, a access.Actor, id, reason string) (json.RawMessage, error) {
	if a.Role != access.Township || a.PushOnly {
		return nil, fault.New(fault.Forbidden, "")
	}
	if err := (Ask{Reason: reason}).check(); err != nil {
		return nil, err
	}
	if !record.IsID(id) {
		return nil, fault.New(fault.NotFound, "")
	}
	row, err := s.Scope.Row(ctx, a, photo.Type, id)
	if err != nil {
		return nil, err
	}
	house := row.Base().Household
	w := write.Intent{Township: row.Base().Township, Actor: a.User, Action: "erase", Households: []string{house}}
	_, err = s.Writer.Write(ctx, w, func(tx write.Tx) error {
		got, err := tx.Load(photo.Type, id)
		if err != nil {
			return err
		}
		p, _ := got[id].(*photo.Photo)
		if p == nil || p.DeletedAt > 0 || p.Household != house {
			return fault.New(fault.NotFound, "")
		}
		if p.State == photo.Erased {
			return nil
		}
		next := *p
		photo.Type.Erase(&next)
		next.State = photo.Erased
		tx.Put(photo.Type, &next)
		forget := s.forget(house)
		forget.Rows[photo.Type.Name] = []string{id}
		tx.Add(forget)
		tx.Add(&write.Step{Type: photo.Type.Name, Row: id, Rev: p.Version, From: p.State, To: write.ErasedState, By: a.User, Reason: reason, At: tx.Now()})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.sweep(ctx); err != nil {
		return nil, err
	}
	return s.Scope.Get(ctx, a, photo.Type, id)
}
