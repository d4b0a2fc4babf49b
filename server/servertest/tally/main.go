// Command tally runs the steps of make test, all of them even when one fails,
// and ends with one line that says how many checks passed and failed.
//
//	tally 'gate: gofmt: test -z "$(gofmt -l server)"' 'go: server: go test -json ./...' 'node: phone: npm test'
//
// A step is "kind: name: shell command". The kinds differ in what is counted:
//
//	gate  one check; it passes when the command exits with 0
//	go    the tests of go test -json; only what failed is printed
//	node  the tests of Node's own runner, from its summary lines
//
// A command that fails without naming a failed test counts as one failure, so
// the total can never be better than the exit codes. Lines of a test's log
// that begin with "figure: " are measurements; they are shown although the
// test passed. Lines of a gate that begin with "mark: " say what was measured;
// with -marks they are repeated at the end of the last line.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

func main() {
	if !run(os.Stdout, os.Args[1:]) {
		os.Exit(1)
	}
}

// count is what a step found.
type count struct{ passed, failed, skipped int }

// step is one parsed argument.
type step struct{ kind, name, command string }

// parse splits "kind: name: command".
func parse(arg string) (step, error) {
	p := strings.SplitN(arg, ": ", 3)
	if len(p) != 3 || strings.TrimSpace(p[2]) == "" {
		return step{}, fmt.Errorf("not a step: %q", arg)
	}
	switch p[0] {
	case "gate", "go", "node":
		return step{p[0], p[1], p[2]}, nil
	}
	return step{}, fmt.Errorf("no such kind of step: %q", p[0])
}

// run does the steps in order and prints the totals. It reports whether there
// was something to count and nothing failed.
func run(out io.Writer, args []string) bool {
	repeat := len(args) > 0 && args[0] == "-marks"
	if repeat {
		args = args[1:]
	}
	var sum count
	var lines []string
	var said []string
	for _, a := range args {
		s, err := parse(a)
		if err != nil {
			fmt.Fprintln(out, err)
			sum.failed++
			continue
		}
		from := time.Now()
		fmt.Fprintf(out, "=== %s: %s\n", s.name, s.command)
		c := s.do(out, &said)
		lines = append(lines, fmt.Sprintf("%-24s %5d passed, %d failed, %d skipped  (%.0f s)",
			s.name, c.passed, c.failed, c.skipped, time.Since(from).Seconds()))
		sum.passed += c.passed
		sum.failed += c.failed
	}
	fmt.Fprintf(out, "=== totals\n%s\n", strings.Join(lines, "\n"))
	fmt.Fprintf(out, "%d passed, %d failed", sum.passed, sum.failed)
	if repeat {
		for _, m := range said {
			fmt.Fprint(out, " ", m)
		}
	}
	fmt.Fprintln(out)
	return sum.failed == 0 && sum.passed > 0
}

// do runs one step and counts, and adds the marks of a gate to said. What the command writes to its error output
// goes straight to ours.
func (s step) do(out io.Writer, said *[]string) count {
	cmd := exec.Command("bash", "-c", s.command)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(out, err)
		return count{failed: 1}
	}
	var c count
	switch s.kind {
	case "go":
		c = readGo(stdout, out)
	case "node":
		c = readNode(stdout, out)
	default:
		for line := range lines(stdout) {
			if text, ok := strings.CutPrefix(line, "mark: "); ok {
				*said = append(*said, text)
			}
			fmt.Fprintln(out, line)
		}
	}
	return settle(s.kind, c, errors.Join(err, cmd.Wait()), out)
}

// settle adds what the exit code says: a gate is one check, and any command
// that failed is at least one failure. A suite without a single test is a
// failure too: it is what a wrong path looks like.
func settle(kind string, c count, err error, out io.Writer) count {
	if err != nil {
		fmt.Fprintln(out, err)
	}
	switch {
	case err != nil && c.failed == 0:
		c.failed = 1
	case err == nil && kind == "gate":
		c.passed = 1
	case err == nil && c == count{}:
		fmt.Fprintln(out, "no test was found")
		c.failed = 1
	}
	return c
}

// readNode counts from the summary of node --test ("# pass 3" in TAP,
// "ℹ pass 3" in the spec reporter) and prints everything. Several summaries
// add up.
func readNode(in io.Reader, out io.Writer) count {
	var c count
	for line := range lines(in) {
		fmt.Fprintln(out, line)
		text, ok := strings.CutPrefix(line, "# ")
		if !ok {
			text, ok = strings.CutPrefix(line, "ℹ ")
		}
		var word string
		var n int
		if _, err := fmt.Sscanf(text, "%s %d", &word, &n); !ok || err != nil {
			continue
		}
		switch word {
		case "pass":
			c.passed += n
		case "fail", "cancelled":
			c.failed += n
		case "skipped", "todo":
			c.skipped += n
		}
	}
	return c
}

// lines yields the lines of a stream, of any length up to 16 MB.
func lines(in io.Reader) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		s := bufio.NewScanner(in)
		s.Buffer(nil, 16<<20)
		for s.Scan() && yield(s.Text()) {
		}
		// The writer must not block on a full pipe when a line was too long.
		_, _ = io.Copy(io.Discard, in)
	}
}
