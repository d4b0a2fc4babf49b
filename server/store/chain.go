package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"gorm.io/gorm"
)

// A chain is a list of audit lines, each bound to the one before it by a keyed
// hash. Each township has one, and the accounts have one.

// accountsSpace is the number of the accounts' chain; townships count from 1.
const accountsSpace = 0

// AccountsChain names the accounts' chain where others are named by township.
const AccountsChain = "accounts"

// Chainer makes the links of the audit chain.
type Chainer interface {
	Chain(prev string, entry []byte) string
}

// Former is a key used before the present one.
type Former struct {
	Chainer
	ID string
	// Until are the ends of all chains, by space, when the key was replaced for
	// good: they must stand, and later lines may not be made with it. A chain
	// that is absent had no line. nil = not replaced yet.
	Until map[int64]Head
}

type auditLine struct {
	space, seq, at      int64
	actor, action, rows string
}

func (l auditLine) entry() ([]byte, error) {
	return json.Marshal([]any{l.space, l.seq, l.at, l.actor, l.action, l.rows})
}

// addLine stores one line after head and returns the new head.
func (d *DB) addLine(g *gorm.DB, l auditLine, head string) (string, error) {
	entry, err := l.entry()
	if err != nil {
		return "", err
	}
	hash := d.opt.Chain.Chain(head, entry)
	return hash, g.Exec("INSERT INTO `audit` (`space`, `seq`, `at`, `actor`, `action`, `rows`, `hash`) VALUES (?, ?, ?, ?, ?, ?, ?)",
		l.space, l.seq, l.at, l.actor, l.action, l.rows, hash).Error
}

// chain stores one line of a township after head and makes it the head.
func (d *DB) chain(g *gorm.DB, l auditLine, head string) error {
	hash, err := d.addLine(g, l, head)
	if err != nil {
		return err
	}
	return g.Exec("UPDATE `space` SET `audit_head` = ? WHERE `no` = ?", hash, l.space).Error
}

// Head is the end of one chain: written down elsewhere, it proves later that
// nothing before it was rewritten.
type Head struct {
	Township string `json:"township"` // area code, or AccountsChain
	Seq      int64  `json:"seq"`
	Hash     string `json:"hash"` // "" = no line yet
	At       int64  `json:"at"`   // of the last line, Unix ms
}

// Heads reads the end of every chain: the townships' by code, then the
// accounts', once it has a line.
func (d *DB) Heads(ctx context.Context) ([]Head, error) { return d.heads(d.gorm.WithContext(ctx)) }

func (d *DB) heads(g *gorm.DB) ([]Head, error) {
	out := []Head{}
	ends, err := d.ends(g)
	for _, e := range ends {
		out = append(out, e.Head)
	}
	return out, Classify(err)
}

// end is a Head with the number of its chain.
type end struct {
	Head
	No int64
}

const lastLine = "LEFT JOIN `audit` AS `a` ON `a`.`space` = `s`.`no` AND `a`.`seq` = (SELECT MAX(`b`.`seq`) FROM `audit` AS `b` WHERE `b`.`space` = `s`.`no`)"

func (d *DB) ends(g *gorm.DB) ([]end, error) {
	var out, accounts []end
	const what = "`s`.`no`, COALESCE(`a`.`seq`, 0) AS `seq`, COALESCE(`a`.`hash`, '') AS `hash`, COALESCE(`a`.`at`, 0) AS `at`"
	if err := g.Raw("SELECT `s`.`township`, " + what + " FROM `space` AS `s` " + lastLine + " ORDER BY `s`.`township`").Scan(&out).Error; err != nil {
		return nil, err
	}
	there, err := d.hasTable(g, "account_chain") // not before schema 10
	if err != nil || !there {
		return out, err
	}
	err = g.Raw("SELECT '" + AccountsChain + "' AS `township`, " + what + " FROM `account_chain` AS `s` " + lastLine).Scan(&accounts).Error
	return append(out, accounts...), err
}

func (d *DB) hasTable(g *gorm.DB, name string) (bool, error) {
	all, err := d.tables(g)
	return slices.Contains(all, name), err
}

