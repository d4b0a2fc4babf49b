package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gorm.io/gorm"

	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// sealedTable is one table that holds sealed values. The list of them is the
// only one: what is not on it is neither sealed anew nor counted.
type sealedTable struct {
	name   string
	key    []string          // primary key
	number bool              // the key is a number
	cols   []string          // sealed
	index  map[string]string // sealed column -> column of its blind index
	where  string            // "" = all rows
	args   []any
	synced bool // rows change only under the lock of their household
}

// sealedTables lists them, in the order in which they are sealed anew: what is
// copied (a user's telephone into a pairing, a value into the history when it
// is written over) comes before what it is copied into.
func (d *DB) sealedTables() []sealedTable {
	out := []sealedTable{
		{name: "keyring", key: []string{"id"}, cols: []string{"secret"}},
		{name: account.User{}.TableName(), key: []string{"id"}, cols: []string{"phone"}},
		{name: account.Factor{}.TableName(), key: []string{"user"}, cols: []string{"secret"}},
		{name: write.Quarantine{}.TableName(), key: []string{"township", "id"}, cols: []string{"mutation"}},
		{name: write.Outbox{}.TableName(), key: []string{"id"}, cols: []string{"body"}},
	}
	var fields []string
	var args []any
	for _, t := range d.opt.Types {
		s := sealedTable{name: t.Name, key: record.MetaColumns[:3], index: map[string]string{}, synced: true}
		for _, f := range t.Fields {
			if f.Kind != record.Secret {
				continue
			}
			s.cols = append(s.cols, f.Column)
			if i := slices.IndexFunc(t.Fields, func(of record.Field) bool { return of.IndexOf == f.GoName }); i >= 0 {
				s.index[f.Column] = t.Fields[i].Column
			}
			if f.Name != "" {
				fields, args = append(fields, "(`type` = ? AND `field` = ?)"), append(args, t.Name, f.Name)
			}
		}
		if s.cols != nil {
			out = append(out, s)
		}
	}
	if fields != nil {
		out = append(out, sealedTable{name: write.History{}.TableName(), key: []string{"no"}, number: true, cols: []string{"old", "new"}, where: "(" + strings.Join(fields, " OR ") + ")", args: args})
	}
	return out
}

// SealedCount is how many values of one column are sealed with one key.
type SealedCount struct {
	Table, Column string
	Key           string // id of the key; "" = it is not sealed at all
	Values        int64
	Sample        record.Sealed // one of them
}

var keyID = regexp.MustCompile(`^[a-z0-9]{1,16}$`)

// CountSealed counts every sealed value by column and key.
func (d *DB) CountSealed(ctx context.Context) ([]SealedCount, error) {
	var out []SealedCount
	for _, t := range d.sealedTables() {
		for _, c := range t.cols {
			var rows []struct {
				K, Sample string
				N         int64
			}
			q := "SELECT SUBSTR(`" + c + "`, 1, INSTR(`" + c + "`, '.')) AS `k`, COUNT(*) AS `n`, MIN(`" + c + "`) AS `sample` FROM `" + t.name + "` WHERE `" + c + "` <> ''"
			if t.where != "" {
				q += " AND " + t.where
			}
			if err := d.gorm.WithContext(ctx).Raw(q+" GROUP BY SUBSTR(`"+c+"`, 1, INSTR(`"+c+"`, '.')) ORDER BY `k`", t.args...).Scan(&rows).Error; err != nil {
				return nil, Classify(err)
			}
			for _, r := range rows {
				n := SealedCount{Table: t.name, Column: c, Key: strings.TrimSuffix(r.K, "."), Values: r.N, Sample: record.Sealed(r.Sample)}
				if !keyID.MatchString(n.Key) { // a plain text: it is shown nowhere
					n.Key, n.Sample = "", ""
				}
				out = append(out, n)
			}
		}
	}
	return out, nil
}

const (
	rekeyRows   = 200 // rows of one transaction
	rekeyHouses = 50  // households that are locked at once
	rekeyPasses = 10
)

// Resealed is what Rekey did.
type Resealed struct {
	Values int64 // sealed anew
	Closed int64 // left as they are: their key is unknown, or they are damaged
}

// rekeying is one run of Rekey.
type rekeying struct {
	d    *DB
	g    *gorm.DB
	say  func(done int64)
	all  int64 // sealed anew in all passes
	pass Resealed
	lost bool // a row changed meanwhile: look again
}

