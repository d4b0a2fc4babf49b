package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/seal"
	"daohu/server/store"
)

// kept is what stays of a key that was replaced, sealed in the key ring: enough
// to check what was made with it, not to open anything.
type kept struct {
	seal.Subkeys
	until map[int64]store.Head // ends of the audit chains when it was replaced, by space; nil = it is not
}

// keptText is the text that is sealed of it.
type keptText struct {
	seal.Exposed
	Until map[int64]store.Head `json:"until"`
}

// ErrOldKeyFirst says that DAOHU_KEY begins with a key that was replaced.
var ErrOldKeyFirst = errors.New("DAOHU_KEY begins with a key that was replaced by another; put the newer one in front, and give a new key an id that was never used")

// ring reads the key ring, the newest first; closed says why something in it
// cannot be read.
func (a *App) ring(ctx context.Context) (out []kept, closed, err error) {
	list, err := a.DB.Keyring(ctx)
	for _, k := range list {
		if k.ID == a.Box.Current() {
			return nil, nil, ErrOldKeyFirst
		}
		one := keptText{}
		text, err := a.Box.Open(k.Secret)
		if err == nil {
			err = json.Unmarshal([]byte(text), &one)
		}
		switch {
		case err != nil:
			closed = fmt.Errorf("what is kept of the key %s cannot be opened: it was changed, or the key it is sealed with is not in DAOHU_KEY: %w", k.ID, err)
		case one.ID != k.ID:
			closed = fmt.Errorf("what is kept of the key %s belongs to %s", k.ID, one.ID)
		default:
			out = append(out, kept{seal.Subkeys(one.Exposed), one.Until})
		}
	}
	return out, closed, err
}

// formers are the keys used before the present one: the others of DAOHU_KEY,
// then those of which only the key ring has something. What cannot be read of
// the ring is left out: a lost key must not keep the rest from being used.
func (a *App) formers(ctx context.Context) ([]kept, error) {
	ring, closed, err := a.ring(ctx)
	if err != nil {
		return nil, err
	}
	if closed != nil {
		a.opt.Log.WarnContext(ctx, "the key ring cannot be read whole; run daohu doctor", "err", closed)
	}
	var out []kept
	for _, s := range a.Box.Subkeys()[1:] {
		k := kept{Subkeys: s}
		if i := slices.IndexFunc(ring, func(r kept) bool { return r.ID == s.ID }); i >= 0 {
			k.until = ring[i].until
			ring = slices.Delete(ring, i, i+1)
		}
		out = append(out, k)
	}
	return append(out, ring...), nil
}

