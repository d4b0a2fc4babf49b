package delta_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/types"
)

// phone is the least a phone needs to speak the protocol and to hold what it
// was told; the real core is exercised by the simulation.
type phone struct {
	t       *testing.T
	b       *town.Base
	who     access.Actor
	client  string
	cursor  string
	acked   [2]any
	mid     int64
	hashes  map[int64]string
	schema  int
	budget  int
	digests bool
	unsent  [2]int64

	base   map[string]int64             // household -> base of its mutations
	space  map[string]int64             // household -> space
	rows   map[string]map[string]string // household -> "type id" -> JSON text
	staged map[string]map[string]string
	gone   [][2]string // every removal told so far
}

type result struct {
	Mid               int64
	Code, Reason, Ref string
}

func (r *result) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&r.Mid, &r.Code, &r.Reason, &r.Ref})
}

type ownRow struct {
	Type, ID, Household string
	Set                 map[string]json.RawMessage // nil = gone
	Whole               int
}

func (o *ownRow) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&o.Type, &o.ID, &o.Household, &o.Set, &o.Whole})
}

type item struct {
	ID               string
	S                int64
	Full, Cont, More bool
	Rows             map[string][]json.RawMessage
}

type reply struct {
	Cursor                                                string
	Last                                                  int64
	Results                                               []result
	Own                                                   []ownRow
	Removed                                               [][2]string
	Households                                            []item
	Tops                                                  [][3]int64
	More, Reconcile, Epoch, Update, Wipe, Ended, Disabled bool
	NewClient                                             string
	Next, Now, Left                                       int64
	size                                                  int
}

// served reports whether the answer carries any data.
func (r reply) served() bool {
	return len(r.Own)+len(r.Removed)+len(r.Households)+len(r.Tops) > 0
}

func newPhone(t *testing.T, b *town.Base, who access.Actor) *phone {
	return &phone{t: t, b: b, who: who, client: b.DB.NewID(), acked: [2]any{0, ""}, hashes: map[int64]string{}, schema: types.Schema, budget: 65536,
		base: map[string]int64{}, space: map[string]int64{}, rows: map[string]map[string]string{}, staged: map[string]map[string]string{}}
}

// synced is a phone that has done its first round.
func synced(t *testing.T, b *town.Base, who access.Actor) *phone {
	t.Helper()
	p := newPhone(t, b, who)
	p.round()
	return p
}

// renew takes a new client id and numbers mutations anew.
func (p *phone) renew(client string) {
	p.client, p.acked, p.mid, p.hashes = client, [2]any{0, ""}, 0, map[int64]string{}
}

// mut makes the JSON text of a mutation with the next mid.
func (p *phone) mut(typ, id, house, patch string) string {
	return p.mutAt(p.base[house], typ, id, house, patch)
}

func (p *phone) mutAt(base int64, typ, id, house, patch string) string {
	p.mid++
	return p.sign(fmt.Sprintf(`[%d,%d,%q,%q,%q,%s,%d]`, p.mid, base, typ, id, house, patch, p.b.Now().UnixMilli()))
}

