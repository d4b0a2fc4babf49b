// Package arch checks what the compiler does not: who may import whom, how
// long files and functions may be, and a few habits that are not wanted. The
// rules are tables; docs/adr and CONTRIBUTING say why each exists.
package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Violation is one broken rule at one place.
type Violation struct {
	Rule string // the rule's name, one of the constants below
	File string // path from the root of the repository
	Line int    // 0: the file as a whole
	Text string // what is wrong, for the reader
}

func (v Violation) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", v.File, v.Line, v.Rule, v.Text)
}

// The names of the rules.
const (
	RuleParse    = "does not parse"
	RuleOwner    = "library used outside its package"
	RuleOrder    = "import against the direction"
	RuleLength   = "too long"
	RuleName     = "name that says nothing"
	RuleInit     = "init function"
	RuleState    = "package-level state"
	RuleExit     = "exit outside main"
	RuleSleep    = "sleep in a test"
	RuleSkip     = "skip outside servertest"
	RulePlatform = "wx outside miniprogram/src/platform"
	RulePlace    = "name of a build machine or registry"
)

// Limits of the house style; tables are not counted.
const (
	maxFile     = 500
	maxFunction = 60
)

// module is the prefix of our own import paths.
const module = "daohu/"

// skipped are folders that are not ours or not source: by name anywhere, or
// by path.
var (
	skipped      = []string{".git", "node_modules", "miniprogram_npm", "vendor"}
	skippedPaths = []string{"data", "dist", "bin", "coverage", "miniprogram/build", "miniprogram/dist", "miniprogram/coverage"}
)

// source are the endings of files held to the length limit.
var source = []string{".go", ".ts", ".js", ".mjs", ".sh", ".sql", ".html", ".css", ".wxml", ".wxss", ".wxs"}

// Check walks the repository at root and returns every violation, by file.
func Check(root fs.FS) ([]Violation, error) {
	var all []Violation
	packages := map[string][]goFile{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(skipped, d.Name()) || slices.Contains(skippedPaths, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil || bytes.IndexByte(text[:min(len(text), 8000)], 0) >= 0 {
			return err // a binary file
		}
		all = append(all, checkText(name, string(text))...)
		if path.Ext(name) != ".go" {
			return nil
		}
		f, err := parse(name, text)
		if err != nil {
			all = append(all, Violation{RuleParse, name, 0, err.Error()})
			return nil
		}
		all = append(all, f.check()...)
		packages[path.Dir(name)] = append(packages[path.Dir(name)], f)
		return nil
	})
	for _, files := range packages {
		all = append(all, checkState(files)...)
	}
	slices.SortFunc(all, func(a, b Violation) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return all, err
}

// goFile is one parsed Go file.
type goFile struct {
	*ast.File
	name  string // path from the root
	lines int
	set   *token.FileSet
}

func parse(name string, text []byte) (goFile, error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, name, text, parser.ParseComments)
	return goFile{f, name, bytes.Count(text, []byte("\n")), set}, err
}

func (f goFile) test() bool       { return strings.HasSuffix(f.name, "_test.go") }
func (f goFile) main() bool       { return f.Name.Name == "main" }
func (f goFile) servertest() bool { return within(path.Dir(f.name), "server/servertest") }

func (f goFile) at(rule string, n ast.Node, format string, a ...any) Violation {
	return Violation{rule, f.name, f.set.Position(n.Pos()).Line, fmt.Sprintf(format, a...)}
}

// imports calls do with every import path.
func (f goFile) imports(do func(p string, at ast.Node)) {
	for _, i := range f.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil {
			do(p, i)
		}
	}
}

// check applies the rules that need one file only.
func (f goFile) check() []Violation {
	return slices.Concat(f.checkImports(), f.checkLength(), f.checkNames(), f.checkCalls())
}

// checkLength measures the file and its functions without their tables. Test
// functions are held to the length of their file only; generated files to none.
func (f goFile) checkLength() []Violation {
	if ast.IsGenerated(f.File) {
		return nil
	}
	var out []Violation
	if n := f.lines - f.tableLines(f.File); n > maxFile {
		out = append(out, Violation{RuleLength, f.name, 0, fmt.Sprintf("%d lines, limit %d", n, maxFile)})
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || f.test() {
			continue
		}
		if n := f.span(fn) - f.tableLines(fn); n > maxFunction {
			out = append(out, f.at(RuleLength, fn, "func %s has %d lines, limit %d", fn.Name.Name, n, maxFunction))
		}
	}
	return out
}

// span is the number of lines n covers.
func (f goFile) span(n ast.Node) int {
	return f.set.Position(n.End()).Line - f.set.Position(n.Pos()).Line + 1
}

// tableLines counts the lines within n that composite literals fill, their
// first and last not included. A literal that holds functions is no table.
func (f goFile) tableLines(n ast.Node) int {
	sum := 0
	ast.Inspect(n, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok || holdsFunction(lit) {
			return true
		}
		sum += max(0, f.span(lit)-2)
		return false
	})
	return sum
}

func holdsFunction(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		_, is := n.(*ast.FuncLit)
		found = found || is
		return !found
	})
	return found
}

// badNames are names of packages and folders that say where code lies instead
// of what it is about.
var badNames = []string{"util", "utils", "common", "helper", "helpers", "model", "models",
	"controller", "controllers", "service", "services", "misc", "base"}

// checkNames looks at the package's name, its folders and its init functions.
func (f goFile) checkNames() []Violation {
	var out []Violation
	parts := strings.Split(path.Dir(f.name), "/")
	for _, n := range append(parts, strings.TrimSuffix(f.Name.Name, "_test")) {
		if slices.Contains(badNames, n) {
			out = append(out, f.at(RuleName, f.Name, "%q", n))
			break
		}
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			out = append(out, f.at(RuleInit, fn, "do it in a constructor"))
		}
	}
	return out
}

// checkCalls looks for calls that end the process, wait by the clock or let a
// test pass unrun.
func (f goFile) checkCalls() []Violation {
	var out []Violation
	ast.Inspect(f.File, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, _ := sel.X.(*ast.Ident)
		if x == nil {
			return true
		}
		of, name := f.importOf(x), sel.Sel.Name
		switch {
		case f.test() && of == "time" && name == "Sleep":
			out = append(out, f.at(RuleSleep, n, "wait for the event, or inject the clock"))
		case f.test() && !f.servertest() && isTestValue(x.Name) && strings.HasPrefix(name, "Skip"):
			out = append(out, f.at(RuleSkip, n, "a test runs or fails; services are servertest's matter"))
		case !f.main() && of == "log" && (strings.HasPrefix(name, "Fatal") || strings.HasPrefix(name, "Panic")),
			!f.main() && !f.test() && of == "os" && name == "Exit":
			out = append(out, f.at(RuleExit, n, "return an error"))
		}
		return true
	})
	return out
}

// isTestValue tells the usual names of *testing.T and its kin.
func isTestValue(name string) bool {
	return slices.Contains([]string{"t", "b", "f", "tb", "rt"}, name)
}

// importOf is the path that x names in this file, or "".
func (f goFile) importOf(x *ast.Ident) string {
	found := ""
	for _, i := range f.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		name := path.Base(p)
		if i.Name != nil {
			name = i.Name.Name
		}
		if name == x.Name {
			found = p
		}
	}
	return found
}

// within reports whether dir is root or lies below it.
func within(dir, root string) bool { return dir == root || strings.HasPrefix(dir, root+"/") }
