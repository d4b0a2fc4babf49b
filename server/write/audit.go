package write

// LogQuery says which lines of a township's audit log to list, the latest
// first. A zero field does not filter.
type LogQuery struct {
	Township string // area code
	Actor    string // login or user id
	Action   string // audit verb
	Type     string // record type
	Row      string // id of a row
	From, To int64  // instants, Unix ms; To is not included; 0 = any
	Before   int64  // Seq of the last line of the page before; 0 = from the latest
	Limit    int
}

// LogLine is one transaction as the audit log names it: ids and versions, never
// a value.
type LogLine struct {
	Seq    int64    `json:"seq"`
	At     int64    `json:"at" doc:"Unix ms"`
	By     string   `json:"by" doc:"user id; empty = the system or the operator"`
	Login  string   `json:"login"`
	Name   string   `json:"name"`
	Action string   `json:"action" doc:"sync, import, pair, approve, ..."`
	Rows   []LogRow `json:"rows"`
}

// LogRow is one row that a transaction wrote.
type LogRow struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Rev  int64  `json:"rev"`
	Gone bool   `json:"gone,omitempty" doc:"it was deleted"`
}

// LogCheck says whether a township's log and rows are as the program left them.
type LogCheck struct {
	Lines    int64        `json:"lines"`
	Rows     int64        `json:"rows" doc:"rows held against the log"`
	Hash     string       `json:"hash" doc:"end of the chain: written down elsewhere, it proves later that nothing before it was changed"`
	Seq      int64        `json:"seq"`
	At       int64        `json:"at" doc:"of the last line, Unix ms"`
	N        int          `json:"n" doc:"how much was found"`
	Findings []LogFinding `json:"findings" doc:"the first 100 of it"`
}

// LogFinding is one thing that is not as the program left it.
type LogFinding struct {
	Seq  int64  `json:"seq,omitempty" doc:"of the line concerned"`
	Type string `json:"type,omitempty"`
	ID   string `json:"id,omitempty"`
	What string `json:"what" doc:"English sentence"`
}
