package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"daohu/server/servertest"
)

// TestSimulation runs the phone's own sync core against the real server, many
// seeded worlds of it; miniprogram/sim checks the invariants listed in
// docs/reliability.md. A failing world is printed with its seed and
// is played again by: node build/sim/main.js --seed S --only W -- simserver
func TestSimulation(t *testing.T) {
	root, err := filepath.Abs("../../../miniprogram")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules", "typescript")); err != nil {
		if servertest.Full() {
			t.Fatal("the phone's packages are not installed: cd miniprogram && npm ci")
		}
		t.Skip("the phone's packages are not installed: cd miniprogram && npm ci")
	}
	build := exec.CommandContext(t.Context(), "npm", "run", "--silent", "build:sim")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the simulation: %v\n%s", err, out)
	}
	bin := filepath.Join(t.TempDir(), "simserver")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("building simserver: %v\n%s", err, out)
	}
	t.Run("sqlite", func(t *testing.T) { simulate(t, root, 1, 200, bin) })
	t.Run("mariadb", func(t *testing.T) {
		simulate(t, root, 2, 20, bin, "-mysql", servertest.MariaDB(t, servertest.MariaDBOptions{Snapshot: true}))
	})
}

// simulate plays worlds and fails with the orchestrator's report.
func simulate(t *testing.T, root string, seed, worlds int, server ...string) {
	args := append([]string{"build/sim/main.js", "--seed", fmt.Sprint(seed), "--worlds", fmt.Sprint(worlds), "--"}, server...)
	cmd := exec.CommandContext(t.Context(), "node", args...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, tail(string(out), 200))
	}
	var sum struct {
		Worlds, Actions, Requests, Failures int
		Seconds                             float64
		Faults                              map[string]int
	}
	if err := json.Unmarshal([]byte(tail(string(out), 1)), &sum); err != nil {
		t.Fatalf("no summary: %v\n%s", err, tail(string(out), 20))
	}
	if sum.Worlds != worlds || sum.Failures != 0 || sum.Requests < worlds {
		t.Fatalf("%+v", sum)
	}
	faults := 0
	for _, n := range sum.Faults {
		faults += n
	}
	t.Logf("figure: simulation seed %d: %d worlds, %d actions, %d requests, %d faults, %d failures, %.0f s", seed, sum.Worlds, sum.Actions, sum.Requests, faults, sum.Failures, sum.Seconds)
}

// tail is the last n lines of s.
func tail(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
