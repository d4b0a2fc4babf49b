package store

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"

	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

func mapKeys[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

func (t *tx) Now() int64            { return t.now }
func (t *tx) NewID() string         { return t.db.NewID() }
func (t *tx) Client() *write.Client { return t.client }
func (t *tx) Add(row any)           { t.side = append(t.side, row) }

func (t *tx) Household(id string) (write.House, bool) {
	h, ok := t.houses[id]
	return h, ok
}

func (t *tx) Load(typ *record.Type, ids ...string) (map[string]record.Record, error) {
	out := map[string]record.Record{}
	var ask []string
	for _, id := range ids {
		if r := t.staged(typ, id); r != nil {
			out[id] = r
		} else {
			ask = append(ask, id)
		}
	}
	for part := range slices.Chunk(ask, 500) {
		recs, err := t.db.scan(t.g, typ, "`township` = ? AND `id` IN ?", t.in.Township, part)
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			out[r.Base().ID] = r
		}
	}
	return out, nil
}

func (t *tx) Of(typ *record.Type, households ...string) ([]record.Record, error) {
	var out []record.Record
	for part := range slices.Chunk(households, 500) {
		recs, err := t.db.scan(t.g, typ, "`township` = ? AND `household` IN ? ORDER BY `household`, `id`", t.in.Township, part)
		if err != nil {
			return nil, err
		}
		out = append(out, recs...)
	}
	for i, r := range out {
		if s := t.staged(typ, r.Base().ID); s != nil {
			out[i] = s
		}
	}
	for _, p := range t.puts {
		if p.t == typ && p.rec.Base().Version == 0 && slices.Contains(households, p.rec.Base().Household) {
			out = append(out, p.rec)
		}
	}
	return out, nil
}

func (t *tx) Find(typ *record.Type, goName string, values ...string) ([]record.Record, error) {
	i := slices.IndexFunc(typ.Fields, func(f record.Field) bool { return f.GoName == goName })
	if i < 0 {
		return nil, errors.New("store: " + typ.Name + " has no field " + goName)
	}
	var out []record.Record
	for part := range slices.Chunk(values, 500) {
		recs, err := t.db.scan(t.g, typ, "`township` = ? AND `"+typ.Fields[i].Column+"` IN ? AND `deleted_at` = 0", t.in.Township, part)
		if err != nil {
			return nil, err
		}
		out = append(out, recs...)
	}
	return out, nil
}

func (t *tx) Grants(households ...string) ([]write.Grant, error) {
	var out []write.Grant
	for part := range slices.Chunk(households, 500) {
		var gs []write.Grant
		if err := t.g.Raw("SELECT * FROM `assignment` WHERE `township` = ? AND `household` IN ?", t.in.Township, part).Scan(&gs).Error; err != nil {
			return nil, err
		}
		out = append(out, gs...)
	}
	return out, nil
}

func (t *tx) Held(principals ...string) ([]write.Grant, error) {
	var out []write.Grant
	for part := range slices.Chunk(principals, 500) {
		var gs []write.Grant
		if err := t.g.Raw("SELECT * FROM `assignment` WHERE `principal` IN ? AND `township` = ? AND `until_seq` = 0", part, t.in.Township).Scan(&gs).Error; err != nil {
			return nil, err
		}
		out = append(out, gs...)
	}
	return out, nil
}

func (t *tx) Grant(g write.Grant)  { t.grants = append(t.grants, g) }
func (t *tx) Revoke(g write.Grant) { t.ends = append(t.ends, g) }

func (t *tx) Changed(typ *record.Type, id string, since int64) ([]write.History, error) {
	var hs []write.History
	err := t.g.Raw(historyRows+"WHERE `township` = ? AND `type` = ? AND `row` = ? AND `seq` > ? ORDER BY `no`",
		t.in.Township, typ.Name, id, since).Scan(&hs).Error
	for _, s := range t.side {
		if h, ok := s.(*write.History); ok && h.Type == typ.Name && h.Row == id {
			hs = append(hs, *h)
		}
	}
	return hs, err
}

func (t *tx) Name(user string) (string, error) {
	var name string
	err := t.g.Raw("SELECT `name` FROM `user` WHERE `id` = ?", user).Scan(&name).Error
	return name, err
}

