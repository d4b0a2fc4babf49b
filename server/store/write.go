package store

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

var _ write.Writer = (*DB)(nil)

// attempts is how often a transaction is tried that the database gave up
// (deadlock, lock wait, snapshot conflict, lost race for a unique key).
const attempts = 4

// Write is the one way synced tables change. The order of its steps is the
// design (docs/sync-protocol.md): phone, households, reads and decisions, rows
// without seq, then the township's counter, as late as possible and held to
// commit, then the rows that carry it.
func (d *DB) Write(ctx context.Context, in write.Intent, decide func(write.Tx) error) (int64, error) {
	in.Households = slices.Compact(slices.Sorted(slices.Values(in.Households)))
	var seq int64
	err := d.retry(ctx, func() error {
		return d.gorm.WithContext(ctx).Transaction(func(g *gorm.DB) error {
			t := &tx{db: d, g: g, ctx: ctx, in: in, now: d.now(), houses: map[string]write.House{}, at: map[string]int{}}
			if err := t.lock(); err != nil {
				return err
			}
			if err := decide(t); err != nil {
				return err
			}
			if t.err != nil {
				return t.err
			}
			var err error
			seq, err = t.flush()
			return err
		})
	})
	if duplicate(err) {
		err = fault.Wrap(fault.IDTaken, err)
	}
	return seq, Classify(err)
}

// retry runs f again, with jitter, when the database gave it up.
func (d *DB) retry(ctx context.Context, f func() error) error {
	var err error
	for i := range attempts {
		if err = f(); !retryable(err) && !duplicate(err) {
			return err
		}
		pause := time.NewTimer(time.Duration(rand.IntN(5+20*i)) * time.Millisecond)
		select {
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		case <-pause.C:
		}
	}
	return err
}

type put struct {
	t   *record.Type
	rec record.Record
}

// tx collects what decide queues; nothing is written before flush.
type tx struct {
	db     *DB
	g      *gorm.DB
	ctx    context.Context
	in     write.Intent
	now    int64
	houses map[string]write.House
	client *write.Client
	was    write.Client
	puts   []put
	at     map[string]int // type name and id -> index in puts
	side   []any
	grants []write.Grant
	ends   []write.Grant
	wiped  bool  // the phone is to be erased, or no longer
	err    error // first misuse by decide
}

var _ write.Tx = (*tx)(nil)

func (t *tx) forUpdate() string { return t.db.forUpdate() }

func (d *DB) forUpdate() string {
	if d.dialect == "mysql" {
		return " FOR UPDATE"
	}
	return "" // BEGIN IMMEDIATE holds the whole file
}

// lock takes the phone's row, then the households', by their primary key: by
// the key over id MariaDB may rather scan the township, and would then wait
// for every household that another transaction holds.
func (t *tx) lock() error {
	if t.in.Client != "" {
		var c write.Client
		err := t.g.Raw("SELECT * FROM `client` WHERE `id` = ?"+t.forUpdate(), t.in.Client).Take(&c).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return fault.New(fault.NotFound, "这部手机还没有登记。")
		}
		if err != nil {
			return err
		}
		t.was, t.client = c, &c
	}
	for part := range slices.Chunk(t.in.Households, 500) {
		var hs []write.House
		err := t.g.Raw("SELECT `id`, `no`, `last_seq`, `kind` FROM `household` WHERE `township` = ? AND `household` IN ? ORDER BY `household`"+t.forUpdate(), t.in.Township, part).Scan(&hs).Error
		if err != nil {
			return err
		}
		for _, h := range hs {
			t.houses[h.ID] = h
		}
	}
	return nil
}

