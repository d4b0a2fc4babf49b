package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"daohu/server/fault"
)

func TestEveryCodeHasTheOneShape(t *testing.T) {
	for _, s := range fault.Codes {
		f := newFixture(t)
		f.err = fault.New(s.Code, "")
		p := f.problem(f.do("C", "GET", "/api/v1/records/visit/"+rowID, ""), s.Status, s.Code)
		if p.Detail != s.Detail {
			t.Errorf("%s says %q", s.Code, p.Detail)
		}
	}
}

func TestForeignErrorsStayInside(t *testing.T) {
	f := newFixture(t)
	f.err = fmt.Errorf("dial root:hunter2: %w", errors.New("Duplicate entry '韦小花' for key 'ID' at 10.1.2.3:3306, 13900001111 张三"))
	w := f.do("C", "GET", "/api/v1/records/visit/"+rowID, "")
	if s := w.Body.String(); strings.Contains(s, "hunter2") || strings.Contains(s, "Duplicate") {
		t.Errorf("shown: %s", s)
	}
	f.problem(w, 500, fault.Internal)
	log := f.log.String()
	for _, personal := range []string{"韦", "张", "13900001111", "10.1.2.3"} {
		if strings.Contains(log, personal) {
			t.Errorf("%s is in the log: %s", personal, log)
		}
	}
	for _, need := range []string{"Duplicate entry", "abababababababab", "route=/api/v1/records/visit/:id", "role=C", "status=500", "level=ERROR"} {
		if !strings.Contains(log, need) {
			t.Errorf("%s is not in the log: %s", need, log)
		}
	}
	if strings.Contains(log, rowID) {
		t.Error("the path's values are in the log")
	}
}

func TestInternalSentenceIsFixed(t *testing.T) {
	f := newFixture(t)
	f.err = &fault.Error{Code: fault.Internal, Detail: "SELECT secret", Fields: []fault.Field{{Name: "secret"}}}
	if w := f.do("C", "GET", "/api/v1/records/visit/"+rowID, ""); strings.Contains(w.Body.String(), "secret") {
		t.Error(w.Body.String())
	}
}

func TestDatabaseDown(t *testing.T) {
	down := errors.New("invalid connection")
	f := newFixture(t, func(d *Deps) {
		d.Classify = func(err error) error {
			if errors.Is(err, down) {
				return &fault.Error{Code: fault.Unavailable, Retry: 1500 * time.Millisecond, Err: err}
			}
			return err
		}
	})
	f.err = fmt.Errorf("store: %w", down)
	w := f.do("C", "GET", "/api/v1/records/visit/"+rowID, "")
	if p := f.problem(w, 503, fault.Unavailable); w.Header().Get("Retry-After") != "2" || p.Retry != 2 {
		t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
	}
	f.err = fault.New(fault.Unavailable, "")
	if w := f.do("C", "GET", "/api/v1/me", ""); w.Code != 200 {
		t.Errorf("me: %d", w.Code)
	}
	w = f.do("C", "GET", "/api/v1/records/visit/"+rowID, "")
	if w.Header().Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	f.err = context.DeadlineExceeded
	f.problem(f.do("C", "GET", "/api/v1/records/visit/"+rowID, ""), 503, fault.Unavailable)
}

func TestUnknownRoutesAndMethods(t *testing.T) {
	f := newFixture(t)
	for _, path := range []string{"/nothing", "/api/v1/nothing", "/api/v1/me/", "/api/v1/records/secret", "/api/v1//me", "/API/v1/me"} {
		f.problem(f.do("T", "GET", path, ""), 404, fault.NoRoute)
	}
	w := f.do("T", "DELETE", "/api/v1/me", "")
	f.problem(w, 405, fault.NoRoute)
	if w.Header().Get("Allow") != "GET" {
		t.Errorf("Allow: %q", w.Header().Get("Allow"))
	}
	f.problem(f.do("T", "BREW", "/api/v1/me", ""), 405, fault.NoRoute)
	if !strings.Contains(f.log.String(), "method=other route=unmatched") {
		t.Error(f.log.String())
	}
}

