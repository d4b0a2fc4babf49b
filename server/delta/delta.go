// Package delta is the sync engine: push, pull, cursor, verdicts. The wire is
// specified in docs/sync-protocol.md; the words used there are used here.
//
// One exchange costs two queries when nothing changed, one more per township
// that changed, and one transaction per township that is written to. Nothing
// depends on the length of history or on the size of a township.
package delta

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// Limits of one request (design: sync.md 2 and 4).
const (
	MaxMutations = 100      // per request
	MaxPush      = 64 << 10 // bytes of all mutations
	MinBudget    = 4 << 10  // bytes of compressed answer
	MaxBudget    = 64 << 10
	MaxDigests   = 2000 // households a phone may hold
	// LateDays is how long after an assignment ended unsent work is still
	// taken as late; then it goes to quarantine.
	LateDays = 30
	// PollSeconds is the pause suggested when nothing is pending, before jitter.
	PollSeconds = 300
)

// Space is the counter row of one township.
type Space struct {
	No        int64
	Township  string
	County    string
	Common    string // id of the pseudo-household
	Seq       int64
	Epoch     int64
	MinCursor int64
	Wipe      bool // of the asking phone
}

// Holding is what one principal's assignments say about one household.
type Holding struct {
	Household string
	No        int64
	LastSeq   int64
	Role      string
	SinceSeq  int64 // of the newest open grant; 0 = none is open
	UntilSeq  int64 // of the latest ended grant, when none is open
	FirstSeq  int64 // since of the oldest grant
}

// Select says which rows of one type to read.
type Select struct {
	Township   string
	Households []string
	After      int64  // seq; rows with a greater one
	AfterID    string // with one household: rows with a greater id
	Limit      int    // 0 = all
}

// Reader is what a pull reads.
type Reader interface {
	// Spaces returns the townships the principal has or had assignments in, by
	// number, with the wipe mark of its phone.
	Spaces(ctx context.Context, principal, client string) ([]Space, error)
	// Scope returns the principal's holdings in one township that are open or
	// ended after seq since, by household number.
	Scope(ctx context.Context, principal, township string, since int64) ([]Holding, error)
	// Rows reads rows by household and id.
	Rows(ctx context.Context, t *record.Type, s Select) ([]record.Record, error)
	// Keeper names who holds each household now by pairing; "" = nobody.
	Keepers(ctx context.Context, township string, households []string) (map[string]string, error)
	// RaiseEpoch gives a space an epoch it never had and lifts its counter above
	// seq, unless its epoch is no longer the one given.
	RaiseEpoch(ctx context.Context, space, epoch, seq int64) error
}

// Phones is what a push reads outside the writing function.
type Phones interface {
	// Client returns the phone's row, made on first contact.
	Client(ctx context.Context, id, user string) (write.Client, error)
	// Townships says where the principal holds or held each household.
	Townships(ctx context.Context, principal string, households []string) (map[string]string, error)
	// Results returns those with mid > after that were not plainly applied.
	Results(ctx context.Context, client string, after int64) ([]write.Result, error)
}

// Store is everything the engine needs.
type Store interface {
	Reader
	Phones
	write.Writer
}

// Config hands in what the engine depends on.
type Config struct {
	Store  Store
	Types  []*record.Type
	Rules  map[string]write.Rule // by type name
	Sealer record.Sealer
	// Tag authenticates cursors, so that nobody can invent one from the future
	// and make the server believe it was restored.
	Tag     func([]byte) uint32
	OldTags []func([]byte) uint32 // of keys used before: their cursors are still taken
	Now     func() time.Time
	Jitter  func(n int) int // 0 <= x < n
	Schema  int64           // current number of the phone's tables
	Oldest  int64           // oldest one served
	Log     *slog.Logger
	// MinBudget is the smallest page a phone may ask for, in compressed bytes;
	// 0 = MinBudget. The simulation lowers it to get many pages.
	MinBudget int
}

// Service answers exchanges. It is safe for concurrent use.
type Service struct {
	Config
	types map[string]*record.Type
	codes map[int64]int // code of a type -> its place in Types
	house *record.Type
	stats Stats
}

// Stats count what the engine did; /metrics shows them.
type Stats struct {
	Exchanges, Mutations, Refused, Quarantined, Conflicts, Clones, Epochs, Healed atomic.Int64
}

// New returns a Service. The first type must be the household itself. It
// panics when two types share a code: rename the newer one.
func New(c Config) *Service {
	s := &Service{Config: c, types: map[string]*record.Type{}, codes: map[int64]int{}, house: c.Types[0]}
	for i, t := range c.Types {
		if _, taken := s.codes[code(t)]; taken {
			panic("delta: type " + t.Name + " has another's code")
		}
		s.types[t.Name], s.codes[code(t)] = t, i
	}
	return s
}

