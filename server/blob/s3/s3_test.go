package s3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"daohu/server/blob"
	"daohu/server/blob/s3"
	"daohu/server/fault"
	"daohu/server/servertest/bodies"
)

func open(t *testing.T, o s3.Options) *s3.Store {
	t.Helper()
	s, err := s3.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestS3(t *testing.T) {
	bodies.Suite(t, func(t *testing.T) blob.Store { return open(t, bodies.S3(t)) })
}

// answer is what a broken server does with a request instead of next.
type answer func(r *http.Request, next http.RoundTripper) (*http.Response, error)

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return a(r, http.DefaultTransport)
}

func status(code int, body string) answer {
	return func(r *http.Request, _ http.RoundTripper) (*http.Response, error) {
		return &http.Response{StatusCode: code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/xml"}},
			Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}, nil
	}
}

// cut gives the first half of the answer's body, then the connection breaks.
func cut(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	res, err := next.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(io.LimitReader(res.Body, res.ContentLength/2), broken{}), res.Body}
	}
	return res, err
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestS3DownIsNotGone: whatever is wrong with the store, it is never taken for
// a body that is not there, and a phone hears when to come again.
func TestS3DownIsNotGone(t *testing.T) {
	for name, a := range map[string]answer{
		"connection refused": func(*http.Request, http.RoundTripper) (*http.Response, error) {
			return nil, errors.New("connection refused")
		},
		"500":       status(500, "<Error><Code>InternalError</Code></Error>"),
		"503":       status(503, "<Error><Code>SlowDown</Code></Error>"),
		"full":      status(507, "<Error><Code>XMinioStorageFull</Code></Error>"),
		"wrong key": status(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>"),
		"no bucket": status(404, "<Error><Code>NoSuchBucket</Code></Error>"),
		"not S3":    status(200, "<html>a landing page of some network"),
	} {
		o := bodies.S3(t)
		good := open(t, o)
		if err := good.Put(t.Context(), "a/b", strings.NewReader("before"), 6); err != nil {
			t.Fatal(err)
		}
		o.Transport = a
		s := open(t, o)
		_, _, oerr := s.Open(t.Context(), "a/b")
		calls := map[string]error{"Put": s.Put(t.Context(), "a/b", strings.NewReader("after"), 5), "Walk": s.Walk(t.Context(), "", func(blob.Info) error { return nil }), "Open": oerr}
		if name != "no bucket" { // a HEAD has no body to say so
			_, calls["Exists"] = s.Exists(t.Context(), "a/b")
		}
		for call, err := range calls {
			var fe *fault.Error
			if name == "not S3" && call != "Walk" {
				continue // 200 to everything: nothing to tell it by
			}
			if !errors.As(err, &fe) || fe.Code != fault.Unavailable || fe.Retry <= 0 {
				t.Errorf("%s: %s answers %v", name, call, err)
			}
			if err != nil && strings.Contains(fmt.Sprintf("%v %+v", err, err), o.Secret) {
				t.Errorf("%s: %s tells the secret", name, call)
			}
		}
		if got, _ := bodies.Read(t, good, "a/b"); string(got) != "before" {
			t.Errorf("%s: the body became %q", name, got)
		}
	}
}

func TestS3BodyCutShort(t *testing.T) {
	o := bodies.S3(t)
	if err := open(t, o).Put(t.Context(), "a/b", strings.NewReader(strings.Repeat("x", 5000)), 5000); err != nil {
		t.Fatal(err)
	}
	o.Transport = answer(cut)
	if _, _, err := open(t, o).Open(t.Context(), "a/b"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("half a body: %v", err)
	}
}

// TestS3StaysWithItsHost: neither a redirect nor anything else sends a request,
// with its signature and its body, elsewhere (quality.md A10).
func TestS3StaysWithItsHost(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", other.URL+r.URL.Path)
			w.WriteHeader(code)
			_, _ = fmt.Fprintf(w, "<Error><Code>PermanentRedirect</Code><Endpoint>%s</Endpoint><Region>elsewhere-1</Region></Error>", strings.TrimPrefix(other.URL, "http://"))
		}))
		o := bodies.S3(t)
		o.Endpoint = strings.TrimPrefix(srv.URL, "http://")
		s := open(t, o)
		if err := s.Put(t.Context(), "a/b", strings.NewReader("x"), 1); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%d: Put: %v", code, err)
		}
		if _, _, err := s.Open(t.Context(), "a/b"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%d: Open: %v", code, err)
		}
		srv.Close()
	}
	t.Setenv("HTTP_PROXY", other.URL)
	t.Setenv("http_proxy", other.URL)
	o := bodies.S3(t)
	o.Endpoint = "s3.invalid:9"
	if err := open(t, o).Ping(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Ping of nobody: %v", err)
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

func TestS3GivesUp(t *testing.T) {
	o := bodies.S3(t)
	o.Transport = answer(func(r *http.Request, _ http.RoundTripper) (*http.Response, error) {
		<-r.Context().Done() // a server that never answers
		return nil, r.Context().Err()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := open(t, o).Put(ctx, "a/b", strings.NewReader("x"), 1); !fault.Is(err, fault.Unavailable) {
		t.Errorf("silent server: %v", err)
	}
}

func TestS3Options(t *testing.T) {
	good := bodies.S3(t)
	if err := open(t, good).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	none := good
	none.Bucket = "missing"
	if err := open(t, none).Ping(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("no bucket: %v", err)
	}
	for name, change := range map[string]func(*s3.Options){
		"endpoint": func(o *s3.Options) { o.Endpoint = "" }, "bucket": func(o *s3.Options) { o.Bucket = "" },
		"key": func(o *s3.Options) { o.Key = "" }, "secret": func(o *s3.Options) { o.Secret = "" },
		"a path": func(o *s3.Options) { o.Endpoint = "host/path" },
	} {
		o := good
		change(&o)
		if _, err := s3.New(o); err == nil {
			t.Errorf("taken: wrong %s", name)
		}
	}
	if err := open(t, good).Put(t.Context(), "a/b", strings.NewReader("x"), s3.MaxBody+1); !fault.Is(err, fault.Internal) {
		t.Errorf("too large: %v", err)
	}
}
