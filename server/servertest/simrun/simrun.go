// Package simrun builds the simulation (miniprogram/sim against simserver) and
// plays it: for the tests and for the soak.
package simrun

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"daohu/server/servertest/phonebuild"
)

// Built is the compiled simulation.
type Built struct {
	phone  string // folder of the mini-program
	server string // simserver
}

// Build compiles the phone's side in its own folder and the server into dir.
// root is the root of the repository.
func Build(ctx context.Context, root, dir string) (Built, error) {
	b := Built{filepath.Join(root, "miniprogram"), filepath.Join(dir, "simserver")}
	if _, err := phonebuild.Build(ctx, root); err != nil {
		return b, err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", b.server, "./server/servertest/simserver")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return b, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return b, nil
}

// Options choose the worlds of one run.
type Options struct {
	Seed   int
	First  int           // the first world; 0 = 1
	Worlds int           // the last world
	Step   int           // every Step-th world; 0 = 1
	For    time.Duration // no new world after this time; 0 = no limit
	MySQL  string        // DSN of an empty database; "" = SQLite
	On     bool          // go on after a world that failed
}

// Sum is what one run played.
type Sum struct {
	Worlds   int            // histories
	Actions  int            // steps of all of them
	Requests int            // that reached a server
	Faults   map[string]int // by kind
	Failures int            // worlds that broke a promise
	Failed   map[string]int // by promise, P1 to P14
	Hash     string         // of every line of every history
	Seconds  float64
}

// Add takes another run into s.
func (s *Sum) Add(o Sum) {
	s.Worlds += o.Worlds
	s.Actions += o.Actions
	s.Requests += o.Requests
	s.Failures += o.Failures
	s.Seconds = max(s.Seconds, o.Seconds)
	for _, pair := range []struct {
		to   *map[string]int
		from map[string]int
	}{{&s.Faults, o.Faults}, {&s.Failed, o.Failed}} {
		if *pair.to == nil {
			*pair.to = map[string]int{}
		}
		for k, n := range pair.from {
			(*pair.to)[k] += n
		}
	}
}

// FaultCount is how many faults there were of any kind.
func (s Sum) FaultCount() int {
	n := 0
	for _, k := range s.Faults {
		n += k
	}
	return n
}

// Play plays worlds. A broken promise is in the Sum and told in the report;
// an error means that the simulation itself stumbled.
func (b Built) Play(ctx context.Context, o Options) (sum Sum, report string, err error) {
	args := []string{"--seed", strconv.Itoa(o.Seed), "--first", strconv.Itoa(max(1, o.First)), "--worlds", strconv.Itoa(o.Worlds), "--step", strconv.Itoa(max(1, o.Step))}
	if o.For > 0 {
		args = append(args, "--seconds", strconv.FormatFloat(o.For.Seconds(), 'f', 1, 64))
	}
	if o.On {
		args = append(args, "--on")
	}
	report, err = b.run(ctx, filepath.Join("sim", "main.js"), o.MySQL, args, &sum)
	if sum.Failures > 0 {
		err = nil
	}
	return sum, report, err
}

// run runs one program of the simulation and reads the JSON line it ends with.
func (b Built) run(ctx context.Context, program, dsn string, args []string, sum any) (string, error) {
	args = append([]string{filepath.Join("build", program)}, args...)
	args = append(args, "--", b.server)
	if dsn != "" {
		args = append(args, "-mysql", dsn)
	}
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Dir = b.phone
	// Ended politely, so that the server takes its files away.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	last := lines[len(lines)-1]
	report := strings.Join(lines[max(0, len(lines)-200):], "\n")
	if wrong := json.Unmarshal([]byte(last), sum); wrong != nil {
		return report, errors.Join(err, fmt.Errorf("no summary from %s: %w\n%s", program, wrong, report))
	}
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", program, err, report)
	}
	return report, err
}

// Deaths is what a sweep over the awaits of the sync core found.
type Deaths struct {
	Points  int // awaits that the history meets
	Played  int // histories: one for each death, before or after an await
	Seconds float64
}

// Awaits lets the app die at every step-th of the places where the sync core
// waits, from the first on (0 = the first of all).
func (b Built) Awaits(ctx context.Context, first, step int) (d Deaths, err error) {
	_, err = b.run(ctx, filepath.Join("points", "sim", "sweep.js"), "", []string{"awaits", "--first", strconv.Itoa(first), "--step", strconv.Itoa(step)}, &d)
	return d, err
}

// Cuts is what a sweep over the bytes of all messages found.
type Cuts struct {
	Requests, RequestCuts int
	Answers, AnswerCuts   int
	Seconds               float64
}

// Cuts cuts every message of the history after every byte.
func (b Built) Cuts(ctx context.Context) (c Cuts, err error) {
	_, err = b.run(ctx, filepath.Join("sim", "sweep.js"), "", []string{"cuts"}, &c)
	return c, err
}
