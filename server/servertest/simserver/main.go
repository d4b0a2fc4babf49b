// Command simserver is the server under the simulation: the real store and the
// real sync engine behind JSON lines on stdin and stdout, with an injected
// clock and injected ids. One line in, one line out; miniprogram/sim is the
// other end. Two servers share one database; either can die at any statement,
// and the database can go back to a backup.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"

	"daohu/server/servertest/town"
)

func main() {
	dsn := flag.String("mysql", "", "DSN of an empty database; default: SQLite in a temp folder")
	verbose := flag.Bool("v", false, "log what the server logs to stderr")
	flag.Parse()
	debug.SetGCPercent(400) // the worlds are small: less collecting, more playing
	if err := run(context.Background(), *dsn, *verbose, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "simserver:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dsn string, verbose bool, in io.Reader, out io.Writer) (err error) {
	s := &server{options: town.Options{MinBudget: 512}, db: &database{mysql: dsn, name: dsn}, clock: town.Start.UnixMilli()}
	if verbose {
		s.options.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	if dsn == "" {
		if s.db.dir, err = os.MkdirTemp("", "simserver"); err != nil {
			return err
		}
	}
	defer func() { err = errors.Join(err, s.stop(), s.db.end(ctx)) }()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 8<<20)
	w := bufio.NewWriter(out)
	for lines.Scan() {
		if err := s.answer(ctx, lines.Bytes(), w); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return lines.Err()
}

// call is one line of the orchestrator; the fields used depend on the op.
type call struct {
	N         int64           `json:"n"`
	Op        string          `json:"op"`
	Seed      uint64          `json:"seed"`
	Cadres    int             `json:"cadres"`
	Workers   int             `json:"villageWorkers"`
	Houses    int             `json:"households"`
	Fresh     bool            `json:"fresh"`
	At        int64           `json:"at"`
	Node      int             `json:"node"`
	Die       int             `json:"die"`    // the node dies after this statement; 0 = it lives
	After     int             `json:"after"`  // inner happens after this statement of the pull
	Within    int             `json:"within"` // inner happens after this statement of the request; 0 = by After
	Inner     *call           `json:"inner"`
	Method    string          `json:"method"`
	Path      string          `json:"path"`
	Token     string          `json:"token"`
	Body      string          `json:"body"`
	Bytes     []byte          `json:"bytes"` // a body that is a parcel
	Household string          `json:"household"`
	Into      string          `json:"into"`
	Reopen    bool            `json:"reopen"`
	Cadre     string          `json:"cadre"`
	Field     string          `json:"field"`
	Value     json.RawMessage `json:"value"`
	Type      string          `json:"type"`
	ID        string          `json:"id"`
	Visit     string          `json:"visit"`
	Proposal  string          `json:"proposal"`
	Action    string          `json:"action"`
	Reason    string          `json:"reason"`
	User      string          `json:"user"`
	Client    string          `json:"client"`
	On        bool            `json:"on"`
	Raw       bool            `json:"raw"`
}

// answer runs one call; what goes wrong in it is told to the orchestrator, and
// only a broken pipe ends the server.
func (s *server) answer(ctx context.Context, line []byte, w io.Writer) error {
	var c call
	out := map[string]any{}
	err := json.Unmarshal(line, &c)
	if err == nil {
		out, err = s.do(ctx, c)
	}
	if out == nil {
		out = map[string]any{}
	}
	out["n"] = c.N
	if err != nil {
		out["error"] = err.Error()
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}
