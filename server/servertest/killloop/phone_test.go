package killloop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"image"
	"image/jpeg"
	mrand "math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// phone is one cadre's: it keeps every mutation until it is acknowledged and
// sends it again, unchanged, as the mini-program does.
type phone struct {
	w      *world
	rand   *mrand.Rand
	token  string
	client string
	user   string
	houses []string
	seq    int64
	cursor string
	acked  [2]any
	mid    int64
	photos int

	batches []*batch // in order; only the last may be unacknowledged
	checked int      // batches that were compared since they were acknowledged
}

// batch is what one request pushes: one transaction, whole or not at all.
type batch struct {
	top    int64 // its highest mid
	muts   []json.RawMessage
	hash   string            // of the last one
	rows   map[string]string // visits and photos made, id -> text or sha256
	notes  map[string]string // household -> notes written
	photo  string            // id of a photo to send; "" = none
	body   []byte
	acked  bool
	stored bool // the upload was acknowledged
}

func (w *world) newPhone(login string, seed uint64) *phone {
	w.t.Helper()
	p := &phone{w: w, rand: mrand.New(mrand.NewPCG(seed, 2)), token: w.login(login), acked: [2]any{0, ""}}
	p.client = p.id()
	ctx := w.t.Context()
	must(w.t, w.raw.QueryRowContext(ctx, "SELECT `id` FROM `user` WHERE `login` = ?", login).Scan(&p.user))
	must(w.t, w.raw.QueryRowContext(ctx, "SELECT `seq` FROM `space` WHERE `township` = ?", w.township).Scan(&p.seq))
	rows, err := w.raw.QueryContext(ctx, "SELECT `assignment`.`household` FROM `assignment` JOIN `household` ON `household`.`township` = `assignment`.`township` AND `household`.`id` = `assignment`.`household` WHERE `principal` = ? AND `until_seq` = 0 AND `household`.`kind` = '' ORDER BY 1", p.user)
	must(w.t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		must(w.t, rows.Scan(&id))
		p.houses = append(p.houses, id)
	}
	if must(w.t, rows.Err()); len(p.houses) == 0 {
		w.t.Fatalf("%s has no household", login)
	}
	return p
}