// sign notes the hash of a mutation by its mid.
func (p *phone) sign(mut string) string {
	p.hashes[p.mid] = hash(mut)
	return mut
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

// try does one exchange and keeps nothing of it: the answer was lost.
func (p *phone) try(muts ...string) (reply, error) {
	raws := []json.RawMessage{}
	for _, m := range muts {
		raws = append(raws, json.RawMessage(m))
	}
	req := map[string]any{"cursor": p.cursor, "schema": p.schema, "client": p.client, "acked": p.acked, "muts": raws, "budget": p.budget, "unsent": p.unsent}
	if p.digests {
		req["digests"] = p.sums()
	}
	body, err := json.Marshal(req)
	if err != nil {
		p.t.Fatal(err)
	}
	raw, err := p.b.Delta.Exchange(p.t.Context(), p.who, body)
	if err != nil {
		return reply{}, err
	}
	var out reply
	if err := json.Unmarshal(raw, &out); err != nil {
		p.t.Fatalf("answer is not JSON: %v\n%s", err, raw)
	}
	out.size = len(raw)
	return out, nil
}

// send does one exchange and keeps all of it.
func (p *phone) send(muts ...string) reply {
	p.t.Helper()
	out, err := p.try(muts...)
	if err != nil {
		p.t.Fatalf("exchange: %v", err)
	}
	p.keep(out, muts)
	return out
}

// push sends one mutation and returns what became of it; the zero result says
// that it was plainly applied.
func (p *phone) push(typ, id, house, patch string) result {
	p.t.Helper()
	return p.verdict(p.send(p.mut(typ, id, house, patch)), p.mid)
}

func (p *phone) verdict(out reply, mid int64) result {
	p.t.Helper()
	if out.Last < mid {
		p.t.Fatalf("mutation %d was not consumed: last is %d", mid, out.Last)
	}
	for _, r := range out.Results {
		if r.Mid == mid {
			return r
		}
	}
	return result{}
}

// want fails unless a mutation ended with code and, where there is one, a
// sentence a person can read.
func (p *phone) want(r result, code string) result {
	p.t.Helper()
	if r.Code != code {
		p.t.Fatalf("result %+v, want code %q", r, code)
	}
	if code != "" && !chinese(r.Reason) {
		p.t.Fatalf("the reason is not a Chinese sentence: %q", r.Reason)
	}
	return r
}

func chinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff })
}

// round syncs until a round ends and returns its answers.
func (p *phone) round() []reply {
	p.t.Helper()
	var all []reply
	for range 300 {
		out := p.send()
		if all = append(all, out); !out.More {
			if len(p.staged) > 0 {
				p.t.Fatalf("a household was never finished: %v", slices.Sorted(maps.Keys(p.staged)))
			}
			return all
		}
	}
	p.t.Fatal("the round never ends")
	return nil
}

func (p *phone) keep(out reply, muts []string) {
	p.t.Helper()
	if out.NewClient != "" {
		return
	}
	p.cursor = out.Cursor
	if out.Last > 0 && p.hashes[out.Last] != "" {
		p.acked = [2]any{out.Last, p.hashes[out.Last]}
	}
	before := maps.Clone(p.rows)
	for _, r := range out.Removed {
		delete(p.rows, r[0])
		delete(p.staged, r[0])
	}
	p.gone = append(p.gone, out.Removed...)
	for _, it := range out.Households {
		p.part(it)
	}
	for _, o := range out.Own {
		p.own(o, before[o.Household], muts)
	}
	for _, top := range out.Tops {
		for id := range p.rows {
			if p.space[id] == top[0] && (top[2] == 1 || slices.ContainsFunc(out.Households, func(it item) bool { return it.ID == id && !it.More })) {
				p.base[id] = top[1]
			}
		}
	}
}

func (p *phone) part(it item) {
	p.t.Helper()
	p.space[it.ID] = it.S
	to, open := p.staged[it.ID]
	switch {
	case it.Cont && !open:
		p.t.Fatalf("household %s goes on, but was not begun", it.ID)
	case !it.Cont && it.Full:
		to = map[string]string{}
	case !it.Cont:
		if to = maps.Clone(p.rows[it.ID]); to == nil {
			p.t.Fatalf("a delta for %s, which is not held", it.ID)
		}
	}
	for typ, rows := range it.Rows {
		for _, raw := range rows {
			var r struct {
				ID  string
				Del int
			}
			if err := json.Unmarshal(raw, &r); err != nil {
				p.t.Fatal(err)
			}
			if to[typ+" "+r.ID] = string(raw); r.Del == 1 {
				delete(to, typ+" "+r.ID)
			}
		}
	}
	if it.More {
		p.staged[it.ID] = to
	} else {
		delete(p.staged, it.ID)
		p.rows[it.ID] = to
	}
}

