// Command gen writes everything that is derived from the declarations of the
// record types, the error codes, the settings and the routes:
//
//	go run ./server/gen           writes the files
//	go run ./server/gen -check    names those that differ and exits 1
//	go run ./server/gen -dictionary  prints the next dictionary of server/parcel
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"daohu/server/api"
	"daohu/server/config"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/types"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// file is one generated file; path is below the root, with slashes.
type file struct {
	path string
	body []byte
}

func run(args []string, out io.Writer) error {
	f := flag.NewFlagSet("gen", flag.ContinueOnError)
	f.SetOutput(out)
	check := f.Bool("check", false, "write nothing; fail when a file differs")
	next := f.Bool("dictionary", false, "print the next dictionary of server/parcel")
	root := f.String("root", ".", "folder of go.mod")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *next {
		text, err := dictionary()
		if err == nil {
			_, err = io.WriteString(out, text)
		}
		return err
	}
	if _, err := os.Stat(filepath.Join(*root, "go.mod")); err != nil {
		return fmt.Errorf("%s is not the root of the module: %w", *root, err)
	}
	files, err := all()
	if err != nil {
		return err
	}
	stale := 0
	for _, g := range files {
		path := filepath.Join(*root, filepath.FromSlash(g.path))
		old, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil && bytes.Equal(old, g.body) {
			continue
		}
		stale++
		fmt.Fprintln(out, g.path)
		if *check {
			continue
		}
		if err := put(path, g.body); err != nil {
			return err
		}
	}
	if *check && stale > 0 {
		return errors.New("the files above differ from the declarations: run make gen and commit them")
	}
	return nil
}

// put replaces a file at once, so that an interrupted run leaves no half.
func put(path string, body []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, body, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// all makes every file; the same declarations give the same bytes.
func all() ([]file, error) {
	document, err := api.Document(types.All())
	if err != nil {
		return nil, err
	}
	lists, err := record.Lists()
	if err != nil {
		return nil, err
	}
	words, err := profiles()
	if err != nil {
		return nil, err
	}
	shipped, err := rules()
	if err != nil {
		return nil, err
	}
	return []file{
		{"docs/errors.md", errorsPage(fault.Codes)},
		{"docs/configuration.md", settingsPage(config.Vars())},
		{"docs/openapi.json", document},
		{"miniprogram/src/data/records.ts", records(types.All())},
		{"miniprogram/src/data/tables.ts", tables(types.All(), types.Schema)},
		{"miniprogram/src/data/lists.ts", codeLists(lists)},
		{"miniprogram/src/data/terms.ts", words},
		{"miniprogram/src/data/rules.ts", shipped},
		{"miniprogram/src/sync/dictionary.ts", dictionaries()},
	}, nil
}
