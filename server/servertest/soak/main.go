// Command soak plays the simulation for a chosen time, new worlds all the
// while, on SQLite and on MariaDB, and counts what it did to them:
//
//	deploy/test/with-services.sh go run ./server/servertest/soak -for 30m
//
// It prints the faults it injected by kind and ends with one line:
//
//	worlds=N ops=N lost=0 doubled=0 diverged=0
//
// ops are steps of histories: what a user, the township or a fault did. A
// world that breaks a promise is printed with its shortest history, and the
// run goes on; the exit code is 1 then.
package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/big"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"

	"daohu/server/servertest"
	"daohu/server/servertest/simrun"
)

func main() {
	var o options
	flag.DurationVar(&o.time, "for", time.Minute, "how long to play")
	flag.StringVar(&o.db, "db", "both", "sqlite, mariadb or both")
	flag.IntVar(&o.seed, "seed", 0, "seed of the worlds; 0 = a new one")
	flag.IntVar(&o.side, "side", 1, "simulations side by side on each database")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := soak(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

type options struct {
	time time.Duration
	db   string
	seed int
	side int
}

// kinds say what is wrong when a promise breaks (docs/reliability.md).
func kinds() map[string][]string {
	return map[string][]string{
		"lost":     {"P2", "P10", "P13", "P14"},
		"doubled":  {"P3"},
		"diverged": {"P1", "P4", "P5", "P6", "P7", "P9"},
		"stuck":    {"P8", "P11", "P12", "?"},
	}
}

func soak(ctx context.Context, o options, out io.Writer) error {
	if o.seed == 0 {
		n, err := rand.Int(rand.Reader, big.NewInt(20000))
		if err != nil {
			return err
		}
		o.seed = int(n.Int64()) + 1
	}
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "soak")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b, err := simrun.Build(ctx, root, dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "soak -for %v -db %s -seed %d -side %d\n", o.time, o.db, o.seed, o.side)
	sum, err := play(ctx, b, o, out)
	told(out, sum)
	if err == nil && sum.Failures > 0 {
		err = fmt.Errorf("%d worlds broke a promise", sum.Failures)
	}
	return err
}

// play runs every simulation of o at once and adds them up.
func play(ctx context.Context, b simrun.Built, o options, out io.Writer) (simrun.Sum, error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var all simrun.Sum
	var wrong error
	for _, db := range []string{"sqlite", "mariadb"} {
		if o.db != "both" && o.db != db {
			continue
		}
		for i := range o.side {
			wg.Go(func() {
				sum, report, err := one(ctx, b, o, db, i)
				mu.Lock()
				defer mu.Unlock()
				fmt.Fprintf(out, "%s %d: worlds=%d ops=%d requests=%d faults=%d seconds=%.0f\n", db, i+1, sum.Worlds, sum.Actions, sum.Requests, sum.FaultCount(), sum.Seconds)
				if sum.Failures > 0 {
					fmt.Fprintln(out, report)
				}
				all.Add(sum)
				wrong = errors.Join(wrong, err)
			})
		}
	}
	wg.Wait()
	return all, wrong
}

// one plays on one database: worlds i+1, i+1+side, ... of the seed.
func one(ctx context.Context, b simrun.Built, o options, db string, i int) (sum simrun.Sum, report string, err error) {
	p := simrun.Options{Seed: o.seed, First: i + 1, Worlds: 1 << 30, Step: o.side, For: o.time, On: true}
	if db == "mariadb" {
		p.Seed++ // other worlds than on SQLite
		var drop func() error
		if p.MySQL, drop, err = fresh(ctx, fmt.Sprintf("daohu_soak_%d_%d", os.Getpid(), i)); err != nil {
			return sum, "", err
		}
		defer func() { err = errors.Join(err, drop()) }()
	}
	return b.Play(ctx, p)
}

// fresh makes an empty database on the server that the environment names.
func fresh(ctx context.Context, name string) (dsn string, drop func() error, err error) {
	cfg, err := mysql.ParseDSN(os.Getenv(servertest.EnvSnapshot))
	if err != nil || cfg.Addr == "" || os.Getenv(servertest.EnvSnapshot) == "" {
		return "", nil, errors.New("there is no MariaDB: run it under deploy/test/with-services.sh, or with -db sqlite")
	}
	do := func(ctx context.Context, statement string) error {
		db, err := sql.Open("mysql", cfg.FormatDSN())
		if err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, statement)
		return errors.Join(err, db.Close())
	}
	if err := do(ctx, "CREATE DATABASE `"+name+"` CHARACTER SET utf8mb4"); err != nil {
		return "", nil, err
	}
	named := cfg.Clone()
	named.DBName = name
	return named.FormatDSN(), func() error { return do(context.WithoutCancel(ctx), "DROP DATABASE `"+name+"`") }, nil
}

// told prints the faults by kind, the most frequent first, and the last line.
func told(out io.Writer, s simrun.Sum) {
	names := slices.SortedFunc(maps.Keys(s.Faults), func(a, b string) int {
		if n := s.Faults[b] - s.Faults[a]; n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	fmt.Fprintf(out, "requests: %d; faults injected: %d\n", s.Requests, s.FaultCount())
	for _, name := range names {
		fmt.Fprintf(out, "%8d %s\n", s.Faults[name], name)
	}
	n := map[string]int{}
	for kind, promises := range kinds() {
		for _, p := range promises {
			n[kind] += s.Failed[p]
		}
	}
	if n["stuck"] > 0 {
		fmt.Fprintf(out, "stuck=%d: broken promises P8, P11 or P12\n", n["stuck"])
	}
	fmt.Fprintf(out, "worlds=%d ops=%d lost=%d doubled=%d diverged=%d\n", s.Worlds, s.Actions, n["lost"], n["doubled"], n["diverged"])
}
