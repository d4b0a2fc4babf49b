package roster

import (
	"context"
	"fmt"
	"slices"
	"time"

	"daohu/server/activity"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/write"
)

// Sealer seals and makes blind indexes.
type Sealer interface {
	record.Sealer
	Index(plain string) string
	// Indexes are those under every key: what a row of an older key may have.
	Indexes(plain string) []string
}

// Registry says what a township has already.
type Registry interface {
	// HouseholdIDs are the ids of the township's households by 户编号.
	HouseholdIDs(ctx context.Context, township string) (map[string]string, error)
	// KnownNumbers are those of the given blind indexes of ID numbers that are taken.
	KnownNumbers(ctx context.Context, township string, indexes []string) (map[string]bool, error)
}

// Loader stores checked books.
type Loader struct {
	Writer   write.Writer
	Registry Registry
	Sealer   Sealer
	NewID    func() string
}

// Into says where a book goes and who is who.
type Into struct {
	Township string
	Common   string // id of the pseudo-household; made on first use
	Actor    string // user id; "" = the system
	// People are the user ids of the book's cadres by 工号.
	People map[string]string
	// Extra may add common rows in the same transaction; nil = none.
	Extra func(tx write.Tx, common string) error
}

// Duplicates names the households and people of b that the registry has
// already. It is part of the dry run; Load refuses a book that has any.
func (l *Loader) Duplicates(ctx context.Context, township string, b *Book) ([]Issue, error) {
	var out []Issue
	have, err := l.Registry.HouseholdIDs(ctx, township)
	if err != nil {
		return nil, err
	}
	for _, h := range b.Households {
		if have[h.Rec.Code] != "" {
			out = append(out, Issue{Level: Error, Sheet: SheetHouseholds, Row: h.Row, Header: "户编号", Code: CodeDuplicate, Reason: "户编号 " + h.Rec.Code + " 系统里已经有了。"})
		}
	}
	var indexes []string
	for _, m := range b.Members {
		indexes = append(indexes, l.Sealer.Indexes(m.IDNo)...)
	}
	known, err := l.Registry.KnownNumbers(ctx, township, indexes)
	if err != nil {
		return nil, err
	}
	for _, m := range b.Members {
		if slices.ContainsFunc(l.Sealer.Indexes(m.IDNo), func(ix string) bool { return known[ix] }) {
			out = append(out, Issue{Level: Error, Sheet: SheetMembers, Row: m.Row, Header: "证件号码", Code: CodeDuplicate, Reason: "这个证件号码系统里已经有人用了。"})
		}
	}
	return out, nil
}

// Load stores b in one transaction: all of it or nothing. All sealing is done
// before the transaction begins. It returns the households' ids by 户编号.
func (l *Loader) Load(ctx context.Context, in Into, b *Book, progress func(done, total int)) (map[string]string, error) {
	p, err := l.prepare(in, b, progress)
	if err != nil {
		return nil, err
	}
	intent := write.Intent{Township: in.Township, Actor: in.Actor, Action: "import", Households: []string{in.Common}}
	_, err = l.Writer.Write(ctx, intent, func(tx write.Tx) error {
		if _, there := tx.Household(in.Common); !there {
			tx.Put(household.HouseholdType, &household.Household{Meta: record.Meta{Household: in.Common, ID: in.Common, MadeAt: tx.Now()}, Kind: "township"})
		}
		if in.Extra != nil {
			if err := in.Extra(tx, in.Common); err != nil {
				return err
			}
		}
		for _, r := range p.rows {
			c := r.t.Clone(r.rec) // decide may run again
			if c.Base().MadeAt == 0 {
				c.Base().MadeAt = tx.Now()
			}
			tx.Put(r.t, c)
		}
		if err := pairing.Materialise(tx, in.Common, p.paired...); err != nil {
			return err
		}
		return pairing.Assign(tx, in.Common, "V", pairing.SourceVillage, p.villages)
	})
	if err != nil {
		return nil, err
	}
	return p.ids, nil
}

type row struct {
	t   *record.Type
	rec record.Record
}