func (t *tx) flush() (int64, error) {
	if t.client != nil && *t.client != t.was {
		c := t.client
		t.wiped = c.Wipe != t.was.Wipe
		if err := t.g.Exec("UPDATE `client` SET `last_mid` = ?, `acked_mid` = ?, `schema` = ?, `unsent` = ?, `oldest_at` = ?, `seen_at` = ?, `wipe` = ? WHERE `id` = ?",
			c.LastMid, c.AckedMid, c.Schema, c.Unsent, c.OldestAt, c.SeenAt, c.Wipe, c.ID).Error; err != nil {
			return 0, err
		}
		if c.AckedMid > t.was.AckedMid { // the row of the acknowledged mutation itself stays: its hash tells clones apart
			if err := t.g.Exec("DELETE FROM `result` WHERE `client` = ? AND `mid` < ?", c.ID, c.AckedMid).Error; err != nil {
				return 0, err
			}
		}
	}
	if len(t.puts)+len(t.grants)+len(t.ends) == 0 {
		if err := t.addSide(0); err != nil {
			return 0, err
		}
		return 0, t.auditAside()
	}
	if err := t.addSide(-1); err != nil { // what carries no seq goes before the counter is taken
		return 0, err
	}
	var sp struct {
		No, Seq   int64
		AuditHead string
	}
	up := t.g.Exec("UPDATE `space` SET `seq` = `seq` + 1 WHERE `township` = ?", t.in.Township)
	if up.Error != nil {
		return 0, up.Error
	}
	if up.RowsAffected != 1 {
		return 0, fault.New(fault.NotFound, "没有这个乡镇。")
	}
	if err := t.g.Raw("SELECT `no`, `seq`, `audit_head` FROM `space` WHERE `township` = ?", t.in.Township).Take(&sp).Error; err != nil {
		return 0, err
	}
	if err := t.number(); err != nil {
		return 0, err
	}
	if err := t.addBurden(); err != nil {
		return 0, err
	}
	if err := t.addSide(sp.Seq); err != nil {
		return 0, err
	}
	if err := t.writeRows(sp.Seq); err != nil {
		return 0, err
	}
	if err := t.writeGrants(sp.Seq); err != nil {
		return 0, err
	}
	if err := t.audit(sp.No, sp.Seq, sp.AuditHead); err != nil {
		return 0, err
	}
	return sp.Seq, t.auditAside()
}

// auditAside notes in the accounts' chain what no row of the township's shows:
// that a phone is to be erased, or no longer, and whose unsent work an admin
// brought in as a file.
func (t *tx) auditAside() error {
	if t.wiped {
		return t.db.did(t.g, deed{actor: t.in.Actor, action: "wipe", rows: map[string][]string{write.Client{}.TableName(): {t.client.ID}}})
	}
	var brought []string
	for _, row := range t.side {
		if q, ok := row.(*write.Quarantine); ok && q.BroughtBy != "" {
			brought = append(brought, q.ID+" "+q.User)
		}
	}
	if brought == nil {
		return nil
	}
	return t.db.did(t.g, deed{actor: t.in.Actor, action: t.in.Action, also: map[string][]string{broughtKey: brought}})
}

// number gives new households their place in the walk. The counter is held by
// then: two transactions that make households cannot read the same maximum.
func (t *tx) number() error {
	next := int64(0)
	for _, p := range t.puts {
		if p.t != t.db.house || p.rec.Base().Version != 0 {
			continue
		}
		if next == 0 {
			if err := t.g.Raw("SELECT COALESCE(MAX(`no`), 0) FROM `household` WHERE `township` = ?", t.in.Township).Scan(&next).Error; err != nil {
				return err
			}
		}
		next++
		if err := setColumns(p, map[string]int64{"no": next}); err != nil {
			return err
		}
	}
	return nil
}

func setColumns(p put, cols map[string]int64) error {
	ptr := p.t.Pointers(p.rec)
	for i, c := range p.t.Columns() {
		if v, ok := cols[c]; ok {
			n, isInt := ptr[i].(*int64)
			if !isInt {
				return errors.New("store: column " + c + " is not a number")
			}
			*n = v
		}
	}
	return nil
}

