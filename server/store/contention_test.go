package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

func TestNewHouseholdNumbers(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw := p.town(t, town.Size{Houses: 3})
		const writers, times = 16, 3
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range times {
					ids := []string{p.DB.NewID(), p.DB.NewID()}
					_, err := p.DB.Write(t.Context(), write.Intent{Township: tw.Township, Households: ids}, func(tx write.Tx) error {
						for _, id := range ids {
							tx.Put(household.HouseholdType, &household.Household{Meta: record.Meta{ID: id, Household: id}})
							tx.Put(household.MemberType, &household.Member{Meta: record.Meta{ID: tx.NewID(), Household: id}, Name: "乙"})
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		want := int64(1 + 3 + writers*times*2)
		n := p.number(t, "SELECT COUNT(*) FROM `household` WHERE `township` = ?", tw.Township)
		if top := p.number(t, "SELECT MAX(`no`) FROM `household` WHERE `township` = ?", tw.Township); n != want || top != want {
			t.Errorf("%d households, highest number %d, want %d", n, top, want)
		}
	})
}

func TestDeadlockIsRetried(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		if !p.mysql {
			return // SQLite has one writer at a time
		}
		tw := p.town(t, town.Size{Houses: 2})
		put(t, p.DB, write.Intent{Township: tw.Township, Households: tw.Houses}, func(tx write.Tx) error {
			tx.Add(&write.Quarantine{ID: "quarantine01", State: "open"})
			return nil
		})
		foreign, err := p.raw.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = foreign.Rollback() }()
		for i := range 200 {
			if _, err := foreign.ExecContext(t.Context(), "INSERT INTO `area` (`code`, `parent`, `level`, `name`, `township`, `poor`, `exit_plan`, `exit_year`, `profile`) VALUES (?, '', '', '', '', '', 0, 0, '')", fmt.Sprint(999900000+i)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := foreign.ExecContext(t.Context(), "UPDATE `quarantine` SET `base` = 5 WHERE `id` = 'quarantine01'"); err != nil {
			t.Fatal(err)
		}
		runs, ended := 0, make(chan error, 1)
		put(t, p.DB, write.Intent{Township: tw.Township, Households: tw.Houses}, func(tx write.Tx) error {
			if runs++; runs == 1 {
				go func() {
					_, err := foreign.ExecContext(t.Context(), "UPDATE `household` SET `notes` = 'x' WHERE `id` = ?", tw.Houses[0])
					ended <- errors.Join(err, foreign.Commit())
				}()
			}
			q, err := tx.Quarantined("quarantine01")
			if err != nil {
				return err
			}
			h, err := houseOf(tx, tw.Houses[0])
			if err != nil {
				return err
			}
			h.People = q.Base
			tx.Put(household.HouseholdType, h)
			return nil
		})
		if err := <-ended; err != nil {
			t.Fatalf("the foreign transaction was chosen: %v", err)
		}
		h, err := findHouse(t.Context(), tw, tw.Houses[0])
		if runs != 2 || err != nil || h.Notes != "x" || h.People != 5 {
			t.Errorf("%d runs, %+v, %v", runs, h, err)
		}
	})
}

func TestLostRaceForAnID(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		if !p.mysql {
			return // SQLite has one writer at a time
		}
		tw := p.town(t, town.Size{Houses: 2})
		taken := fault.New(fault.IDTaken, "别人先用了。")
		runs := 0
		_, err := p.DB.Write(t.Context(), write.Intent{Township: tw.Township, Households: tw.Houses[:1]}, func(tx write.Tx) error {
			runs++
			if got, err := tx.Load(activity.VisitType, "visit000000A"); err != nil || len(got) > 0 {
				return errors.Join(err, taken)
			}
			if runs == 1 {
				put(t, p.DB, write.Intent{Township: tw.Township, Households: tw.Houses[1:]}, func(tx write.Tx) error {
					tx.Put(activity.VisitType, aVisit("visit000000A", tw.Houses[1]))
					return nil
				})
			}
			tx.Put(activity.VisitType, aVisit("visit000000A", tw.Houses[0]))
			return nil
		})
		if runs != 2 || !errors.Is(err, taken) {
			t.Errorf("%d runs: %v", runs, err)
		}
	})
}

func TestNoLostUpdate(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw := p.town(t, town.Size{Houses: 2})
		const writers = 64
		var wg sync.WaitGroup
		var stale atomic.Int64
		bump := func(id string, rev int64) error {
			_, err := p.DB.Write(t.Context(), write.Intent{Township: tw.Township, Households: []string{id}}, func(tx write.Tx) error {
				h, err := houseOf(tx, id)
				if err != nil {
					return err
				}
				if rev > 0 && h.Version != rev {
					return fault.New(fault.Stale, "")
				}
				old := h.People
				h.People++
				tx.Put(household.HouseholdType, h)
				tx.Add(&write.History{Household: id, Type: "household", Row: id, Field: "people", Old: fmt.Sprint(old), New: fmt.Sprint(h.People)})
				return nil
			})
			return err
		}
		for range writers {
			wg.Go(func() {
				for {
					h, err := findHouse(t.Context(), tw, tw.Houses[0])
					if err == nil {
						err = bump(tw.Houses[0], h.Version)
					}
					if !fault.Is(err, fault.Stale) {
						if err != nil {
							t.Error(err)
						}
						return
					}
					stale.Add(1)
				}
			})
			wg.Go(func() {
				for range 4 {
					if err := bump(tw.Houses[1], 0); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for i, want := range []int64{1 + writers, 1 + 4*writers} {
			h, err := findHouse(t.Context(), tw, tw.Houses[i])
			if err != nil || h.People != want || h.Version != want {
				t.Errorf("household %d: %d people, version %d, want %d (%v)", i, h.People, h.Version, want, err)
			}
			var olds []string
			for _, old := range texts(t, p.raw, "SELECT `old` FROM `history` WHERE `row` = ? ORDER BY `seq`", tw.Houses[i]) {
				if slices.Contains(olds, old) {
					t.Fatalf("two writers saw %s", old)
				}
				olds = append(olds, old)
			}
			if int64(len(olds)) != want-1 {
				t.Errorf("history has %d lines, want %d", len(olds), want-1)
			}
		}
		t.Logf("figure: %s: %d compare-and-sets lost 0, %d were stale and tried again", t.Name(), writers, stale.Load())
	})
}

func TestHouseholdsDoNotWait(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		if !p.mysql {
			return // SQLite has one writer at a time
		}
		for _, houses := range []int{2, 5, 60} {
			tw := p.town(t, town.Size{Houses: houses})
			half := houses / 2
			put(t, p.DB, write.Intent{Township: tw.Township, Households: tw.Houses[:half]}, func(tx write.Tx) error {
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // a lock wait lasts 5 s
				defer cancel()
				for _, ids := range [][]string{tw.Houses[half : half+1], tw.Houses[half:]} {
					_, err := p.DB.Write(ctx, write.Intent{Township: tw.Township, Households: ids}, func(tx write.Tx) error {
						for _, id := range ids {
							h, err := houseOf(tx, id)
							if err != nil {
								return err
							}
							tx.Put(household.HouseholdType, h)
							tx.Put(activity.VisitType, aVisit(tx.NewID(), id))
						}
						return nil
					})
					if err != nil {
						return fmt.Errorf("%d of %d households: %w", len(ids), houses, err)
					}
				}
				return nil
			})
		}
	})
}