// id makes a record id: 12 characters of 72 random bits.
func (p *phone) id() string {
	b := make([]byte, 9)
	for i := range b {
		b[i] = byte(p.rand.Uint32())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// run makes batch after batch until ctx ends, and goes on until the last one
// is acknowledged.
func (p *phone) run(ctx context.Context) {
	for ctx.Err() == nil {
		p.send(p.next())
	}
}

// next makes a batch of one to three visits, now and then notes of the
// household and a photo.
func (p *phone) next() *batch {
	b := &batch{rows: map[string]string{}, notes: map[string]string{}}
	p.batches = append(p.batches, b)
	house := p.houses[p.rand.IntN(len(p.houses))]
	visit := ""
	for range 1 + p.rand.IntN(3) {
		visit = p.id()
		text := fmt.Sprintf("走访 %s %d", visit, p.rand.Uint32())
		b.rows[visit] = text
		p.mut(b, "visit", visit, house, map[string]any{"day": time.Now().UTC().Add(8 * time.Hour).Format(time.DateOnly), "stage": 1 + p.rand.IntN(4), "text": text})
	}
	if p.rand.IntN(3) == 0 {
		b.notes[house] = fmt.Sprintf("备注 %d", p.mid)
		p.mut(b, "household", house, house, map[string]any{"notes": b.notes[house]})
	}
	if p.rand.IntN(6) == 0 {
		b.photo, b.body = p.id(), p.picture()
		sum := fmt.Sprintf("%x", sha256.Sum256(b.body))
		b.rows[b.photo] = sum
		p.mut(b, "photo", b.photo, house, map[string]any{"visit": visit, "sha256": sum, "size": len(b.body), "mime": "image/jpeg"})
	}
	b.top = p.mid
	return b
}

func (p *phone) mut(b *batch, typ, id, house string, patch map[string]any) {
	p.mid++
	raw, err := json.Marshal([]any{p.mid, p.seq, typ, id, house, patch, time.Now().UnixMilli()})
	if err != nil {
		p.w.t.Error(err)
	}
	b.muts, b.hash = append(b.muts, raw), hash(string(raw))
}

// hash is that of docs/sync-protocol.md.
func hash(mut string) string {
	text := "[" + mut[strings.IndexByte(mut, ',')+1:]
	a := fnv.New32a()
	_, _ = a.Write([]byte(text)) // never fails
	h := uint32(0x01000193)
	for i := range len(text) {
		h = (h ^ uint32(text[i])) * 16777619
	}
	return fmt.Sprintf("%08x%08x", a.Sum32(), h)
}

// picture is a JPEG no other picture is equal to.
func (p *phone) picture() []byte {
	p.photos++
	img := image.NewGray(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = byte(p.rand.Uint32())
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil) // a buffer does not fail
	return b.Bytes()
}

// send repeats a batch until it is acknowledged, then its photo.
func (p *phone) send(b *batch) {
	for end := time.Now().Add(2 * patience); !p.push(b); {
		if time.Now().After(end) || p.w.t.Context().Err() != nil {
			p.w.t.Errorf("a batch was never acknowledged\n%s", p.w.logs.text())
			return
		}
	}
	if b.photo == "" {
		p.w.desk.offer(b)
		return
	}
	for end := time.Now().Add(2 * patience); !p.upload(b); {
		if time.Now().After(end) || p.w.t.Context().Err() != nil {
			p.w.t.Errorf("a photo was never stored\n%s", p.w.logs.text())
			return
		}
	}
}

// push sends a batch once and reports whether it was acknowledged.
func (p *phone) push(b *batch) bool {
	body, err := json.Marshal(map[string]any{"cursor": p.cursor, "schema": 1, "client": p.client, "acked": p.acked, "muts": b.muts, "budget": 8192, "unsent": []int64{0, 0}, "digests": []any{}})
	if err != nil {
		p.w.t.Error(err)
		return true
	}
	a := p.w.do(context.Background(), "POST", p.token, "/api/v1/sync", "application/json", body)
	if a.status != 200 {
		p.again(a, "push")
		return false
	}
	var out struct {
		Cursor, NewClient string
		Last              int64
		Results           [][]any
		Epoch, Ended      bool
	}
	if err := json.Unmarshal(a.body, &out); err != nil {
		p.w.t.Errorf("push: %v: %s", err, a.body)
		return true
	}
	if out.NewClient != "" || out.Epoch || out.Ended || out.Last != b.top || len(out.Results) > 0 {
		p.w.t.Errorf("push of %d: last %d, results %v, new client %q, epoch %v, ended %v", b.top, out.Last, out.Results, out.NewClient, out.Epoch, out.Ended)
		return true
	}
	p.cursor, p.acked, b.acked = out.Cursor, [2]any{out.Last, b.hash}, true
	p.w.pushed.Add(1)
	return true
}

// upload sends a photo whole, as one does that fits a chunk.
func (p *phone) upload(b *batch) bool {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	a := p.w.do(context.Background(), "POST", p.token, "/api/v1/uploads", "application/offset+octet-stream", b.body,
		"Tus-Resumable", "1.0.0", "Upload-Length", fmt.Sprint(len(b.body)),
		"Upload-Metadata", "photo "+b64(b.photo)+",sha256 "+b64(b.rows[b.photo]))
	if a.status != 201 || a.head.Get("Upload-Offset") != fmt.Sprint(len(b.body)) {
		p.again(a, "upload")
		return false
	}
	b.stored = true
	return true
}

// again judges an answer that acknowledged nothing, and waits as it asks for,
// a tenth of a second at most.
func (p *phone) again(a answer, what string) {
	switch a.status {
	case 0, 201, 429, 503:
		<-time.After(time.Duration(1+p.rand.IntN(100)) * time.Millisecond)
	default:
		p.w.t.Errorf("%s: %d %s", what, a.status, a.body)
	}
}

// desk is the township admin's: it approves visits that were acknowledged.
type desk struct {
	w       *world
	token   string
	work    chan string
	decided map[string]bool // approvals that were acknowledged
	fresh   []string        // of them, not compared yet
}

// offer hands visits of a batch to the desk, as long as it keeps up.
func (d *desk) offer(b *batch) {
	for id := range b.rows {
		select {
		case d.work <- id:
		default:
		}
		return
	}
}

func (d *desk) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-d.work:
			for end := time.Now().Add(2 * patience); !d.approve(id); {
				if time.Now().After(end) || d.w.t.Context().Err() != nil {
					d.w.t.Errorf("a decision was never made\n%s", d.w.logs.text())
					return
				}
			}
		}
	}
}

// approve looks at a visit and approves it; it reports whether that is done.
func (d *desk) approve(id string) bool {
	a := d.w.do(context.Background(), "GET", d.token, "/api/v1/records/visit/"+id, "", nil)
	var row struct {
		Rev   int64
		State string
	}
	switch {
	case a.status == 200 && json.Unmarshal(a.body, &row) == nil:
	case a.status == 0 || a.status == 429 || a.status == 503:
		<-time.After(later(a.status))
		return false
	default:
		d.w.t.Errorf("visit %s: %d %s", id, a.status, a.body)
		return true
	}
	if row.State == "approved" { // by a request whose answer was lost
		return true
	}
	body, _ := json.Marshal(map[string]any{"action": "approve", "rev": row.Rev}) // cannot fail
	a = d.w.do(context.Background(), "POST", d.token, "/api/v1/records/visit/"+id+"/decision", "application/json", body)
	switch a.status {
	case 200:
		d.decided[id] = true
		d.fresh = append(d.fresh, id)
		return true
	case 0, 409, 429, 503:
		<-time.After(later(a.status))
		return false
	}
	d.w.t.Errorf("decision on %s: %d %s", id, a.status, a.body)
	return true
}

// later is how long to wait after an answer before asking again. The limit of a
// user fills again by ten requests a second: who comes sooner spends on looking
// what the decision needs, for ever.
func later(status int) time.Duration {
	if status == http.StatusTooManyRequests {
		return 300 * time.Millisecond
	}
	return 20 * time.Millisecond
}
