package booklet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/workflow"
	"daohu/server/write"
)

// ClipMime is the media type of recordings.
const ClipMime = "audio/mpeg"

// ClipStore reads recordings.
type ClipStore interface {
	// Find reads a live row in one of the townships; fault.NotFound.
	Find(ctx context.Context, t *record.Type, townships []string, id string) (record.Record, error)
	// EverTownships are those the principal has or had assignments in.
	EverTownships(ctx context.Context, principal string) ([]string, error)
}

// Recorder takes the sound of recordings. It is safe for concurrent use.
type Recorder struct {
	Store  ClipStore
	Writer write.Writer
}

// Take stores the sound of the actor's own recording, whose row has arrived,
// and returns the row: it waits for approval from then on. The same again
// changes nothing. Authorship counts, not a present assignment. Codes:
// not-found, checksum, too-large, invalid (no sound that is taken),
// wrong-state.
func (r *Recorder) Take(ctx context.Context, a access.Actor, id string, body []byte) (*Clip, error) {
	tws, err := r.Store.EverTownships(ctx, a.User)
	if err != nil {
		return nil, err
	}
	found, err := r.Store.Find(ctx, ClipType, tws, id)
	if err != nil {
		return nil, err
	}
	if found.Base().MadeBy != a.User {
		return nil, fault.New(fault.NotFound, "")
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	sound, millis, err := r.strip(found.(*Clip), hash, body)
	if err != nil {
		return nil, err
	}
	return r.move(ctx, a, found, func(tx write.Tx, now *Clip) error {
		switch {
		case now.SHA256 != hash:
			return fault.New(fault.Checksum, "录音没有传完整，请重新传。")
		case now.Sound != "":
			return nil
		case now.State != "":
			return fault.New(fault.WrongState, "")
		}
		now.Sound, now.Bytes, now.Seconds, now.State = write.Keep(tx, ClipMime, sound), int64(len(sound)), (millis+999)/1000, workflow.Pending
		return nil
	})
}

// move changes a recording under the lock and notes the step when its state is
// another then.
func (r *Recorder) move(ctx context.Context, a access.Actor, found record.Record, change func(tx write.Tx, now *Clip) error) (*Clip, error) {
	var out *Clip
	m := found.Base()
	in := write.Intent{Township: m.Township, Actor: a.User, Action: "clip", Households: []string{m.Household}}
	_, err := r.Writer.Write(ctx, in, func(tx write.Tx) error {
		got, err := tx.Load(ClipType, m.ID)
		if err != nil {
			return err
		}
		was, ok := got[m.ID].(*Clip)
		if !ok || was.DeletedAt > 0 {
			return fault.New(fault.NotFound, "")
		}
		next := *was
		out = &next
		if err := change(tx, out); err != nil || next.State == was.State {
			return err
		}
		tx.Add(&write.Step{Type: ClipType.Name, Row: m.ID, Rev: was.Version, From: was.State, To: next.State, By: a.User, Reason: next.Words, At: tx.Now()})
		tx.Put(ClipType, out)
		return nil
	})
	return out, err
}

// strip checks the file against its row; of one that is there it needs no sound.
func (r *Recorder) strip(c *Clip, hash string, body []byte) ([]byte, int64, error) {
	if c.SHA256 != hash || c.Size != int64(len(body)) {
		return nil, 0, fault.New(fault.Checksum, "录音没有传完整，请重新传。")
	}
	if c.Sound != "" {
		return nil, 0, nil
	}
	return Strip(body)
}

// Withdraw takes an approved recording, seen at rev, away from the households:
// whose sound is wrong is heard no more. The caller's role and reach were
// judged. Codes: not-found, stale, wrong-state, invalid.
func (r *Recorder) Withdraw(ctx context.Context, a access.Actor, id string, rev int64, reason string) (*Clip, error) {
	if err := workflow.Words(reason, true); err != nil {
		return nil, err
	}
	found, err := r.Store.Find(ctx, ClipType, []string{a.Township}, id)
	if err != nil {
		return nil, err
	}
	return r.move(ctx, a, found, func(_ write.Tx, now *Clip) error {
		switch {
		case now.Version != rev:
			return fault.New(fault.Stale, "")
		case now.State != workflow.Approved:
			return fault.New(fault.WrongState, "只有通过了的录音才能停用。")
		}
		now.State, now.Words = workflow.Rejected, reason
		return nil
	})
}
