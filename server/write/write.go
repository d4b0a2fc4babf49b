// Package write is the contract of the one function through which every
// change to synced rows goes: phones, console, imports alike. The store
// implements it; docs/sync-protocol.md, "Order without gaps", says why its
// steps stand in this order.
package write

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"daohu/server/record"
)

// Intent says what a write is about, before anything is read.
type Intent struct {
	Township string
	Actor    string // user id, "" = the system (import command, demo)
	Action   string // audit verb: sync, approve, import, pair, …
	Client   string // phone whose counters move; locked first; "" = none
	// Households are locked in id order before anything is read. A household
	// that does not exist yet is simply absent from Tx.Household.
	Households []string
}

// Writer is the one writing function.
type Writer interface {
	// Write runs decide under the locks of in and stores what it queued in one
	// transaction with one seq. decide may run again after a deadlock and must
	// not keep anything from an earlier run. seq is 0 when nothing synced was
	// queued. An error from decide rolls everything back and is returned as is.
	Write(ctx context.Context, in Intent, decide func(Tx) error) (seq int64, err error)
}

// Tx is what decide sees. Reads are current (READ COMMITTED, after the locks);
// Put, Grant, Revoke and Add only queue.
type Tx interface {
	// Now is the server's time in Unix ms, one value per transaction.
	Now() int64
	// NewID makes a record id of 12 characters.
	NewID() string
	// Client is the locked client row, nil without Intent.Client. What decide
	// changes in it is stored.
	Client() *Client
	// Household returns a locked household.
	Household(id string) (House, bool)
	// Load reads rows of the township by id, whatever their household;
	// missing ids are absent. Rows put earlier in this transaction are seen.
	Load(t *record.Type, ids ...string) (map[string]record.Record, error)
	// Of reads all rows of t of the given households, tombstones included.
	Of(t *record.Type, households ...string) ([]record.Record, error)
	// Find reads the township's live rows of t, whatever their household, in
	// which the field called goName has one of the values. Rows put in this
	// transaction are not seen.
	Find(t *record.Type, goName string, values ...string) ([]record.Record, error)
	// Put queues r: an insert when its Version is 0, else an update of a row
	// that was loaded here. The store sets Township, Seq and Version.
	Put(t *record.Type, r record.Record)
	// Grants reads the assignments of the locked households, ended ones too.
	Grants(households ...string) ([]Grant, error)
	// Held reads the open assignments of principals in this township.
	Held(principals ...string) ([]Grant, error)
	// Grant opens an assignment from this transaction's seq on.
	Grant(g Grant)
	// Revoke ends an open assignment at this transaction's seq.
	Revoke(g Grant)
	// Add queues rows without a place in the walk: *History, []*Result,
	// []*Receipt, *Quarantine, *Step, *Blob, *Burden, *Forget, *Outbox.
	Add(row any)
	// Hashes returns the hashes of the client's mutations from mid on, by mid.
	Hashes(mid int64) (map[int64]string, error)
	// Body reads a small body of the township by its hash; nil = none.
	Body(sha256 string) ([]byte, error)
	// Document reads the township's own document of a kind of setting; nil =
	// it goes by the one that ships.
	Document(code string) ([]byte, error)
	// Receipts says which of the mutations with these hashes had their effect
	// on these rows before; the keys are row + " " + hash.
	Receipts(rows, hashes []string) (map[string]Receipt, error)
	// Changed reads the fields of a row changed after seq since, with their
	// last writer.
	Changed(t *record.Type, id string, since int64) ([]History, error)
	// Name is what a user is called; "" = no user has this id.
	Name(user string) (string, error)
	// LastSteps reads the latest step taken on each row of t; rows nobody ever
	// moved are absent.
	LastSteps(t *record.Type, ids ...string) (map[string]Step, error)
	// CommittedAt is when the transaction with this seq was committed, Unix ms; 0 = unknown.
	CommittedAt(seq int64) (int64, error)
	// Quarantined reads one kept mutation; nil = none.
	Quarantined(id string) (*Quarantine, error)
	// Settle stores State, Reason, SettledBy and SettledAt of one that is
	// open; settled before: an error with fault.WrongState.
	Settle(q *Quarantine) error
}

// Arrival is one row made or changed, before it is put: through sync, online,
// or by a proposal that was accepted.
type Arrival struct {
	By       string // user id of the author
	Role     string // role letter the author acts in
	Row      record.Record
	Before   record.Record // nil when the row is new
	Base     int64         // seq the author had seen
	DeviceAt int64         // the phone's clock, Unix ms
	Late     bool          // the household has passed to someone else meanwhile
}

// Rule is what a type adds to the general rules of arrival: it fills the
// fields the server sets, or refuses with a *fault.Error. One change may be
// judged twice: as it was sent, and again what is left of it after conflicts.
type Rule func(tx Tx, a Arrival) error

