package pairing

import (
	"maps"
	"slices"

	"daohu/server/record"
	"daohu/server/write"
)

// The sources of assignments.
const (
	SourcePairing = "pairing" // a cadre, by an open pairing
	SourceVillage = "village" // a village worker, by the village
	SourceSelf    = "self"    // a household's own login
	SourceCommon  = "common"  // the pseudo-household, for whoever holds anything
)

// Materialise makes the cadres' assignments of the given households equal to
// their open pairings, inside the transaction that changes the pairings.
// common is the township's pseudo-household, locked like the others.
func Materialise(tx write.Tx, common string, households ...string) error {
	rows, err := tx.Of(Type, households...)
	if err != nil {
		return err
	}
	want := map[[2]string]bool{}
	for _, r := range rows {
		if p := r.(*Pairing); p.To == "" && p.DeletedAt == 0 {
			want[[2]string{p.Cadre, p.Household}] = true
		}
	}
	have, err := tx.Grants(households...)
	if err != nil {
		return err
	}
	return apply(tx, common, "C", SourcePairing, want, have)
}

// Assign makes the assignments of principals from one source exactly those of
// the households given for each.
func Assign(tx write.Tx, common, role, source string, households map[string][]string) error {
	want := map[[2]string]bool{}
	for who, ids := range households {
		for _, h := range ids {
			want[[2]string{who, h}] = true
		}
	}
	held, err := tx.Held(slices.Sorted(maps.Keys(households))...)
	if err != nil {
		return err
	}
	return apply(tx, common, role, source, want, held)
}

// apply opens what is wanted and not there, ends what is there and not
// wanted, and lets everyone concerned hold the common rows as long as they
// hold any household.
func apply(tx write.Tx, common, role, source string, want map[[2]string]bool, have []write.Grant) error {
	concerned := map[string]bool{}
	delta := map[string]int{}
	for _, g := range have {
		key := [2]string{g.Principal, g.Household}
		if g.Source != source || g.UntilSeq != 0 {
			continue
		}
		if want[key] {
			delete(want, key)
			continue
		}
		tx.Revoke(g)
		concerned[g.Principal] = true
		delta[g.Principal]--
	}
	for _, key := range slices.SortedFunc(maps.Keys(want), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		tx.Grant(write.Grant{Principal: key[0], Household: key[1], Role: role, Source: source})
		concerned[key[0]] = true
		delta[key[0]]++
	}
	if len(concerned) == 0 {
		return nil
	}
	held, err := tx.Held(slices.Sorted(maps.Keys(concerned))...)
	if err != nil {
		return err
	}
	holds := map[string]*write.Grant{}
	for i, g := range held {
		if g.Source == SourceCommon {
			holds[g.Principal] = &held[i]
		} else {
			delta[g.Principal]++
		}
	}
	for _, who := range slices.Sorted(maps.Keys(concerned)) {
		switch g := holds[who]; {
		case delta[who] > 0 && g == nil:
			tx.Grant(write.Grant{Principal: who, Household: common, Role: role, Source: SourceCommon})
		case delta[who] <= 0 && g != nil:
			tx.Revoke(*g)
		}
	}
	return nil
}

// Close ends p on day for reason.
func Close(p *Pairing, day, reason string) *Pairing {
	q := *p
	q.To, q.Reason = day, reason
	return &q
}

// Open makes a pairing row of a household.
func Open(id, household, by string, at int64, cadre, name, unit string, phone record.Sealed, day string) *Pairing {
	return &Pairing{Meta: record.Meta{ID: id, Household: household, MadeBy: by, MadeAt: at}, Cadre: cadre, Name: name, Unit: unit, Phone: phone, From: day}
}
