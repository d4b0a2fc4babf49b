package edition

import (
	"strings"
	"testing"
)

func TestIsKey(t *testing.T) {
	for s, want := range map[string]bool{
		"a": true, "policy-quiz": true, "q2": true, strings.Repeat("a", 8): true,
		"": false, "2q": false, "-a": false, "A": false, "a b": false, "题": false, "a.b": false, strings.Repeat("a", 33): false,
	} {
		if IsKey(s, 32) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
	if IsKey("abc", 2) || !IsKey("abc", 3) {
		t.Error("the length is not counted")
	}
}
