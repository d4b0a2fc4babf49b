package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/record"
	"daohu/server/registry"
)

// Deps is everything the API needs. All of it is required but for the fields
// that say what their zero value means.
type Deps struct {
	Types []*record.Type // the synced types, in the order of the list

	Accounts Accounts
	Settings Settings
	Users    Users
	Devices  Devices
	Audit    Audit
	Scope    Scope
	Sync     Sync
	Records  Records
	Registry Registry
	Rosters  Rosters
	Erasure  Erasure
	Rights   Rights
	Findings Findings
	Approval Approval
	Inbox    Inbox
	Rescue   Rescuer
	Quality  Quality
	Pairing  Pairing
	Rules    Rules
	Visits   Visits
	Notices  Notices
	Counting Counting
	Pairings Pairings
	Forms    Forms
	Rates    Rates
	Own      Own
	Cases    Cases
	Ledger   Ledger
	Bodies   Bodies
	Photos   Photos
	Cards    Cards
	Clips    Clips
	// Uploads answers tus requests at /api/v1/uploads. It finds the caller
	// with ActorOf(r.Context()) and writes its failures with Fail.
	Uploads http.Handler

	Subscriptions Subscriptions

	// Other answers paths outside /api/ that the table does not know (the web
	// console); nil = not found.
	Other http.Handler
	// Checks are asked by /readyz, within 2 seconds in all.
	Checks []Check
	// Counters are read at every /metrics.
	Counters []Counter
	// Classify turns errors of the database driver into a *fault.Error
	// (Unavailable when it is down or overloaded); nil = as they are.
	Classify func(error) error
	// PerIP limits the log-ins by address, PerUser everything else by user id;
	// nil = no limit.
	PerIP, PerUser Limit

	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; none = nobody's
	PublicURL      string         // without a final slash; "" = unknown: no links, no cards to print
	MetricsToken   string         // "" = /metrics answers to loopback only
	Version        string         // of the build, shown in the metrics
	About          About          // who runs the server; its Version is not used
	Log            *slog.Logger
	Now            func() time.Time
	Rand           io.Reader // request ids
}

// Limit counts one event of key and reports whether it is within the rate; if
// not, retry says when it is worth trying again.
type Limit func(ctx context.Context, key string) (ok bool, retry time.Duration)

// Check is one thing the server cannot work without.
type Check struct {
	Name string // database, redis
	Ping func(context.Context) error
	Soft bool // reported, but the server is ready without it
}

// Counter is one figure of another package for /metrics.
type Counter struct {
	Name  string // Prometheus name, such as daohu_sync_rows_total
	Help  string
	Gauge bool // may also fall
	Read  func() float64
}

// Accounts is log-in and sessions (account.Service). ip is the address the
// request came from, for counting tries.
type Accounts interface {
	// LoginWeChat takes the code of wx.login and, the first time, the one-time
	// code that binds the openid. Codes: bad-login, unbound, gone, id-taken,
	// too-many, forbidden.
	LoginWeChat(ctx context.Context, code, bind string) (account.Login, error)
	// LoginPhone is LoginWeChat with the code of the phone-number button in the
	// place of the one-time code. Codes: bad-login, unbound, conflict, id-taken,
	// invalid, too-many, forbidden.
	LoginPhone(ctx context.Context, code, phone string) (account.Login, error)
	// LoginPassword is the console's; totp is "" without a second factor.
	// Codes: bad-login (with the field totp when only that is missing or
	// wrong), too-many, forbidden.
	LoginPassword(ctx context.Context, login, password, totp, ip string) (account.Login, error)
	// LoginCard is a household's card token and PIN. Codes as LoginPassword.
	LoginCard(ctx context.Context, card, pin, ip string) (account.Login, error)
	// Logout ends the session of a token; a second time is no failure.
	Logout(ctx context.Context, token string) error
	// Authenticate finds who a token belongs to. Code: unauthorized.
	Authenticate(ctx context.Context, token string) (access.Actor, error)
}

var _ Accounts = (*account.Service)(nil)

// House is a household within the caller's reach.
type House = registry.House

// Scope is the one place that judges reach. Everything outside it fails with
// fault.NotFound, as if it did not exist.
type Scope interface {
	// Reach finds a household: an open assignment for H, C and V, the home
	// township for T, any township of the county for K and A.
	Reach(ctx context.Context, a access.Actor, household string) (House, error)
	// ReachTownship allows the townships of the caller's reach: of the county
	// for K and A. It returns the code; "" is the caller's own, never asked for
	// K and A.
	ReachTownship(ctx context.Context, a access.Actor, township string) (string, error)
}

// Sync is the exchange with phones (docs/sync-protocol.md). raw is strict JSON:
// no duplicate keys, depth at most 8. The bodies are sent as they are: JSON, or
// parcels for who asks for them.
type Sync interface {
	Exchange(ctx context.Context, a access.Actor, raw []byte) ([]byte, error)
	// Poll returns nil when nothing changed.
	Poll(ctx context.Context, a access.Actor, cursor string, schema int64, client string, pack int) ([]byte, error)
}

// Query is one page of a list. Limit is 1 to 200, Township within reach;
// Household is "" for all of the township and always set for H, C and V but on
// common types.
type Query = registry.PageQuery

// Page is the answer of a list.
type Page struct {
	Rows []json.RawMessage `json:"rows" doc:"projected for the caller's role"`
	Next string            `json:"next,omitempty" doc:"give it as after for the next page; absent = last page"`
}

