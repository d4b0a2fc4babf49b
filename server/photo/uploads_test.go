package photo_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"daohu/server/fault"
	"daohu/server/photo"
)

func TestUploadInOneRequest(t *testing.T) {
	w := setUp(t)
	body := picture(t, 1)
	p := w.row(newRow, me, body)
	r := w.want(w.create(me, newRow, body, body), 201, "")
	if r.offset(t) != p.Size || r.header.Get("Tus-Resumable") != "1.0.0" || !strings.HasPrefix(r.header.Get("Location"), path+"/") {
		t.Errorf("answer %+v", r.header)
	}
	w.stored(p, body)
	at := r.header.Get("Location")
	for range 2 { // the answer got lost: ask, or create again
		if r := w.want(w.head(me, at), 200, ""); r.offset(t) != p.Size || r.header.Get("Upload-Length") != strconv.Itoa(len(body)) {
			t.Errorf("afterwards: %+v", r.header)
		}
		if r := w.want(w.create(me, newRow, body, body), 201, ""); r.offset(t) != p.Size || r.header.Get("Location") != at {
			t.Errorf("again: %+v", r.header)
		}
	}
	w.want(w.patch(me, at, p.Size, nil), 204, "")
	w.want(w.patch(me, at, 5, body[5:]), 409, fault.WrongState)
	w.want(w.ask(me, "HEAD", at, nil), 200, "")
	w.want(w.ask(me, "GET", at, nil), 404, fault.NoRoute)
	w.want(w.ask(me, "DELETE", at, nil), 404, fault.NoRoute)
	w.stored(p, body)
}

// cut sends a request over a connection of its own and hangs up after n bytes
// of the body.
func (w *world) cut(url string, head string, body []byte, n int) {
	w.t.Helper()
	c, err := net.Dial("tcp", w.srv.Listener.Addr().String())
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	_, err = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nUser: %s\r\nTus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: %d\r\n%s\r\n", url, me, len(body), head)
	if err == nil {
		_, err = c.Write(body[:n])
	}
	if err != nil {
		w.t.Fatal(err)
	}
	if n == len(body) { // cut while the answer is on its way
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = bufio.NewReader(c).ReadByte()
	}
}

func TestUploadSurvivesCuts(t *testing.T) {
	const chunk = 8 << 10
	for _, where := range []int{0, 1, chunk / 2, chunk - 1, chunk} {
		t.Run(strconv.Itoa(where), func(t *testing.T) {
			w := setUp(t)
			body := picture(t, uint64(where)+10)
			p := w.row(newRow, me, body)
			sent := 0
			w.cut(path, fmt.Sprintf("Upload-Length: %d\r\nUpload-Metadata: %s\r\n", len(body), meta(newRow, p.SHA256)), body[:chunk], where)
			r := w.want(w.create(me, newRow, body, nil), 201, "")
			at, offset := r.header.Get("Location"), r.offset(t)
			sent += where
			for cuts := true; offset < p.Size; cuts = !cuts {
				end := min(offset+chunk, p.Size)
				part := body[offset:end]
				if cuts {
					n := min(where, len(part))
					w.cut(at, fmt.Sprintf("X-HTTP-Method-Override: PATCH\r\nUpload-Offset: %d\r\n", offset), part, n)
					sent += n
					now := w.want(w.head(me, at), 200, "").offset(t)
					if now < offset || now > offset+int64(n) {
						t.Fatalf("at %d after a cut at %d+%d", now, offset, n)
					}
					offset = now
					continue
				}
				sent += len(part)
				r := w.patch(me, at, offset, part)
				if r.status == 409 || r.status == 503 { // the server got to the cut request only now
					offset, cuts = w.want(w.head(me, at), 200, "").offset(t), true
					continue
				}
				if offset = w.want(r, 204, "").offset(t); offset != end {
					t.Fatalf("at %d, want %d", offset, end)
				}
			}
			w.stored(p, body)
			cutsMade := len(body)/chunk + 2
			if sent > len(body)+cutsMade*chunk {
				t.Errorf("%d bytes sent for %d: more than a chunk for each cut", sent, len(body))
			}
		})
	}
}

