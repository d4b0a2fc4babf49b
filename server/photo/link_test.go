package photo_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/photo"
	"daohu/server/servertest/town"
)

// holders are the sessions that run, by id.
type holders map[string]access.Actor

func (h holders) Holder(_ context.Context, session string) (access.Actor, error) {
	a, ok := h[session]
	if !ok {
		return a, fault.New(fault.Unauthorized, "")
	}
	return a, nil
}

// linkWorld is a deskWorld whose photo is stored, with links to it.
func linkWorld(t *testing.T, b *town.Base) (*deskWorld, *photo.Links, holders) {
	w := beginDesk(t, b)
	key, thumb := photo.Keys(w.row)
	for k, text := range map[string]string{key: "large", thumb: "small"} {
		if err := w.blobs.Put(t.Context(), k, strings.NewReader(text), int64(len(text))); err != nil {
			t.Fatal(err)
		}
	}
	err := b.DB.SaveBody(t.Context(), photo.Body{Township: w.Township, Photo: w.row.ID, Author: w.row.MadeBy, Upload: w.row.ID, SHA256: w.row.SHA256, Size: 9, BodyKey: key, ThumbKey: thumb, BodySize: 5, ThumbSize: 5})
	if err != nil {
		t.Fatal(err)
	}
	open := holders{}
	for i := range w.Cadres {
		w.Cadres[i].Session = strings.Repeat("0"+string(rune('1'+i)), 32)
		open[w.Cadres[i].Session] = w.Cadres[i]
	}
	return w, &photo.Links{Desk: w.desk, Holders: open, Keys: [][]byte{bytes.Repeat([]byte{1}, 32)}, Now: b.Now}, open
}

// TestLinks: a link opens one picture of one size for as long as its holder may
// see it and five minutes at most; nothing else of it may be changed.
func TestLinks(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w, l, sessions := linkWorld(t, b)
		me := w.Cadres[0]
		issue := func(a access.Actor, size string) string {
			t.Helper()
			ticket, until, err := l.Issue(t.Context(), a, w.row.ID, size)
			if err != nil || until != b.Now().Add(photo.LinkLife).UnixMilli() {
				t.Fatalf("%d %v", until, err)
			}
			return ticket
		}
		want := func(what, id, size, ticket string, code fault.Code) {
			t.Helper()
			f, _, err := l.Open(t.Context(), id, size, ticket)
			if err == nil {
				_ = f.Close()
			}
			if (code == "") != (err == nil) || err != nil && !fault.Is(err, code) {
				t.Errorf("%s: %v, want %q", what, err, code)
			}
		}
		full := issue(me, "full")
		want("as it is", w.row.ID, "full", full, "")
		want("another size", w.row.ID, "thumb", full, fault.NotFound)
		want("another photo", b.DB.NewID(), "full", full, fault.NotFound)
		raw, err := base64.RawURLEncoding.DecodeString(full)
		if err != nil {
			t.Fatal(err)
		}
		for i := range raw { // every byte: end, session, user, seal
			forged := bytes.Clone(raw)
			forged[i] ^= 1
			want("a changed byte", w.row.ID, "full", base64.RawURLEncoding.EncodeToString(forged), fault.NotFound)
		}
		for _, bad := range []string{"", "x", full + "A", full[1:], full + "==", "照片"} {
			want("no ticket", w.row.ID, "full", bad, fault.NotFound)
		}
		other := *l
		other.Keys = [][]byte{bytes.Repeat([]byte{2}, 32)}
		if _, _, err := other.Open(t.Context(), w.row.ID, "full", full); !fault.Is(err, fault.NotFound) {
			t.Errorf("another key: %v", err)
		}
		other.Keys = append(other.Keys, l.Keys[0])
		if f, _, err := other.Open(t.Context(), w.row.ID, "full", full); err != nil {
			t.Errorf("the key before: %v", err)
		} else {
			_ = f.Close()
		}
		for name, a := range map[string]access.Actor{"another cadre": w.Cadres[1], "nobody": {}, "without a session": {User: me.User, Role: "C"}} {
			if ticket, _, err := l.Issue(t.Context(), a, w.row.ID, "full"); err == nil {
				t.Errorf("%s was given %s", name, ticket)
			}
		}
		b.Pass(photo.LinkLife - time.Millisecond)
		want("just before its end", w.row.ID, "full", full, "")
		b.Pass(time.Millisecond)
		want("at its end", w.row.ID, "full", full, fault.Gone)

		full = issue(me, "full")
		delete(sessions, me.Session)
		want("session revoked", w.row.ID, "full", full, fault.Gone)
		sessions[me.Session] = w.Cadres[1]
		want("session of somebody else", w.row.ID, "full", full, fault.Gone)
		sessions[me.Session] = me
		want("back", w.row.ID, "full", full, "")
		if err := w.Pair(t.Context(), w.Houses[0], &w.Cadres[1]); err != nil {
			t.Fatal(err)
		}
		want("after the hand-over", w.row.ID, "full", full, fault.NotFound)
	})
}
