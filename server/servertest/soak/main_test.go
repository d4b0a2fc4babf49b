package main

import (
	"slices"
	"strings"
	"testing"

	"daohu/server/servertest/simrun"
)

// TestTold: each promise counts as one kind of failure, and the last line
// names the worlds that broke one.
func TestTold(t *testing.T) {
	var seen []string
	for _, promises := range kinds() {
		seen = append(seen, promises...)
	}
	slices.Sort(seen)
	if n := len(seen); n != 15 || len(slices.Compact(seen)) != n {
		t.Errorf("P1 to P14 and ?, each once: %v", seen)
	}
	var all simrun.Sum
	all.Add(simrun.Sum{Worlds: 7, Actions: 420, Requests: 9, Failures: 3, Faults: map[string]int{"app killed": 2, "busy": 5}, Failed: map[string]int{"P2": 1, "P3": 1, "P9": 1}})
	all.Add(simrun.Sum{Worlds: 1, Actions: 60, Faults: map[string]int{"busy": 1}})
	var out strings.Builder
	told(&out, all)
	want := "requests: 9; faults injected: 8\n       6 busy\n       2 app killed\nworlds=8 ops=480 lost=1 doubled=1 diverged=1\n"
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
}
