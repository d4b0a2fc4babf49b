package blob_test

import (
	"testing"
	"time"

	"daohu/server/blob"
	"daohu/server/servertest/bodies"
)

// TestDisk tries the folder by the suite every store passes.
func TestDisk(t *testing.T) {
	bodies.Suite(t, func(t *testing.T) blob.Store {
		d, err := blob.NewDisk(t.TempDir(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		return d
	})
}
