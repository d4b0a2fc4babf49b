package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

const (
	// lease is how long a worker has a row for itself: longer than oneTry.
	lease = 2 * time.Minute
	// oneTry bounds the work on one row: a token, the request, both once more.
	oneTry = 45 * time.Second
	// MaxTries is after how many tries a row is given up: about four hours with
	// the pauses of backoff.
	MaxTries = 10
	// firstPause is the pause after the first failure; each one is twice as long.
	firstPause = 30 * time.Second
	batch      = 50
)

// Rows reads what somebody wrote.
type Rows interface {
	Find(ctx context.Context, t *record.Type, townships []string, id string) (record.Record, error)
}

// Worker does what waits. Several of them, on one server or more, do no harm:
// a row is leased to one by a compare-and-set. A worker that dies between
// doing a row and saying so leaves it to be done once more when the lease has
// run out: at least once, not exactly once.
type Worker struct {
	Queue     Queue
	Grants    Grants
	Users     Users
	Rows      Rows
	Writer    write.Writer
	Sealer    record.Sealer
	WeChat    WeChat
	Templates Templates
	Types     []*record.Type
	Now       func() time.Time
	Jitter    func(n int64) int64 // 0 <= x < n
	Log       *slog.Logger

	// Open and Dead are the rows that wait and that were given up, as of the
	// end of the last Drain.
	Open, Dead atomic.Int64
}

// Drain does what is due until nothing is, and says how many rows it took. An
// error is the database's; what WeChat says becomes of the row.
func (w *Worker) Drain(ctx context.Context) (int, error) {
	all := 0
	for {
		list, err := w.Queue.Unsent(ctx, w.now(), batch)
		if err != nil {
			return all, err
		}
		took := 0
		for _, o := range list {
			ok, err := w.Queue.Lease(ctx, &o, w.now()+lease.Milliseconds())
			if err != nil {
				return all, err
			}
			if !ok {
				continue
			}
			took++
			if err := w.one(ctx, o); err != nil {
				return all + took, err
			}
		}
		if all += took; took == 0 {
			return all, w.count(ctx)
		}
	}
}

func (w *Worker) now() int64 { return w.Now().UnixMilli() }

func (w *Worker) count(ctx context.Context) error {
	n, err := w.Queue.OutboxCounts(ctx)
	if err == nil {
		w.Open.Store(n[write.OutboxOpen])
		w.Dead.Store(n[write.OutboxDead])
	}
	return err
}

// one does one leased row and stores what came of it.
func (w *Worker) one(ctx context.Context, o write.Outbox) error {
	var err error
	if o.Tries <= MaxTries { // one more means that a worker died with it time after time
		try, cancel := context.WithTimeout(ctx, oneTry)
		var spread bool
		o.State = write.OutboxDone
		o.Code, spread, err = w.do(try, o)
		cancel()
		if spread && err == nil {
			return nil // stored with what it made
		}
		if ctx.Err() != nil {
			return ctx.Err() // the lease runs out by itself
		}
	}
	switch {
	case err == nil && o.Tries <= MaxTries:
	case o.Tries >= MaxTries:
		o.State = write.OutboxDead
		w.Log.ErrorContext(ctx, "given up", "outbox", o.ID, "kind", o.Kind, "err", err)
	default:
		o.State, o.DueAt = write.OutboxOpen, w.now()+w.backoff(o.Tries).Milliseconds()
	}
	if err != nil {
		o.Code = reason(err)
	}
	_, err = w.Queue.Finish(ctx, o)
	return err
}

// backoff is the pause after so many tries: between half and the whole of
// firstPause, doubled each time, so that many rows that failed together do not
// come back together.
func (w *Worker) backoff(tries int64) time.Duration {
	full := firstPause << min(tries-1, MaxTries)
	return full/2 + time.Duration(w.Jitter(int64(full/2)))
}

// reason is the short code of a failure.
func reason(err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return string(e.Code)
	}
	return string(fault.Internal)
}

// do does a row. The code says what came of it; an error means: later again.
// spread: the row was stored already.
func (w *Worker) do(ctx context.Context, o write.Outbox) (code string, spread bool, err error) {
	switch o.Kind {
	case kindMessage:
		code, err = w.send(ctx, o)
	case kindNotice:
		return "spread", true, w.spread(ctx, o)
	case kindCheck:
		code, err = w.check(ctx, o)
	default:
		code = "unknown"
	}
	return code, false, err
}

