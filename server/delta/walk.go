package delta

import (
	"bytes"
	"strings"

	"daohu/server/record"
)

// batchFull and batchDelta are how many households are read at once: enough
// to fill a page in one go, few enough not to read what will not be sent.
const (
	batchFull  = 12
	batchDelta = 60
)

// households sends the holdings of scope from the walk's place on.
func (p *puller) households(sp Space, scope []Holding, since int64, w *walk) (finished bool, err error) {
	if w.typ > 0 { // inside a large household
		if len(scope) == 0 || scope[0].No != w.done+1 {
			w.typ, w.id, w.whole = 0, "", false // it left our hands meanwhile
		} else if ok, err := p.large(sp, scope[0], since, w, w.whole || scope[0].SinceSeq > since); err != nil || !ok {
			return false, err
		} else {
			scope = scope[1:]
		}
	}
	for len(scope) > 0 {
		if p.page.full() {
			return false, nil
		}
		n := batch(scope, since)
		lists, err := p.read(sp, scope[:n], since)
		if err != nil {
			return false, err
		}
		for i, h := range scope[:n] {
			ok, err := p.one(sp, h, lists[h.Household], since, w)
			if err != nil || !ok {
				return false, err
			}
			if p.page.full() && i < n-1 {
				return false, nil
			}
		}
		scope = scope[n:]
	}
	return true, nil
}

func batch(scope []Holding, since int64) int {
	n, full := 0, 0
	for _, h := range scope {
		if h.SinceSeq > since {
			full++
		}
		if n++; full >= batchFull || n >= batchDelta {
			break
		}
	}
	return n
}

// one sends one household whole, or the first part of a large one. It reports
// false when the page ends before or inside it.
func (p *puller) one(sp Space, h Holding, rows []row, since int64, w *walk) (bool, error) {
	full := h.SinceSeq > since
	if p.digests != nil {
		want, asked := p.digests[h.Household]
		switch {
		case !asked && !full: // it should be there, and is not
			p.s.stats.Healed.Add(1)
			full = true
		case !asked:
		case full && want == sum(rows):
			w.done = h.No
			return true, nil
		case !full && h.LastSeq <= since && want == sum(rows):
			w.done = h.No
			return true, nil
		case !full: // changed since: the delta follows from what was read whole
			now := h
			now.LastSeq = max(h.LastSeq, since+1) // it may have changed while this page was made
			fresh, err := p.read(sp, []Holding{now}, since, true)
			if err != nil {
				return false, err
			}
			if full = h.LastSeq <= since && len(fresh[h.Household]) == 0; full {
				p.s.stats.Healed.Add(1)
			} else {
				rows = fresh[h.Household]
			}
		}
	}
	if !full && len(rows) == 0 {
		w.done = h.No
		return true, nil
	}
	it := item{id: h.Household, space: sp.No, full: full, rows: rows}
	b := it.encode(p.s.Types)
	if len(b) > p.page.budget && p.compressed(b) > p.page.budget {
		if len(p.page.items) > 0 {
			return false, nil // begin the large one on a page of its own
		}
		return p.large(sp, h, since, w, full)
	}
	if p.page.measure(b); p.page.full() && len(p.page.items) > 0 && p.page.size() > p.page.budget+p.page.budget/4 {
		return false, nil
	}
	p.page.add(it, b)
	w.done = h.No
	return true, nil
}

func (p *puller) compressed(b []byte) int { return (&page{packed: p.page.packed}).measure(b) }