// prepared is a book turned into rows, sealed and numbered.
type prepared struct {
	rows     []row
	ids      map[string]string
	paired   []string
	villages map[string][]string // user id of a village worker -> households
}

func (l *Loader) prepare(in Into, b *Book, progress func(done, total int)) (*prepared, error) {
	p := &prepared{ids: map[string]string{}, villages: map[string][]string{}}
	done, total := 0, len(b.Households)+len(b.Members)+len(b.Pairings)+len(b.Visits)
	step := func() {
		if done++; progress != nil && (done%500 == 0 || done == total) {
			progress(done, total)
		}
	}
	workers := map[string][]string{} // village -> user ids
	phones := map[string]record.Sealed{}
	cadre := map[string]CadreRow{}
	for _, c := range b.Cadres {
		sealed, err := l.Sealer.Seal(c.Phone)
		if err != nil {
			return nil, err
		}
		cadre[c.Login], phones[c.Login] = c, sealed
		if c.Role == "V" {
			workers[c.Village] = append(workers[c.Village], in.People[c.Login])
		}
	}
	for _, h := range b.Households {
		rec := h.Rec
		id := l.NewID()
		rec.Meta = record.Meta{ID: id, Household: id}
		var err error
		if rec.Phone, err = l.Sealer.Seal(h.Phone); err != nil {
			return nil, err
		}
		if rec.BankAccount, err = l.Sealer.Seal(h.BankAccount); err != nil {
			return nil, err
		}
		p.ids[rec.Code] = id
		p.rows = append(p.rows, row{household.HouseholdType, &rec})
		for _, w := range workers[rec.Village] {
			p.villages[w] = append(p.villages[w], id)
		}
		step()
	}
	for _, m := range b.Members {
		rec := m.Rec
		rec.Meta = record.Meta{ID: l.NewID(), Household: p.ids[m.House]}
		var err error
		if rec.IDNo, err = l.Sealer.Seal(m.IDNo); err != nil {
			return nil, err
		}
		rec.IDIndex = l.Sealer.Index(m.IDNo)
		if rec.CertNo, err = l.Sealer.Seal(m.CertNo); err != nil {
			return nil, err
		}
		if rec.Diagnosis, err = l.Sealer.Seal(m.Diagnosis); err != nil {
			return nil, err
		}
		p.rows = append(p.rows, row{household.MemberType, &rec})
		step()
	}
	return p, l.links(in, b, p, cadre, phones, step)
}

// links adds pairings and past visits.
func (l *Loader) links(in Into, b *Book, p *prepared, cadre map[string]CadreRow, phones map[string]record.Sealed, step func()) error {
	who := func(login string) (string, error) {
		if id := in.People[login]; id != "" {
			return id, nil
		}
		return "", fmt.Errorf("roster: cadre %q has no user", login)
	}
	for _, r := range b.Pairings {
		user, err := who(r.Cadre)
		if err != nil {
			return err
		}
		c := cadre[r.Cadre]
		rec := pairing.Open(l.NewID(), p.ids[r.House], in.Actor, 0, user, c.Name, c.Unit, phones[r.Cadre], r.From)
		rec.To, rec.Reason = r.To, r.Reason
		p.rows = append(p.rows, row{pairing.Type, rec})
		p.paired = append(p.paired, p.ids[r.House])
		step()
	}
	for _, v := range b.Visits {
		user, err := who(v.Cadre)
		if err != nil {
			return err
		}
		rec := v.Rec
		at := noon(rec.Day)
		rec.Meta = record.Meta{ID: l.NewID(), Household: p.ids[v.House], MadeBy: user, MadeAt: at}
		rec.State, rec.DeviceAt = "approved", at // taken over from paper: nothing to review
		p.rows = append(p.rows, row{activity.VisitType, &rec})
		step()
	}
	return nil
}

// noon is 12:00 of a day in Asia/Shanghai, Unix ms.
func noon(day string) int64 {
	t, err := time.ParseInLocation("2006-01-02", day, time.FixedZone("CST", 8*3600))
	if err != nil {
		return 0
	}
	return t.Add(12 * time.Hour).UnixMilli()
}