func (t *tx) CommittedAt(seq int64) (int64, error) {
	var at int64
	err := t.g.Raw("SELECT `audit`.`at` FROM `audit` JOIN `space` ON `space`.`no` = `audit`.`space` WHERE `space`.`township` = ? AND `audit`.`seq` = ?", t.in.Township, seq).Scan(&at).Error
	return at, err
}

func (t *tx) Hashes(mid int64) (map[int64]string, error) {
	var rs []write.Result
	err := t.g.Raw("SELECT `mid`, `hash` FROM `result` WHERE `client` = ? AND `mid` >= ?", t.in.Client, mid).Scan(&rs).Error
	out := map[int64]string{}
	for _, r := range rs {
		out[r.Mid] = r.Hash
	}
	return out, err
}

func (t *tx) Body(sha string) ([]byte, error) {
	var b write.Blob
	err := t.g.Raw("SELECT * FROM `body` WHERE `township` = ? AND `sha256` = ?", t.in.Township, sha).Scan(&b).Error
	return b.Body, err
}

func (t *tx) Quarantined(id string) (*write.Quarantine, error) {
	var q write.Quarantine
	err := t.g.Raw("SELECT * FROM `quarantine` WHERE `township` = ? AND `id` = ?"+t.forUpdate(), t.in.Township, id).Take(&q).Error
	if err == gorm.ErrRecordNotFound {
		return nil, nil
	}
	return &q, err
}

func (t *tx) Settle(q *write.Quarantine) error {
	up := t.g.Exec("UPDATE `quarantine` SET `state` = ?, `reason` = ?, `settled_by` = ?, `settled_at` = ? WHERE `township` = ? AND `id` = ? AND `state` = 'open'",
		q.State, q.Reason, q.SettledBy, q.SettledAt, t.in.Township, q.ID)
	if up.Error == nil && up.RowsAffected != 1 {
		return fault.New(fault.WrongState, "")
	}
	return up.Error
}

func (t *tx) Receipts(rows, hashes []string) (map[string]write.Receipt, error) {
	var rs []write.Receipt
	err := t.g.Raw("SELECT `row`, `hash`, `code`, `ref` FROM `receipt` WHERE `township` = ? AND `row` IN ? AND `hash` IN ?", t.in.Township, rows, hashes).Scan(&rs).Error
	out := map[string]write.Receipt{}
	for _, r := range rs {
		out[r.Row+" "+r.Hash] = r
	}
	return out, err
}

// NewID makes a record id: 9 random bytes, 12 characters.
func (d *DB) NewID() string { return newID(d.opt.Rand) }

// scan reads whole rows of typ; where holds only literals and placeholders.
func (d *DB) scan(g *gorm.DB, typ *record.Type, where string, args ...any) ([]record.Record, error) {
	rows, err := g.Raw("SELECT `"+strings.Join(typ.Columns(), "`, `")+"` FROM `"+typ.Name+"` WHERE "+where, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []record.Record
	for rows.Next() {
		r := typ.New()
		if err := rows.Scan(typ.Pointers(r)...); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func multiRow(table string, cols []string, n int) string {
	one := "(?" + strings.Repeat(", ?", len(cols)-1) + ")"
	return "INSERT INTO `" + table + "` (`" + strings.Join(cols, "`, `") + "`) VALUES " + one + strings.Repeat(", "+one, n-1)
}

// overwrite is the upsert tail over the primary key (township, household, id).
func (d *DB) overwrite(cols []string) string {
	var b strings.Builder
	if d.dialect == "mysql" {
		b.WriteString(" ON DUPLICATE KEY UPDATE ")
	} else {
		b.WriteString(" ON CONFLICT (`township`, `household`, `id`) DO UPDATE SET ")
	}
	for i, c := range cols[3:] {
		if i > 0 {
			b.WriteString(", ")
		}
		if d.dialect == "mysql" {
			b.WriteString("`" + c + "` = VALUES(`" + c + "`)")
		} else {
			b.WriteString("`" + c + "` = excluded.`" + c + "`")
		}
	}
	return b.String()
}

func notFound(err error) error {
	if err == gorm.ErrRecordNotFound {
		return fault.Wrap(fault.NotFound, err)
	}
	return Classify(err)
}
