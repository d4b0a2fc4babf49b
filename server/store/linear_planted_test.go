package store_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"daohu/server/servertest"
)

// TestLinearizableSeesALostUpdate plants a bug by overlay, as
// server/servertest/mutant does, that drops the lock a compare-and-set stands
// on: the households are read without FOR UPDATE. TestLinearizable must then
// fail for its reason: porcupine finds no order.
func TestLinearizableSeesALostUpdate(t *testing.T) {
	_ = servertest.MariaDB(t, servertest.MariaDBOptions{}) // ends the test where there is no server
	const old = "`township` = ? AND `household` IN ? ORDER BY `household`\"+t.forUpdate(), "
	source, err := filepath.Abs("write.go")
	must(t, err)
	text, err := os.ReadFile(source)
	must(t, err)
	if n := strings.Count(string(text), old); n != 1 {
		t.Fatalf("write.go locks households in %d places; if the lock has moved, move this bug with it", n)
	}
	dir := t.TempDir()
	planted, overlay := filepath.Join(dir, "write.go"), filepath.Join(dir, "overlay.json")
	must(t, os.WriteFile(planted, []byte(strings.Replace(string(text), old, strings.Replace(old, "+t.forUpdate()", "", 1), 1)), 0o600))
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{source: planted}})
	must(t, err, os.WriteFile(overlay, replace, 0o600))
	out, err := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-count=1", "-run", "^TestLinearizable$/^mariadb$", "daohu/server/store").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "no order explains its") {
		t.Fatalf("a lost update was not seen: %v\n%s", err, out)
	}
	t.Logf("figure: without the lock %d of 32 histories have no order", strings.Count(string(out), "no order explains its"))
}