// replay reads one chain again, line by line.
type replay struct {
	space int64
	keys  []Former // the present one to begin with; then the one that fitted last comes first
	want  map[int64]string
	out   *Verified
	note  func(seq, at int64, text string)
	prev  Head // after run: the end
}

func (d *DB) newReplay(a Audit, space int64, out *Verified) *replay {
	r := &replay{space: space, keys: append([]Former{{Chainer: d.opt.Chain}}, a.Older...), want: map[int64]string{}, out: out}
	for _, k := range a.Older {
		if h := k.Until[space]; h.Hash != "" {
			r.want[h.Seq] = h.Hash
		}
	}
	for _, h := range a.Heads {
		if h.Township == out.Township && h.Hash != "" {
			r.want[h.Seq] = h.Hash
		}
	}
	return r
}

// run reports whether any line fitted; none does when the key is another.
func (r *replay) run(g *gorm.DB) (fitted bool, err error) {
	rows, err := g.Raw("SELECT `seq`, `at`, `actor`, `action`, `rows`, `hash` FROM `audit` WHERE `space` = ? ORDER BY `seq`", r.space).Rows()
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		l, hash := auditLine{space: r.space}, ""
		if err := rows.Scan(&l.seq, &l.at, &l.actor, &l.action, &l.rows, &hash); err != nil {
			return fitted, err
		}
		ok, err := r.line(l, hash)
		if err != nil {
			return fitted, err
		}
		fitted = fitted || ok
	}
	for _, seq := range slices.Sorted(maps.Keys(r.want)) {
		r.out.find(seq, "", "", "the head written down earlier is not in the chain: lines were removed or rewritten since, or a backup was restored")
	}
	r.out.Seq, r.out.Hash, r.out.At = r.prev.Seq, r.prev.Hash, r.prev.At
	return fitted || r.out.Lines == 0, rows.Err()
}

func (r *replay) line(l auditLine, hash string) (bool, error) {
	entry, err := l.entry()
	if err != nil {
		return false, err
	}
	ok := r.fits(r.prev.Hash, entry, hash)
	switch k := r.keys[0]; {
	case ok && k.Until != nil && l.seq > k.Until[r.space].Seq:
		r.out.find(l.seq, "", "", "was made with the key "+k.ID+" after that was replaced: forged with a key that got out, or a server still uses it")
	case ok:
	case l.seq > r.prev.Seq+1:
		r.out.find(l.seq, "", "", fmt.Sprintf("does not follow from line %d: it was changed, or lines between are missing", r.prev.Seq))
	default:
		r.out.find(l.seq, "", "", "does not follow from the line before: one of the two was changed, added or moved")
	}
	r.note(l.seq, l.at, l.rows)
	if r.want[l.seq] == hash {
		delete(r.want, l.seq)
	}
	r.out.Lines++
	r.prev = Head{Seq: l.seq, Hash: hash, At: l.at}
	return ok, nil
}

func (r *replay) fits(prev string, entry []byte, hash string) bool {
	for i, k := range r.keys {
		if k.Chain(prev, entry) == hash {
			r.keys[0], r.keys[i] = r.keys[i], r.keys[0]
			return true
		}
	}
	return false
}

// Made reports whether any line of any chain was made with the key.
func (d *DB) Made(ctx context.Context, c Chainer) (bool, error) {
	rows, err := d.gorm.WithContext(ctx).Raw("SELECT `space`, `seq`, `at`, `actor`, `action`, `rows`, `hash` FROM `audit` ORDER BY `space`, `seq`").Rows()
	if err != nil {
		return false, Classify(err)
	}
	defer rows.Close()
	prev, space := "", int64(-1)
	for rows.Next() {
		var l auditLine
		var hash string
		if err := rows.Scan(&l.space, &l.seq, &l.at, &l.actor, &l.action, &l.rows, &hash); err != nil {
			return false, err
		}
		if l.space != space {
			prev, space = "", l.space
		}
		entry, err := l.entry()
		if err != nil {
			return false, err
		}
		if c.Chain(prev, entry) == hash {
			return true, nil
		}
		prev = hash
	}
	return false, Classify(rows.Err())
}
