package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"daohu/server/activity"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/write"
)

// A tombstone older than 180 days goes, a younger one stays, and a phone that
// might have missed one is told to reconcile instead of keeping a dead row.
func TestPurgeMakesOldCursorsReconcile(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		ctx := t.Context()
		tn, err := b.Add(ctx, town.Size{Cadres: 1, Houses: 2})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(client, cursor string) map[string]any {
			body, _ := json.Marshal(map[string]any{"cursor": cursor, "schema": 1, "client": client, "acked": [2]any{0, ""}, "muts": []any{}, "budget": 65536, "unsent": [2]int{0, 0}})
			raw, err := b.Delta.Exchange(ctx, tn.Cadres[0], body)
			if err != nil {
				t.Fatal(err)
			}
			var out map[string]any
			if err := json.Unmarshal(raw, &out); err != nil {
				t.Fatal(err)
			}
			return out
		}
		visit := func(deleted bool) {
			in := write.Intent{Township: tn.Township, Action: "test", Households: []string{tn.Houses[0]}}
			if _, err := b.DB.Write(ctx, in, func(tx write.Tx) error {
				v := &activity.Visit{Meta: record.Meta{ID: tx.NewID(), Household: tn.Houses[0]}, Day: "2026-03-02"}
				if deleted {
					v.DeletedAt = tx.Now()
				}
				tx.Put(activity.VisitType, v)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		old, fresh := b.DB.NewID(), b.DB.NewID()
		oldCursor := ask(old, "")["cursor"].(string)
		visit(true)
		b.Pass(store.KeepTombstones + time.Hour)
		visit(true)
		freshCursor := ask(fresh, "")["cursor"].(string)
		gone, err := b.DB.Purge(ctx)
		if err != nil || gone == 0 {
			t.Fatalf("purged %d: %v", gone, err)
		}
		if again, err := b.DB.Purge(ctx); err != nil || again != 0 {
			t.Fatalf("purged %d more: %v", again, err)
		}
		visit(false)
		if out := ask(old, oldCursor); out["reconcile"] != true || out["households"] != nil {
			t.Fatalf("an old cursor is served: %v", out)
		}
		if out := ask(fresh, freshCursor); out["reconcile"] != nil || out["households"] == nil {
			t.Fatalf("a fresh cursor is not served: %v", out)
		}
	})
}
