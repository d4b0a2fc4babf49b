package demo

import (
	"testing"

	"daohu/server/booklet"
)

// TestRecordingIsTaken: the recording passes the product's own checks, is of a
// card that ships, and is small enough to be fetched on the slowest link.
func TestRecordingIsTaken(t *testing.T) {
	card, dialect, mp3 := Recording()
	sound, millis, err := booklet.Strip(mp3)
	if err != nil {
		t.Fatal(err)
	}
	if len(mp3) > 40<<10 || millis < 5000 || len(sound) < len(mp3)/2 {
		t.Errorf("%d bytes, %d ms, of them %d bytes are sound", len(mp3), millis, len(sound))
	}
	if f, ok := booklet.ClipType.Field("dialect"); !ok || f.CheckText(dialect) != nil {
		t.Errorf("%q is no dialect", dialect)
	}
	masters, err := booklet.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range masters {
		if m.Code == card {
			return
		}
	}
	t.Errorf("no card %s ships", card)
}
