// Package town builds a small real township for tests: the real store, the
// real sync engine, invented people, an injected clock and injected ids.
package town

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/booklet"
	"daohu/server/commons"
	"daohu/server/delta"
	"daohu/server/form"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/seal"
	"daohu/server/servertest"
	"daohu/server/servertest/sqlgate"
	"daohu/server/store"
	"daohu/server/types"
	"daohu/server/workflow"
	"daohu/server/write"
)

// Start is what the clock of a new Base shows: 2026-03-02 09:00 in Shanghai.
var Start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// Base is one database with the services on it. Towns are partitions of it.
type Base struct {
	DB       *store.DB
	Box      *seal.Box
	Delta    *delta.Service
	Registry *registry.Service
	Workflow *workflow.Service
	clock    atomic.Int64
	towns    atomic.Int64
	rand     *lockedRand
}

// Options say how to open a Base.
type Options struct {
	MySQL string // DSN; "" = SQLite
	File  string
	Seed  uint64
	Log   *slog.Logger
	Trace func(sql string) // default: none
	// MinBudget is delta.Config's: small pages for the simulation.
	MinBudget int
	// Towns is how many townships the database has already.
	Towns int64
}

type lockedRand struct {
	mu sync.Mutex
	r  *rand.ChaCha8
}

func (l *lockedRand) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}

// Open opens and migrates a Base.
func Open(ctx context.Context, o Options) (*Base, error) {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], o.Seed)
	b := &Base{rand: &lockedRand{r: rand.NewChaCha8(seed)}}
	b.clock.Store(Start.UnixMilli())
	b.towns.Store(o.Towns)
	var err error
	if b.Box, err = seal.New(seal.Key{ID: "t", Bytes: make([]byte, 32)}); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	b.DB, err = store.Open(ctx, store.Options{MySQL: o.MySQL, File: o.File, Unsafe: true, Now: b.Now, Rand: b.rand, Chain: b.Box, Sealer: b.Box, Types: types.All(), Trace: o.Trace})
	if err != nil {
		return nil, err
	}
	if err := b.DB.Migrate(ctx); err != nil {
		return nil, err
	}
	b.Delta = delta.New(delta.Config{Store: b.DB, Types: types.All(), Rules: types.Rules(), Sealer: b.Box, Tag: b.Box.Tag, Now: b.Now,
		Jitter: func(int) int { return 0 }, Schema: types.Schema, Oldest: types.Oldest, Log: o.Log, MinBudget: o.MinBudget})
	b.Registry = &registry.Service{Store: b.DB, Writer: b.DB, Sealer: b.Box, Types: types.All(), Rules: types.Rules(), NewID: b.DB.NewID}
	b.Workflow = &workflow.Service{Store: b.DB, Writer: b.DB, Sealer: b.Box, Types: types.All(), Now: b.Now, Rules: types.Rules()}
	return b, nil
}

// Now is the injected clock.
func (b *Base) Now() time.Time { return time.UnixMilli(b.clock.Load()) }

// SetClock moves the clock to at, Unix ms.
func (b *Base) SetClock(at int64) { b.clock.Store(at) }

// Pass lets d go by.
func (b *Base) Pass(d time.Duration) { b.clock.Add(d.Milliseconds()) }

// Town is one township of a Base.
type Town struct {
	*Base
	Township string
	Common   string
	Village  string
	Houses   []string       // ids, in walk order
	Cadres   []access.Actor // cadre i holds the households with index % len == i
	Workers  []access.Actor // each holds all households
	Admin    access.Actor
	Form     string // id of the published quiz
	Cards    []string
}

// Size is how large a Town is made.
type Size struct{ Cadres, Workers, Houses int }

// Add makes a new township in b.
func (b *Base) Add(ctx context.Context, size Size) (*Town, error) {
	n := b.towns.Add(1)
	t := &Town{Base: b, Township: fmt.Sprintf("9999%05d", n), Common: b.DB.NewID(), Village: fmt.Sprintf("9999%05d201", n)}
	actor := func(role access.Role, name string) access.Actor {
		return access.Actor{User: b.DB.NewID(), Name: name, Role: role, County: "999900", Township: t.Township}
	}
	t.Admin = actor(access.Township, "管理员甲")
	for i := range size.Cadres {
		t.Cadres = append(t.Cadres, actor(access.Cadre, fmt.Sprintf("干部%d", i+1)))
	}
	for i := range size.Workers {
		w := actor(access.Village, fmt.Sprintf("村干%d", i+1))
		w.Area = t.Village
		t.Workers = append(t.Workers, w)
	}
	if err := b.DB.OpenSpace(ctx, t.Township, "999900", t.Common); err != nil {
		return nil, err
	}
	for range size.Houses {
		t.Houses = append(t.Houses, b.DB.NewID())
	}
	_, err := b.DB.Write(ctx, write.Intent{Township: t.Township, Action: "import", Households: []string{t.Common}}, func(tx write.Tx) error { return t.fill(tx) })
	return t, err
}