// large sends as much of a household as the page holds, from w on; full says
// whether whole or what changed.
func (p *puller) large(sp Space, h Holding, since int64, w *walk, full bool) (done bool, err error) {
	after := since
	if full {
		after = 0
	}
	it := item{id: h.Household, space: sp.No, full: full, cont: w.typ > 0}
	start, known := p.s.codes[w.typ]
	if !known { // a type this program does not know: the phone begins the household anew
		w.typ, w.id, it.cont = 0, "", false
	}
	for ti := start; ti < len(p.s.Types); ti++ {
		t := p.s.Types[ti]
		if !strings.Contains(t.Readers, h.Role) || !t.Lies(h.Household == sp.Common) && ti > 0 {
			continue
		}
		lastID := ""
		if w.typ > 0 && ti == start {
			lastID = w.id
		}
		for {
			recs, err := p.s.Store.Rows(p.ctx, t, Select{Township: sp.Township, Households: []string{h.Household}, After: after, AfterID: lastID, Limit: 50})
			if err != nil {
				return false, err
			}
			for _, r := range recs {
				lastID = r.Base().ID
				text, err := p.project(t, r, h.Role, full)
				if err != nil {
					return false, err
				}
				if text != nil {
					it.rows = append(it.rows, row{ti, lastID, text})
					p.page.measure(text)
				}
				if p.page.full() {
					w.done, w.typ, w.id, w.whole, it.more = h.No-1, code(t), lastID, full, true
					p.page.add(it, it.encode(p.s.Types))
					return false, nil
				}
			}
			if len(recs) < 50 {
				break
			}
		}
	}
	p.page.add(it, it.encode(p.s.Types))
	w.done, w.typ, w.id, w.whole = h.No, 0, "", false
	return true, nil
}

// read loads the rows of several holdings, few queries for all of them. With
// digests asked for, everything is read, to be compared; delta overrides that.
func (p *puller) read(sp Space, hs []Holding, since int64, delta ...bool) (map[string][]row, error) {
	whole, changed := []string{}, []string{}
	full := map[string]bool{}
	role := map[string]string{}
	for _, h := range hs {
		role[h.Household] = h.Role
		switch {
		case h.SinceSeq > since || (p.digests != nil && len(delta) == 0):
			whole, full[h.Household] = append(whole, h.Household), true
		case h.LastSeq > since:
			changed = append(changed, h.Household)
		}
	}
	out := map[string][]row{}
	for ti, t := range p.s.Types {
		for _, q := range []Select{{Households: whole}, {Households: changed, After: since}} {
			q.Township = sp.Township
			q.Households = ofKind(q.Households, sp.Common, t, ti == 0)
			if len(q.Households) == 0 || !strings.Contains(t.Readers, string(p.actor.Role)) {
				continue
			}
			recs, err := p.s.Store.Rows(p.ctx, t, q)
			if err != nil {
				return nil, err
			}
			for _, r := range recs {
				m := r.Base()
				text, err := p.project(t, r, role[m.Household], full[m.Household])
				if err != nil {
					return nil, err
				}
				if text != nil {
					out[m.Household] = append(out[m.Household], row{ti, m.ID, text})
				}
			}
		}
	}
	return out, nil
}

// ofKind keeps the households that can have rows of t: common types lie only
// with the pseudo-household, most others never do; everyone has a household row.
func ofKind(ids []string, common string, t *record.Type, household bool) []string {
	if household {
		return ids
	}
	var out []string
	for _, id := range ids {
		if t.Lies(id == common) {
			out = append(out, id)
		}
	}
	return out
}

// project gives a row as role may see it; a row that went or that the role
// may not see is a tombstone in a delta and nothing in a full household. Rows
// already told in own are left out.
func (p *puller) project(t *record.Type, r record.Record, role string, full bool) ([]byte, error) {
	m := r.Base()
	if seq, told := p.own[t.Name+" "+m.ID]; told && m.Seq > seq {
		p.ans.untell(t.Name, m.ID)
	} else if told && !full {
		return nil, nil
	}
	var text []byte
	var err error
	if m.DeletedAt == 0 {
		text, err = t.Project(r, role, p.s.Sealer)
	}
	if err != nil || text != nil {
		return bytes.Clone(text), err
	}
	if full {
		return nil, nil
	}
	return tombstone(m.ID), nil
}
