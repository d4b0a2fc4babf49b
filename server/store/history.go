package store

import (
	"context"
	"slices"

	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/registry"
)

// Trail reads what is kept of how a row came to be as it is.
func (d *DB) Trail(ctx context.Context, t *record.Type, m record.Meta, most int) (registry.Trail, error) {
	g, out := d.gorm.WithContext(ctx), registry.Trail{Names: map[string]string{}}
	recs, err := d.scan(g, household.ProposalType, "`township` = ? AND `household` = ? AND `target` = ? AND `row` = ? AND `state` = 'accepted' AND `deleted_at` = 0", m.Township, m.Household, t.Name, m.ID)
	if err != nil {
		return out, Classify(err)
	}
	proposals := []string{""}
	for _, r := range recs {
		out.Granted = append(out.Granted, r.(*household.Proposal))
		proposals = append(proposals, r.Base().ID)
	}
	err = g.Raw("SELECT * FROM `history` WHERE `township` = ? AND `type` = ? AND `row` = ? ORDER BY `no` DESC LIMIT ?", m.Township, t.Name, m.ID, most).Scan(&out.Changes).Error
	if err != nil {
		return out, Classify(err)
	}
	err = g.Raw("SELECT * FROM `step` WHERE `township` = ? AND ((`type` = ? AND `row` = ?) OR (`type` = 'proposal' AND `row` IN ?)) ORDER BY `no` DESC LIMIT ?", m.Township, t.Name, m.ID, proposals, most).Scan(&out.Steps).Error
	if err != nil {
		return out, Classify(err)
	}
	slices.Reverse(out.Changes)
	slices.Reverse(out.Steps)
	ids := []string{m.MadeBy}
	for _, h := range out.Changes {
		ids = append(ids, h.By)
	}
	for _, s := range out.Steps {
		ids = append(ids, s.By)
	}
	var users []struct{ ID, Name string }
	slices.Sort(ids)
	err = g.Raw("SELECT `id`, `name` FROM `user` WHERE `id` IN ?", slices.Compact(ids)).Scan(&users).Error
	for _, u := range users {
		out.Names[u.ID] = u.Name
	}
	return out, Classify(err)
}
