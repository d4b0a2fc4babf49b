package write

import "daohu/server/record"

// States of an Outbox row.
const (
	OutboxOpen = "open"
	OutboxDone = "done"
	OutboxDead = "dead" // given up after too many tries
)

// Outbox is one thing to be done outside the database because of a
// transaction: stored with it, all or nothing, and done after its commit, at
// least once (docs/adr/0021-outbox.md).
type Outbox struct {
	ID       string `gorm:"primaryKey"`
	Township string
	Kind     string        // package outbox knows them
	User     string        // whom it concerns; "" = found when it is done
	Type     string        // record type and id of the row it speaks of
	Row      string        //
	Body     record.Sealed // JSON; no names and no words of people
	MadeAt   int64         // Unix ms
	DueAt    int64         // not before, Unix ms
	LeaseAt  int64         // until when one worker has it, Unix ms; 0 = nobody
	Tries    int64         // leases given; each lease is told from others by it
	State    string
	Code     string // what came of it, or why the last try failed: a short word
}

// TableName is the table of Outbox.
func (Outbox) TableName() string { return "outbox" }