// A connection that died without a word still holds the upload: whoever asks
// next gets it at once, with what had arrived.
func TestUploadTakesOverFromADeadConnection(t *testing.T) {
	w := setUp(t)
	body := picture(t, 9)
	p := w.row(newRow, me, body)
	at := w.want(w.create(me, newRow, body, nil), 201, "").header.Get("Location")
	c, err := net.Dial("tcp", w.srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nUser: %s\r\nTus-Resumable: 1.0.0\r\nX-HTTP-Method-Override: PATCH\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", at, me, len(body))
	if err != nil {
		t.Fatal(err)
	}
	answer := bufio.NewReader(c)
	if line, err := answer.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("%q %v", line, err)
	}
	if _, err := c.Write(body[:5000]); err != nil { // and then nothing more
		t.Fatal(err)
	}
	start := time.Now()
	offset := w.want(w.head(me, at), 200, "").offset(t)
	if d := time.Since(start); d > 5*time.Second || offset > 5000 {
		t.Errorf("took %v, offset %d", d, offset)
	}
	rest, _ := io.ReadAll(answer) // ends with a reset when bytes were left unread
	if !strings.Contains(string(rest), "503") || !strings.Contains(string(rest), "Connection: close") {
		t.Errorf("the old request was told %q", rest)
	}
	w.want(w.patch(me, at, offset, body[offset:]), 204, "")
	w.stored(p, body)
}

func TestUploadDoubledAndMisplacedRequests(t *testing.T) {
	w := setUp(t)
	body := picture(t, 2)
	p := w.row(newRow, me, body)
	at := w.want(w.create(me, newRow, body, body[:1000]), 201, "").header.Get("Location")
	if r := w.want(w.create(me, newRow, body, body[:1500]), 201, ""); r.offset(t) != 1500 || r.header.Get("Location") != at {
		t.Errorf("doubled create: %+v", r.header)
	}
	if r := w.want(w.create(me, newRow, body, body[:700]), 201, ""); r.offset(t) != 1500 {
		t.Errorf("create with less than is there: %d", r.offset(t))
	}
	w.want(w.patch(me, at, 1500, body[1500:2000]), 204, "")
	for _, wrong := range []int64{0, 1500, 1999, 2001} {
		if r := w.want(w.patch(me, at, wrong, body[wrong:wrong+10]), 409, fault.WrongState); r.offset(t) != 2000 {
			t.Errorf("the answer to offset %d does not say 2000", wrong)
		}
	}
	w.want(w.ask(me, "POST", at, nil, "X-HTTP-Method-Override", "PATCH", "Upload-Offset", "x"), 400, fault.BadRequest)
	w.want(w.ask(me, "POST", at, strings.NewReader("x"), "X-HTTP-Method-Override", "PATCH", "Upload-Offset", "2000"), 415, fault.BadMedia)
	w.want(w.patch(me, at, 2000, append(bytes.Clone(body[2000:]), 'x')), 413, fault.TooLarge)
	if r := w.want(w.head(me, at), 200, ""); r.offset(t) != 2000 || r.header.Get("Upload-Expires") == "" || r.header.Get("Upload-Metadata") != "" {
		t.Errorf("head: %+v", r.header)
	}
	var wg sync.WaitGroup
	for range 4 { // the last chunk four times at once
		wg.Go(func() {
			if r := w.patch(me, at, 2000, body[2000:]); r.status >= 400 && r.status != 409 && r.status != 503 {
				t.Errorf("doubled last chunk: %d %s", r.status, r.body)
			}
		})
	}
	wg.Wait()
	offset := w.want(w.head(me, at), 200, "").offset(t)
	if offset < p.Size { // a newer request may have interrupted an older one
		w.want(w.patch(me, at, offset, body[offset:]), 204, "")
	}
	w.stored(p, body)
}

