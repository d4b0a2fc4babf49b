package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// weigh starts the program as released twice on a fresh demo: the first start
// builds it, the second is timed to the first answer and weighed.
func weigh(ctx context.Context, b *board, binary, dir string) error {
	info, err := os.Stat(binary)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(b.w, "%s is not there: size, memory and start are left out (make build)\n", binary)
		return nil
	}
	if err != nil {
		return err
	}
	b.note("binary_bytes", "the program, bytes", info.Size())
	if binary, err = filepath.Abs(binary); err != nil {
		return err
	}
	for _, again := range []bool{false, true} {
		took, rss, err := demo(ctx, binary, dir)
		if err != nil {
			return err
		}
		if again {
			b.note("start_ms", "start of the demo until /readyz answers, ms", took.Milliseconds())
			b.note("rss_kib", "memory of the demo then (VmRSS), KiB", rss)
		}
	}
	return nil
}

func demo(ctx context.Context, binary, dir string) (took time.Duration, rss int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	addr := "127.0.0.1:" + strconv.Itoa(20000+os.Getpid()%20000)
	p := exec.CommandContext(ctx, binary, "demo")
	p.Env = append(os.Environ(), "DAOHU_DATA="+dir, "DAOHU_ADDR="+addr)
	began := time.Now()
	if err := p.Start(); err != nil {
		return 0, 0, err
	}
	defer func() { cancel(); _ = p.Wait() }() // killed: its end is no news
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
		if err != nil {
			return 0, 0, err
		}
		if a, err := http.DefaultClient.Do(r); err == nil {
			_ = a.Body.Close()
			if a.StatusCode == http.StatusOK {
				break
			}
		}
		select {
		case <-ctx.Done():
			return 0, 0, errors.New("the demo does not answer")
		case <-time.After(5 * time.Millisecond):
		}
	}
	took = time.Since(began)
	status, err := os.Open(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		return took, 0, nil // not Linux: not told
	}
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) > 1 && f[0] == "VmRSS:" {
			rss, err = strconv.ParseInt(f[1], 10, 64)
			return took, rss, err
		}
	}
	return took, 0, nil
}
