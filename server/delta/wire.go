package delta

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"

	"daohu/server/fault"
	"daohu/server/parcel"
	"daohu/server/record"
)

// request is the body of POST /api/v1/sync.
type request struct {
	Cursor  string            `json:"cursor"`
	Schema  int64             `json:"schema"`
	Client  string            `json:"client"`
	Acked   [2]any            `json:"acked"`
	Muts    []json.RawMessage `json:"muts"`
	Budget  int               `json:"budget"`
	Unsent  [2]int64          `json:"unsent"`
	Digests []digest          `json:"digests"`
	Pack    int               `json:"pack"` // the dictionary of the parcel wanted; 0 = answer in JSON

	ackedMid  int64
	ackedHash string
	muts      []mutation
}

type digest struct {
	household string
	sum       uint32
}

func (d *digest) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&d.household, &d.sum})
}

// mutation is one change as sent: [mid, base, type, id, household, patch,
// deviceMs] and, from phones that ask for one, a reason behind them.
type mutation struct {
	mid       int64
	base      int64
	typ       string
	id        string
	household string
	patch     json.RawMessage // "null" = delete
	deviceAt  int64
	reason    string // why the author asks, for proposals; "" = not told
	text      string // as sent, without the mid
	hash      string
	broken    bool // not of that shape: consumed and refused
}

func decode(raw []byte) (*request, error) {
	bad := func(detail string) (*request, error) { return nil, fault.New(fault.BadRequest, detail) }
	var r request
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return nil, fault.Wrap(fault.BadRequest, err)
	}
	if !record.IsID(r.Client) {
		return nil, fault.Bad(fault.Field{Name: "client", Code: "format", Detail: "手机编号不对。"})
	}
	if r.Acked[0] != nil {
		n, ok1 := r.Acked[0].(float64)
		h, ok2 := r.Acked[1].(string)
		if !ok1 || !ok2 || n < 0 || n >= 1<<53 {
			return bad("acked 的格式不对。")
		}
		r.ackedMid, r.ackedHash = int64(n), h
	}
	if len(r.Digests) > MaxDigests || len(r.Muts) > MaxMutations {
		return nil, fault.New(fault.TooLarge, "")
	}
	size := 0
	for i, m := range r.Muts {
		if size += len(m); size > MaxPush {
			return nil, fault.New(fault.TooLarge, "")
		}
		mut, err := decodeMutation(m)
		if err != nil {
			return bad("第 " + strconv.Itoa(i+1) + " 条改动读不出来。")
		}
		if i > 0 && mut.mid != r.muts[i-1].mid+1 {
			return bad("改动的编号不连续。")
		}
		r.muts = append(r.muts, mut)
	}
	return &r, nil
}

// decodeMutation fails only when not even the mid can be read; everything
// else wrong with a mutation is told in its result, so that it cannot block
// the ones behind it.
func decodeMutation(raw []byte) (mutation, error) {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) == 0 {
		return mutation{}, fmt.Errorf("not a list")
	}
	m := mutation{patch: []byte("null")}
	if json.Unmarshal(parts[0], &m.mid) != nil || m.mid < 1 {
		return mutation{}, fmt.Errorf("no mid")
	}
	comma := bytes.IndexByte(raw, ',')
	if comma < 0 {
		m.broken, m.text = true, "[]"
	} else {
		m.text = "[" + string(raw[comma+1:])
	}
	m.hash = hashOf(m.text)
	if len(parts) != 7 && len(parts) != 8 || m.broken {
		m.broken = true
		return m, nil
	}
	if len(parts) == 8 && json.Unmarshal(parts[7], &m.reason) != nil {
		m.broken = true
	}
	for i, to := range []any{&m.base, &m.typ, &m.id, &m.household, nil, &m.deviceAt} {
		if to != nil && json.Unmarshal(parts[i+1], to) != nil {
			m.broken = true
		}
	}
	m.patch = parts[5]
	m.broken = m.broken || !record.IsID(m.id) || !record.IsID(m.household) || m.base < 0
	return m, nil
}

// hashOf tells two mutations apart: FNV-1a 32 from two bases, 16 hex digits.
func hashOf(text string) string {
	a := fnv.New32a()
	a.Write([]byte(text))
	h := uint32(0x01000193)
	for i := 0; i < len(text); i++ {
		h = (h ^ uint32(text[i])) * 16777619
	}
	return fmt.Sprintf("%08x%08x", a.Sum32(), h)
}

func cloneID(user string, r *request) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %d %s", user, r.Client, r.ackedMid, r.ackedHash)
	for _, m := range r.muts {
		h.Write([]byte(m.text))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:9])
}

// answer is built up by push and pull and encoded once.
type answer struct {
	cursor     string
	last       int64
	pushed     bool // last is known
	results    [][]any
	own        []ownRow
	removed    [][2]string
	households []byte // JSON elements joined by commas
	houses     []byte // in a parcel instead: of what kind they are …
	rows       []byte // … and their rows
	items      []item // what goes into a parcel
	tops       [][]int64
	left       int64 // households of a first round that are still to come; 0 = not told
	more       bool
	next, now  int64
	reconcile  bool
	epoch      bool
	newClient  string
	update     bool
	wipe       bool
	ended      bool
	disabled   bool // with ended
	quiet      bool // nothing at all to tell: a poll answers 204
}

// bytes is the answer in the form the phone asked for.
func (s *Service) bytes(req *request, a *answer, err error) ([]byte, error) {
	switch {
	case err != nil:
		return nil, err
	case req.Pack == parcel.Current:
		return a.parcel(s.Types, a.items)
	}
	return a.encode(), nil
}

func (a *answer) encode() []byte {
	b := append(make([]byte, 0, 512+512*len(a.own)+len(a.households)), `{"cursor":`...)
	b = record.AppendString(b, a.cursor)
	if a.pushed {
		b = append(b, `,"last":`...)
		b = strconv.AppendInt(b, a.last, 10)
	}
	b = appendJSON(b, "results", a.results, len(a.results) > 0)
	b = appendRaw(b, "own", ownElements(a.own))
	b = appendJSON(b, "removed", a.removed, len(a.removed) > 0)
	b = appendRaw(b, "households", a.households)
	b = appendRaw(b, "houses", a.houses)
	b = appendRaw(b, "rows", a.rows)
	b = appendJSON(b, "tops", a.tops, len(a.tops) > 0)
	b = appendJSON(b, "left", a.left, a.left > 0)
	for _, f := range []struct {
		name string
		on   bool
	}{{"more", a.more}, {"reconcile", a.reconcile}, {"epoch", a.epoch}, {"update", a.update}, {"wipe", a.wipe}, {"ended", a.ended}, {"disabled", a.disabled}} {
		b = appendJSON(b, f.name, true, f.on)
	}
	b = appendJSON(b, "newClient", a.newClient, a.newClient != "")
	b = append(b, `,"next":`...)
	b = strconv.AppendInt(b, a.next, 10)
	b = append(b, `,"now":`...)
	b = strconv.AppendInt(b, a.now, 10)
	return append(b, '}')
}

func appendJSON(b []byte, name string, v any, on bool) []byte {
	if !on {
		return b
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // plain slices of text and numbers: cannot fail
	b = append(append(append(b, ',', '"'), name...), '"', ':')
	return append(b, bytes.TrimRight(buf.Bytes(), "\n")...)
}

func appendRaw(b []byte, name string, elements []byte) []byte {
	if len(elements) == 0 {
		return b
	}
	b = append(append(append(b, ',', '"'), name...), '"', ':', '[')
	return append(append(b, elements...), ']')
}
