package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"daohu/server/record"
	"daohu/server/write"
)

// What else a township's line says.
const (
	movedKey = "~household" // households whose last_seq alone moved
	grantKey = "+assignment"
	endKey   = "-assignment"
)

// bound lists what the transaction changed, for its audit line: ids, versions
// and marks, never a value.
func (t *tx) bound() map[string][]string {
	out, moved, shapes := map[string][]string{}, map[string]bool{}, map[*record.Type]shape{}
	for _, p := range t.puts {
		m := p.rec.Base()
		s, ok := shapes[p.t]
		if !ok {
			s = t.db.shape(p.t)
			shapes[p.t] = s
		}
		line := m.ID + " " + strconv.FormatInt(m.Version, 10) + " " + s.mark(t.db.opt.Chain, texts(p.t.Values(p.rec)))
		if m.DeletedAt > 0 {
			line += " " + deadMark
		}
		out[p.t.Name] = append(out[p.t.Name], line)
		moved[m.Household] = true
	}
	for id := range moved {
		if t.staged(t.db.house, id) == nil {
			out[movedKey] = append(out[movedKey], id)
		}
	}
	for _, g := range t.grants {
		out[grantKey] = append(out[grantKey], strings.Join([]string{g.Principal, g.Household, g.Source, g.Role}, " "))
	}
	for _, g := range t.ends {
		out[endKey] = append(out[endKey], strings.Join([]string{g.Principal, g.Household, g.Source}, " "))
	}
	for _, list := range out {
		slices.Sort(list)
	}
	return out
}

// Audit says what Verify looks at.
type Audit struct {
	Township string   // area code; "" = all, the accounts, and what lies outside all townships
	Older    []Former // keys used before the present one
	Heads    []Head   // written down earlier; each must still be in its chain
}

// Finding is one thing that is not as the program left it. It carries no
// personal data.
type Finding struct {
	Township string
	Seq      int64  // of the audit line concerned; 0 = none
	Type, ID string // of the row concerned; "" = none
	What     string // English sentence
}

func (f Finding) String() string {
	var b strings.Builder
	if f.Township != AccountsChain {
		b.WriteString("township ")
	}
	b.WriteString(f.Township)
	if f.Seq > 0 {
		fmt.Fprintf(&b, ", line %d", f.Seq)
	}
	if f.Type != "" {
		b.WriteString(", " + f.Type + " " + f.ID)
	}
	return b.String() + ": " + f.What
}

// Verified is the outcome for one township.
type Verified struct {
	Head
	Lines, Rows, Grants int64
	Findings            []Finding
}

func (v *Verified) find(seq int64, typ, id, what string) {
	v.Findings = append(v.Findings, Finding{v.Township, seq, typ, id, what})
}

// Verify reads the audit chains again, compares every row of the synced
// tables, every assignment, account, export and look at a sealed field with the
// last line that names it, and returns one outcome per township, then that of
// the accounts; findings outside all come last under the name "-". It sees one moment of the database and may run beside writes.
func (d *DB) Verify(ctx context.Context, a Audit) ([]Verified, error) {
	var out []Verified
	err := d.snapshot(ctx, func(g *gorm.DB) error {
		var spaces []auditSpace
		q, args := "SELECT `no`, `township`, `seq`, `epoch`, `min_cursor`, `audit_head` FROM `space`", []any{}
		if a.Township != "" {
			q, args = q+" WHERE `township` = ?", append(args, a.Township)
		}
		if err := g.Raw(q+" ORDER BY `township`", args...).Scan(&spaces).Error; err != nil {
			return err
		}
		for _, sp := range spaces {
			l := newLedger(d, a, sp)
			if err := l.run(g); err != nil {
				return err
			}
			out = append(out, l.out)
		}
		if a.Township != "" {
			return nil
		}
		accounts, err := d.verifyAccounts(g, a)
		if err != nil {
			return err
		}
		if accounts.Lines+accounts.Rows > 0 || len(accounts.Findings) > 0 {
			out = append(out, accounts)
		}
		stray, err := d.strays(g)
		if len(stray) > 0 {
			out = append(out, Verified{Head: Head{Township: "-"}, Findings: stray})
		}
		return err
	})
	return out, Classify(err)
}