func TestOtherAnswersTheRest(t *testing.T) {
	f := newFixture(t, func(d *Deps) {
		d.Other = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("console")) })
	})
	if w := f.do("", "GET", "/", ""); w.Code != 200 || w.Body.String() != "console" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.problem(f.do("", "GET", "/api/v1/nothing", ""), 404, fault.NoRoute)
}

func TestPanicIsInternalWithoutLeak(t *testing.T) {
	for _, thrown := range []any{"韦小花 hunter2", errors.New("hunter2 韦"), []string{"hunter2"}} {
		f := newFixture(t)
		f.api.router.GET("/boom", func(*gin.Context) { panic(thrown) })
		w := f.do("", "GET", "/boom", "")
		if strings.Contains(w.Body.String(), "hunter2") || strings.Contains(f.log.String(), "hunter2") || strings.Contains(f.log.String(), "韦") {
			t.Errorf("leaked: %s %s", w.Body, f.log)
		}
		f.problem(w, 500, fault.Internal)
		if !strings.Contains(f.log.String(), "stack=") || !strings.Contains(f.log.String(), "abababababababab") {
			t.Error("no stack or request id in the log")
		}
	}
	f := newFixture(t)
	f.api.router.GET("/index", func(c *gin.Context) { _ = []int{}[len(c.Params)] })
	f.problem(f.do("", "GET", "/index", ""), 500, fault.Internal)
	if !strings.Contains(f.log.String(), "index out of range") {
		t.Error("the runtime's own message is safe and wanted")
	}
}

func TestPanicAfterTheAnswerBeganCutsIt(t *testing.T) {
	f := newFixture(t)
	f.api.router.GET("/late", func(c *gin.Context) {
		c.Writer.WriteHeader(200)
		_, _ = c.Writer.Write([]byte("half"))
		panic("late")
	})
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("the connection must be cut: the peer would take half an answer for a whole one")
		}
	}()
	f.do("", "GET", "/late", "")
}

func TestRequestIDs(t *testing.T) {
	f := newFixture(t)
	for given, want := range map[string]string{
		"": "abababababababab", "abcdefgh": "abcdefgh", "0194-ab_CD12": "0194-ab_CD12",
		"short": "abababababababab", "with space": "abababababababab", "line\nfeed": "abababababababab",
		strings.Repeat("x", 65): "abababababababab", "韦小花韦小花": "abababababababab",
	} {
		if got := f.do("", "GET", "/healthz", "", "X-Request-Id", given).Header().Get("X-Request-Id"); got != want {
			t.Errorf("%q: %q", given, got)
		}
	}
	if RequestID(context.Background()) != "" {
		t.Error("an id outside a request")
	}
	if _, ok := ActorOf(context.Background()); ok {
		t.Error("an actor outside a request")
	}
}

func TestErrorPages(t *testing.T) {
	f := newFixture(t)
	for _, s := range fault.Codes {
		w := f.do("", "GET", "/errors/"+string(s.Code), "")
		if w.Code != 200 || !strings.Contains(w.Body.String(), s.Detail) || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %d %s", s.Code, w.Code, w.Body)
		}
	}
	f.problem(f.do("", "GET", "/errors/%3Cscript%3E", ""), 404, fault.NotFound)
}

func TestFailOutsideTheAPI(t *testing.T) {
	w := httptest.NewRecorder()
	Fail(w, httptest.NewRequest("GET", "/", nil), errors.New("hunter2"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "hunter2") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestScrub(t *testing.T) {
	for in, want := range map[string]string{
		"Access denied for user 'root'@'10.0.0.1'":           "Access denied for user '*'@'*'",
		"http: TLS handshake error from 192.0.2.7:5123: EOF": "http: TLS handshake error from *: EOF",
		"from [2001:db8::1]:5123: EOF":                       "from *: EOF",
		"row 999999199001011234 is 张三\n":                     "row # is ???",
		"database is locked (5)":                             "database is locked (5)",
	} {
		if got := scrub(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if n := len(scrub(strings.Repeat("a", 1000))); n != 400 {
		t.Error(n)
	}
}
