package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// built is the system with every mutant in it, each behind its switch.
type built struct {
	server string // the simulation's server
	sim    string // the simulation, for node
}

// build plants all mutants and compiles both sides once. The product's sources
// are not touched: Go reads the mutated files as an overlay, the phone's are
// compiled from a copy in dir.
func build(ctx context.Context, all []mutant, root, dir string) (built, error) {
	b := built{filepath.Join(dir, "simserver"), filepath.Join(dir, "phone", "build", "sim", "main.js")}
	planted, err := plant(all, root, filepath.Join(dir, "planted"))
	if err != nil {
		return b, err
	}
	phone, copyOf := filepath.Join(root, "miniprogram"), filepath.Join(dir, "phone")
	for _, part := range []string{"src", "sim", "test/support", "tsconfig.json", "tsconfig.node.json"} {
		if err := copyTree(filepath.Join(phone, part), filepath.Join(copyOf, part)); err != nil {
			return b, err
		}
	}
	overlay := map[string]string{}
	for _, name := range planted {
		from := filepath.Join(dir, "planted", filepath.FromSlash(name))
		if rest, ours := strings.CutPrefix(name, "miniprogram/"); ours {
			if err := copyTree(from, filepath.Join(copyOf, filepath.FromSlash(rest))); err != nil {
				return b, err
			}
			continue
		}
		overlay[filepath.Join(root, filepath.FromSlash(name))] = from
	}
	if err := compileGo(ctx, root, dir, b.server, overlay); err != nil {
		return b, err
	}
	return b, compilePhone(ctx, phone, copyOf)
}

func compileGo(ctx context.Context, root, dir, to string, overlay map[string]string) error {
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	return quietly(exec.CommandContext(ctx, "go", "build", "-overlay", file, "-o", to, "./server/servertest/simserver"), root)
}

// compilePhone leaves the types to the product's own check: what is planted
// may leave names unused.
func compilePhone(ctx context.Context, phone, dir string) error {
	modules := filepath.Join(phone, "node_modules")
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		return err
	}
	config := `{"extends":"./tsconfig.node.json","include":["src/sync/**/*.ts","src/data/**/*.ts","test/support/**/*.ts","sim/**/*.ts"]}`
	if err := os.WriteFile(filepath.Join(dir, "tsconfig.mutant.json"), []byte(config), 0o644); err != nil {
		return err
	}
	return quietly(exec.CommandContext(ctx, "node", filepath.Join(modules, "typescript", "bin", "tsc"), "--noCheck", "-p", "tsconfig.mutant.json"), dir)
}

// quietly runs a command in dir and shows what it said when it fails.
func quietly(cmd *exec.Cmd, dir string) error {
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return nil
}

// copyTree copies a file or a folder.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o644)
	})
}