// code names a type inside a cursor, in two bytes. It goes by the name and not
// by the place in the list, so that a cursor outlives a new type.
func code(t *record.Type) int64 { return 1 + int64(record.Hash32([]byte(t.Name))%16383) }

// Stats returns the live counters.
func (s *Service) Stats() *Stats { return &s.stats }

// Exchange answers POST /api/v1/sync, in JSON or, when the request asks for
// one, as a parcel. Codes: forbidden (the role does not
// sync), bad-request, too-large, unavailable.
func (s *Service) Exchange(ctx context.Context, actor access.Actor, raw []byte) ([]byte, error) {
	if !actor.Role.Syncs() {
		return nil, fault.New(fault.Forbidden, "")
	}
	req, err := decode(raw)
	if err != nil {
		return nil, err
	}
	req.Budget = min(max(req.Budget, cmp.Or(s.MinBudget, MinBudget)), MaxBudget)
	s.stats.Exchanges.Add(1)
	cl, err := s.Store.Client(ctx, req.Client, actor.User)
	if err != nil {
		return nil, err
	}
	ans := &answer{now: s.Now().UnixMilli(), next: PollSeconds + int64(s.Jitter(PollSeconds/5))}
	if cl.User != actor.User { // two accounts, or a copied phone
		ans.newClient = s.cloned(actor, req)
		return s.bytes(req, ans, nil)
	}
	err = s.push(ctx, actor, cl, req, ans)
	if err == nil && (ans.newClient != "" || ans.epoch) {
		err = s.restored(ctx, actor, req, ans)
	}
	if err != nil || ans.newClient != "" || ans.epoch {
		return s.bytes(req, ans, err)
	}
	switch {
	case cl.Wipe: // before PushOnly: a lost phone is disabled and wiped
		ans.wipe, ans.cursor = true, req.Cursor
	case actor.PushOnly:
		ans.ended, ans.disabled, ans.cursor = true, actor.Disabled, req.Cursor
	case req.Schema < s.Oldest:
		ans.update, ans.cursor = true, req.Cursor
	default:
		err = s.pull(ctx, actor, req, ans)
	}
	return s.bytes(req, ans, err)
}

// Poll answers GET /api/v1/sync: nil means nothing changed (204). pack is the
// dictionary of the parcel wanted; 0 or an unknown one = JSON.
func (s *Service) Poll(ctx context.Context, actor access.Actor, cursor string, schema int64, client string, pack int) ([]byte, error) {
	if !actor.Role.Syncs() {
		return nil, fault.New(fault.Forbidden, "")
	}
	if !record.IsID(client) {
		return nil, fault.Bad(fault.Field{Name: "client", Code: "format", Detail: "手机编号不对。"})
	}
	req := &request{Cursor: cursor, Schema: schema, Client: client, Budget: MinBudget * 3, Pack: pack}
	ans := &answer{now: s.Now().UnixMilli(), next: PollSeconds + int64(s.Jitter(PollSeconds/5)), cursor: cursor}
	switch {
	case actor.PushOnly:
		spaces, err := s.Store.Spaces(ctx, actor.User, client)
		if err != nil {
			return nil, err
		}
		ans.wipe = slices.ContainsFunc(spaces, func(sp Space) bool { return sp.Wipe })
		ans.ended = !ans.wipe
		ans.disabled = ans.ended && actor.Disabled
	case schema < s.Oldest:
		ans.update = true
	default:
		if err := s.pull(ctx, actor, req, ans); err != nil {
			return nil, err
		}
		if ans.quiet && ans.cursor == cursor {
			return nil, nil
		}
	}
	return s.bytes(req, ans, nil)
}

// restored looks twice at a phone whose numbers contradict the server's. When its
// cursor shows that the server was restored from a backup, it shares its client
// id with nobody: it is the server that forgot, and the phone is to offer its
// journal before its outbox. A cursor ahead of the counter also raises the
// epoch, so that every other phone learns of it. The numbers alone do not: they
// are not signed, and one phone could send all others through it.
func (s *Service) restored(ctx context.Context, actor access.Actor, req *request, ans *answer) error {
	cur, err := s.readCursor(req.Cursor)
	if err != nil {
		return nil
	}
	spaces, err := s.Store.Spaces(ctx, actor.User, req.Client)
	if err != nil {
		return err
	}
	_, restored, err := s.unservable(ctx, cur, spaces)
	if restored {
		ans.newClient, ans.reconcile, ans.epoch, ans.cursor = "", true, true, req.Cursor
	}
	return err
}

// cloned makes the id a second phone with the same client id goes on with. It
// is derived from what the phone sent, so that a repeated request gets the
// same one.
func (s *Service) cloned(actor access.Actor, req *request) string {
	s.stats.Clones.Add(1)
	return cloneID(actor.User, req)
}
