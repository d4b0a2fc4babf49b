package servertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// startLimit is how long a service may take until it answers. A cold start of
// mariadbd takes about 1 s on two idle cores; the rest is room for a loaded
// machine.
const startLimit = 60 * time.Second

// pollEvery is the pause between two looks at a service that is starting.
const pollEvery = 10 * time.Millisecond

// errEnded says that the service stopped before it answered, which is what a
// port taken in the meantime looks like.
var errEnded = errors.New("the service ended while starting")

// keeper starts the service given as its arguments and ends it, and removes
// its folder, when its descriptor 3 is closed. The test process holds the
// other end of that pipe, so services die with it however it ends, kill -9
// and a test timeout included.
const keeper = `
trap '' INT HUP TERM
dir=$1; shift
"$@" 3<&- >"$dir/log" 2>&1 </dev/null &
p=$!
{ cat <&3 >/dev/null; kill -9 $p 2>/dev/null; } &
wait $p
: >"$dir/ended"
wait
rm -rf "$dir"
`

// Service is a server process in a folder of its own.
type Service struct {
	Name    string        // program name
	Version string        // as the server itself says, empty until asked
	Addr    string        // 127.0.0.1:port
	Took    time.Duration // from the first step until it answered
	dir     string
	hold    *os.File
	cmd     *exec.Cmd
}

// Stop kills the service, removes its folder and returns when both are done.
// Calling it again does nothing.
func (s *Service) Stop() {
	if s == nil || s.hold == nil {
		return
	}
	_ = s.hold.Close()
	_ = s.cmd.Wait()
	s.hold = nil
}

// launch runs argv under the keeper. dir then belongs to the service.
func launch(dir, addr string, argv []string) (*Service, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("sh", slices.Concat([]string{"-c", keeper, "keeper", dir}, argv)...)
	cmd.ExtraFiles = []*os.File{r}
	err = cmd.Start()
	_ = r.Close()
	if err != nil {
		_ = w.Close()
		return nil, err
	}
	return &Service{Name: filepath.Base(argv[0]), Addr: addr, dir: dir, hold: w, cmd: cmd}, nil
}

// await polls ready until it gives nil. It returns errEnded with the tail of
// the service's log when the process is gone first.
func (s *Service) await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		if _, e := os.Stat(filepath.Join(s.dir, "ended")); e == nil {
			return fmt.Errorf("%s: %w\n%s", s.Name, errEnded, s.logTail())
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s did not answer: %w\n%s", s.Name, err, s.logTail())
		case <-tick.C:
		}
	}
}

// logTail is the last 20 lines the service wrote.
func (s *Service) logTail() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// begin makes a folder, picks a free port and starts a service there. Between
// the choice of the port and its use another process may take it, so a service
// that ended at once is tried again, twice.
func begin(ctx context.Context, try func(context.Context, string, string) (*Service, error)) (*Service, error) {
	from := time.Now()
	for n := 0; ; n++ {
		dir, err := os.MkdirTemp("", "daohu-test-")
		if err != nil {
			return nil, err
		}
		addr, err := freeAddr()
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
		s, err := try(ctx, dir, addr)
		if err == nil {
			s.Took = time.Since(from)
			return s, nil
		}
		s.Stop()
		err = errors.Join(err, os.RemoveAll(dir))
		if n == 2 || !errors.Is(err, errEnded) {
			return nil, err
		}
	}
}

// freeAddr is a loopback address nobody listened on a moment ago.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// find looks for a program on the path and where Debian keeps servers, which
// is not on an ordinary user's path.
func find(name string) (string, error) {
	p, err := exec.LookPath(name)
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin"} {
		if err == nil {
			break
		}
		if q, e := exec.LookPath(filepath.Join(dir, name)); e == nil {
			p, err = q, nil
		}
	}
	return p, err
}
