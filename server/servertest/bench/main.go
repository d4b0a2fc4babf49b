// Command bench prints what the program costs beside what it may cost: bytes,
// round trips and queries beside the targets of docs/performance.md, and times
// as ratios to limits measured in the same run on the same machine. It writes
// bench.json. A count above its target fails; a ratio is only printed, since a
// busy machine can make any of them.
//
//	go run ./server/servertest/bench            some five minutes
//	go run ./server/servertest/bench -rows 10000000   with a history of 10^7 rows
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"daohu/server/servertest"
	"daohu/server/servertest/wire"
)

func main() {
	rows := flag.Int("rows", 1_000_000, "largest history, rows")
	binary := flag.String("binary", "bin/daohu", "the program as released, to weigh")
	only := flag.String("only", "", "times of one database: sqlite or mariadb; nothing else")
	out := flag.String("out", "bench.json", "file for the figures")
	flag.Parse()
	if err := run(context.Background(), *rows, *binary, *out, *only, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// board collects the figures and prints each as it comes.
type board struct {
	w    io.Writer
	keep map[string]any
	over []string // counts above their targets
}

func (b *board) count(key, what string, got, target int64) {
	b.keep[key] = got
	verdict := "met"
	if got > target {
		verdict = "NOT met"
		b.over = append(b.over, what)
	}
	fmt.Fprintf(b.w, "%-66s %10d   at most %9d   %s\n", what, got, target, verdict)
}

// ratio prints a rate beside the rate of its limit; target 0 = none is set.
func (b *board) ratio(key, what string, rate, limit, target float64) {
	b.keep[key] = round(rate / limit)
	mark := ""
	if target > 0 {
		mark = fmt.Sprintf("at least %.1f", target)
	}
	fmt.Fprintf(b.w, "%-66s %10.0f   limit %10.0f   ratio %.2f   %s\n", what, rate, limit, rate/limit, mark)
}

func (b *board) note(key, what string, value any) {
	b.keep[key] = value
	fmt.Fprintf(b.w, "%-66s %10v\n", what, value)
}

// counts are bytes, round trips and queries.
func counts(ctx context.Context, b *board, dir string) error {
	program, err := wire.BuildPhone(ctx)
	if err != nil {
		return err
	}
	figures, err := wire.Measure(ctx, program, dir)
	for _, f := range figures {
		b.count(f.Key, f.What, f.Got, f.Target)
	}
	return err
}

func round(f float64) float64 { return float64(int64(f*1000+0.5)) / 1000 }

func run(ctx context.Context, rows int, binary, out, only string, w io.Writer) error {
	dir, err := os.MkdirTemp("", "daohu-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &board{w: w, keep: map[string]any{}}
	if only == "" {
		if err := counts(ctx, b, dir); err != nil {
			return err
		}
	}
	maria, err := servertest.StartMariaDB(ctx, servertest.MariaDBOptions{})
	if err != nil {
		return err
	}
	defer maria.Stop()
	for _, d := range []database{{name: "sqlite", dir: dir}, {name: "mariadb", dir: dir, maria: maria}} {
		if only != "" && only != d.name {
			continue
		}
		for _, part := range []func(context.Context, *board, database) error{polls, pushes, func(ctx context.Context, b *board, d database) error { return history(ctx, b, d, rows) }} {
			if err := part(ctx, b, d); err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
		}
	}
	if err := weigh(ctx, b, binary, filepath.Join(dir, "demo")); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(b.keep, "", "  ")
	if err == nil {
		err = os.WriteFile(out, append(raw, '\n'), 0o644)
	}
	if err == nil && len(b.over) > 0 {
		err = fmt.Errorf("above their targets: %q", b.over)
	}
	return err
}
