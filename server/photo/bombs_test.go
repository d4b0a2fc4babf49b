package photo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
)

// TestProcessBombsDoNotGrowTheProcess sends one hundred pictures at the limits,
// eight at once, to a process of its own: the most it ever holds of the
// machine's memory (VmHWM) grows by less than 150 MB (quality.md A6).
func TestProcessBombsDoNotGrowTheProcess(t *testing.T) {
	if os.Getenv("DAOHU_TEST_BOMBS") != "" {
		bombs(t)
		return
	}
	if testing.Short() || raceOn || runtime.GOOS != "linux" {
		t.Log("not measured: seconds of decoding; memory of the race detector is not the product's; /proc is Linux's")
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestProcessBombsDoNotGrowTheProcess$", "-test.v")
	child.Env = append(os.Environ(), "DAOHU_TEST_BOMBS=1")
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, figure, ok := strings.Cut(string(out), "bombs: ")
	if !ok {
		t.Fatalf("no figure in\n%s", out)
	}
	figure, _, _ = strings.Cut(figure, "\n")
	t.Log(figure)
}

func bombs(t *testing.T) {
	jpg := jpegOf(t, image.NewYCbCr(image.Rect(0, 0, 6000, 4000), image.YCbCrSubsampleRatio444), 10)
	flat := pngOf(t, image.NewNRGBA(image.Rect(0, 0, 4000, 3000)))
	cut := jpg[:len(jpg)/20] // the decoder has taken its memory by then
	lie := pngHeader(60000, 60000, 8, 0)
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Fatal("the high-water mark cannot be set back: ", err)
	}
	before := held(t)
	p := NewProcessor(0)
	work := make(chan []byte)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for b := range work {
				_, _ = p.Process(context.Background(), bytes.NewReader(b), int64(len(b)))
			}
		})
	}
	for i := range 100 {
		switch {
		case i%33 == 0:
			work <- jpg
		case i%33 == 1:
			work <- flat
		case i%2 == 0:
			work <- cut
		default:
			work <- lie
		}
	}
	close(work)
	wg.Wait()
	grown := held(t) - before
	t.Logf("bombs: 100 pictures (JPEG of 24 megapixels in %d KB, PNG of 12 in %d KB), eight at once: resident memory grew by at most %d MB", len(jpg)>>10, len(flat)>>10, grown>>10)
	if grown>>10 >= 150 {
		t.Errorf("grew by %d MB, want less than 150", grown>>10)
	}
}

// held is the most resident memory the process has had, in KB.
func held(t *testing.T) (kb int64) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(b), "VmHWM:")
	if _, err := fmt.Sscan(line, &kb); err != nil {
		t.Fatal(err)
	}
	return kb
}
