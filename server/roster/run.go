package roster

import "time"

// Lease is how long an import may take; a run that neither ended nor was
// renewed by then was broken off. The largest workbook takes seconds.
const Lease = 5 * time.Minute

// The states of a Run.
const (
	Running = "running"
	Checked = "checked" // a dry run
	Stored  = "stored"
	Refused = "refused" // the workbook has errors
	Failed  = "failed"  // it could not be read or stored
	Broken  = "broken"  // the program ended meanwhile: nothing was stored
)

// Run is one import, as the log keeps it: who brought in what, and what became
// of it. It holds no personal data.
type Run struct {
	ID       string `gorm:"primaryKey" json:"id"`
	Township string `json:"township"`
	// Slot is the township while the import runs, then the id: a unique key
	// lets one import run in a township at a time.
	Slot     string `json:"-"`
	Actor    string `json:"actor,omitempty" doc:"user id; absent = the operator at the command line"`
	Dry      bool   `json:"dry,omitempty" doc:"only checked"`
	Changes  bool   `json:"update,omitempty" doc:"rows that were there might be changed"`
	State    string `json:"state" enum:"running,checked,stored,refused,failed,broken"`
	SHA256   string `gorm:"column:sha256" json:"sha256,omitempty" doc:"of the file; of several the hash over all, in order"`
	Size     int64  `json:"size,omitempty" doc:"bytes"`
	Added    int64  `json:"added,omitempty" doc:"rows"`
	Changed  int64  `json:"changed,omitempty"`
	Same     int64  `json:"same,omitempty"`
	Errors   int64  `json:"errors,omitempty" doc:"issues that forbid the import"`
	Warnings int64  `json:"warnings,omitempty"`
	Seq      int64  `json:"seq,omitempty" doc:"the township's counter: the line of the audit log"`
	At       int64  `json:"at" doc:"begun, Unix ms"`
	UntilAt  int64  `json:"-"`
	EndedAt  int64  `json:"endedAt,omitempty" doc:"Unix ms"`
}

// TableName is the table of Run.
func (Run) TableName() string { return "import" }

// Report is what an import found and did.
type Report struct {
	Run
	Counts Counts  `json:"counts"`
	Issues []Issue `json:"issues" doc:"in the order of sheets, rows and columns"`
	More   bool    `json:"more,omitempty" doc:"there are more issues than are listed"`
}
