// Package phonebuild compiles the mini-program's sync core and what drives it
// in Node (npm run build:sim), for every test and command that plays phones.
package phonebuild

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// ErrPackages says that the phone's packages are not installed.
var ErrPackages = errors.New("the phone's packages are not installed: cd miniprogram && npm ci --ignore-scripts")

// Build compiles into miniprogram/build, under root, and returns that folder.
// Packages are tested side by side: one builds, the others wait and find it
// done, so that nobody reads what another is writing.
func Build(ctx context.Context, root string) (string, error) {
	dir := filepath.Join(root, "miniprogram")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "typescript")); err != nil {
		return "", ErrPackages
	}
	lock, err := os.OpenFile(filepath.Join(dir, "node_modules", ".build.lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close() // which lets it go
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	want, err := sources(dir)
	if err != nil {
		return "", err
	}
	build := filepath.Join(dir, "build")
	stamp := filepath.Join(build, ".sources")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == want {
		return build, nil
	}
	for _, args := range [][]string{{"npm", "run", "--silent", "build:sim"}, {"node", filepath.Join("build", "sim", "points.js")}} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	return build, os.WriteFile(stamp, []byte(want), 0o644)
}

// sources is a hash over everything that is compiled.
func sources(dir string) (string, error) {
	h := sha256.New()
	for _, part := range []string{"src", "sim", "test", "tsconfig.json", "tsconfig.node.json", "package-lock.json"} {
		err := filepath.WalkDir(filepath.Join(dir, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !slices.Contains([]string{".ts", ".json"}, filepath.Ext(path)) {
				return err
			}
			text, err := os.ReadFile(path)
			fmt.Fprintf(h, "%s %d\n", path, len(text))
			h.Write(text)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