func TestUploadIsItsAuthorsAlone(t *testing.T) {
	w := setUp(t)
	body := picture(t, 3)
	p := w.row(newRow, me, body)
	w.want(w.create(other, newRow, body, body), 404, fault.NotFound)
	w.want(w.create("", newRow, body, body), 401, fault.Unauthorized)
	at := w.want(w.create(me, newRow, body, body[:100]), 201, "").header.Get("Location")
	check := func() {
		t.Helper()
		w.want(w.head(other, at), 404, fault.NotFound)
		w.want(w.patch(other, at, 100, body[100:]), 404, fault.NotFound)
		w.want(w.patch("", at, 100, body[100:]), 401, fault.Unauthorized)
		for _, bad := range []string{path + "/../x", path + "/" + strings.Repeat("0", 32), at + ".info", at + "0", path + "/..%2fx"} {
			w.want(w.head(me, bad), 404, "")
		}
	}
	check()
	w.want(w.patch(me, at, 100, body[100:]), 204, "")
	w.stored(p, body)
	check()
}

func TestUploadCreateIsChecked(t *testing.T) {
	w := setUp(t)
	body := picture(t, 4)
	sum := hash(body)
	ask := func(length, md string, more ...string) reply {
		return w.ask(me, "POST", path, nil, append([]string{"Upload-Length", length, "Upload-Metadata", md}, more...)...)
	}
	size := strconv.Itoa(len(body))
	w.want(ask(size, meta(newRow, sum)), 409, fault.WrongState) // the row is not there yet
	w.row(newRow, me, body)
	w.want(ask(size, meta(newRow, hash([]byte("x")))), 422, fault.Invalid)
	w.want(ask("17", meta(newRow, sum)), 422, fault.Invalid)
	w.want(ask(strconv.Itoa(photo.MaxFile+1), meta(newRow, sum)), 413, fault.TooLarge)
	for _, bad := range []string{"", "0", "-1", "x"} {
		w.want(ask(bad, meta(newRow, sum)), 400, fault.BadRequest)
	}
	w.want(ask(size, meta(newRow, sum), "Upload-Defer-Length", "1"), 400, fault.BadRequest)
	w.want(ask(size, meta(newRow, sum), "Upload-Concat", "partial"), 400, fault.BadRequest)
	w.want(ask(size, meta(newRow, sum), "Tus-Resumable", "0.2"), 400, fault.BadRequest)
	for _, bad := range []string{"", "photo x", meta("../../etc/pwd", sum), "photo,sha256"} {
		w.want(ask(size, bad), 422, fault.Invalid)
	}
	w.want(w.create(me, newRow, body, append(bytes.Clone(body), 1)), 413, fault.TooLarge)
	w.left(0)
	if r := w.want(w.ask("", "OPTIONS", path, nil), 204, ""); !strings.Contains(r.header.Get("Tus-Extension"), "expiration") {
		t.Errorf("options: %+v", r.header)
	}
}

func TestUploadOfTheWrongBytes(t *testing.T) {
	w := setUp(t)
	body := picture(t, 5)
	p := w.row(newRow, me, body)
	spoilt := bytes.Clone(body)
	spoilt[len(spoilt)/2] ^= 1
	w.want(w.create(me, newRow, body, spoilt), 409, fault.Checksum)
	if w.rows.state(newRow) != "" {
		t.Error("the row was touched")
	}
	w.left(0)
	w.want(w.head(me, path+"/"+photo.UploadID(p)), 404, fault.NotFound)
	w.want(w.create(me, newRow, body, body), 201, "")
	w.stored(p, body)

	junk := []byte("<html>not a picture</html>")
	w.row("BBBBBBBBBBBB", me, junk)
	w.want(w.create(me, "BBBBBBBBBBBB", junk, junk), 422, fault.BadImage)
	if s := w.rows.state("BBBBBBBBBBBB"); s != "bad" {
		t.Errorf("state %q, want bad", s)
	}
	w.left(0)
	w.want(w.create(me, "BBBBBBBBBBBB", junk, nil), 422, fault.BadImage) // and not once more
	w.left(0)
}