// snapshot runs f on one consistent moment of the database, without locks:
// MVCC in InnoDB, a deferred read transaction on SQLite's log.
func (d *DB) snapshot(ctx context.Context, f func(g *gorm.DB) error) error {
	o := &sql.TxOptions{ReadOnly: true}
	if d.dialect == "mysql" {
		o.Isolation = sql.LevelRepeatableRead
	}
	return d.gorm.WithContext(ctx).Transaction(f, o)
}

// strays finds lines and rows that belong to no township.
func (d *DB) strays(g *gorm.DB) ([]Finding, error) {
	var out []Finding
	look := func(what, query string) error {
		var n int64
		err := g.Raw(query).Scan(&n).Error
		if n > 0 {
			out = append(out, Finding{Township: "-", What: fmt.Sprintf(what, n)})
		}
		return err
	}
	if err := look("%d audit lines belong to no township", "SELECT COUNT(*) FROM `audit` WHERE `space` <> 0 AND `space` NOT IN (SELECT `no` FROM `space`)"); err != nil {
		return nil, err
	}
	tables := []string{write.Grant{}.TableName()}
	for _, t := range d.opt.Types {
		tables = append(tables, t.Name)
	}
	for _, t := range tables {
		if err := look("%d rows of "+t+" belong to no township", "SELECT COUNT(*) FROM `"+t+"` WHERE `township` NOT IN (SELECT `township` FROM `space`)"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type auditSpace struct {
	No, Seq, Epoch, MinCursor int64
	Township, AuditHead       string
}

// noted is what the last line that names a row says of it.
type noted struct {
	version, mark string
	seq           int64
	dead          bool
	chain         Chainer
}

type grantNote struct {
	role                string
	since, until, ended int64
}

// ledger replays one township's audit lines.
type ledger struct {
	*replay
	d      *DB
	sp     auditSpace
	rows   map[string]map[string]noted
	last   map[string]int64          // household -> last_seq
	grants map[[3]string][]grantNote // by principal, household, source
	out    Verified
}

func newLedger(d *DB, a Audit, sp auditSpace) *ledger {
	l := &ledger{d: d, sp: sp, rows: map[string]map[string]noted{}, last: map[string]int64{}, grants: map[[3]string][]grantNote{}}
	for _, t := range d.opt.Types {
		l.rows[t.Name] = map[string]noted{}
	}
	l.out.Township = sp.Township
	l.replay = d.newReplay(a, sp.No, &l.out)
	l.note = l.keep
	return l
}

func (l *ledger) find(seq int64, typ, id, what string) { l.out.find(seq, typ, id, what) }

// otherKey stands in place of everything when no line of a chain fits.
const otherKey = "no audit line fits; either all were rewritten, or DAOHU_KEY is not the key they were written with"

func (l *ledger) run(g *gorm.DB) error {
	fitted, err := l.replay.run(g)
	if err != nil {
		return err
	}
	if !fitted { // everything would differ: say what is wrong once
		l.out.Findings = nil
		l.find(0, "", "", otherKey)
		return nil
	}
	l.ends(l.prev)
	for _, t := range l.d.opt.Types {
		if err := l.compare(g, t); err != nil {
			return err
		}
	}
	return l.assignments(g)
}

// ends compares the chain's end with the township's counter. Only a restore
// that a phone noticed moves the counter without a line.
func (l *ledger) ends(prev Head) {
	if prev.Hash != l.sp.AuditHead {
		l.find(prev.Seq, "", "", "the chain does not end at the stored head: last lines are missing or added, or the head was changed")
	}
	if l.sp.Seq < prev.Seq || l.sp.Seq > prev.Seq && l.sp.Epoch == 1 {
		l.find(prev.Seq, "", "", fmt.Sprintf("the counter stands at %d, not at the last line", l.sp.Seq))
	}
}

// keep notes what a line says of its rows; later lines write over it.
func (l *ledger) keep(seq, at int64, text string) {
	said := map[string][]string{}
	if err := json.Unmarshal([]byte(text), &said); err != nil {
		l.find(seq, "", "", "its list of rows cannot be read")
		return
	}
	for _, id := range said[movedKey] {
		l.last[id] = seq
	}
	for _, e := range said[endKey] {
		if p := strings.Split(e, " "); len(p) == 3 {
			for i, n := range l.grants[[3]string(p)] {
				if n.until == 0 {
					l.grants[[3]string(p)][i].until, l.grants[[3]string(p)][i].ended = seq, at
				}
			}
		}
	}
	for _, e := range said[grantKey] {
		if p := strings.Split(e, " "); len(p) == 4 {
			key := [3]string(p[:3])
			l.grants[key] = append(l.grants[key], grantNote{role: p[3], since: seq})
		}
	}
	for name, rows := range l.rows {
		for _, e := range said[name] {
			p := strings.Split(e, " ")
			if len(p) < 3 {
				l.find(seq, name, p[0], "the line names the row without its content")
				continue
			}
			rows[p[0]] = noted{p[1], p[2], seq, len(p) > 3 && p[3] == deadMark, l.keys[0].Chainer}
			if name == l.d.house.Name {
				l.last[p[0]] = seq
			}
		}
	}
}

// compare reads one table whole; what is left of the notes then is missing.
func (l *ledger) compare(g *gorm.DB, typ *record.Type) error {
	s, open := l.d.shape(typ), l.rows[typ.Name]
	rows, err := g.Raw("SELECT `"+strings.Join(s.cols, "`, `")+"` FROM `"+typ.Name+"` WHERE `township` = ?", l.sp.Township).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	cells, into := make([]sql.NullString, len(s.cols)), make([]any, len(s.cols))
	for i := range cells {
		into[i] = &cells[i]
	}
	at := func(col string) string { return cells[slices.Index(s.cols, col)].String }
	have := make([]string, len(s.cols))
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		l.out.Rows++
		for i, c := range cells {
			have[i] = c.String
		}
		id := at("id")
		n, named := open[id]
		delete(open, id)
		switch {
		case !named:
			l.find(0, typ.Name, id, "no audit line names this row: it was added behind the program's back")
		case at("version") != n.version || s.wrong(n.chain, have, n.mark) != "":
			l.find(n.seq, typ.Name, id, cmp.Or(s.wrong(n.chain, have, n.mark), "the row is not of the version this line left: it was changed behind the program's back"))
		case typ == l.d.house && at("last_seq") != strconv.FormatInt(l.last[id], 10):
			l.find(l.last[id], typ.Name, id, "the row's last_seq is not that of the last line about the household")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(open)) {
		if n := open[id]; !n.dead || n.seq > l.sp.MinCursor { // old tombstones are purged by rule
			l.find(n.seq, typ.Name, id, "the row is missing: it was deleted behind the program's back")
		}
	}
	return rows.Err()
}

// assignments compares who holds what with the lines that gave and took it.
func (l *ledger) assignments(g *gorm.DB) error {
	var list []write.Grant
	if err := g.Raw("SELECT `township`, `principal`, `household`, `source`, `role`, `since_seq`, `until_seq`, `ended_at` FROM `assignment` WHERE `township` = ?", l.sp.Township).Scan(&list).Error; err != nil {
		return err
	}
	const name = "assignment"
	for _, a := range list {
		l.out.Grants++
		key := [3]string{a.Principal, a.Household, a.Source}
		i := slices.IndexFunc(l.grants[key], func(n grantNote) bool { return n.since == a.SinceSeq })
		if i < 0 {
			l.find(a.SinceSeq, name, strings.Join(key[:], " "), "no audit line gives this: it was added or changed behind the program's back")
			continue
		}
		n := l.grants[key][i]
		l.grants[key] = slices.Delete(l.grants[key], i, i+1)
		if n != (grantNote{a.Role, a.SinceSeq, a.UntilSeq, a.EndedAt}) {
			l.find(max(a.SinceSeq, n.until), name, strings.Join(key[:], " "), "the role or the end is not as the lines say: it was changed behind the program's back")
		}
	}
	for key, list := range l.grants {
		for _, n := range list {
			if n.until == 0 || n.until > l.sp.MinCursor { // ended ones are purged by rule
				l.find(n.since, name, strings.Join(key[:], " "), "missing: it was deleted behind the program's back")
			}
		}
	}
	return nil
}
