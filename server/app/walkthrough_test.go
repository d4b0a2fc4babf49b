package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"daohu/server/account"
	"daohu/server/booklet"
)

// walkthroughHost is the address in the document: what `make run` listens on.
const walkthroughHost = "http://127.0.0.1:8080"

// walkthroughScript takes the sh blocks out of the document, in order.
func walkthroughScript(t *testing.T, text string) string {
	t.Helper()
	blocks := regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(text, -1)
	if len(blocks) < 10 {
		t.Fatalf("%d sh blocks found", len(blocks))
	}
	var b strings.Builder
	for _, m := range blocks {
		b.WriteString(m[1])
	}
	return b.String()
}

// walkthroughDemo builds the demo as `daohu demo` does and runs it on a free
// port until the test ends.
func walkthroughDemo(t *testing.T) (url string, log *fixtureLog) {
	t.Helper()
	dir, log := t.TempDir(), &fixtureLog{}
	c, err := DemoConfig(dir, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), Options{Config: c, Log: slog.New(slog.NewTextHandler(log, nil)), Rand: rand.Reader, Demo: true, Unsafe: true,
		Hash: account.HashParams{MemoryKiB: 64, Passes: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	if err := a.BuildDemo(t.Context(), dir, true, func(string, int, int) {}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String(), log
}

// TestWalkthrough runs the commands of docs/walkthrough.md as they stand.
func TestWalkthrough(t *testing.T) {
	text, err := os.ReadFile("../../docs/walkthrough.md")
	if err != nil {
		t.Fatal(err)
	}
	script := walkthroughScript(t, string(text))
	if strings.Count(script, walkthroughHost) != 1 {
		t.Fatalf("the address must stand in the script once")
	}
	url, log := walkthroughDemo(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-eu")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "TMPDIR="+cmd.Dir, "LC_ALL=C", "no_proxy=*")
	cmd.Stdin = strings.NewReader(strings.Replace(script, walkthroughHost, url, 1))
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out.String(), problems.String())
	}
	if problems.Len() > 0 {
		t.Errorf("the commands complained: %s", problems.String())
	}
	cards, err := booklet.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	rest := out.String()
	for _, want := range []string{ // in this order
		"ok", `"role":"C"`, "99990110100", "household ", ", questions ", "563\n", `"last":3`, `"state":"pending"`, `"score":`, "last: 3", "copies of the visit: 1",
		"place: /api/v1/uploads/", " 204", "Upload-Offset: 300", "Upload-Offset: 300", "Upload-Offset: 563", "picture: 200 image/jpeg",
		`"state":"pending"`, `"state":"returned"`, "请写明孩子几岁。", `"state":"returned"`, "请写明孩子几岁。", `"state":"pending"`, `"state":"approved"`,
		`"code":"stale"`, "same household", "孩子十六岁", `"state":"approved"`, strings.SplitN(string(cards[0].Body), "\n", 2)[0], `"code":"not-found"`,
	} {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("%q is not printed where the document says; the rest was:\n%s\nall:\n%s", want, rest, out.String())
		}
		rest = after
	}
	for _, secret := range []string{"孩子", "Daohu-2026", "demo:"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
}
