package killloop

import (
	"os"
	"testing"

	"daohu/server/servertest"
)

// TestDiskFull fills the disk that the SQLite file, its log, uploads and
// pictures lie on, with some bytes left that differ each time, under load:
// whoever asks hears 503 and when to come again, nothing is acknowledged that
// is not there, and work goes on when there is room again (F4).
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := servertest.SmallDisk(t, "96m")
	w := newWorld(t, options{dir: dir})
	stop := w.work()
	n := kills(t, 5)
	for range n {
		w.after(1 + w.rand.IntN(60))
		w.gate.Lock() // nobody else writes while it is measured
		filler := servertest.Fill(t, dir, 4096*w.rand.IntN(16))
		w.gate.Unlock()
		w.until503(w.seen.get(503) + 10)
		must(t, os.Remove(filler))
		w.untilPushed()
		w.gate.Lock()
		w.check("after a full disk")
		w.gate.Unlock()
	}
	stop()
	s := w.finish()
	t.Logf("figure: the disk under SQLite full %d times: %v, %d answers 503, each with Retry-After; 0 lost, 0 doubled", n, s, w.seen.get(503))
}
