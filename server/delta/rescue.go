package delta

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/write"
)

// Rescue is the unsent work of one phone, taken from a file that it wrote.
type Rescue struct {
	Author access.Actor // whose phone it was, in the author's role and township
	// Changes are the mutations without their numbers, byte for byte as the
	// phone would send them; at most MaxRescued.
	Changes []json.RawMessage
	Dry     bool // say what would happen, and change nothing
}

// MaxRescued is how many changes one file may hold: a village worker's fifty
// days of forty changes.
const MaxRescued = 2000

// The fates of a rescued change.
const (
	FateWaiting = "waiting" // it lies in quarantine until the township decides
	FateStored  = "stored"  // it has its effect: what never waits in quarantine
	FateArrived = "arrived" // it had its effect before
	FateRefused = "refused" // it cannot be taken; nothing was kept of it
)

// Fate is what became of one rescued change, or would.
type Fate struct {
	Type, ID, Household string // "" = it cannot be read
	DeviceAt            int64  // the phone's clock, Unix ms; 0 = it cannot be read
	State               string
	Detail              string // a Chinese sentence
	Patch               json.RawMessage
}

// errDry takes back what a dry run queued.
var errDry = errors.New("delta: dry run")

// Rescue judges what a file of a phone holds, on behalf of a township admin:
// every change as a phone's whose session has ended, so that it waits for the
// township, once, whether the file comes twice or the phone sends it after all.
// Only households of the admin's own township are touched. The answer has one
// Fate for each change. Codes: too-large, unavailable.
func (s *Service) Rescue(ctx context.Context, admin access.Actor, in Rescue) ([]Fate, error) {
	if len(in.Changes) > MaxRescued {
		return nil, fault.New(fault.TooLarge, "")
	}
	in.Author.PushOnly = true
	out, muts := make([]Fate, len(in.Changes)), []mutation{}
	for i, raw := range in.Changes {
		m, err := rescued(int64(i)+1, raw)
		if err != nil || m.broken || len(raw) > MaxPush || s.types[m.typ] == nil {
			out[i] = Fate{State: FateRefused, Detail: "这一条读不懂，没有收。手机里的还在。"}
			continue
		}
		out[i] = Fate{Type: m.typ, ID: m.id, Household: m.household, DeviceAt: m.deviceAt, Patch: m.patch}
		muts = append(muts, m)
	}
	where, err := s.whereabouts(ctx, in.Author, muts)
	if err != nil {
		return nil, err
	}
	muts = slices.DeleteFunc(muts, func(m mutation) bool {
		f := &out[m.mid-1]
		switch t := s.types[m.typ]; {
		case where[m.household] != admin.Township:
			f.State, f.Detail = FateRefused, "这一户不在您的乡镇，或者从没归他管。"
		case t.Private != nil && !access.Cadre.In(t.Readers): // phones leave it out of their files
			f.State, f.Detail = FateRefused, "农户私下说的话不走文件，请用手机送。"
		default:
			return false
		}
		return true
	})
	for part := range slices.Chunk(muts, MaxMutations) {
		if err := s.rescue(ctx, admin, in, part, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// rescued reads one change; the number it gets is its place in the file.
func rescued(no int64, raw json.RawMessage) (mutation, error) {
	if len(raw) < 2 || raw[0] != '[' {
		return mutation{}, errors.New("not a list")
	}
	return decodeMutation(slices.Concat([]byte("["+strconv.FormatInt(no, 10)+","), raw[1:]))
}

// rescue judges some of the changes in one transaction; when the database
// refuses them together, each alone, as a push does.
func (s *Service) rescue(ctx context.Context, admin access.Actor, in Rescue, muts []mutation, out []Fate) error {
	err := s.judgeRescued(ctx, admin, in, muts, out)
	switch {
	case err == nil || fault.Is(err, fault.Unavailable) || ctx.Err() != nil:
		return err
	case len(muts) == 1:
		s.Log.ErrorContext(ctx, "a change of a file failed alone", "type", muts[0].typ, "err", err)
		out[muts[0].mid-1].State, out[muts[0].mid-1].Detail = FateRefused, fault.SpecOf(fault.Internal).Detail
		return nil
	}
	for i := range muts {
		if err := s.rescue(ctx, admin, in, muts[i:i+1], out); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) judgeRescued(ctx context.Context, admin access.Actor, in Rescue, muts []mutation, out []Fate) error {
	intent := write.Intent{Township: admin.Township, Actor: admin.User, Action: "rescue"}
	for _, m := range muts {
		intent.Households = append(intent.Households, m.household)
	}
	_, err := s.Store.Write(ctx, intent, func(tx write.Tx) error {
		j := &judge{s: s, ctx: ctx, tx: tx, actor: in.Author, brought: admin.User, receipts: map[string]write.Receipt{}}
		if err := j.load(muts); err != nil {
			return err
		}
		for _, m := range muts {
			_, before := j.receipts[m.id+" "+m.hash]
			v, err := j.mutation(m)
			if err != nil {
				return err
			}
			j.receipt(m, v)
			f := &out[m.mid-1]
			f.State, f.Detail = fateOf(v, before)
		}
		if in.Dry {
			return errDry
		}
		j.tx.Add(j.fresh)
		return nil
	})
	if errors.Is(err, errDry) {
		return nil
	}
	return err
}

// fateOf puts a verdict into words; before = the change had its effect before.
func fateOf(v verdict, before bool) (state, detail string) {
	switch {
	case v.code == codeQuarantined && before:
		return FateWaiting, "以前导入过或者送到过，正等您定。"
	case v.code == codeQuarantined:
		return FateWaiting, "放进“搁着的改动”，等您定。"
	case before && v.reason != "":
		return FateArrived, "以前送到过。" + v.reason
	case before:
		return FateArrived, "已送达，不用再收。"
	case v.code == "" || v.code == codeLate:
		return FateStored, "直接存好。"
	}
	return FateRefused, v.reason
}
