package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// A backup is portable: every table as JSON lines, one array a row, read in
// one snapshot while the server runs. It goes into either database.

// Table is one table of a backup.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	Rows    int64    `json:"rows"`
}

// Column is one column of it. Kind is int, text or blob.
type Column struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// Dumped says what Dump wrote.
type Dumped struct {
	Dialect string  `json:"dialect"`
	Schema  int64   `json:"schema"` // number of the last migration
	Tables  []Table `json:"tables"`
	Heads   []Head  `json:"heads"`
	// Bodies are the blob keys that photo_body names: what to copy next.
	Bodies []string `json:"-"`
}

// Dump writes every table, each to the writer that to opens for its name. All
// of it is of one moment; nobody waits for it.
func (d *DB) Dump(ctx context.Context, to func(table string) (io.WriteCloser, error)) (Dumped, error) {
	out := Dumped{Dialect: d.dialect}
	p, err := d.provider()
	if err != nil {
		return out, err
	}
	if err := d.refuseNewer(ctx, p); err != nil {
		return out, err
	}
	if out.Schema, err = p.GetDBVersion(ctx); err != nil {
		return out, err
	}
	if out.Schema == 0 {
		return out, errors.New("there is nothing to back up: the database is empty")
	}
	err = d.snapshot(ctx, func(g *gorm.DB) error {
		names, err := d.tables(g)
		if err != nil {
			return err
		}
		if out.Heads, err = d.heads(g); err != nil { // the first read fixes the moment
			return err
		}
		for _, name := range names {
			t, err := dumpTable(g, name, to)
			if err != nil {
				return fmt.Errorf("table %s: %w", name, err)
			}
			out.Tables = append(out.Tables, t)
		}
		if slices.Contains(names, "photo_body") {
			return g.Raw("SELECT `body_key` FROM `photo_body` WHERE `body_key` <> '' UNION SELECT `thumb_key` FROM `photo_body` WHERE `thumb_key` <> ''").Scan(&out.Bodies).Error
		}
		return nil
	})
	slices.Sort(out.Bodies)
	return out, Classify(err)
}

// tables lists every table but the migrator's own.
func (d *DB) tables(g *gorm.DB) ([]string, error) {
	var names []string
	query := "SELECT `name` FROM `sqlite_master` WHERE `type` = 'table' AND `name` NOT LIKE 'sqlite%' ORDER BY `name`"
	if d.dialect == "mysql" {
		query = "SELECT `table_name` AS `name` FROM `information_schema`.`tables` WHERE `table_schema` = DATABASE() ORDER BY `table_name`"
	}
	err := g.Raw(query).Scan(&names).Error
	return slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, "goose") }), err
}

func dumpTable(g *gorm.DB, name string, to func(string) (io.WriteCloser, error)) (t Table, err error) {
	t.Name = name
	rows, err := g.Raw("SELECT * FROM `" + name + "`").Rows()
	if err != nil {
		return t, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return t, err
	}
	cells, into := make([]cell, len(types)), make([]any, len(types))
	for i, c := range types {
		kind, err := kindOf(c.DatabaseTypeName())
		if err != nil {
			return t, fmt.Errorf("column %s: %w", c.Name(), err)
		}
		t.Columns = append(t.Columns, Column{c.Name(), kind})
		cells[i].kind, into[i] = kind, &cells[i]
	}
	w, err := to(name)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return t, err
		}
		if err := enc.Encode(cells); err != nil {
			return t, err
		}
		t.Rows++
	}
	return t, rows.Err()
}

// kindOf knows the column types that our migrations use.
func kindOf(sqlType string) (string, error) {
	s := strings.ToUpper(sqlType)
	switch {
	case strings.Contains(s, "INT"):
		return "int", nil
	case strings.Contains(s, "BLOB"), strings.Contains(s, "BINARY"):
		return "blob", nil
	case strings.Contains(s, "TEXT"), strings.Contains(s, "CHAR"):
		return "text", nil
	}
	return "", fmt.Errorf("a column of type %q cannot be backed up", sqlType)
}

