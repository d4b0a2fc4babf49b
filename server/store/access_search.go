package store

import (
	"context"
	"slices"

	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/registry"
)

// beyond comes after every text that begins with what stands before it, in
// the order of code points that both databases compare by.
const beyond = "\U0010FFFF"

// held keeps a search within what a principal holds now.
const held = " AND `household` IN (SELECT `household` FROM `assignment` WHERE `principal` = ? AND `until_seq` = 0)"

// Hunt finds households. A prefix is asked for as a range, so that no letter
// of the text has a meaning of its own and the index serves.
func (d *DB) Hunt(ctx context.Context, h registry.Hunt) ([]registry.Catch, error) {
	if len(h.Townships) == 0 {
		return nil, nil
	}
	members, err := d.huntMembers(ctx, h)
	if err != nil {
		return nil, Classify(err)
	}
	of := map[string][]*household.Member{}
	ids := []string{""} // an empty list is no SQL
	for _, r := range members {
		m := r.(*household.Member)
		of[m.Household] = append(of[m.Household], m)
		ids = append(ids, m.Household)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	where, args := "`township` IN ? AND `kind` = '' AND `deleted_at` = 0", []any{h.Townships}
	if len(h.Indexes) > 0 {
		where, args = where+" AND `household` IN ?", append(args, ids)
	} else {
		where += " AND (`household` IN ? OR (`code` >= ? AND `code` < ?) OR `village` IN (SELECT `code` FROM `area` WHERE `township` IN ? AND `level` = 'village' AND `name` >= ? AND `name` < ?))"
		args = append(args, ids, h.Text, h.Text+beyond, h.Townships, h.Text, h.Text+beyond)
	}
	if h.Holder != "" {
		where, args = where+held, append(args, h.Holder)
	}
	recs, err := d.scan(d.gorm.WithContext(ctx), household.HouseholdType, where+" ORDER BY `township`, `no` LIMIT ?", append(args, h.Limit)...)
	if err != nil {
		return nil, Classify(err)
	}
	var out []registry.Catch
	for _, r := range recs {
		out = append(out, registry.Catch{House: r.(*household.Household), Members: of[r.Base().ID]})
	}
	return out, nil
}

// huntMost bounds the members read for one search: all that can be in Limit
// households of ordinary size.
const huntMost = 1000

func (d *DB) huntMembers(ctx context.Context, h registry.Hunt) ([]record.Record, error) {
	where, args := "`township` IN ? AND `deleted_at` = 0", []any{h.Townships}
	switch {
	case len(h.Indexes) > 0:
		where, args = where+" AND `id_index` IN ?", append(args, h.Indexes)
	case h.Whole:
		where, args = where+" AND `name` = ?", append(args, h.Text)
	default:
		where, args = where+" AND `name` >= ? AND `name` < ?", append(args, h.Text, h.Text+beyond)
	}
	if h.Holder != "" {
		where, args = where+held, append(args, h.Holder)
	}
	return d.scan(d.gorm.WithContext(ctx), household.MemberType, where+" ORDER BY `township`, `household`, `id` LIMIT ?", append(args, huntMost)...)
}
