package wire

import (
	"errors"
	"testing"

	"daohu/server/servertest"
	"daohu/server/servertest/phonebuild"
)

// TestFigures: bytes, round trips and queries are gates. Without the phone's
// packages it is skipped, or fails in the full run.
func TestFigures(t *testing.T) {
	program, err := BuildPhone(t.Context())
	if errors.Is(err, phonebuild.ErrPackages) && !servertest.Full() {
		t.Skip(err)
	}
	var all []Figure
	if err == nil {
		all, err = Measure(t.Context(), program, t.TempDir())
	}
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, f := range all {
		got[f.Key] = f.Got
		t.Logf("figure: %s: %d, target %d", f.What, f.Got, f.Target)
		if f.Got > f.Target || f.Got <= 0 {
			t.Errorf("%s: %d, target %d", f.What, f.Got, f.Target)
		}
	}
	if len(got) != 18 {
		t.Errorf("%d figures", len(got))
	}
	if got["poll_queries"] != got["poll_large_queries"] {
		t.Errorf("a poll asks %d times, after sixty times the history %d times", got["poll_queries"], got["poll_large_queries"])
	}
}
