package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// The worlds every mutant meets, one after the other until it is caught, and
// that the product without a mutant must survive, all of them.
const (
	seed   = 7
	worlds = 120
)

// catch is how one mutant ended.
type catch struct {
	promise string // P1 to P14; "" = not caught by a broken promise
	worlds  int    // played, with the one that caught it
	report  string // the end of what the simulation printed
}

var broken = regexp.MustCompile(`(?m)^broken=(P\d+) world=(\d+) `)

// focus favours the actions of the simulation (main.ts --more) that a bug
// needs to show soon; "" = all as usual.
func focus(name string) string {
	switch name {
	case "no-receipts", "receipt-without-verdict":
		return "copy=8,proposal=20,replay=10"
	case "seq-before-commit":
		return "flash=40,visit=20"
	case "live-scope":
		return "guest=15"
	case "part-at-once":
		return "guest=15,visit=20"
	case "no-dedupe":
		return "replay=40,response=40"
	case "purged-cursor-served":
		return "purge=8,erase=30,visit=30"
	case "restore-ignored":
		return "backup=8,restore=8"
	case "old-client-drops-column":
		return "old app=8,edit=20,decide=15"
	case "overlay-ends-early":
		return "visit=60,edit=40,guest=10"
	case "departed-base-lost":
		return "pair=20,visit=40,response=20"
	}
	return ""
}

// hunt plays worlds with one mutant on until a promise breaks. The world that
// caught it must be one that the product survives.
func (b built) hunt(ctx context.Context, name string, worlds int) (catch, error) {
	c, err := b.play(ctx, name, focus(name), 1, worlds)
	if err != nil || c.promise == "" {
		return c, err
	}
	sound, err := b.play(ctx, "", focus(name), c.worlds, c.worlds)
	if err == nil && sound.promise != "" {
		err = fmt.Errorf("world %d of mutant %q breaks %s without it:\n%s", c.worlds, name, sound.promise, sound.report)
	}
	return c, err
}

// play plays the worlds first to last with a mutant on, "" = none, until a
// promise breaks.
func (b built) play(ctx context.Context, name, more string, first, last int) (catch, error) {
	args := []string{b.sim, "--seed", strconv.Itoa(seed), "--first", strconv.Itoa(first), "--worlds", strconv.Itoa(last), "--shrink", "0"}
	if more != "" {
		args = append(args, "--more", more)
	}
	cmd := exec.CommandContext(ctx, "node", append(args, "--", b.server)...)
	cmd.Env = append(os.Environ(), env+"="+name)
	out, err := cmd.CombinedOutput()
	c := catch{worlds: last, report: tail(string(out), 12)}
	if m := broken.FindStringSubmatch(string(out)); m != nil {
		c.promise = m[1]
		c.worlds, _ = strconv.Atoi(m[2]) // digits, by the pattern
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("mutant %q ended the simulation, and not by a broken promise: %w\n%s", name, err, c.report)
	}
	return c, nil
}

// huntAll hunts the mutants side by side and hands out what became of each as
// it is known, by its place in all.
func (b built) huntAll(ctx context.Context, all []mutant, side int, told func(i int, c catch, err error)) {
	next := make(chan int)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range side {
		wg.Go(func() {
			for i := range next {
				c, err := b.hunt(ctx, all[i].name, worlds)
				mu.Lock()
				told(i, c, err)
				mu.Unlock()
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	wg.Wait()
}

// tail is the last n lines of s.
func tail(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