// Records reads and writes rows of any declared type for online callers; rows
// are projected for the caller's role.
// Household and township of List and Make were judged by Scope; rows named by
// id are judged here, through the same Scope: fault.NotFound out of reach or
// hidden from the role.
type Records interface {
	List(ctx context.Context, a access.Actor, t *record.Type, q Query) (rows []json.RawMessage, next string, err error)
	Get(ctx context.Context, a access.Actor, t *record.Type, id string) (json.RawMessage, error)
	// Change applies patch (strict JSON object, only declared names that are
	// not set by the server) to the row at revision rev and returns the row.
	// Codes: invalid, stale, not-found, too-large.
	Change(ctx context.Context, a access.Actor, t *record.Type, id string, rev int64, patch json.RawMessage) (json.RawMessage, error)
	// Make adds a row to a household (of the township, for common types). id
	// may be "": the server makes one. The same id and body again answers with
	// the row; another body is id-taken.
	Make(ctx context.Context, a access.Actor, t *record.Type, in House, id string, row json.RawMessage) (json.RawMessage, error)
	// History tells how a row came to be as it is, oldest first.
	History(ctx context.Context, a access.Actor, t *record.Type, id string) ([]registry.HistoryEvent, error)
}

// Decision is what a township admin decided. Rev is 0 where a revision has no
// meaning (quarantine).
type Decision struct {
	Action string
	Rev    int64
	Reason string // "" only where the action needs none: checked by the service
}

// Approval is the township admin's desk. A nil row answers 204.
type Approval interface {
	Quarantine(ctx context.Context, a access.Actor, q Query) (rows []json.RawMessage, next string, err error)
	// Decide takes approve, return, reject of a reviewed type. Codes: stale,
	// own-record, wrong-state, not-found, invalid with what has to be corrected
	// before an approval.
	Decide(ctx context.Context, a access.Actor, t *record.Type, id string, d Decision) (json.RawMessage, error)
	// Undo takes the caller's own decision of the last seconds back. Codes:
	// stale, wrong-state, not-found.
	Undo(ctx context.Context, a access.Actor, t *record.Type, id string, rev int64) (json.RawMessage, error)
	// DecideQuarantine takes take, refuse.
	DecideQuarantine(ctx context.Context, a access.Actor, id string, d Decision) (json.RawMessage, error)
	// DecideProposal takes accept, refuse.
	DecideProposal(ctx context.Context, a access.Actor, id string, d Decision) (json.RawMessage, error)
}

// Pairing pairs a household with another cadre.
type Pairing interface {
	// Pair ends the pairing that runs and starts one with the cadre of that
	// login on day (YYYY-MM-DD, Asia/Shanghai), and returns the new row; with
	// cadre "" it only ends, and returns nil.
	Pair(ctx context.Context, a access.Actor, in House, cadre, day, reason string) (json.RawMessage, error)
	// Propose asks the township to pair the household with a cadre, by login or
	// user id. Codes: invalid, wrong-state.
	Propose(ctx context.Context, a access.Actor, in House, cadre, reason string) (json.RawMessage, error)
}

// Own is a household's own page.
type Own interface {
	My(ctx context.Context, a access.Actor) (My, error)
}

// My is what a household sees of itself, each row projected for role H.
type My struct {
	Household  json.RawMessage   `json:"household" doc:"its own row"`
	Helpers    []json.RawMessage `json:"helpers" doc:"pairings that run, with the telephone to call"`
	Visits     []json.RawMessage `json:"visits" doc:"latest visits, newest first"`
	Measures   []json.RawMessage `json:"measures" doc:"what is done for it, newest first; none that was rejected"`
	Needs      []json.RawMessage `json:"needs" doc:"what it needs, with answers, newest first"`
	Deliveries []json.RawMessage `json:"deliveries" doc:"policy booklets it was given, newest first"`
	Cards      []json.RawMessage `json:"cards" doc:"policy cards that hold today and are for it, in order"`
	Clips      []json.RawMessage `json:"clips" doc:"approved recordings of these cards"`
	Words      registry.MyWords  `json:"words" doc:"the rows in plain sentences, to be shown or read aloud: one of each list for one row, in the same order"`
}

// Bodies holds the texts rows name by SHA-256.
type Bodies interface {
	// Body returns a body of the actor's township (any of the county for K, A).
	Body(ctx context.Context, a access.Actor, sha256 string) (mime string, body []byte, err error)
}

// Photos opens stored pictures; they are always JPEG.
type Photos interface {
	// Open takes size thumb or full. The photo's household was not judged yet:
	// fault.NotFound out of reach.
	Open(ctx context.Context, a access.Actor, id, size string) (f io.ReadSeekCloser, modified time.Time, err error)
	// Link makes a ticket that opens the same without a session, until a moment
	// (Unix ms). Codes as Open.
	Link(ctx context.Context, a access.Actor, id, size string) (ticket string, until int64, err error)
	// OpenLink opens what a ticket speaks of, if its holder may still see it.
	// Codes: not-found, gone, and those of Open.
	OpenLink(ctx context.Context, id, size, ticket string) (f io.ReadSeekCloser, modified time.Time, err error)
	// Waiting lists the caller's own photos whose bodies have not come for days.
	Waiting(ctx context.Context, a access.Actor, days int) ([]json.RawMessage, error)
}

// check names what is missing: every field but those whose zero value means
// something.
func (d Deps) check() error {
	optional := []string{"About", "Other", "Checks", "Counters", "Classify", "PerIP", "PerUser", "TrustedProxies", "PublicURL", "MetricsToken", "Version"}
	var missing []string
	v := reflect.ValueOf(d)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; v.Field(i).IsZero() && !slices.Contains(optional, name) {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return errors.New("api: missing " + strings.Join(missing, ", "))
	}
	return nil
}
