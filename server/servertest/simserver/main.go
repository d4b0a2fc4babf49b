// Command simserver is the server under the simulation: the real store and the
// real sync engine behind JSON lines on stdin and stdout, with an injected
// clock and injected ids. One line in, one line out; miniprogram/sim is the
// other end.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"daohu/server/servertest/town"
)

func main() {
	dsn := flag.String("mysql", "", "DSN of an empty database; default: SQLite in a temp folder")
	verbose := flag.Bool("v", false, "log what the server logs to stderr")
	flag.Parse()
	if err := run(*dsn, *verbose, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "simserver:", err)
		os.Exit(1)
	}
}

func run(dsn string, verbose bool, in io.Reader, out io.Writer) error {
	dir, err := os.MkdirTemp("", "simserver")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	o := town.Options{MySQL: dsn, File: filepath.Join(dir, "sim.db"), Seed: 1, MinBudget: 512}
	if verbose {
		o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	ctx := context.Background()
	b, err := town.Open(ctx, o)
	if err != nil {
		return err
	}
	defer b.DB.Close()
	s := &server{base: b, users: map[string]*user{}}
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
	At        int64           `json:"at"`
	Method    string          `json:"method"`
	Path      string          `json:"path"`
	Token     string          `json:"token"`
	Body      string          `json:"body"`
	Household string          `json:"household"`
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
	On        bool            `json:"on"`
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
