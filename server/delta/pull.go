package delta

import (
	"context"
	"slices"

	"daohu/server/access"
	"daohu/server/parcel"
)

// puller serves one page.
type puller struct {
	s       *Service
	ctx     context.Context
	actor   access.Actor
	cur     *cursor
	page    *page
	own     map[string]int64 // type + " " + id of rows told in own -> seq they were told at
	digests map[string]uint32
	ans     *answer
}

// pull fills ans with the next page after the request's cursor.
func (s *Service) pull(ctx context.Context, actor access.Actor, req *request, ans *answer) error {
	spaces, err := s.Store.Spaces(ctx, actor.User, req.Client)
	if err != nil {
		return err
	}
	for _, sp := range spaces {
		if sp.Wipe {
			ans.wipe, ans.cursor = true, req.Cursor
			return nil
		}
	}
	cur, err := s.readCursor(req.Cursor)
	if err != nil {
		ans.reconcile = true
		return nil
	}
	stale, restored, err := s.unservable(ctx, cur, spaces)
	if err != nil {
		return err
	}
	if stale || restored || vanished(cur, spaces) {
		ans.reconcile, ans.epoch, ans.cursor = true, restored, req.Cursor
		return nil
	}
	p := &puller{s: s, ctx: ctx, actor: actor, cur: cur, page: &page{budget: req.Budget, packed: req.Pack == parcel.Current}, own: ans.told(), ans: ans}
	if len(req.Digests) > 0 {
		p.digests = map[string]uint32{}
		for _, d := range req.Digests {
			p.digests[d.household] = d.sum
		}
	}
	return p.round(spaces)
}

// vanished reports whether the cursor has a township in which no assignment of
// the asker is left, not even an ended one: it was purged before the phone
// heard of its end. An unfinished first round counts, its mark is 0.
func vanished(cur *cursor, spaces []Space) bool {
	return slices.ContainsFunc(cur.marks, func(m mark) bool {
		begun := m.seq > 0 || cur.walk != nil && cur.walk.space == m.space
		return begun && !slices.ContainsFunc(spaces, func(sp Space) bool { return sp.No == m.space })
	})
}

// unservable: a cursor older than the tombstones kept is stale; one from
// another epoch, or ahead of the counter, means that the server was restored.
func (s *Service) unservable(ctx context.Context, cur *cursor, spaces []Space) (stale, restored bool, err error) {
	for _, sp := range spaces {
		m := cur.mark(sp.No)
		seq := m.seq
		if cur.walk != nil && cur.walk.space == sp.No {
			seq = max(seq, cur.walk.top)
		}
		switch {
		case m.seq == 0 && seq == 0:
		case m.epoch != sp.Epoch:
			restored = true
		case seq > sp.Seq:
			s.stats.Epochs.Add(1)
			if err := s.Store.RaiseEpoch(ctx, sp.No, sp.Epoch, seq); err != nil {
				return false, false, err
			}
			restored = true
		case m.seq > 0 && m.seq < sp.MinCursor:
			stale = true
		}
	}
	return stale, restored, nil
}

// round walks the townships in order until the page is full.
func (p *puller) round(spaces []Space) error {
	quiet := true
	if len(spaces) == 0 { // nothing was ever ours, or all of it was purged
		for _, id := range sortedKeys(p.digests) {
			p.ans.removed = append(p.ans.removed, [2]string{id, ""})
		}
	}
	for _, sp := range spaces {
		if w := p.cur.walk; w != nil && sp.No < w.space {
			continue // walked in an earlier page of this round
		}
		m := p.cur.mark(sp.No)
		if p.cur.walk == nil && m.seq == sp.Seq && p.digests == nil {
			continue
		}
		quiet = false
		if p.page.full() {
			p.ans.more = true
			break
		}
		finished, err := p.space(sp, m)
		if err != nil {
			return err
		}
		if !finished {
			p.ans.more = true
			break
		}
		if p.cur.mark(sp.No).seq < sp.Seq { // a round begun long ago: the next one at once
			p.ans.more = true
		}
	}
	if p.cur.walk != nil && !p.ans.more { // the township walked is no longer ours
		p.cur.walk = nil
	}
	p.ans.households, p.ans.items = p.page.bytes(), p.page.items
	p.ans.cursor = p.cur.encode(p.s.Tag)
	p.ans.quiet = quiet && len(p.ans.removed) == 0
	return nil
}

// space walks one township from the cursor on; finished means that its round
// has ended and its mark moved to the round's top.
func (p *puller) space(sp Space, m mark) (finished bool, err error) {
	w := p.cur.walk
	if w != nil && w.space != sp.No { // of a township that is no longer ours
		w = nil
	}
	first := w == nil
	if first {
		w = &walk{space: sp.No, top: sp.Seq}
	}
	scope, err := p.s.Store.Scope(p.ctx, p.actor.User, sp.Township, m.seq)
	if err != nil {
		return false, err
	}
	if first {
		if err := p.removals(sp, scope, m.seq, w.top); err != nil {
			return false, err
		}
	}
	scope = slices.DeleteFunc(scope, func(h Holding) bool {
		return h.SinceSeq == 0 || h.SinceSeq > w.top || h.No <= w.done
	})
	finished, err = p.households(sp, scope, m.seq, w)
	if err != nil {
		return false, err
	}
	done := int64(0)
	if !finished && m.seq == 0 { // nothing was ever held: all of them come
		for _, h := range scope {
			if h.No > w.done {
				p.ans.left++
			}
		}
	}
	if finished {
		p.cur.walk, done = nil, 1
		p.cur.set(mark{sp.No, sp.Epoch, w.top})
	} else {
		p.cur.walk = w
		p.cur.set(mark{sp.No, sp.Epoch, m.seq})
	}
	p.ans.tops = append(p.ans.tops, []int64{sp.No, w.top, done})
	return finished, nil
}

// removals tells the phone what it may no longer hold: assignments that were
// open at its cursor and ended by the round's top; with digests, also what it
// holds without any right.
func (p *puller) removals(sp Space, scope []Holding, since, top int64) error {
	var gone, was []string // was: what of it was ever ours; who has another's household is not told
	holds := map[string]bool{}
	for _, h := range scope {
		if h.SinceSeq > 0 {
			holds[h.Household] = true
		} else if h.FirstSeq <= since && h.UntilSeq > since && h.UntilSeq <= top {
			gone, was = append(gone, h.Household), append(was, h.Household)
		}
	}
	if p.digests != nil {
		mine, err := p.s.Store.Townships(p.ctx, p.actor.User, sortedKeys(p.digests))
		if err != nil {
			return err
		}
		for _, id := range sortedKeys(p.digests) {
			here, known := mine[id]
			if !holds[id] && !slices.Contains(gone, id) && (!known || here == sp.Township) {
				gone = append(gone, id)
				if known {
					was = append(was, id)
				}
				delete(p.digests, id)
			}
		}
	}
	if len(gone) == 0 {
		return nil
	}
	to, err := p.s.Store.Keepers(p.ctx, sp.Township, was)
	if err != nil {
		return err
	}
	for _, id := range gone {
		p.ans.removed = append(p.ans.removed, [2]string{id, to[id]})
	}
	return nil
}
