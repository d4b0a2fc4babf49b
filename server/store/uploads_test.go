package store_test

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daohu/server/household"
	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/servertest"
	"daohu/server/servertest/sqlgate"
	"daohu/server/store"
)

type noChain struct{}

func (noChain) Chain(string, []byte) string { return strings.Repeat("0", 64) }

// bodyStores opens a migrated store of each dialect whose clock reads now.
func bodyStores(t *testing.T, test func(t *testing.T, db *store.DB, now *atomic.Int64)) {
	for _, dialect := range []string{"sqlite", "mysql"} {
		t.Run(dialect, func(t *testing.T) {
			var now atomic.Int64
			now.Store(1000)
			opt := store.Options{
				File: filepath.Join(t.TempDir(), "test.db"), Unsafe: true, Rand: rand.Reader, Chain: noChain{},
				Types: []*record.Type{household.HouseholdType},
				Now:   func() time.Time { return time.UnixMilli(now.Load()) },
				Trace: func(sql string) {
					if strings.Contains(sql, "photo_body") {
						if err := sqlgate.Check(sql); err != nil {
							t.Error(err)
						}
					}
				},
			}
			if dialect == "mysql" {
				opt.MySQL = servertest.MariaDB(t, servertest.MariaDBOptions{})
			}
			db, err := store.Open(context.Background(), opt)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := db.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			test(t, db, &now)
		})
	}
}

func aBody() photo.Body {
	return photo.Body{Township: "530102", Photo: "AAAAAAAAAAAa", Author: "cadre0000001", Upload: strings.Repeat("a", 32),
		SHA256: strings.Repeat("b", 64), Size: 300000, BodyKey: "photo/530102/x.jpg", ThumbKey: "photo/530102/x-s.jpg",
		BodySize: 200000, ThumbSize: 9000, Width: 1600, Height: 1200}
}

func TestBodies(t *testing.T) {
	bodyStores(t, func(t *testing.T, db *store.DB, now *atomic.Int64) {
		ctx, b := context.Background(), aBody()
		if _, ok, err := db.BodyByUpload(ctx, b.Upload); ok || err != nil {
			t.Fatalf("before: %v %v", ok, err)
		}
		if err := db.SaveBody(ctx, b); err != nil {
			t.Fatal(err)
		}
		want := b
		want.MadeAt, want.UpdatedAt = 1000, 1000
		check := func(got photo.Body, ok bool, err error) {
			t.Helper()
			if err != nil || !ok || got != want {
				t.Errorf("got %+v %v %v, want %+v", got, ok, err, want)
			}
		}
		check(db.BodyByUpload(ctx, b.Upload))
		check(db.BodyByContent(ctx, b.Township, b.Author, b.SHA256))
		check(db.BodyOf(ctx, b.Township, b.Photo))

		now.Store(2000)
		b.Width, b.Upload = 800, strings.Repeat("c", 32)
		for range 2 { // the second changes nothing but must not fail
			if err := db.SaveBody(ctx, b); err != nil {
				t.Fatal(err)
			}
		}
		want = b
		want.MadeAt, want.UpdatedAt = 1000, 2000
		check(db.BodyByUpload(ctx, b.Upload))
		if _, ok, _ := db.BodyByUpload(ctx, strings.Repeat("a", 32)); ok {
			t.Error("the replaced upload is still found")
		}

		other := b
		other.Photo, other.Upload = "aaaaaaaaaaaA", strings.Repeat("d", 32) // differs in case only
		if err := db.SaveBody(ctx, other); err != nil {
			t.Fatal(err)
		}
		check(db.BodyOf(ctx, b.Township, b.Photo))
		for name, key := range map[string][3]string{
			"another author":   {b.Township, "cadre0000002", b.SHA256},
			"another case":     {b.Township, "CADRE0000001", b.SHA256},
			"another township": {"530103", b.Author, b.SHA256},
			"another hash":     {b.Township, b.Author, strings.Repeat("e", 64)},
		} {
			if _, ok, err := db.BodyByContent(ctx, key[0], key[1], key[2]); ok || err != nil {
				t.Errorf("%s: found %v, %v", name, ok, err)
			}
		}
	})
}

func TestBodyTwiceAtOnce(t *testing.T) {
	bodyStores(t, func(t *testing.T, db *store.DB, _ *atomic.Int64) {
		b := aBody()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := db.SaveBody(context.Background(), b); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if _, ok, err := db.BodyByUpload(context.Background(), b.Upload); !ok || err != nil {
			t.Errorf("after: %v %v", ok, err)
		}
		thief := b
		thief.Photo = "BBBBBBBBBBBB" // the same upload for another photo: a bug, not to be stored
		if err := db.SaveBody(context.Background(), thief); err == nil {
			t.Error("one upload for two photos was taken")
		}
		if _, ok, _ := db.BodyOf(context.Background(), b.Township, thief.Photo); ok {
			t.Error("one upload became two photos' body")
		}
	})
}
