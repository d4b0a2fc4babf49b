package delta_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/servertest/town"
)

// phone is the least a phone needs to speak the protocol; the real core is
// exercised by the simulation.
type phone struct {
	t      *testing.T
	b      *town.Base
	who    access.Actor
	client string
	cursor string
	base   int64
	acked  [2]any
	mid    int
	last   map[string]any
	digest [][2]any
}

func newPhone(t *testing.T, b *town.Base, who access.Actor) *phone {
	return &phone{t: t, b: b, who: who, client: b.DB.NewID(), acked: [2]any{0, ""}}
}

// mut makes the JSON text of a mutation with the next mid.
func (p *phone) mut(typ, id, house, patch string) string {
	p.mid++
	return fmt.Sprintf(`[%d,%d,%q,%q,%q,%s,%d]`, p.mid, p.base, typ, id, house, patch, p.b.Now().UnixMilli())
}

func hash(mut string) string {
	text := "[" + mut[strings.IndexByte(mut, ',')+1:]
	a := fnv.New32a()
	a.Write([]byte(text))
	h := uint32(0x01000193)
	for i := range len(text) {
		h = (h ^ uint32(text[i])) * 16777619
	}
	return fmt.Sprintf("%08x%08x", a.Sum32(), h)
}

// send does one exchange and keeps the cursor; it does not acknowledge.
func (p *phone) send(muts ...string) map[string]any {
	p.t.Helper()
	out, err := p.try(muts...)
	if err != nil {
		p.t.Fatalf("exchange: %v", err)
	}
	p.keep(out)
	return out
}

func (p *phone) try(muts ...string) (map[string]any, error) {
	body, _ := json.Marshal(map[string]any{"cursor": p.cursor, "schema": 1, "client": p.client, "acked": p.acked, "muts": rawAll(muts), "budget": 65536, "unsent": [2]int{0, 0}, "digests": p.digest})
	raw, err := p.b.Delta.Exchange(p.t.Context(), p.who, body)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		p.t.Fatalf("answer is not JSON: %v\n%s", err, raw)
	}
	return out, nil
}

func (p *phone) keep(out map[string]any) {
	p.last = out
	p.cursor = out["cursor"].(string)
	if tops, ok := out["tops"].([]any); ok {
		p.base = int64(tops[0].([]any)[1].(float64))
	}
}

func rawAll(muts []string) []json.RawMessage {
	out := []json.RawMessage{}
	for _, m := range muts {
		out = append(out, json.RawMessage(m))
	}
	return out
}

// all syncs until a round ends and returns the household items.
func (p *phone) all() []map[string]any {
	p.t.Helper()
	var items []map[string]any
	for range 100 {
		out := p.send()
		hs, _ := out["households"].([]any)
		for _, h := range hs {
			items = append(items, h.(map[string]any))
		}
		if out["more"] != true {
			return items
		}
	}
	p.t.Fatal("the round never ends")
	return nil
}

func rowsOf(item map[string]any, typ string) []any {
	rows, _ := item["rows"].(map[string]any)[typ].([]any)
	return rows
}

func TestFirstSyncBringsExactlyTheScope(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, err := b.Add(t.Context(), town.Size{Cadres: 2, Workers: 1, Houses: 7})
		if err != nil {
			t.Fatal(err)
		}
		p := newPhone(t, b, tn.Cadres[0])
		got := map[string]bool{}
		for _, it := range p.all() {
			got[it["id"].(string)] = true
			if it["full"] != true {
				t.Errorf("household %v is not full", it["id"])
			}
			for _, m := range rowsOf(it, "member") {
				if _, leak := m.(map[string]any)["idNo"]; leak {
					t.Error("an ID number reached a phone")
				}
			}
		}
		want := map[string]bool{tn.Common: true, tn.Houses[0]: true, tn.Houses[2]: true, tn.Houses[4]: true, tn.Houses[6]: true}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		if out := p.send(); out["households"] != nil || out["more"] != nil {
			t.Fatalf("second sync is not empty: %v", out)
		}
		body, err := b.Delta.Poll(t.Context(), p.who, p.cursor, 1, p.client)
		if err != nil || body != nil {
			t.Fatalf("poll: %s %v", body, err)
		}
	})
}

func TestVisitArrivesOnce(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, err := b.Add(t.Context(), town.Size{Cadres: 2, Houses: 4})
		if err != nil {
			t.Fatal(err)
		}
		p := newPhone(t, b, tn.Cadres[0])
		p.all()
		id := b.DB.NewID()
		m := p.mut("visit", id, tn.Houses[0], `{"day":"2026-03-02","text":"屋顶漏雨"}`)
		first := p.send(m)
		if first["last"] != float64(1) || first["results"] != nil {
			t.Fatalf("%v", first)
		}
		own := first["own"].([]any)[0].([]any)
		if own[0] != "visit" || own[1] != id || own[3].(map[string]any)["state"] != "pending" {
			t.Fatalf("own %v", own)
		}
		for range 3 { // the answer was lost: sent again, word for word
			if out := p.send(m); out["last"] != float64(1) || out["newClient"] != nil {
				t.Fatalf("%v", out)
			}
		}
		p.acked = [2]any{1, hash(m)}
		p.send()
		w := newPhone(t, b, tn.Cadres[0]) // a second phone of the same user
		n := 0
		for _, it := range w.all() {
			n += len(rowsOf(it, "visit"))
		}
		if n != 1 {
			t.Fatalf("%d visits", n)
		}
		o := newPhone(t, b, tn.Cadres[1])
		o.all()
		om := o.mut("visit", b.DB.NewID(), tn.Houses[0], `{"day":"2026-03-02"}`)
		if out := o.send(om); out["results"].([]any)[0].([]any)[1] != "not-found" {
			t.Fatalf("a stranger wrote to the household: %v", out)
		}
	})
}
