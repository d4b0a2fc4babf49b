package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
	"golang.org/x/exp/slog" // tusd's
)

// cuts are where the link of a photo is cut, bytes upwards since it began.
var cuts = [...]int64{100_000, 200_000}

// picture is a JPEG of some 300 KB: noise, which no coder makes smaller. The
// seed is fixed, so that its size is.
func picture() ([]byte, error) {
	r := rand.New(rand.NewPCG(300, 1))
	img := image.NewGray(image.Rect(0, 0, 720, 530))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32())
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90})
	return b.Bytes(), err
}

// photo is what a photo costs whose link is cut twice, beside the same file
// sent to plain tusd over such a link by a client that keeps to tus 1.0. The
// row of the photo goes with the visit and is not counted.
func (m *meter) photo(p *Phone, k *Link) {
	if m.err != nil {
		return
	}
	file, err := picture()
	m.do(err)
	visit, id, house := m.row(p), m.row(p), m.facts(p).Households[1]
	if m.err != nil || !m.do(p.Save(Visit(visit, house, 1))) || !m.do(p.Photo(id, house, visit, file)) {
		return
	}
	m.sync(p, "sync")
	requests, n, err := m.tries(k, func() (int, bool, error) {
		s, err := p.Upload()
		return s.Requests, s.Left == 0, err
	})
	m.do(err)
	plain, err := m.tusd(file)
	m.do(err)
	// Of the file, not of what tusd needed: that is a little more, and now and then tusd loses what came before a cut.
	m.say("photo_bytes", fmt.Sprintf("a photo of %d bytes, link cut twice, bytes (plain tusd %d)", len(file), plain), n, int64(len(file))*105/100)
	m.say("photo_requests", "its requests", requests, 16)
}

func (m *meter) row(p *Phone) string { return m.facts(p).ID }

// tries calls f until it is through, over a link that is cut as cuts say, and
// counts the requests and bytes of all calls.
func (m *meter) tries(k *Link, f func() (requests int, through bool, err error)) (requests, total int64, err error) {
	before := k.Count()
	for i := range len(cuts) + 1 {
		if i < len(cuts) {
			k.CutUp(cuts[i] - k.Count().Since(before).Up)
		}
		n, through, err := f()
		requests += int64(n)
		if err != nil || through != (i == len(cuts)) {
			return 0, 0, fmt.Errorf("try %d: through %v: %w", i, through, err)
		}
	}
	return requests, k.Count().Since(before).Sum(), nil
}

// tusd is the bytes that plain tusd and a plain client need.
func (m *meter) tusd(file []byte) (int64, error) {
	composer := handler.NewStoreComposer()
	filestore.New(m.dir).UseIn(composer)
	memorylocker.New().UseIn(composer)
	h, err := handler.NewHandler(handler.Config{BasePath: "/files/", StoreComposer: composer, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return 0, err
	}
	s := httptest.NewServer(http.StripPrefix("/files/", h))
	defer s.Close()
	k, err := Open(strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		return 0, err
	}
	defer k.Close()
	c := &tusClient{ctx: m.ctx, url: "http://" + k.Addr + "/files/", file: file}
	_, n, err := m.tries(k, c.send)
	return n, err
}

// tusClient sends one file: it makes the upload, sends all there is, and after
// a cut asks how far it came.
type tusClient struct {
	ctx      context.Context
	url      string
	file     []byte
	location string
	http     http.Client
}

func (c *tusClient) send() (requests int, through bool, err error) {
	at := int64(0)
	if c.location == "" {
		a, err := c.ask(http.MethodPost, c.url, map[string]string{"Upload-Length": strconv.Itoa(len(c.file))}, nil)
		if err != nil {
			return 1, false, err
		}
		c.location = a.Get("Location")
	} else {
		a, err := c.ask(http.MethodHead, c.location, nil, nil)
		if err != nil {
			return 1, false, err
		}
		if at, err = strconv.ParseInt(a.Get("Upload-Offset"), 10, 64); err != nil {
			return 1, false, err
		}
	}
	_, err = c.ask(http.MethodPatch, c.location, map[string]string{"Upload-Offset": strconv.FormatInt(at, 10), "Content-Type": "application/offset+octet-stream"}, c.file[at:])
	var status statusError
	if errors.As(err, &status) {
		return 2, false, err
	}
	return 2, err == nil, nil
}

type statusError int

func (s statusError) Error() string { return fmt.Sprintf("tusd answers %d", int(s)) }

func (c *tusClient) ask(method, url string, headers map[string]string, body []byte) (http.Header, error) {
	r, err := http.NewRequestWithContext(c.ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range Headers() {
		r.Header.Set(name, value)
	}
	r.Header.Set("Tus-Resumable", "1.0.0")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	a, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	if _, err := io.Copy(io.Discard, a.Body); err != nil {
		return nil, err
	}
	if a.StatusCode >= 300 {
		return nil, statusError(a.StatusCode)
	}
	return a.Header, nil
}