// Audit verifies the audit chains; lines of keys used before fit too.
func (a *App) Audit(ctx context.Context, in store.Audit) ([]store.Verified, error) {
	formers, err := a.formers(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range formers {
		in.Older = append(in.Older, store.Former{Chainer: k.Subkeys, ID: k.ID, Until: k.until})
	}
	return a.DB.Verify(ctx, in)
}

// Rekeyed says what Rekey found and did.
type Rekeyed struct {
	Counts   []store.SealedCount // before
	Current  string              // id of the key that seals
	Old      int64               // values not sealed with it, before
	Values   int64               // sealed anew
	Left     int64               // still not: their key is unknown, they are damaged, or a server still has another key in front
	Replaced []string            // ids of keys that are not needed any more since now
}

// Rekey seals every sealed value of the database anew with the first key of
// DAOHU_KEY, and keeps in the key ring what is still needed of the others: then
// they may be dropped. A dry run counts. It may be run again after it was cut
// short, and while servers run that have the same key in front.
func (a *App) Rekey(ctx context.Context, dry bool, say func(stage string, done, total int)) (*Rekeyed, error) {
	out := &Rekeyed{Current: a.Box.Current()}
	formers, err := a.formers(ctx)
	if err != nil {
		return nil, err
	}
	if out.Counts, err = a.DB.CountSealed(ctx); err != nil {
		return nil, err
	}
	out.Old = others(out.Counts, out.Current)
	if dry {
		return out, nil
	}
	got, err := a.DB.Rekey(ctx, func(done int64) { say("换密钥", int(min(done, out.Old)), int(out.Old)) })
	out.Values = got.Values
	if err != nil {
		return out, err
	}
	after, err := a.DB.CountSealed(ctx)
	if err != nil {
		return out, err
	}
	out.Left = others(after, out.Current)
	for _, k := range formers {
		used := slices.ContainsFunc(after, func(c store.SealedCount) bool { return c.Key == k.ID })
		if used || k.until != nil {
			continue
		}
		made, err := a.DB.Made(ctx, k.Subkeys)
		if err == nil && !made { // it stands behind and never stood in front: it is the next one
			continue
		}
		if err == nil {
			err = a.replace(ctx, k)
		}
		if err != nil && !fault.Is(err, fault.IDTaken) {
			return out, err
		}
		out.Replaced = append(out.Replaced, k.ID)
	}
	return out, nil
}

// keyCheck fails on a server that still has a replaced key in front: what it
// writes would be taken for forged.
func (a *App) keyCheck(ctx context.Context) error {
	list, err := a.DB.Keyring(ctx)
	if err == nil && slices.ContainsFunc(list, func(k store.Kept) bool { return k.ID == a.Box.Current() }) {
		err = ErrOldKeyFirst
	}
	return err
}

// others counts the values that are not sealed with the key.
func others(counts []store.SealedCount, current string) (n int64) {
	for _, c := range counts {
		if c.Key != current {
			n += c.Values
		}
	}
	return n
}

func (a *App) replace(ctx context.Context, k kept) error {
	return a.DB.Replace(ctx, k.ID, func(until map[int64]store.Head) (record.Sealed, error) {
		text, err := json.Marshal(keptText{seal.Exposed(k.Subkeys), until})
		if err != nil {
			return "", err
		}
		return a.Box.Seal(string(text))
	})
}

// KeyState is one key that DAOHU_KEY names or that something is sealed with.
type KeyState struct {
	ID      string // "" = values that are not sealed at all
	Named   bool   // in DAOHU_KEY
	Current bool   // the first of it
	Kept    bool   // replaced: nothing needs it but older backups
	Values  int64
	Where   []string // table.column with such values
	Err     error    // a value that does not open; nil = one of each column did, or there is none
}

// Keys looks at every sealed value's key and opens one of each column and key.
// The error says what of the key ring cannot be read; the keys come with it.
func (a *App) Keys(ctx context.Context) ([]KeyState, error) {
	counts, err := a.DB.CountSealed(ctx)
	if err != nil {
		return nil, err
	}
	_, closed, err := a.ring(ctx)
	if err != nil {
		return nil, err
	}
	formers, err := a.formers(ctx)
	if err != nil {
		return nil, err
	}
	var out []KeyState
	for i, s := range a.Box.Subkeys() {
		out = append(out, KeyState{ID: s.ID, Named: true, Current: i == 0, Kept: i > 0 && formers[i-1].until != nil})
	}
	for _, c := range counts {
		i := slices.IndexFunc(out, func(k KeyState) bool { return k.ID == c.Key })
		if i < 0 {
			i, out = len(out), append(out, KeyState{ID: c.Key})
		}
		k := &out[i]
		k.Values, k.Where = k.Values+c.Values, append(k.Where, c.Table+"."+c.Column)
		if k.Named && k.Err == nil {
			if _, err := a.Box.Open(c.Sample); err != nil {
				k.Err = fmt.Errorf("%s.%s: %w", c.Table, c.Column, err)
			}
		}
	}
	return out, closed
}

// Say tells an operator in one sentence how a key stands; bad: something is lost
// or about to be.
func (k KeyState) Say() (text string, bad bool) {
	switch where := strings.Join(k.Where, ", "); {
	case k.ID == "":
		return fmt.Sprintf("%d values that must be sealed are not: %s", k.Values, where), true
	case !k.Named:
		return fmt.Sprintf("%d values are sealed with it and it is not in DAOHU_KEY: they cannot be read (%s)", k.Values, where), true
	case k.Err != nil:
		return fmt.Sprintf("does not open what is sealed with it: another key of the same id? (%v)", k.Err), true
	case k.Current:
		return fmt.Sprintf("seals; %d values, one of each column opened", k.Values), false
	case k.Values > 0:
		return fmt.Sprintf("%d values are still sealed with it: run `daohu rekey` before it is dropped (%s)", k.Values, where), false
	case k.Kept:
		return "nothing in the database needs it: it may be taken out of DAOHU_KEY; keep it on paper as long as the backups made with it", false
	}
	return "seals nothing: it was never in front, or `daohu rekey` must still keep what cards, codes and the audit log need of it", false
}
