package photo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"daohu/server/fault"
)

// step is one call of tusd on behalf of one request. It takes the place of
// the response, so that errors leave in our own words, and of tusd's way to
// interrupt a writer: that one sets deadlines from another goroutine, after
// the body's end and even after the request, and on a kept connection every
// later request is then cancelled.
type step struct {
	id     string
	row    Photo // for a create
	offset int64
	length int64 // of the body; -1 = unknown
	err    error // our own error, out of a hook

	header http.Header
	status int
	text   bytes.Buffer

	mu   sync.Mutex
	conn *http.ResponseController // nil: no body, or all of it read
	cut  bool                     // the body was interrupted
}

type stepKey struct{}

// call lets tusd do the step. The body of r is read by a PATCH only.
func (u *Uploads) call(w http.ResponseWriter, r *http.Request, s *step, method string) (*step, error) {
	s.header = http.Header{}
	in := r.Clone(context.WithValue(r.Context(), stepKey{}, s))
	in.Method, in.ContentLength = method, s.length
	in.Header.Del("X-HTTP-Method-Override")
	in.Header.Set("Tus-Resumable", tusVersion)
	if method == http.MethodPatch {
		s.conn = http.NewResponseController(w)
		in.Body = &stepBody{r.Body, s, s.length}
		in.URL.Path = "/" + s.id
		in.Header.Del("Upload-Length")
		in.Header.Set("Upload-Offset", strconv.FormatInt(s.offset, 10))
	} else {
		in.Body = http.NoBody
		in.URL.Path = "/"
		in.Header.Del("Content-Type")
	}
	u.tus.ServeHTTP(s, in)
	if s.bodyRead() {
		w.Header().Set("Connection", "close") // its read deadline has passed
	}
	return s, s.err
}

// Header, Write and WriteHeader make s an http.ResponseWriter.
func (s *step) Header() http.Header { return s.header }

func (s *step) Write(b []byte) (int, error) { return s.text.Write(b) }

// WriteHeader keeps the status.
func (s *step) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
}

// SetReadDeadline lets tusd give a slow phone more time, but not after the
// body was interrupted or is read.
func (s *step) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil || s.cut {
		return nil
	}
	return s.conn.SetReadDeadline(t)
}

// SetWriteDeadline does nothing: nothing is written during the step, and the
// deadline would outlive it on a server without a write timeout.
func (s *step) SetWriteDeadline(time.Time) error { return nil }

// interrupt makes the step stop reading, because a newer request wants the
// upload; a step that has read its body is left to finish.
func (s *step) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.cut = true
		_ = s.conn.SetReadDeadline(time.Now())
	}
}

// bodyRead ends the time in which deadlines matter and reports whether the
// body was interrupted.
func (s *step) bodyRead() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil && !s.cut {
		_ = s.conn.SetReadDeadline(time.Time{})
	}
	s.conn = nil
	return s.cut
}

// stepBody notices the end of the body.
type stepBody struct {
	io.ReadCloser
	s    *step
	left int64 // below 0: unknown
}

func (b *stepBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if err != nil || b.left == 0 {
		b.s.bodyRead()
	}
	return n, err
}

// stepLocker gives tusd the locks, with our way to interrupt.
type stepLocker struct{ handler.Locker }

func (l stepLocker) NewLock(id string) (handler.Lock, error) {
	lock, err := l.Locker.NewLock(id)
	return stepLock{lock}, err
}

type stepLock struct{ held handler.Lock }

func (l stepLock) Lock(ctx context.Context, release func()) error {
	if s, ok := ctx.Value(stepKey{}).(*step); ok {
		release = s.interrupt
	}
	return l.held.Lock(ctx, release)
}

func (l stepLock) Unlock() error { return l.held.Unlock() }

// fault puts an error of tusd into a code of ours.
func (s *step) fault() error {
	err := fmt.Errorf("photo: tus %d %.200s", s.status, s.text.String())
	name, _, _ := strings.Cut(s.text.String(), ":")
	switch name {
	case "ERR_UPLOAD_NOT_FOUND":
		return fault.Wrap(fault.NotFound, err)
	case "ERR_MAX_SIZE_EXCEEDED", "ERR_UPLOAD_SIZE_EXCEEDED":
		return fault.Wrap(fault.TooLarge, err)
	case "ERR_INVALID_OFFSET", "ERR_INVALID_UPLOAD_LENGTH", "ERR_NOT_IMPLEMENTED":
		return fault.Wrap(fault.BadRequest, err)
	}
	// Cut connection, interrupted by a newer request, locked, disk full: what
	// arrived is kept and the phone goes on from there.
	return &fault.Error{Code: fault.Unavailable, Retry: 5 * time.Second, Err: err}
}
