package account

import (
	"fmt"
	"testing"
	"time"
)

// rfcKey is the SHA-1 secret of RFC 4226 and RFC 6238, appendices D and B.
var rfcKey = []byte("12345678901234567890")

// TestHOTPVectors: RFC 4226, appendix D.
func TestHOTPVectors(t *testing.T) {
	for i, want := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		if got := fmt.Sprintf("%06d", hotp(rfcKey, uint64(i))%1_000_000); got != want {
			t.Errorf("counter %d: %s, want %s", i, got, want)
		}
	}
}

// TestTOTPVectors: RFC 6238, appendix B, in 8 digits there and 6 here.
func TestTOTPVectors(t *testing.T) {
	for sec, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		step := sec / totpPeriod
		if got := fmt.Sprintf("%08d", hotp(rfcKey, uint64(step))%100_000_000); got != want {
			t.Errorf("at %d: %s, want %s", sec, got, want)
		}
		code := want[2:]
		for drift := int64(-2); drift <= 2; drift++ {
			if step+drift < 1 {
				continue // before 1970
			}
			now := time.Unix((step+drift)*totpPeriod+7, 0)
			got, near := matchStep(rfcKey, code, now, 0), drift >= -1 && drift <= 1
			if near && got != step || !near && got != 0 {
				t.Errorf("at %d, %d steps away: step %d", sec, drift, got)
			}
			if got := matchStep(rfcKey, code, now, step); got != 0 {
				t.Errorf("at %d: step %d works twice", sec, got)
			}
		}
	}
	for _, code := range []string{"", "9428708", "94287082", "２８７０８２", "287083"} {
		if got := matchStep(rfcKey, code, time.Unix(59, 0), 0); got != 0 {
			t.Errorf("%q is taken", code)
		}
	}
}