func TestUploadOfKnownContent(t *testing.T) {
	w := setUp(t)
	body := picture(t, 6)
	w.stored0(newRow, me, body)
	second := w.row("BBBBBBBBBBBB", me, body)
	if r := w.want(w.create(me, second.ID, body, nil), 201, ""); r.offset(t) != second.Size {
		t.Errorf("the author's own content: offset %d", r.offset(t))
	}
	w.stored(second, body)
	third := w.row("CCCCCCCCCCCC", other, body)
	r := w.want(w.create(other, third.ID, body, nil), 201, "")
	if r.offset(t) != 0 || w.rows.state(third.ID) != "" {
		t.Error("a known hash gave another author a photo")
	}
	w.want(w.patch(other, r.header.Get("Location"), 0, body), 204, "")
	w.stored(third, body)
	mine, _ := photo.Keys(second)
	if theirs, _ := photo.Keys(third); mine == theirs {
		t.Error("two authors share a file")
	}
	if err := w.blobs.Delete(t.Context(), mine); err != nil { // the photo store lost it
		t.Fatal(err)
	}
	fourth := w.row("DDDDDDDDDDDD", me, body)
	if r := w.want(w.create(me, fourth.ID, body, nil), 201, ""); r.offset(t) != 0 {
		t.Error("content that is lost was taken for stored")
	}
	w.want(w.create(me, fourth.ID, body, body), 201, "")
	w.stored(fourth, body)
}

func (w *world) stored0(id, user string, body []byte) {
	w.t.Helper()
	p := w.row(id, user, body)
	w.want(w.create(user, id, body, body), 201, "")
	w.stored(p, body)
}

func TestUploadHealsAfterACrash(t *testing.T) {
	for name, again := range map[string]func(w *world, at string, body []byte) reply{
		"by asking":   func(w *world, at string, _ []byte) reply { return w.head(me, at) },
		"by sending":  func(w *world, at string, b []byte) reply { return w.patch(me, at, int64(len(b)), nil) },
		"by creating": func(w *world, _ string, b []byte) reply { return w.create(me, newRow, b, b) },
	} {
		t.Run(name, func(t *testing.T) {
			w := setUp(t)
			body := picture(t, 7)
			p := w.row(newRow, me, body)
			w.rows.fail(&fault.Error{Code: fault.Unavailable})
			w.want(w.create(me, newRow, body, body), 503, fault.Unavailable)
			w.left(2)
			at := path + "/" + photo.UploadID(p)
			w.want(w.head(me, at), 503, fault.Unavailable) // still down: nothing is lost
			w.srv.Close()
			w.start()
			w.rows.fail(nil)
			w.want(w.head(other, at), 404, fault.NotFound)
			if r := again(w, at, body); r.status >= 300 || r.offset(t) != p.Size {
				t.Fatalf("%d %s", r.status, r.body)
			}
			w.stored(p, body)
		})
	}
}

func TestUploadExpires(t *testing.T) {
	w := setUp(t)
	body := picture(t, 8)
	p := w.row(newRow, me, body)
	at := w.want(w.create(me, newRow, body, body[:100]), 201, "").header.Get("Location")
	day := func(n time.Duration) int64 { return time.Now().Add(n * 24 * time.Hour).UnixMilli() }
	if err := os.WriteFile(filepath.Join(w.dir, "uploads", "README"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := w.up.Reap(t.Context(), day(6)); n != 0 || err != nil {
		t.Fatalf("after 6 days: %d %v", n, err)
	}
	w.want(w.head(me, at), 200, "")
	w.now = func() time.Time { return time.Now().Add(8 * 24 * time.Hour) }
	w.want(w.head(me, at), 410, fault.Gone)
	if n, err := w.up.Reap(t.Context(), day(8)); n != 1 || err != nil {
		t.Fatalf("after 8 days: %d %v", n, err)
	}
	w.left(1) // the foreign file
	w.want(w.head(me, at), 404, fault.NotFound)
	w.now = time.Now
	w.want(w.create(me, newRow, body, body), 201, "")
	if err := os.Remove(filepath.Join(w.dir, "uploads", "README")); err != nil {
		t.Fatal(err)
	}
	w.stored(p, body)
}