// Rekey seals anew whatever is not sealed with the present key, and makes its
// blind index anew. Nothing else of a row changes: no version, no seq, nothing
// a phone would notice, and no audit line, for marks are made of the text.
// Each value is changed only if it is still the one that was read. It may run
// while the server does, and again after it was cut short.
func (d *DB) Rekey(ctx context.Context, say func(done int64)) (Resealed, error) {
	if d.opt.Sealer == nil {
		return Resealed{}, errors.New("store: nothing to seal with")
	}
	r := &rekeying{d: d, g: d.gorm.WithContext(ctx), say: say}
	for range rekeyPasses {
		r.pass, r.lost = Resealed{}, false
		for _, t := range d.sealedTables() {
			if t.synced {
				if err := r.households(t); err != nil {
					return Resealed{r.all, r.pass.Closed}, Classify(err)
				}
			}
			if err := r.table(t); err != nil { // of a synced type, only what lies in no household
				return Resealed{r.all, r.pass.Closed}, Classify(err)
			}
		}
		if r.pass.Values == 0 && !r.lost { // what a write put back that had read before is found by another pass
			break
		}
	}
	return Resealed{r.all, r.pass.Closed}, nil
}

// needs is the condition of rows that hold something sealed with another key.
func (t sealedTable) needs(current string) (string, []any) {
	var or []string
	var args []any
	for _, c := range t.cols {
		or, args = append(or, "(`"+c+"` <> '' AND SUBSTR(`"+c+"`, 1, ?) <> ?)"), append(args, len(current)+1, current+".")
	}
	where := "(" + strings.Join(or, " OR ") + ")"
	if t.where != "" {
		where, args = where+" AND "+t.where, append(args, t.args...)
	}
	return where, args
}

// sealedRow is the key of a row and its sealed values.
type sealedRow struct{ key, values []string }

