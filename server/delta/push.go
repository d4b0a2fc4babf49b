package delta

import (
	"context"
	"errors"
	"slices"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

var (
	// errClone ends a push: another phone goes by this client id.
	errClone = errors.New("delta: cloned client")
	// errForgot ends one: the server acknowledged more to this client id than it
	// knows of, so it was restored from a backup. No copy of a phone can look
	// so: whatever either was told, the server had consumed.
	errForgot = errors.New("delta: restored behind this phone")
)

// told reports whether err is about the phone as a whole, whatever it sends.
func told(err error) bool { return errors.Is(err, errClone) || errors.Is(err, errForgot) }

// push applies the request's mutations, each exactly once, and fills ans with
// what became of them.
func (s *Service) push(ctx context.Context, actor access.Actor, cl write.Client, req *request, ans *answer) error {
	now := ans.now
	if len(req.muts) == 0 && req.ackedMid == cl.AckedMid && req.Unsent == [2]int64{cl.Unsent, cl.OldestAt} && now-cl.SeenAt < 10*60_000 {
		ans.pushed, ans.last = true, cl.LastMid
		return s.results(ctx, req, cl, ans)
	}
	where, err := s.whereabouts(ctx, actor, req.muts)
	if err != nil {
		return err
	}
	runs := split(req.muts, where)
	if len(runs) == 0 {
		runs = []run{{}}
	}
	for _, r := range runs {
		if err := s.run(ctx, actor, req, r, ans); err != nil {
			if errors.Is(err, errClone) {
				ans.newClient = s.cloned(actor, req)
				return nil
			}
			if errors.Is(err, errForgot) {
				ans.reconcile, ans.epoch, ans.cursor = true, true, req.Cursor
				return nil
			}
			return err
		}
	}
	ans.pushed = true
	cl.LastMid = ans.last
	return s.results(ctx, req, cl, ans)
}

// results lists what the phone has not confirmed hearing.
func (s *Service) results(ctx context.Context, req *request, cl write.Client, ans *answer) error {
	if cl.LastMid <= req.ackedMid {
		return nil
	}
	rs, err := s.Store.Results(ctx, req.Client, req.ackedMid)
	if err != nil {
		return err
	}
	for _, r := range rs {
		ans.results = append(ans.results, []any{r.Mid, r.Code, r.Reason, r.Ref})
	}
	return nil
}

func (s *Service) whereabouts(ctx context.Context, actor access.Actor, muts []mutation) (map[string]string, error) {
	ids := map[string]string{}
	for _, m := range muts {
		if !m.broken {
			ids[m.household] = ""
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return s.Store.Townships(ctx, actor.User, sortedKeys(ids))
}

// run is a stretch of mutations for one township.
type run struct {
	township string
	muts     []mutation
}

// split keeps the order; a mutation for no known township goes with the one
// before it, where it will be refused.
func split(muts []mutation, where map[string]string) []run {
	var runs []run
	for _, m := range muts {
		tw := where[m.household]
		if n := len(runs); n > 0 && (runs[n-1].township == tw || tw == "") {
			runs[n-1].muts = append(runs[n-1].muts, m)
			continue
		} else if n > 0 && runs[n-1].township == "" {
			runs[n-1].township = tw
			runs[n-1].muts = append(runs[n-1].muts, m)
			continue
		}
		runs = append(runs, run{tw, []mutation{m}})
	}
	return runs
}

// run applies one run in one transaction. When the database refuses it for a
// reason that is not passing, each mutation is tried alone, and one that fails
// alone is consumed and given back to the user: no poison blocks the queue.
func (s *Service) run(ctx context.Context, actor access.Actor, req *request, r run, ans *answer) error {
	done, err := s.apply(ctx, actor, req, r, nil)
	switch {
	case err == nil:
		ans.last = done.last
		ans.tell(done.own, done.seq)
		return nil
	case told(err) || fault.Is(err, fault.Unavailable) || fault.Is(err, fault.NotFound) || ctx.Err() != nil || len(r.muts) == 0:
		return err
	}
	s.Log.ErrorContext(ctx, "push failed as a whole; trying mutations alone", "mutations", len(r.muts), "err", err)
	for _, m := range r.muts {
		one := run{r.township, []mutation{m}}
		done, err := s.apply(ctx, actor, req, one, nil)
		if err != nil && !fault.Is(err, fault.Unavailable) && !told(err) && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "mutation failed alone; returned to the user", "type", m.typ, "err", err)
			done, err = s.apply(ctx, actor, req, one, fault.Wrap(fault.Internal, err))
		}
		if err != nil {
			return err
		}
		ans.last = done.last
		ans.tell(done.own, done.seq)
	}
	return nil
}

// applied is what one transaction of a push did.
type applied struct {
	own  []ownRow
	last int64 // highest mutation consumed
	seq  int64 // of the transaction; 0 = no synced row was written
}

// apply judges the mutations of one run under the locks and queues their
// effects. refuse, when not nil, is the verdict on all of them.
func (s *Service) apply(ctx context.Context, actor access.Actor, req *request, r run, refuse *fault.Error) (applied, error) {
	in := write.Intent{Township: r.township, Actor: actor.User, Action: "sync", Client: req.Client}
	for _, m := range r.muts {
		if !m.broken {
			in.Households = append(in.Households, m.household)
		}
	}
	var done applied
	seq, err := s.Store.Write(ctx, in, func(tx write.Tx) error {
		cl := tx.Client()
		fresh, err := unseen(tx, req, r.muts)
		if err != nil {
			return err
		}
		j := &judge{s: s, ctx: ctx, tx: tx, actor: actor, wiped: cl.Wipe}
		if err := j.load(fresh); err != nil {
			return err
		}
		for _, m := range fresh {
			v := j.refused(refuse)
			if refuse == nil {
				if v, err = j.mutation(m); err != nil {
					return err
				}
			}
			j.note(m, v, req.Client)
			cl.LastMid = m.mid
		}
		j.queue()
		cl.AckedMid = max(cl.AckedMid, req.ackedMid)
		cl.Schema, cl.Unsent, cl.OldestAt, cl.SeenAt = req.Schema, req.Unsent[0], req.Unsent[1], tx.Now()
		done.last = cl.LastMid
		done.own, err = j.own()
		return err
	})
	if err != nil {
		return applied{}, err
	}
	s.stats.Mutations.Add(int64(len(r.muts)))
	done.seq = seq
	return done, nil
}

// unseen returns the mutations not consumed yet. An acknowledgement this server
// never gave shows that it forgot; whatever else contradicts what this client
// id sent before shows a clone: the acknowledged mutation or a consumed one has
// another hash, or mids are skipped.
func unseen(tx write.Tx, req *request, muts []mutation) ([]mutation, error) {
	cl := tx.Client()
	switch {
	case req.ackedMid > cl.LastMid:
		return nil, errForgot
	case req.ackedMid < cl.AckedMid:
		return nil, errClone
	}
	var seen []mutation
	fresh := muts
	for len(fresh) > 0 && fresh[0].mid <= cl.LastMid {
		seen, fresh = append(seen, fresh[0]), fresh[1:]
	}
	if len(fresh) > 0 && fresh[0].mid != cl.LastMid+1 {
		return nil, errClone
	}
	if req.ackedMid == 0 && len(seen) == 0 {
		return fresh, nil
	}
	hashes, err := tx.Hashes(req.ackedMid)
	if err != nil {
		return nil, err
	}
	if req.ackedMid > 0 && hashes[req.ackedMid] != req.ackedHash {
		return nil, errClone
	}
	for _, m := range seen {
		if hashes[m.mid] != m.hash {
			return nil, errClone
		}
	}
	return fresh, nil
}

// load reads what judging needs, few queries for the whole run.
func (j *judge) load(muts []mutation) error {
	byType := map[*record.Type][]string{}
	var rows, hashes, houses []string
	for _, m := range muts {
		t := j.s.types[m.typ]
		if m.broken || t == nil {
			continue
		}
		byType[t] = append(byType[t], m.id)
		rows, hashes = append(rows, m.id), append(hashes, m.hash)
		if !slices.Contains(houses, m.household) {
			houses = append(houses, m.household)
		}
	}
	j.before = map[string]record.Record{}
	for t, ids := range byType {
		got, err := j.tx.Load(t, ids...)
		if err != nil {
			return err
		}
		for id, r := range got {
			j.before[t.Name+" "+id] = t.Clone(r)
		}
	}
	if len(houses) == 0 {
		return nil
	}
	var err error
	if j.receipts, err = j.tx.Receipts(rows, hashes); err != nil {
		return err
	}
	gs, err := j.tx.Grants(houses...)
	for _, g := range gs {
		if g.Principal == j.actor.User {
			j.grants = append(j.grants, g)
		}
	}
	return err
}
