package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/registry"
	"daohu/server/roster"
	"daohu/server/write"
)

// The accounts' chain: one line for each change of an account, each workbook
// that left and each look at a sealed field, written in the transaction of the
// change. A line names rows by table as "<key> <mark>", and "<key> x" when the
// row is gone. Logging in and renewing a session change no account and have no
// line: nobody's log-ins are kept here.
const (
	columnsKey = "~columns" // columns of a user that a line changed, by name
	beforeKey  = "~before"  // "<table> <Unix ms>": older rows may be gone by rule
	keyKey     = "+key"     // a key was replaced
	broughtKey = "+rescue"  // "<id in quarantine> <author>": brought in as a file of the author's phone
)

// bound says how the chain binds the rows of one table.
type bound struct {
	table  string
	key    string
	cols   []string // that are marked; nil = all but skip
	skip   string   // changes without a line
	sealed string   // column that is sealed; "" = none
	when   string   // only rows with this column not 0 need a line; "" = all
	// may says that a row named at at, Unix ms, may be gone without a line; nil
	// = never.
	may func(at, now int64) bool
}

// boundTables lists them. What is read over and over while people work (the
// last code of a second factor, the end of a session) is left out.
func boundTables() []bound {
	return []bound{
		{table: account.User{}.TableName(), key: "id", sealed: "phone"},
		{table: account.Factor{}.TableName(), key: "user", sealed: "secret", skip: "last_step"},
		{table: account.Code{}.TableName(), key: "hash", may: func(at, now int64) bool { return at+account.CodeLife.Milliseconds() <= now }},
		{table: account.Session{}.TableName(), key: "id", cols: []string{"id", "user", "kind", "revoked_at"}, when: "revoked_at", may: func(int64, int64) bool { return true }}, // a session that is gone opens nothing
		{table: write.Client{}.TableName(), key: "id", cols: []string{"id", "user", "wipe"}, when: "wipe"},
		{table: roster.Release{}.TableName(), key: "id"},
		{table: registry.Access{}.TableName(), key: "id"},
	}
}

func boundTable(name string) bound {
	all := boundTables()
	return all[slices.IndexFunc(all, func(b bound) bool { return b.table == name })]
}

// each reads rows of the table and calls f with the table's shape, the key, and
// the texts of the columns.
func (b bound) each(d *DB, g *gorm.DB, where string, args []any, f func(s shape, key string, texts []string) error) error {
	what := "*"
	if b.cols != nil {
		what = "`" + strings.Join(b.cols, "`, `") + "`"
	}
	rows, err := g.Raw("SELECT "+what+" FROM `"+b.table+"`"+where, args...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	s, err := b.shape(d, rows)
	if err != nil {
		return err
	}
	cells, into := make([]sql.NullString, len(s.cols)), make([]any, len(s.cols))
	for i := range cells {
		into[i] = &cells[i]
	}
	key, have := slices.Index(s.cols, b.key), make([]string, len(s.cols))
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, c := range cells {
			have[i] = c.String
		}
		if err := f(s, have[key], have); err != nil {
			return err
		}
	}
	return rows.Err()
}

// shape is that of the columns as the database gives them.
func (b bound) shape(d *DB, rows *sql.Rows) (shape, error) {
	s := shape{name: b.table, sealed: map[int]bool{}, sealer: d.opt.Sealer}
	types, err := rows.ColumnTypes()
	if err != nil {
		return s, err
	}
	for i, t := range types {
		kind, err := kindOf(t.DatabaseTypeName())
		if err != nil {
			return s, err
		}
		s.cols, s.number = append(s.cols, t.Name()), append(s.number, kind == "int")
		if t.Name() != b.skip {
			s.order = append(s.order, i)
		}
		if t.Name() == b.sealed {
			s.sealed[i] = true
		}
	}
	s.sort()
	return s, nil
}

// deed is one line for the accounts' chain: what was done, and the keys of the
// rows it concerns by table. The line says how these stand now.
type deed struct {
	actor, action string
	rows          map[string][]string
	also          map[string][]string
}