// House is the lock view of a household.
type House struct {
	ID      string
	No      int64 // walk order within the township, from 1
	LastSeq int64
	Kind    string // township = the pseudo-household of common rows
}

// Common reports whether h is the township's pseudo-household.
func (h House) Common() bool { return h.Kind == "township" }

// Client is one phone of one user.
type Client struct {
	ID       string `gorm:"primaryKey"`
	User     string
	LastMid  int64 // highest mutation consumed
	AckedMid int64 // highest mutation whose result the phone has confirmed
	Schema   int64
	Unsent   int64 // items the phone said it still holds
	OldestAt int64 // when the oldest of them was made, by the phone's clock, Unix ms
	SeenAt   int64 // last contact, Unix ms
	Wipe     bool  // erase at next contact
}

// TableName is the table of Client.
func (Client) TableName() string { return "client" }

// Grant is one assignment: principal may hold household in role. History is
// kept: only UntilSeq and EndedAt are ever set.
type Grant struct {
	Township  string
	Principal string
	Household string
	Role      string // role letter
	Source    string // pairing, village, self
	SinceSeq  int64
	UntilSeq  int64 // 0 = open
	EndedAt   int64 // Unix ms; 0 = open
}

// TableName is the table of Grant.
func (Grant) TableName() string { return "assignment" }

// HeldAt reports whether the grant was open at seq.
func (g Grant) HeldAt(seq int64) bool {
	return g.SinceSeq <= seq && (g.UntilSeq == 0 || g.UntilSeq > seq)
}

// History keeps one overwritten value of one field.
type History struct {
	Township  string
	Household string
	Type      string // record type name
	Row       string // record id
	Field     string // wire name
	Seq       int64  // of the transaction; set by the store
	Old       string // as record.Type.Get gives it: ciphertext for sealed fields
	New       string
	By        string // user id
	At        int64  // Unix ms
	DeviceAt  int64  // the phone's clock when the change was made; 0 = online
}

// TableName is the table of History.
func (History) TableName() string { return "history" }

// Result is what became of one mutation, kept until the phone confirms it.
type Result struct {
	Client string `gorm:"primaryKey"`
	Mid    int64  `gorm:"primaryKey"`
	Hash   string // of the mutation as sent, 16 hex digits
	Code   string // "" = plainly applied; else late, proposal, conflict, quarantined or a fault code
	Reason string // Chinese sentence
	Ref    string // proposal or quarantine id
}

// TableName is the table of Result.
func (Result) TableName() string { return "result" }

// Receipt says that a mutation had its effect, so that one offered again under
// another client id (cloned phone, restored server) changes nothing twice.
type Receipt struct {
	Township string `gorm:"primaryKey"`
	Row      string `gorm:"primaryKey"`
	Hash     string `gorm:"primaryKey"` // as in Result
	Code     string // as in Result: who offers it again hears the same
	Ref      string
	At       int64 // Unix ms; receipts may be dropped after 180 days
}

// TableName is the table of Receipt.
func (Receipt) TableName() string { return "receipt" }

// Quarantine keeps a mutation that a township admin has to look at.
type Quarantine struct {
	Township  string `gorm:"primaryKey"`
	ID        string `gorm:"primaryKey"`
	Household string
	User      string // who wrote it
	Mutation  string // the JSON text as sent, sealed
	Base      int64
	Why       string // late, push-only, wiped, rescue, unreadable
	State     string // open, taken, refused
	Reason    string // the admin's words
	At        int64  // arrival, Unix ms
	BroughtBy string // user id of the admin who imported the phone's file; "" = it came by itself
	SettledBy string
	SettledAt int64
}

// TableName is the table of Quarantine.
func (Quarantine) TableName() string { return "quarantine" }

// Step is one line of a record's workflow history.
type Step struct {
	Township string
	Type     string
	Row      string
	Rev      int64  // the record's version the step was taken on
	From     string // states
	To       string
	By       string
	Reason   string
	At       int64
}

// TableName is the table of Step.
func (Step) TableName() string { return "step" }

// Burden counts one value once more in the totals of a township and month; no
// row of it names a person or a record.
type Burden struct {
	Month string // 2026-01
	What  string // seconds, taps, fields
	Value int64
}

// Blob is a small body that rows name by its SHA-256: card text, form items.
type Blob struct {
	Township string `gorm:"primaryKey"`
	SHA256   string `gorm:"primaryKey;column:sha256"`
	Mime     string
	Size     int64
	Body     []byte
}

// Keep queues a small body and returns its SHA-256 in hex, by which rows name it.
func Keep(tx Tx, mime string, body []byte) string {
	h := sha256.Sum256(body)
	sum := hex.EncodeToString(h[:])
	tx.Add(&Blob{SHA256: sum, Mime: mime, Size: int64(len(body)), Body: body})
	return sum
}

// TableName is the table of Blob.
func (Blob) TableName() string { return "body" }
