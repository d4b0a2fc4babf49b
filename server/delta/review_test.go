package delta_test

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/delta"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/workflow"
	"daohu/server/write"
)

// meddler is the real store, with something happening once before a pull.
type meddler struct {
	*store.DB
	before func()
	poison string // id of a row the database cannot store
}

func (m *meddler) Spaces(ctx context.Context, principal, client string) ([]delta.Space, error) {
	if f := m.before; f != nil {
		m.before = nil
		f()
	}
	return m.DB.Spaces(ctx, principal, client)
}

// Write fails, as a database would, when the poisoned row is among those queued.
func (m *meddler) Write(ctx context.Context, in write.Intent, decide func(write.Tx) error) (int64, error) {
	return m.DB.Write(ctx, in, func(tx write.Tx) error {
		w := &watched{Tx: tx, poison: m.poison}
		if err := decide(w); err != nil {
			return err
		}
		if w.hit {
			return errors.New("Data too long for column")
		}
		return nil
	})
}

type watched struct {
	write.Tx
	poison string
	hit    bool
}

func (w *watched) Put(t *record.Type, r record.Record) {
	w.hit = w.hit || (w.poison != "" && r.Base().ID == w.poison)
	w.Tx.Put(t, r)
}

// visitType is short for the type most tests write.
var visitType = activity.VisitType

func quietLog() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func deflated(t *testing.T, b []byte) int {
	t.Helper()
	var out bytes.Buffer
	z, err := flate.NewWriter(&out, flate.DefaultCompression)
	check(t, err)
	_, err = z.Write(b)
	check(t, err)
	check(t, z.Close())
	return out.Len()
}

// decide lets the admin decide on a visit as it is now.
func decide(t *testing.T, tn *town.Town, id, action, reason string) {
	t.Helper()
	rev := find(t, tn, activity.VisitType, id).Base().Version
	_, err := tn.Workflow.Decide(t.Context(), tn.Admin, activity.VisitType, id, workflow.Decision{Action: action, Rev: rev, Reason: reason})
	check(t, err)
}

// settle lets the admin settle a proposal as it is now.
func settle(t *testing.T, tn *town.Town, id, action, reason string) {
	t.Helper()
	rev := find(t, tn, household.ProposalType, id).Base().Version
	_, err := tn.Workflow.Settle(t.Context(), tn.Admin, id, workflow.Decision{Action: action, Rev: rev, Reason: reason})
	check(t, err)
}

// login gives a household's own login its household.
func login(t *testing.T, tn *town.Town, h access.Actor) {
	t.Helper()
	_, err := tn.DB.Write(t.Context(), write.Intent{Township: tn.Township, Action: "card", Households: []string{h.Household, tn.Common}}, func(tx write.Tx) error {
		return pairing.Assign(tx, tn.Common, "H", pairing.SourceSelf, map[string][]string{h.User: {h.Household}})
	})
	check(t, err)
}

// TestPhoneHearsUndoAndAmendment: what an admin takes back waits again on the
// phone that had it approved already; what the author changes after the
// approval is a wish, and the phone hears what became of it.
func TestPhoneHearsUndoAndAmendment(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		house, id := tn.Houses[0], b.DB.NewID()
		c := synced(t, b, tn.Cadres[0])
		held := func(state, text string) {
			t.Helper()
			c.converged()
			if v := c.row(house, "visit", id); v["state"] != state || v["text"] != text {
				t.Fatalf("the phone has %v, want %s %s", v, state, text)
			}
		}
		c.want(c.push("visit", id, house, `{"day":"2026-03-02","text":"谈了春耕"}`), "")
		decide(t, tn, id, "approve", "")
		held("approved", "谈了春耕")
		_, err := tn.Workflow.Undo(t.Context(), tn.Admin, visitType, id, 2)
		check(t, err)
		held("pending", "谈了春耕")
		c.want(c.push("visit", id, house, `{"text":"谈了春耕，看了圈"}`), "") // it waits: the author simply corrects it
		decide(t, tn, id, "approve", "")

		refused := c.want(c.push("visit", id, house, `{"text":"没去"}`), "proposal")
		if p := c.proposal(house, refused); p["state"] != "open" || p["target"] != "visit" || p["field"] != "text" || p["base"] != "谈了春耕，看了圈" || p["mine"] != "没去" {
			t.Fatalf("%v", p)
		}
		settle(t, tn, refused.Ref, "refuse", "已有农户回执")
		if p := c.proposal(house, refused); p["state"] != "refused" || p["words"] != "已有农户回执" {
			t.Fatalf("%v", p)
		}
		held("approved", "谈了春耕，看了圈")
		granted := c.want(c.push("visit", id, house, `{"text":"谈了春耕，看了牛圈"}`), "proposal")
		settle(t, tn, granted.Ref, "accept", "")
		if p := c.proposal(house, granted); p["state"] != "accepted" {
			t.Fatalf("%v", p)
		}
		held("approved", "谈了春耕，看了牛圈")
		history(t, tn, id, "text", []string{"谈了春耕，看了圈", "谈了春耕，看了牛圈"})
	})
}
