// Command mutant plants classic bugs of sync engines in the product's own
// code, one at a time, and lets the simulation look for each: a suite that
// lets one of them live proves nothing about it.
//
//	go run ./server/servertest/mutant           hunts all, prints one line each
//	go run ./server/servertest/mutant -only N   one of them, with the simulation's report
//
// The mutants are declared in engine.go (server) and phone.go (mini-program)
// as texts and replacements. Nothing of them is in the product: the sources
// stay as they are, and only this command builds with them
// (docs/adr/0022-mutants-by-overlay.md).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

func main() {
	only := flag.String("only", "", "hunt these mutants alone, names with commas between")
	write := flag.Bool("write", false, "write the table of docs/reliability.md, when all are hunted")
	side := flag.Int("side", runtime.NumCPU(), "simulations side by side")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *only, *side, *write); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

// mutants are all there are: the server's, then the phone's.
func mutants() []mutant { return slices.Concat(engine(), phone()) }

func run(ctx context.Context, out io.Writer, only string, side int, write bool) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(root, "docs", "reliability.md")); err != nil {
		return errors.New("run it from the root of the repository")
	}
	all := mutants()
	if only != "" {
		names := strings.Split(only, ",")
		all = slices.DeleteFunc(all, func(m mutant) bool { return !slices.Contains(names, m.name) })
	}
	dir, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b, err := build(ctx, mutants(), root, dir)
	if err != nil {
		return err
	}
	caught, survived := report(ctx, b, all, side, out, len(all) == 1)
	fmt.Fprintf(out, "caught=%d survived=%d\n", len(all)-survived, survived)
	switch {
	case len(all) == 0:
		return fmt.Errorf("no mutant is called %q", only)
	case survived > 0:
		return fmt.Errorf("%d mutants survived", survived)
	case write && only == "":
		return writeTable(filepath.Join(root, "docs", "reliability.md"), all, caught)
	}
	return nil
}

// report hunts and prints a line for each, and says what became of each and
// how many live.
func report(ctx context.Context, b built, all []mutant, side int, out io.Writer, full bool) ([]catch, int) {
	caught, survived := make([]catch, len(all)), 0
	b.huntAll(ctx, all, side, func(i int, c catch, err error) {
		caught[i] = c
		switch {
		case err != nil:
			survived++
			fmt.Fprintln(out, err)
		case c.promise == "":
			survived++
			fmt.Fprintf(out, "%-24s SURVIVED %d worlds: %s\n", all[i].name, c.worlds, all[i].says)
		default:
			fmt.Fprintf(out, "%-24s %-3s in world %d\n", all[i].name, c.promise, c.worlds)
		}
		if full {
			fmt.Fprintln(out, c.report)
		}
	})
	return caught, survived
}