// send sends one reminder for one grant.
func (w *Worker) send(ctx context.Context, o write.Outbox) (string, error) {
	b, err := open(w.Sealer, o.Body)
	if err != nil {
		return "", err
	}
	t, ok := w.Templates[b.Cause]
	if !ok {
		return "no-template", nil
	}
	by, value := account.ByID, o.User
	if value == "" {
		by, value = account.ByHousehold, b.House
	}
	u, err := w.Users.FindUser(ctx, by, value)
	switch {
	case fault.Is(err, fault.NotFound):
		return "nobody", nil
	case err != nil:
		return "", err
	case u.OpenID == "" || u.DisabledAt > 0:
		return "no-wechat", nil
	}
	took, err := w.Grants.TakeGrant(ctx, u.ID, b.Cause)
	if err != nil {
		return "", err
	}
	if !took {
		return "no-grant", nil
	}
	err = w.WeChat.Subscribe(ctx, string(u.OpenID), t.ID, t.Page, b.data(t))
	switch {
	case err == nil:
		return "sent", nil
	case fault.Is(err, fault.Forbidden): // it was refused at WeChat: what we counted is worth nothing
		return "refused", w.Grants.DropGrants(ctx, u.ID, b.Cause)
	case fault.Is(err, fault.NotFound):
		return "no-wechat", nil
	}
	// Not sent: the grant is good for the next try, whoever makes it.
	return "", errors.Join(err, w.Grants.AddGrants(context.WithoutCancel(ctx), u.ID, b.Cause, 1, MostGrants))
}

// spread makes a message for everyone who asked to hear of notices.
func (w *Worker) spread(ctx context.Context, o write.Outbox) error {
	b, err := open(w.Sealer, o.Body)
	if err != nil {
		return err
	}
	users, err := w.Grants.Subscribers(ctx, o.Township, b.Cause)
	if err != nil {
		return err
	}
	more := make([]write.Outbox, 0, len(users))
	for _, u := range users {
		m := write.Outbox{Township: o.Township, Kind: kindMessage, User: u, Type: o.Type, Row: o.Row, MadeAt: o.MadeAt, DueAt: o.DueAt, State: write.OutboxOpen}
		if m.Body, err = b.seal(w.Sealer); err != nil {
			return err
		}
		more = append(more, m)
	}
	o.State, o.Code = write.OutboxDone, "spread"
	_, err = w.Queue.Spread(ctx, o, more)
	return err
}

// check asks WeChat about a text as it is now: the outbox keeps no copy of it.
// It blocks and deletes nothing.
func (w *Worker) check(ctx context.Context, o write.Outbox) (string, error) {
	i := slices.IndexFunc(w.Types, func(t *record.Type) bool { return t.Name == o.Type })
	if i < 0 {
		return "unknown", nil
	}
	t := w.Types[i]
	r, err := w.Rows.Find(ctx, t, []string{o.Township}, o.Row)
	if fault.Is(err, fault.NotFound) {
		return "gone", nil
	}
	if err != nil {
		return "", err
	}
	text := words(t, r)
	u, err := w.Users.FindUser(ctx, account.ByID, o.User)
	if text == "" || fault.Is(err, fault.NotFound) || err == nil && u.OpenID == "" {
		return "unchecked", nil
	}
	if err != nil {
		return "", err
	}
	for part := range slices.Chunk([]rune(text), TextRunes) {
		risky, err := w.WeChat.Risky(ctx, string(u.OpenID), string(part))
		switch {
		case fault.Is(err, fault.NotFound), fault.Is(err, fault.Gone):
			return "unchecked", nil
		case err != nil:
			return "", err
		case risky:
			return "risky", w.flag(ctx, t, r, text)
		}
	}
	return "passed", nil
}

// flagContent is the hint on a row whose text WeChat takes for risky.
const flagContent = "content"

// flag puts the hint on a row, if its text is still the one that was checked:
// another one has a check of its own.
func (w *Worker) flag(ctx context.Context, t *record.Type, r record.Record, text string) error {
	m := r.Base()
	in := write.Intent{Township: m.Township, Action: kindCheck, Households: []string{m.Household}}
	_, err := w.Writer.Write(ctx, in, func(tx write.Tx) error {
		got, err := tx.Load(t, m.ID)
		if err != nil {
			return err
		}
		row := got[m.ID]
		if row == nil || row.Base().DeletedAt > 0 || words(t, row) != text {
			return nil
		}
		var flags []string
		f, _ := t.Field("flags") // only such rows are checked
		if have := t.Get(row, f); have != "" {
			if err := json.Unmarshal([]byte(have), &flags); err != nil {
				return err
			}
		}
		if slices.Contains(flags, flagContent) {
			return nil
		}
		next := t.Clone(row)
		if err := t.Set(next, f, string(record.ListOf(append(flags, flagContent)))); err != nil {
			return err
		}
		tx.Put(t, next)
		return nil
	})
	return err
}