func (t *tx) writeRows(seq int64) error {
	houses := map[string]bool{}
	fresh, known := map[*record.Type][]record.Record{}, map[*record.Type][]record.Record{}
	for _, p := range t.puts {
		m := p.rec.Base()
		if m.Version == 0 {
			fresh[p.t] = append(fresh[p.t], p.rec)
		} else {
			known[p.t] = append(known[p.t], p.rec)
		}
		m.Township, m.Seq, m.Version = t.in.Township, seq, m.Version+1
		houses[m.Household] = true
		if p.t == t.db.house {
			if err := setColumns(p, map[string]int64{"last_seq": seq}); err != nil {
				return err
			}
		}
	}
	for _, typ := range t.db.opt.Types {
		if err := t.insert(typ, fresh[typ], false); err != nil {
			return err
		}
		if err := t.insert(typ, known[typ], true); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(slices.Sorted(mapKeys(houses)), 500) {
		if err := t.g.Exec("UPDATE `household` SET `last_seq` = ? WHERE `township` = ? AND `household` IN ?", seq, t.in.Township, part).Error; err != nil {
			return err
		}
	}
	return nil
}

// insert writes rows in few statements. A new row is a plain INSERT, so that
// an id taken meanwhile in another household fails instead of overwriting it;
// a known row lies in a locked household and is written over by its key.
func (t *tx) insert(typ *record.Type, recs []record.Record, over bool) error {
	cols, most := typ.Columns(), 6000
	if t.db.dialect != "mysql" {
		most = 800 // SQLite's driver looks for every placeholder's value among all
	}
	for part := range slices.Chunk(recs, max(1, most/len(cols))) {
		sql, args := multiRow(typ.Name, cols, len(part)), make([]any, 0, len(part)*len(cols))
		for _, r := range part {
			args = append(args, typ.Values(r)...)
		}
		if over {
			sql += t.db.overwrite(cols)
		}
		if err := t.g.Exec(sql, args...).Error; err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) writeGrants(seq int64) error {
	for _, g := range t.ends {
		up := t.g.Exec("UPDATE `assignment` SET `until_seq` = ?, `ended_at` = ? WHERE `principal` = ? AND `township` = ? AND `household` = ? AND `source` = ? AND `until_seq` = 0",
			seq, t.now, g.Principal, t.in.Township, g.Household, g.Source)
		if up.Error != nil {
			return up.Error
		}
	}
	for part := range slices.Chunk(t.grants, 500) {
		for i := range part {
			part[i].Township, part[i].SinceSeq, part[i].UntilSeq, part[i].EndedAt = t.in.Township, seq, 0, 0
		}
		if err := t.g.Create(part).Error; err != nil {
			return err
		}
	}
	return nil
}

// audit adds the transaction's line to the township's chain. Ids, versions and
// keyed hashes only: no value of any field goes into the log.
func (t *tx) audit(no, seq int64, head string) error {
	rows, err := json.Marshal(t.bound()) // map keys come out sorted
	if err != nil {
		return err
	}
	return t.db.chain(t.g, auditLine{no, seq, t.now, t.in.Actor, t.in.Action, string(rows)}, head)
}

// addSide writes the queued rows without seq. History carries the seq of the
// transaction, so it waits for it (seq > 0); -1 writes all but history, 0
// writes everything of a transaction that changes no synced row.
func (t *tx) addSide(seq int64) error {
	history := []*write.History{}
	for _, row := range t.side {
		h, isHistory := row.(*write.History)
		switch {
		case isHistory:
			h.Township, h.Seq = t.in.Township, seq
			history = append(history, h)
			continue
		case seq > 0:
			continue
		}
		if err := t.createSide(row); err != nil {
			return err
		}
	}
	if seq < 0 || len(history) == 0 {
		return nil
	}
	return t.g.CreateInBatches(history, 200).Error
}

func (t *tx) createSide(row any) error {
	switch row := row.(type) {
	case *write.Forget:
		return t.forget(row)
	case *write.Quarantine:
		row.Township = t.in.Township
		return t.g.Create(row).Error
	case *write.Step:
		row.Township = t.in.Township
		return t.g.Create(row).Error
	case *write.Outbox:
		row.Township = t.in.Township
		return t.g.Create(row).Error
	case *write.Blob:
		row.Township = t.in.Township
		return t.g.Clauses(clause.OnConflict{DoNothing: true}).Create(row).Error
	case *write.Burden: // with the counter in hand: everyone adds to the same few rows
		return nil
	case []*write.Result:
		if len(row) == 0 {
			return nil
		}
		return t.g.Create(row).Error
	case []*write.Receipt:
		if len(row) == 0 {
			return nil
		}
		for _, r := range row {
			r.Township = t.in.Township
		}
		return t.g.Clauses(clause.OnConflict{DoNothing: true}).Create(row).Error
	}
	return errors.New("store: cannot add this kind of row")
}

func (t *tx) staged(typ *record.Type, id string) record.Record {
	if i, ok := t.at[typ.Name+" "+id]; ok {
		return t.puts[i].rec
	}
	return nil
}

func (t *tx) Put(typ *record.Type, r record.Record) {
	m := r.Base()
	_, locked := t.houses[m.Household]
	if !locked && !(typ == t.db.house && m.ID == m.Household) && t.staged(t.db.house, m.Household) == nil {
		t.fail(errors.New("store: put outside the locked households"))
		return
	}
	if !record.IsID(m.ID) || !record.IsID(m.Household) {
		t.fail(errors.New("store: put with a wrong id"))
		return
	}
	key := typ.Name + " " + m.ID
	if i, ok := t.at[key]; ok {
		t.puts[i].rec = r
		return
	}
	t.at[key] = len(t.puts)
	t.puts = append(t.puts, put{typ, r})
}

func (t *tx) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}
