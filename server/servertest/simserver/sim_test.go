package main

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"daohu/server/servertest"
	"daohu/server/servertest/phonebuild"
	"daohu/server/servertest/simrun"
)

// side is how many simulations run side by side: make test has two cores.
const side = 2

// built compiles the simulation once for a test.
func built(t *testing.T) simrun.Built {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	b, err := simrun.Build(t.Context(), root, t.TempDir())
	if errors.Is(err, phonebuild.ErrPackages) && !servertest.Full() {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSimulation runs the phone's own sync core against the real server, many
// seeded worlds of it; miniprogram/sim checks the invariants listed in
// docs/reliability.md. A failing world is printed with its seed and how to
// play it again.
func TestSimulation(t *testing.T) {
	b := built(t)
	t.Run("worlds", func(t *testing.T) { worlds(t, b) })
	t.Run("same seed", func(t *testing.T) { sameSeed(t, b) })
	t.Run("death at every await", func(t *testing.T) { deathAtEveryAwait(t, b) })
	t.Run("cut at every byte", func(t *testing.T) { cutAtEveryByte(t, b) })
}

func worlds(t *testing.T, b simrun.Built) {
	sqlite, mariadb := 60, 10
	if servertest.Full() {
		sqlite, mariadb = 1500, 100
	}
	t.Run("sqlite", func(t *testing.T) { simulate(t, b, 1, sqlite, func() string { return "" }) })
	t.Run("mariadb", func(t *testing.T) {
		simulate(t, b, 2, mariadb, func() string {
			return servertest.MariaDB(t, servertest.MariaDBOptions{Snapshot: true})
		})
	})
}

// simulate plays worlds of one seed, dealt out to simulations side by side.
func simulate(t *testing.T, b simrun.Built, seed, worlds int, dsn func() string) {
	var all simrun.Sum
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range side {
		o := simrun.Options{Seed: seed, First: i + 1, Worlds: worlds, Step: side, MySQL: dsn()}
		wg.Go(func() {
			sum, report, err := b.Play(t.Context(), o)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || sum.Failures > 0 {
				t.Errorf("seed %d: %v\n%s", seed, err, report)
			}
			all.Add(sum)
		})
	}
	wg.Wait()
	if !t.Failed() && (all.Worlds != worlds || all.Requests < worlds) {
		t.Errorf("%+v", all)
	}
	t.Logf("figure: simulation seed %d: %d worlds, %d actions, %d requests, %d faults, %d failures, %.0f s",
		seed, all.Worlds, all.Actions, all.Requests, all.FaultCount(), all.Failures, all.Seconds)
}

// sameSeed: one seed is one history, to the last line.
func sameSeed(t *testing.T, b simrun.Built) {
	for _, db := range []string{"sqlite", "mariadb"} {
		t.Run(db, func(t *testing.T) {
			seen := map[string]int{}
			for _, seed := range []int{3, 3, 4} {
				o := simrun.Options{Seed: seed, Worlds: 4}
				if db == "mariadb" {
					o.MySQL = servertest.MariaDB(t, servertest.MariaDBOptions{Snapshot: true})
				}
				sum, report, err := b.Play(t.Context(), o)
				if err != nil || sum.Failures > 0 || sum.Hash == "" {
					t.Fatalf("%+v: %v\n%s", sum, err, report)
				}
				seen[sum.Hash] += seed
			}
			if len(seen) != 2 {
				t.Errorf("seed 3 twice and seed 4 once gave these histories: %v", seen)
			}
		})
	}
}

// deathAtEveryAwait plays one history again and again, and each time the app
// dies at another place where the sync core waits.
func deathAtEveryAwait(t *testing.T, b simrun.Built) {
	step := side
	if !servertest.Full() {
		step *= 8
	}
	points, played, took := 0, 0, 0.0
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range side {
		wg.Go(func() {
			s, err := b.Awaits(t.Context(), i, step)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			points, played, took = s.Points, played+s.Played, max(took, s.Seconds)
		})
	}
	wg.Wait()
	if points < 150 || servertest.Full() && played != 2*points {
		t.Errorf("%d awaits, %d deaths", points, played)
	}
	t.Logf("figure: app killed before and after each of %d awaits: %d of %d deaths played, 0 lost, %.0f s", points, played, 2*points, took)
}

// cutAtEveryByte cuts every request and every answer of that history after
// every byte.
func cutAtEveryByte(t *testing.T, b simrun.Built) {
	s, err := b.Cuts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Requests < 10 || s.Answers < 10 || s.RequestCuts < 1000 || s.AnswerCuts < 10000 {
		t.Errorf("%+v", s)
	}
	t.Logf("figure: cut after every byte: %d requests %d ways, %d answers %d ways, %.0f s", s.Requests, s.RequestCuts, s.Answers, s.AnswerCuts, s.Seconds)
}
