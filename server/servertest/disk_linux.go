package servertest

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// SmallDisk mounts an empty file system of size (as tmpfs takes it, such as
// 512k) until the test ends. Only root may; the test is skipped otherwise.
func SmallDisk(t testing.TB, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "nr_inodes=4096,size="+size); err != nil {
		t.Skipf("needs a small disk of its own, which only root may mount: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// Fill writes the file called filler so that free bytes are left on the disk of
// dir, and returns its name.
func Fill(t testing.TB, dir string, free int) string {
	t.Helper()
	name := filepath.Join(dir, "filler")
	var s syscall.Statfs_t
	err := syscall.Statfs(dir, &s)
	if err == nil {
		err = os.WriteFile(name, make([]byte, int(s.Bavail)*int(s.Bsize)-free), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}