func (r *rekeying) read(g *gorm.DB, t sealedTable, where string, args ...any) ([]sealedRow, error) {
	need, more := t.needs(r.d.opt.Sealer.Current())
	rows, err := g.Raw("SELECT `"+strings.Join(slices.Concat(t.key, t.cols), "`, `")+"` FROM `"+t.name+"` WHERE "+need+" AND "+where, append(more, args...)...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []sealedRow
	for rows.Next() {
		cells, into := make([]string, len(t.key)+len(t.cols)), make([]any, len(t.key)+len(t.cols))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		out = append(out, sealedRow{cells[:len(t.key)], cells[len(t.key):]})
	}
	return out, rows.Err()
}

// after is the condition of keys that come after key.
func (t sealedTable) after(key []string) (string, []any) {
	var or []string
	var args []any
	for i := range key {
		and := make([]string, 0, i+1)
		for j := range i {
			and, args = append(and, "`"+t.key[j]+"` = ?"), append(args, key[j])
		}
		or, args = append(or, strings.Join(append(and, "`"+t.key[i]+"` > ?"), " AND ")), append(args, key[i])
	}
	return "(" + strings.Join(or, " OR ") + ")", args
}

// table goes through a table by its key.
func (r *rekeying) table(t sealedTable) error {
	key := make([]string, len(t.key))
	if t.number {
		key[0] = "0"
	}
	for {
		where, args := t.after(key)
		rows, err := r.read(r.g, t, where+" ORDER BY `"+strings.Join(t.key, "`, `")+fmt.Sprintf("` LIMIT %d", rekeyRows), args...)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := r.batch(func(g *gorm.DB) (Resealed, error) { return r.seal(g, t, rows) }); err != nil {
			return err
		}
		key = rows[len(rows)-1].key
	}
}

// households goes through a synced type household by household, under their
// locks: a write that has read a row puts it back before the row is sealed
// anew, and reads what is new afterwards.
func (r *rekeying) households(t sealedTable) error {
	var towns []string
	if err := r.g.Raw("SELECT `township` FROM `space` ORDER BY `no`").Scan(&towns).Error; err != nil {
		return err
	}
	for _, town := range towns {
		last := ""
		for {
			var ids []string
			if err := r.g.Raw("SELECT `id` FROM `household` WHERE `township` = ? AND `id` > ? ORDER BY `id` LIMIT ?", town, last, rekeyHouses).Scan(&ids).Error; err != nil {
				return err
			}
			if len(ids) == 0 {
				break
			}
			last = ids[len(ids)-1]
			const in = "`township` = ? AND `household` IN ?"
			rows, err := r.read(r.g, t, in, town, ids)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				continue
			}
			err = r.batch(func(g *gorm.DB) (Resealed, error) {
				var locked []string
				if err := g.Raw("SELECT `id` FROM `household` WHERE "+in+" ORDER BY `household`"+r.d.forUpdate(), town, ids).Scan(&locked).Error; err != nil {
					return Resealed{}, err
				}
				rows, err := r.read(g, t, in, town, ids)
				if err != nil {
					return Resealed{}, err
				}
				n, err := r.seal(g, t, rows)
				n.Closed = 0 // counted by table, which still finds them
				return n, err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// batch runs f in one transaction, again when the database gives it up.
func (r *rekeying) batch(f func(g *gorm.DB) (Resealed, error)) error {
	var n Resealed
	err := r.d.retry(r.g.Statement.Context, func() error {
		return r.g.Transaction(func(g *gorm.DB) (err error) {
			n, err = f(g)
			return err
		})
	})
	if err != nil {
		return err
	}
	r.pass.Values, r.pass.Closed, r.all = r.pass.Values+n.Values, r.pass.Closed+n.Closed, r.all+n.Values
	r.say(r.all)
	return nil
}

// seal changes rows that were read.
func (r *rekeying) seal(g *gorm.DB, t sealedTable, rows []sealedRow) (n Resealed, err error) {
	box := r.d.opt.Sealer
	for _, row := range rows {
		var set, where []string
		var to, is []any
		done := int64(0)
		for i, c := range t.cols {
			was := row.values[i]
			if was == "" || strings.HasPrefix(was, box.Current()+".") {
				continue
			}
			plain, err := box.Open(record.Sealed(was))
			if err != nil {
				n.Closed++
				continue
			}
			fresh, err := box.Seal(plain)
			if err != nil {
				return n, err
			}
			set, to, where, is = append(set, "`"+c+"` = ?"), append(to, fresh), append(where, "`"+c+"` = ?"), append(is, was)
			if x := t.index[c]; x != "" {
				set, to = append(set, "`"+x+"` = ?"), append(to, box.Index(plain))
			}
			done++
		}
		if done == 0 {
			continue
		}
		for i, k := range t.key {
			where, is = append(where, "`"+k+"` = ?"), append(is, row.key[i])
		}
		up := g.Exec("UPDATE `"+t.name+"` SET "+strings.Join(set, ", ")+" WHERE "+strings.Join(where, " AND "), append(to, is...)...)
		if up.Error != nil {
			return n, up.Error
		}
		if up.RowsAffected == 0 {
			r.lost = true
			continue
		}
		n.Values += done
	}
	return n, nil
}

// Kept is what is kept of a key that was replaced.
type Kept struct {
	ID     string
	Secret record.Sealed
	At     int64 // when it was replaced, Unix ms
}

// TableName is the table of Kept.
func (Kept) TableName() string { return "keyring" }

// Keyring lists what is kept of replaced keys, the newest first; nothing before
// the schema has it.
func (d *DB) Keyring(ctx context.Context) ([]Kept, error) {
	g := d.gorm.WithContext(ctx)
	there, err := d.hasTable(g, Kept{}.TableName())
	if err != nil || !there {
		return nil, Classify(err)
	}
	var out []Kept
	err = g.Raw("SELECT `id`, `secret`, `at` FROM `keyring` ORDER BY `at` DESC, `id`").Scan(&out).Error
	return out, Classify(err)
}

// Replace says that a key is not used any more. secret seals what is to be kept
// of it, with the ends of all chains at this moment: no later line may be made
// with the key. IDTaken: it was said before.
func (d *DB) Replace(ctx context.Context, id string, secret func(until map[int64]Head) (record.Sealed, error)) error {
	err := d.retryGivenUp(ctx, func() error {
		return d.gorm.WithContext(ctx).Transaction(func(g *gorm.DB) error {
			ends, err := d.ends(g)
			if err != nil {
				return err
			}
			until := map[int64]Head{}
			for _, e := range ends {
				until[e.No] = e.Head
			}
			k := Kept{ID: id, At: d.now()}
			if k.Secret, err = secret(until); err != nil {
				return err
			}
			if err := g.Exec("INSERT INTO `keyring` (`id`, `secret`, `at`) VALUES (?, ?, ?)", k.ID, k.Secret, k.At).Error; err != nil {
				return err
			}
			return d.did(g, deed{actor: by(g), action: "rekey", also: map[string][]string{keyKey: {id + " " + d.opt.Sealer.Current()}}})
		})
	})
	if duplicate(err) {
		return fault.Wrap(fault.IDTaken, err)
	}
	return Classify(err)
}