// did adds a line in the transaction g of the change. It comes last in the
// transaction: the chain's end is held to commit.
func (d *DB) did(g *gorm.DB, w deed) error {
	said := maps.Clone(w.also)
	if said == nil {
		said = map[string][]string{}
	}
	for table, keys := range w.rows {
		b, marks := boundTable(table), map[string]string{}
		for part := range slices.Chunk(keys, 500) {
			err := b.each(d, g, " WHERE `"+b.key+"` IN ?", []any{part}, func(s shape, key string, texts []string) error {
				marks[key] = s.mark(d.opt.Chain, texts)
				return nil
			})
			if err != nil {
				return err
			}
		}
		for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
			mark, there := marks[key]
			if !there {
				mark = deadMark
			}
			said[table] = append(said[table], key+" "+mark)
		}
	}
	text, err := json.Marshal(said) // map keys come out sorted
	if err != nil {
		return err
	}
	return d.accountLine(g, w.actor, w.action, string(text))
}

func (d *DB) accountLine(g *gorm.DB, actor, action, text string) error {
	const next = "UPDATE `account_chain` SET `seq` = `seq` + 1 WHERE `no` = 0"
	up := g.Exec(next)
	if up.Error == nil && up.RowsAffected == 0 { // the first line
		if err := g.Exec("INSERT INTO `account_chain` (`no`, `seq`, `audit_head`) VALUES (0, 0, '')").Error; err != nil && !duplicate(err) {
			return err
		}
		up = g.Exec(next)
	}
	if up.Error != nil {
		return up.Error
	}
	var end struct {
		Seq       int64
		AuditHead string
	}
	if err := g.Raw("SELECT `seq`, `audit_head` FROM `account_chain` WHERE `no` = 0").Take(&end).Error; err != nil {
		return err
	}
	hash, err := d.addLine(g, auditLine{accountsSpace, end.Seq, d.now(), actor, action, text}, end.AuditHead)
	if err != nil {
		return err
	}
	return g.Exec("UPDATE `account_chain` SET `audit_head` = ? WHERE `no` = 0", hash).Error
}

// by is who acts in the context of g.
func by(g *gorm.DB) string { return access.ActorID(g.Statement.Context) }

