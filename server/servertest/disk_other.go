//go:build !linux

package servertest

import "testing"

// SmallDisk is there on Linux only: elsewhere the test is skipped.
func SmallDisk(t testing.TB, _ string) string {
	t.Skip("needs tmpfs")
	return ""
}

// Fill is there on Linux only.
func Fill(t testing.TB, _ string, _ int) string {
	t.Skip("needs tmpfs")
	return ""
}
