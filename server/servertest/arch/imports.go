package arch

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

// owners says which packages may know a library. It holds for tests too.
var owners = []struct {
	library []string // prefixes of import paths
	dirs    []string // folders that may import them, with what lies below
}{
	{[]string{"github.com/gin-gonic/", "github.com/gin-contrib/", "github.com/danielgtaylor/huma/"}, []string{"server/api", "server/console", "server/servertest/bench"}},
	{[]string{"gorm.io/"}, []string{"server/store"}},
	{[]string{"github.com/redis/", "github.com/go-redis/"}, []string{"server/rediskv"}},
	{[]string{"github.com/silenceper/"}, []string{"server/wechat"}},
	{[]string{"github.com/pingcap/"}, []string{"server/servertest"}},
}

// leaves import nothing of ours.
var leaves = []string{"record", "fault", "access"}

// nouns are the packages of the domain: they know no adapter and no engine.
var nouns = []string{"area", "household", "pairing", "activity", "form", "booklet", "photo",
	"workflow", "account", "roster", "registry", "measure", "casework", "plan", "setting", "terms", "commons", "calendar", "notice", "figures", "retention", "workbook", "outbox"}

// adapters stand between the domain and the world; blob is one too.
var adapters = []string{"store", "rediskv", "wechat", "blob"}

// faces are what callers see.
var faces = []string{"api", "console"}

// may reports whether code in server/<from> may import server/<to>; both are
// the first folder below server, "" being package main. sub is what follows in
// the imported path, such as "disk" in blob/disk.
func may(from, to, sub string) bool {
	switch {
	case from == to:
		return true
	case to == "" || to == "servertest":
		return false
	case slices.Contains(leaves, from):
		return false
	case from == "write":
		return to == "record" || to == "fault"
	case slices.Contains(nouns, from):
		if from == "photo" && to == "blob" {
			return sub == ""
		}
		return !slices.Contains(slices.Concat(adapters, faces, []string{"delta", "demo", "config"}), to)
	case slices.Contains(adapters, from), from == "delta":
		return !slices.Contains(slices.Concat(adapters, faces), to)
	case slices.Contains(faces, from):
		return !slices.Contains(adapters, to) || to == "blob" && sub == ""
	}
	return true
}

// checkImports applies owners to every file and the direction to all that is
// not a test: a test may bring the real store with it.
func (f goFile) checkImports() []Violation {
	var out []Violation
	dir := path.Dir(f.name)
	f.imports(func(p string, at ast.Node) {
		for _, o := range owners {
			if !hasPrefix(p, o.library) || slices.ContainsFunc(o.dirs, func(d string) bool { return within(dir, d) }) {
				continue
			}
			out = append(out, f.at(RuleOwner, at, "%s belongs to %s", p, strings.Join(o.dirs, " and ")))
		}
		if f.test() || f.servertest() || !strings.HasPrefix(p, module) {
			return
		}
		if !allowed(dir, strings.TrimPrefix(p, module)) {
			out = append(out, f.at(RuleOrder, at, "%s may not import %s", dir, p))
		}
	})
	return out
}

// allowed applies may to two folders of the module.
func allowed(dir, imported string) bool {
	from, inServer := below(dir)
	to, toServer := below(imported)
	if !inServer || !toServer {
		return true
	}
	noun, _, _ := strings.Cut(from, "/")
	target, sub, _ := strings.Cut(to, "/")
	return may(noun, target, sub)
}

// below strips "server" from a folder and tells whether it lies there.
func below(dir string) (string, bool) {
	rest, ok := strings.CutPrefix(dir, "server")
	return strings.TrimPrefix(rest, "/"), ok && (rest == "" || rest[0] == '/')
}

func hasPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}
