package arch

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// makers are calls whose result cannot be changed afterwards, or that only
// declare: their values may live at package level. "record.*" means every
// function of a package of ours.
var makers = []string{"errors.New", "fmt.Errorf", "regexp.MustCompile", "strings.NewReplacer", "template.Must",
	"time.FixedZone", "calendar.Zone", "crc32.MakeTable", "record.*", "fault.*", "netip.MustParsePrefix", "netip.MustParseAddr",
	"strings.Fields", "strings.Split", "slices.Concat", "append", "len", "string", "float64", "int64", "int"}

// checkState finds package-level variables that hold state: anything but a
// constant value, a table, an error or a declaration, and any of these that
// the package assigns to. Tests and servertest are free.
func checkState(files []goFile) []Violation {
	var out []Violation
	vars := map[string]bool{}
	for _, f := range files {
		if f.test() || f.servertest() {
			continue
		}
		for _, s := range packageVars(f) {
			for _, n := range s.Names {
				vars[n.Name] = n.Name != "_"
			}
			if !fixed(f, s) {
				out = append(out, f.at(RuleState, s, "var %s: pass it to a constructor", s.Names[0].Name))
			}
		}
	}
	for _, f := range files {
		if !f.test() && !f.servertest() {
			out = append(out, f.writes(vars)...)
		}
	}
	return out
}

// packageVars lists the var declarations outside functions.
func packageVars(f goFile) []*ast.ValueSpec {
	var out []*ast.ValueSpec
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			if v.Doc == nil {
				v.Doc = g.Doc
			}
			out = append(out, v)
		}
	}
	return out
}

// fixed reports whether a declaration holds values that do not change.
func fixed(f goFile, s *ast.ValueSpec) bool {
	if s.Names[0].Name == "_" {
		return true // an assertion that a type fits an interface
	}
	if len(s.Values) == 0 {
		return embedded(s)
	}
	return !slices.ContainsFunc(s.Values, func(e ast.Expr) bool { return !f.fixedExpr(e) })
}

// embedded tells a variable the compiler fills from files.
func embedded(s *ast.ValueSpec) bool {
	return s.Doc != nil && slices.ContainsFunc(s.Doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed ")
	})
}

// fixedExpr reports whether an expression makes an unchanging value. Names of
// other values are taken as they are: those have their own declaration.
func (f goFile) fixedExpr(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit, *ast.Ident, *ast.SelectorExpr:
		id, isName := e.(*ast.Ident)
		return !isName || id.Name != "nil"
	case *ast.ParenExpr:
		return f.fixedExpr(e.X)
	case *ast.BinaryExpr:
		return f.fixedExpr(e.X) && f.fixedExpr(e.Y)
	case *ast.UnaryExpr:
		lit, isLit := e.X.(*ast.CompositeLit)
		return e.Op != token.ARROW && (!isLit || e.Op != token.AND || f.fixedType(lit.Type)) && f.fixedExpr(e.X)
	case *ast.CompositeLit:
		return f.fixedType(e.Type)
	case *ast.CallExpr:
		return slices.ContainsFunc(makers, func(m string) bool { return matches(m, callee(e.Fun)) })
	}
	return false
}

// fixedType refuses literals that are locks, counters and clients by their
// type. A sync.Pool holds nothing that anybody could miss, so it may stay.
func (f goFile) fixedType(t ast.Expr) bool {
	sel, ok := t.(*ast.SelectorExpr)
	if !ok || callee(t) == "sync.Pool" {
		return true
	}
	x, ok := sel.X.(*ast.Ident)
	return !ok || !slices.Contains([]string{"sync", "sync/atomic", "net/http"}, f.importOf(x))
}

// callee writes the called function as "pkg.Name" or "name"; type arguments
// are left out.
func callee(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return x.Name + "." + e.Sel.Name
		}
	case *ast.IndexExpr:
		return callee(e.X)
	case *ast.IndexListExpr:
		return callee(e.X)
	case *ast.ArrayType:
		return "string" // a conversion such as []byte("x")
	}
	return "?"
}

func matches(maker, name string) bool {
	if p, ok := strings.CutSuffix(maker, "*"); ok {
		return strings.HasPrefix(name, p)
	}
	return maker == name
}

// writes finds assignments to the package's variables from within functions. A
// name declared in the function itself hides the package's.
func (f goFile) writes(vars map[string]bool) []Violation {
	var out []Violation
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		local := localNames(fn)
		blame := func(e ast.Expr) {
			if id := rootOf(e); id != nil && vars[id.Name] && !local[id.Name] {
				out = append(out, f.at(RuleState, e, "%s is written in %s", id.Name, fn.Name.Name))
			}
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, e := range n.Lhs {
					if n.Tok != token.DEFINE {
						blame(e)
					}
				}
			case *ast.IncDecStmt:
				blame(n.X)
			case *ast.CallExpr:
				if c := callee(n.Fun); (c == "delete" || c == "clear") && len(n.Args) > 0 {
					blame(n.Args[0])
				}
			}
			return true
		})
	}
	return out
}

// localNames collects every name a function declares, at any depth.
func localNames(fn *ast.FuncDecl) map[string]bool {
	out := map[string]bool{}
	add := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok {
			out[id.Name] = true
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				if n.Tok == token.DEFINE {
					add(e)
				}
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				add(n.Key)
				add(n.Value)
			}
		case *ast.Field:
			for _, id := range n.Names {
				add(id)
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				add(id)
			}
		}
		return true
	})
	return out
}

// rootOf is the variable an assignable expression starts from.
func rootOf(e ast.Expr) *ast.Ident {
	switch e := e.(type) {
	case *ast.Ident:
		return e
	case *ast.IndexExpr:
		return rootOf(e.X)
	case *ast.SelectorExpr:
		return rootOf(e.X)
	case *ast.StarExpr:
		return rootOf(e.X)
	case *ast.ParenExpr:
		return rootOf(e.X)
	}
	return nil
}
