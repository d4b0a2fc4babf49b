package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// event is a line of go test -json, as cmd/test2json documents it; build
// errors carry ImportPath instead of Package.
type event struct {
	Action, Package, ImportPath, Test, Output string

	Elapsed float64 // seconds
}

// goRun is the state of one go test -json run. Keys are "package test"; the
// package's own output lies under "package ".
type goRun struct {
	out    io.Writer
	result map[string]map[string]string // package -> test -> last action
	output map[string][]string          // what was written, until it passed
	c      count
}

// readGo counts the leaves of the test tree: a test with subtests is their
// sum, and counts itself only when it failed and none of them did.
func readGo(in io.Reader, out io.Writer) count {
	g := &goRun{out: out, result: map[string]map[string]string{}, output: map[string][]string{}}
	for line := range lines(in) {
		var e event
		if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil {
			fmt.Fprintln(out, line)
			continue
		}
		g.take(e)
	}
	for pkg := range g.result {
		fmt.Fprintf(out, "no end of %s was reported\n", pkg)
		g.c.failed++
	}
	return g.c
}

// take handles one event.
func (g *goRun) take(e event) {
	key := e.Package + " " + e.Test
	if e.Package != "" && g.result[e.Package] == nil {
		g.result[e.Package] = map[string]string{}
	}
	switch e.Action {
	case "build-output":
		fmt.Fprint(g.out, e.Output)
	case "run":
		g.result[e.Package][e.Test] = "run"
	case "output":
		g.output[key] = append(g.output[key], e.Output)
		if _, text, ok := strings.Cut(e.Output, "figure: "); ok {
			fmt.Fprintf(g.out, "figure: %s", text)
		}
	case "pass", "fail", "skip":
		if e.Test == "" {
			g.endPackage(e)
			return
		}
		g.result[e.Package][e.Test] = e.Action
		if e.Action == "fail" {
			fmt.Fprint(g.out, strings.Join(g.output[key], ""))
		}
		delete(g.output, key)
	}
}

// endPackage counts the package's tests and says how it went.
func (g *goRun) endPackage(e event) {
	c := leaves(g.result[e.Package])
	for test, action := range g.result[e.Package] {
		if action == "run" {
			fmt.Fprintf(g.out, "did not end: %s\n%s", test, strings.Join(g.output[e.Package+" "+test], ""))
		}
	}
	delete(g.result, e.Package)
	if e.Action == "fail" {
		c.failed = max(c.failed, 1)
		fmt.Fprint(g.out, strings.Join(g.output[e.Package+" "], ""))
	}
	if c != (count{}) {
		fmt.Fprintf(g.out, "%-4s %-44s %4d passed, %d failed, %d skipped  (%.1f s)\n",
			e.Action, e.Package, c.passed, c.failed, c.skipped, e.Elapsed)
	}
	g.c.passed += c.passed
	g.c.failed += c.failed
	g.c.skipped += c.skipped
}

// leaves counts the tests of one package. A test still in "run" never ended,
// which is a crash or the timeout, and counts as failed.
func leaves(result map[string]string) count {
	parent, blamed := map[string]bool{}, map[string]bool{}
	for test, action := range result {
		for i := strings.LastIndexByte(test, '/'); i > 0; i = strings.LastIndexByte(test[:i], '/') {
			parent[test[:i]] = true
			if action == "fail" || action == "run" {
				blamed[test[:i]] = true
			}
		}
	}
	var c count
	for test, action := range result {
		switch {
		case (action == "fail" || action == "run") && !blamed[test]:
			c.failed++
		case parent[test]:
		case action == "pass":
			c.passed++
		case action == "skip":
			c.skipped++
		}
	}
	return c
}
