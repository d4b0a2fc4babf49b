package delta

import (
	"context"
	"errors"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// Settle decides one quarantined mutation: "take" applies it as its author's
// work, as if the household were still the author's; "refuse" keeps it with
// the admin's reason. It is never deleted. Codes: not-found, wrong-state,
// own-record, invalid, or why the mutation cannot be applied.
func (s *Service) Settle(ctx context.Context, actor access.Actor, q write.Quarantine, action, reason string) error {
	in := write.Intent{Township: q.Township, Actor: actor.User, Action: "quarantine", Households: []string{q.Household}}
	_, err := s.Store.Write(ctx, in, func(tx write.Tx) error {
		now, err := tx.Quarantined(q.ID)
		switch {
		case err != nil:
			return err
		case now == nil:
			return fault.New(fault.NotFound, "")
		case now.User == actor.User:
			return fault.New(fault.OwnRecord, "")
		}
		now.State, now.Reason, now.SettledBy, now.SettledAt = stateRefused, reason, actor.User, tx.Now()
		if action == "take" {
			now.State = stateTaken
			if err := s.take(ctx, tx, now); err != nil {
				return err
			}
		}
		return tx.Settle(now)
	})
	return err
}

func (s *Service) take(ctx context.Context, tx write.Tx, q *write.Quarantine) error {
	text, err := s.Sealer.Open(record.Sealed(q.Mutation))
	if err != nil {
		return err
	}
	m, err := decodeMutation([]byte("[1," + text[min(1, len(text)):]))
	if err != nil {
		return fault.Wrap(fault.BadRequest, err)
	}
	role, err := roleAt(tx, q)
	if err != nil {
		return err
	}
	j := &judge{s: s, ctx: ctx, tx: tx, actor: access.Actor{User: q.User, Role: access.Role(role)}, before: map[string]record.Record{}, receipts: map[string]write.Receipt{},
		grants: []write.Grant{{Principal: q.User, Household: q.Household, Role: role}}}
	_, err = j.decide(m)
	if e, ours := errors.AsType[*fault.Error](err); ours {
		return e
	}
	return err
}

// roleAt is the role in which the author held the household last; a cadre's
// when there is no trace of it any more.
func roleAt(tx write.Tx, q *write.Quarantine) (string, error) {
	grants, err := tx.Grants(q.Household)
	role, since := "C", int64(-1)
	for _, g := range grants {
		if g.Principal == q.User && g.SinceSeq > since {
			role, since = g.Role, g.SinceSeq
		}
	}
	return role, err
}