// beginAccounts names the rows that were there before the chain was: once, in
// the transaction that ends the migration that brings it.
func (d *DB) beginAccounts(g *gorm.DB) error {
	for _, b := range boundTables() {
		var keys []string
		where := ""
		if b.when != "" {
			where = " WHERE `" + b.when + "` <> 0"
		}
		if err := g.Raw("SELECT `" + b.key + "` FROM `" + b.table + "`" + where + " ORDER BY `" + b.key + "`").Scan(&keys).Error; err != nil {
			return err
		}
		for part := range slices.Chunk(keys, 500) {
			if err := d.did(g, deed{action: "begin", rows: map[string][]string{b.table: part}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Forget notes in the accounts' chain that rows of export or access_log older
// than before, Unix ms, may be gone: it comes before they are deleted by the
// rule of how long they are kept. Without it every one of them is a finding.
func (d *DB) Forget(ctx context.Context, table string, before int64) error {
	return Classify(d.retry(ctx, func() error {
		return d.gorm.WithContext(ctx).Transaction(func(g *gorm.DB) error {
			return d.did(g, deed{actor: by(g), action: "forget", also: map[string][]string{beforeKey: {boundTable(table).table + " " + strconv.FormatInt(before, 10)}}})
		})
	}))
}

// AccountLine is one line of the accounts' chain, without its proof.
type AccountLine struct {
	Seq, At       int64
	Actor, Action string // user id, "" = the system or the operator; what was done
	Rows          string // JSON: keys and marks by table
}

// AccountLines reads the lines of the accounts' chain after seq, oldest first,
// at most 1000.
func (d *DB) AccountLines(ctx context.Context, after int64) ([]AccountLine, error) {
	var out []AccountLine
	err := d.gorm.WithContext(ctx).Raw("SELECT `seq`, `at`, `actor`, `action`, `rows` FROM `audit` WHERE `space` = 0 AND `seq` > ? ORDER BY `seq` LIMIT 1000", after).Scan(&out).Error
	return out, Classify(err)
}

// accountNote is what the last line that names a row says of it.
type accountNote struct {
	mark    string
	seq, at int64
	chain   Chainer
}

// accountLedger replays the accounts' chain.
type accountLedger struct {
	*replay
	rows   map[string]map[string]accountNote
	before map[string]int64
	out    Verified
}

func (d *DB) verifyAccounts(g *gorm.DB, a Audit) (Verified, error) {
	l := &accountLedger{rows: map[string]map[string]accountNote{}, before: map[string]int64{}, out: Verified{Head: Head{Township: AccountsChain}}}
	for _, b := range boundTables() {
		l.rows[b.table] = map[string]accountNote{}
	}
	l.replay = d.newReplay(a, accountsSpace, &l.out)
	l.note = l.keep
	fitted, err := l.run(g)
	if err != nil {
		return l.out, err
	}
	if !fitted {
		l.out.Findings = nil
		l.out.find(0, "", "", otherKey)
		return l.out, nil
	}
	var end struct {
		Seq       int64
		AuditHead string
	}
	if err := g.Raw("SELECT `seq`, `audit_head` FROM `account_chain` WHERE `no` = 0").Scan(&end).Error; err != nil {
		return l.out, err
	}
	if end.AuditHead != l.prev.Hash || end.Seq != l.prev.Seq {
		l.out.find(l.prev.Seq, "", "", "the chain does not end at the stored head: last lines are missing or added, or the head was changed")
	}
	for _, b := range boundTables() {
		if err := l.compare(d, g, b); err != nil {
			return l.out, err
		}
	}
	return l.out, nil
}

// keep notes what a line says; later lines write over it.
func (l *accountLedger) keep(seq, at int64, text string) {
	said := map[string][]string{}
	if err := json.Unmarshal([]byte(text), &said); err != nil {
		l.out.find(seq, "", "", "its list of rows cannot be read")
		return
	}
	for _, e := range said[beforeKey] {
		table, ms, _ := strings.Cut(e, " ")
		if n, err := strconv.ParseInt(ms, 10, 64); err == nil {
			l.before[table] = max(l.before[table], n)
		}
	}
	for table, rows := range l.rows {
		for _, e := range said[table] {
			key, mark, _ := strings.Cut(e, " ")
			rows[key] = accountNote{mark, seq, at, l.keys[0].Chainer}
		}
	}
}

// compare reads one table whole; what is left of the notes then is missing.
func (l *accountLedger) compare(d *DB, g *gorm.DB, b bound) error {
	open := l.rows[b.table]
	err := b.each(d, g, "", nil, func(s shape, key string, texts []string) error {
		n, named := open[key]
		delete(open, key)
		needed := b.when == "" || texts[slices.Index(s.cols, b.when)] != "0"
		switch {
		case !named && !needed:
			return nil
		case !named:
			l.out.find(0, b.table, key, "no audit line names this row: it was added behind the program's back")
		case n.mark == deadMark:
			l.out.find(n.seq, b.table, key, "this line says that the row is gone: it was put back behind the program's back")
		default:
			if why := s.wrong(n.chain, texts, n.mark); why != "" {
				l.out.find(n.seq, b.table, key, why)
			}
		}
		l.out.Rows++
		return nil
	})
	now := d.now()
	for _, key := range slices.Sorted(maps.Keys(open)) {
		n := open[key]
		if n.mark != deadMark && n.at >= l.before[b.table] && (b.may == nil || !b.may(n.at, now)) {
			l.out.find(n.seq, b.table, key, "the row is missing: it was deleted behind the program's back")
		}
	}
	return err
}