func (t *Town) fill(tx write.Tx) error {
	tx.Put(household.HouseholdType, &household.Household{Meta: record.Meta{ID: t.Common, Household: t.Common}, Kind: "township"})
	workers := map[string][]string{}
	for i, id := range t.Houses {
		phone, err := t.Box.Seal(fmt.Sprintf("1990000%04d", i))
		if err != nil {
			return err
		}
		idno, err := t.Box.Seal(fmt.Sprintf("99999919500101%04d", i))
		if err != nil {
			return err
		}
		head := fmt.Sprintf("户主%d", i+1)
		tx.Put(household.HouseholdType, &household.Household{Meta: record.Meta{ID: id, Household: id}, Code: fmt.Sprintf("H%05d", i+1), Head: head, People: 1, Village: t.Village, Place: "坪子村一组", Phone: phone, Notes: "<路&\u2028远>"})
		tx.Put(household.MemberType, &household.Member{Meta: record.Meta{ID: tx.NewID(), Household: id}, Name: head, Relation: "户主", Sex: "男", Birth: "1950-01", IDNo: idno, IDIndex: t.Box.Index(fmt.Sprintf("99999919500101%04d", i))})
		if n := len(t.Cadres); n > 0 {
			c := t.Cadres[i%n]
			tx.Put(pairing.Type, pairing.Open(tx.NewID(), id, "", tx.Now(), c.User, c.Name, "镇农业站", "", "2026-01-01"))
		}
	}
	for _, w := range t.Workers {
		workers[w.User] = t.Houses
	}
	if err := t.common(tx); err != nil {
		return err
	}
	if err := pairing.Materialise(tx, t.Common, t.Houses...); err != nil {
		return err
	}
	return pairing.Assign(tx, t.Common, "V", pairing.SourceVillage, workers)
}

// common puts what ships with the program.
func (t *Town) common(tx write.Tx) error {
	if err := commons.Put(tx, t.Common, ""); err != nil {
		return err
	}
	papers, err := tx.Of(form.Type, t.Common)
	if err != nil {
		return err
	}
	t.Form = papers[0].Base().ID
	cards, err := tx.Of(booklet.Type, t.Common)
	if err != nil {
		return err
	}
	t.Cards = nil
	for _, c := range cards {
		t.Cards = append(t.Cards, c.Base().ID)
	}
	return nil
}

// Pair moves a household to another cadre; nil only ends its pairing.
func (t *Town) Pair(ctx context.Context, house string, to *access.Actor) error {
	day := t.Now().Format("2006-01-02")
	_, err := t.DB.Write(ctx, write.Intent{Township: t.Township, Actor: t.Admin.User, Action: "pair", Households: []string{house, t.Common}}, func(tx write.Tx) error {
		rows, err := tx.Of(pairing.Type, house)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if p := r.(*pairing.Pairing); p.To == "" {
				tx.Put(pairing.Type, pairing.Close(p, day, ""))
			}
		}
		if to != nil {
			tx.Put(pairing.Type, pairing.Open(tx.NewID(), house, t.Admin.User, tx.Now(), to.User, to.Name, "", "", day))
		}
		return pairing.Materialise(tx, t.Common, house)
	})
	return err
}

// Each runs f once on every database the suite knows: SQLite, and MariaDB
// with innodb_snapshot_isolation OFF and ON. Every statement must also parse
// as MySQL 8 / TiDB.
func Each(t *testing.T, f func(t *testing.T, b *Base)) {
	t.Helper()
	gate := func(t *testing.T, mysql bool) func(string) {
		var seen sync.Map
		return func(sql string) {
			if _, dup := seen.LoadOrStore(sql, true); dup || !mysql {
				return
			}
			if err := sqlgate.Check(sql); err != nil {
				t.Errorf("%v: %s", err, sql)
			}
		}
	}
	open := func(t *testing.T, o Options) *Base {
		o.Seed = 1
		b, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.DB.Close() })
		return b
	}
	t.Run("sqlite", func(t *testing.T) {
		f(t, open(t, Options{File: filepath.Join(t.TempDir(), "daohu.db"), Trace: gate(t, false)}))
	})
	for _, snapshot := range []bool{false, true} {
		t.Run(fmt.Sprintf("mariadb/snapshot=%v", snapshot), func(t *testing.T) {
			f(t, open(t, Options{MySQL: servertest.MariaDB(t, servertest.MariaDBOptions{Snapshot: snapshot}), Trace: gate(t, true)}))
		})
	}
}