// Load fills an empty database with a backup, in one transaction: afterwards
// all of it is there or nothing. The database gets the backup's schema first
// and this program's last. Every township's epoch rises and its counter leaps,
// so that phones ahead of the backup offer again what it lacks; everyone logs
// in anew. from opens what Dump wrote for a table.
func (d *DB) Load(ctx context.Context, in Dumped, from func(table string) (io.ReadCloser, error)) error {
	p, err := d.provider()
	if err != nil {
		return err
	}
	if err := d.refuseNewer(ctx, p); err != nil {
		return err
	}
	src := p.ListSources()
	if in.Schema < 1 || len(src) == 0 || in.Schema > src[len(src)-1].Version {
		return fmt.Errorf("the backup has schema %d, which this program does not know: %w", in.Schema, ErrNewer)
	}
	if err := d.NeedEmpty(ctx); err != nil {
		return err
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	if have > in.Schema {
		return fmt.Errorf("the backup has schema %d and this database was migrated to %d already; restore into a new database, it is migrated afterwards", in.Schema, have)
	}
	if _, err := p.UpTo(ctx, in.Schema); err != nil {
		return err
	}
	err = d.gorm.WithContext(ctx).Transaction(func(g *gorm.DB) error {
		names, err := d.tables(g)
		if err != nil {
			return err
		}
		for _, t := range in.Tables {
			if !slices.Contains(names, t.Name) {
				return fmt.Errorf("the backup has a table %q, which its schema %d does not have", t.Name, in.Schema)
			}
			if err := d.loadTable(g, t, from); err != nil {
				return fmt.Errorf("table %s: %w", t.Name, err)
			}
		}
		return d.newEra(g, names)
	})
	if err != nil {
		return Classify(err)
	}
	_, err = p.Up(ctx)
	return err
}

// ErrNotEmpty says that a restore would write over something.
var ErrNotEmpty = errors.New("the database is not empty; a backup is restored into a new, empty one only")

// NeedEmpty fails unless every table is empty; a database without tables is.
func (d *DB) NeedEmpty(ctx context.Context) error {
	g := d.gorm.WithContext(ctx)
	names, err := d.tables(g)
	if err != nil {
		return Classify(err)
	}
	for _, name := range names {
		var n int64
		if err := g.Raw("SELECT COUNT(*) FROM `" + name + "`").Scan(&n).Error; err != nil {
			return Classify(err)
		}
		if n > 0 {
			return fmt.Errorf("%w (table %s has %d rows)", ErrNotEmpty, name, n)
		}
	}
	return nil
}

const (
	loadRows  = 500     // rows one INSERT carries at most
	loadArgs  = 30000   // placeholders: SQLite's limit is 32766
	loadBytes = 1 << 20 // of text: MySQL's max_allowed_packet is 4 MB or more
)

func (d *DB) loadTable(g *gorm.DB, t Table, from func(string) (io.ReadCloser, error)) error {
	cols, err := d.columnsOf(g, t)
	if err != nil {
		return err
	}
	r, err := from(t.Name)
	if err != nil {
		return err
	}
	defer r.Close()
	dec, args, size, total := json.NewDecoder(r), []any{}, 0, int64(0)
	insert := func() error {
		n := len(args) / len(cols)
		if n == 0 {
			return nil
		}
		err := g.Exec(multiRow(t.Name, cols, n), args...).Error
		args, size = args[:0], 0
		return err
	}
	for {
		var row []json.RawMessage
		if err := dec.Decode(&row); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if len(row) != len(cols) {
			return fmt.Errorf("row %d has %d values, want %d", total+1, len(row), len(cols))
		}
		for i, raw := range row {
			v, err := value(t.Columns[i].Kind, raw)
			if err != nil {
				return fmt.Errorf("row %d, column %s: %w", total+1, cols[i], err)
			}
			args, size = append(args, v), size+len(raw)
		}
		if total++; len(args) >= loadRows*len(cols) || len(args)+len(cols) > loadArgs || size > loadBytes {
			if err := insert(); err != nil {
				return err
			}
		}
	}
	if err := insert(); err != nil {
		return err
	}
	if total != t.Rows {
		return fmt.Errorf("%d rows, the manifest says %d", total, t.Rows)
	}
	return nil
}

// columnsOf returns the columns' names if the table has exactly these: names
// from a file are never put into a statement unchecked.
func (d *DB) columnsOf(g *gorm.DB, t Table) ([]string, error) {
	rows, err := g.Raw("SELECT * FROM `" + t.Name + "` WHERE 1 = 0").Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var cols []string
	for _, c := range t.Columns {
		cols = append(cols, c.Name)
	}
	a, b := slices.Sorted(slices.Values(have)), slices.Sorted(slices.Values(cols))
	if len(cols) == 0 || !slices.Equal(a, b) {
		return nil, fmt.Errorf("the backup has the columns %v, its schema has %v", b, a)
	}
	return cols, nil
}

// restoreGap is how far the counters leap at least at a restore: further than
// any phone can be ahead of its backup, so that a base noted in the lost time
// is older than everything written from now on. 2^20 transactions are years of
// one township's writes.
const restoreGap = 1 << 20

// What tells one restore of a backup from the next one of the same backup.
const (
	eraStart = 1735689600 // 2025-01-01 UTC in Unix seconds: four bytes of a cursor until 2033
	eraPace  = 1 << 11    // more transactions than one township commits in a second (docs/sync-protocol.md)
)

// era is the epoch and the counter with which a township goes on after a
// restore at an instant, Unix ms. Both go by the time: two restores of one
// backup differ in the epoch, and the later counter is above whatever was
// written after the earlier. Before 2025, by a wrong clock, they only leap.
func era(at, epoch, seq int64) (int64, int64) {
	s := at/1000 - eraStart
	return max(epoch+1, s), max(seq+restoreGap, s*eraPace)
}

// newEra makes the loaded database a new one for every phone and session.
func (d *DB) newEra(g *gorm.DB, tables []string) error {
	var spaces []auditSpace
	if err := g.Raw("SELECT `no`, `seq`, `epoch`, `audit_head` FROM `space` ORDER BY `no`").Scan(&spaces).Error; err != nil {
		return err
	}
	for _, sp := range spaces {
		sp.Epoch, sp.Seq = era(d.now(), sp.Epoch, sp.Seq)
		if err := g.Exec("UPDATE `space` SET `epoch` = ?, `seq` = ? WHERE `no` = ?", sp.Epoch, sp.Seq, sp.No).Error; err != nil {
			return err
		}
		if err := d.chain(g, auditLine{sp.No, sp.Seq, d.now(), "", "restore", fmt.Sprintf(`{"+epoch":["%d"]}`, sp.Epoch)}, sp.AuditHead); err != nil {
			return err
		}
	}
	// What was ended or used up since the backup must not come back: open
	// sessions end (a phone then logs in again and keeps its work; a revoked
	// one may still hand its work in), codes are void.
	if !slices.Contains(tables, "session") { // schema 1 had none
		return nil
	}
	now := d.now()
	if err := g.Exec("UPDATE `session` SET `expires_at` = ? WHERE `revoked_at` = 0 AND `expires_at` > ?", now, now).Error; err != nil {
		return err
	}
	var codes []string
	if err := g.Raw("SELECT `hash` FROM `onetime` WHERE `used_at` = 0").Scan(&codes).Error; err != nil || len(codes) == 0 {
		return err
	}
	if err := g.Exec("UPDATE `onetime` SET `used_at` = ? WHERE `used_at` = 0", now).Error; err != nil || !slices.Contains(tables, "account_chain") {
		return err
	}
	return d.did(g, deed{action: "restore", rows: map[string][]string{"onetime": codes}})
}

// cell is one value on its way to JSON: a number, a text, null, or
// {"b":"<base64>"} for bytes and for a text that is not valid UTF-8.
type cell struct {
	kind string
	v    any
}

// Scan implements sql.Scanner.
func (c *cell) Scan(v any) error {
	switch v := v.(type) {
	case []byte:
		c.v = bytes.Clone(v) // the driver uses its buffer again
	case nil, int64, string:
		c.v = v
	case bool:
		c.v = int64(0)
		if v {
			c.v = int64(1)
		}
	default:
		return fmt.Errorf("a value of type %T cannot be backed up", v)
	}
	return nil
}