// own composes a row this phone wrote from its own patches and what the
// server added.
func (p *phone) own(o ownRow, before map[string]string, muts []string) {
	p.t.Helper()
	rows, key := p.rows[o.Household], o.Type+" "+o.ID
	switch {
	case rows == nil:
		return
	case o.Set == nil:
		delete(rows, key)
		return
	}
	fields := map[string]json.RawMessage{}
	if o.Whole == 0 {
		if before[key] != "" {
			_ = json.Unmarshal([]byte(before[key]), &fields) // offered again after a restore
		}
		for _, m := range muts {
			var parts []json.RawMessage
			_ = json.Unmarshal([]byte(m), &parts)
			if len(parts) == 7 && string(parts[3]) == fmt.Sprintf("%q", o.ID) {
				_ = json.Unmarshal(parts[5], &fields)
			}
		}
	}
	maps.Copy(fields, o.Set)
	fields["id"] = json.RawMessage(fmt.Sprintf("%q", o.ID))
	rows[key] = canonical(o.Type, fields)
}

// canonical writes a row as the one projection does.
func canonical(typ string, fields map[string]json.RawMessage) string {
	names := []string{"id", "by"}
	for _, t := range types.All() {
		if t.Name == typ {
			for _, f := range t.Fields {
				names = append(names, f.Name)
			}
		}
	}
	var parts []string
	for _, n := range names {
		if v, ok := fields[n]; ok && n != "" && !slices.Contains([]string{"null", "0", `""`, "false", "[]"}, string(v)) {
			parts = append(parts, string(record.AppendString(nil, n))+":"+string(v))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// sums are the digests of all households held.
func (p *phone) sums() [][2]any {
	out := [][2]any{}
	for _, id := range slices.Sorted(maps.Keys(p.rows)) {
		n := uint32(0)
		for _, text := range p.rows[id] {
			n += record.Hash32([]byte(text))
		}
		out = append(out, [2]any{id, n})
	}
	return out
}

// row reads a row the phone holds.
func (p *phone) row(house, typ, id string) map[string]any {
	text, ok := p.rows[house][typ+" "+id]
	if !ok {
		return nil
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		p.t.Fatal(err)
	}
	return out
}

// ids are the rows of one type in one household.
func (p *phone) ids(house, typ string) []string {
	var out []string
	for key := range p.rows[house] {
		if name, id, _ := strings.Cut(key, " "); name == typ {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// only is the one row of a type in a household.
func (p *phone) only(house, typ string) string {
	p.t.Helper()
	ids := p.ids(house, typ)
	if len(ids) != 1 {
		p.t.Fatalf("%d rows of %s, want 1", len(ids), typ)
	}
	return ids[0]
}

// converged finishes a round and fails unless the phone holds, byte for byte,
// what a new phone of the same user is given.
func (p *phone) converged() {
	p.t.Helper()
	p.round()
	fresh := synced(p.t, p.b, p.who)
	if reflect.DeepEqual(p.rows, fresh.rows) {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(fresh.rows)) {
		for key, text := range fresh.rows[id] {
			if p.rows[id][key] != text {
				p.t.Errorf("household %s, %s:\n have %s\n want %s", id, key, p.rows[id][key], text)
			}
		}
	}
	for id, rows := range p.rows {
		for key := range rows {
			if fresh.rows[id][key] == "" {
				p.t.Errorf("household %s: %s should not be here", id, key)
			}
		}
	}
	p.t.FailNow()
}

// add makes a township or ends the test.
func add(t *testing.T, b *town.Base, size town.Size) *town.Town {
	t.Helper()
	tn, err := b.Add(t.Context(), size)
	if err != nil {
		t.Fatal(err)
	}
	return tn
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// change lets the township admin change a row online.
func change(t *testing.T, tn *town.Town, typ *record.Type, id, patch string) {
	t.Helper()
	_, err := tn.Registry.Change(t.Context(), tn.Admin, typ, id, find(t, tn, typ, id).Base().Version, json.RawMessage(patch))
	check(t, err)
}

// find reads a row at the server.
func find(t *testing.T, tn *town.Town, typ *record.Type, id string) record.Record {
	t.Helper()
	r, err := tn.DB.Find(t.Context(), typ, []string{tn.Township}, id)
	check(t, err)
	return r
}
