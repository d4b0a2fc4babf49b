package logic

import "slices"

// Vars are the answers by name: a text (string), a whole number (int64) or a
// set of texts ([]string). A name that is not there, or holds anything else,
// is missing.
type Vars map[string]any

// Eval says whether e holds.
func (e *Expr) Eval(v Vars) bool { return e.root.holds(v) }

func (n node) holds(v Vars) bool {
	switch n.op {
	case "and":
		return !slices.ContainsFunc(n.args, func(a node) bool { return !a.holds(v) })
	case "or":
		return slices.ContainsFunc(n.args, func(a node) bool { return a.holds(v) })
	case "not":
		return !n.args[0].holds(v)
	}
	a, b := n.args[0].value(v), n.args[1].value(v)
	switch n.op {
	case "==":
		return same(a, b)
	case "in":
		return within(a, b)
	}
	c, ok := compare(a, b)
	return ok && (c > 0 || c == 0 && n.op == ">=")
}

func (n node) value(v Vars) any {
	if n.op == "var" {
		return v[n.name]
	}
	return n.lit
}

// same is equality of two texts or two numbers; sets are equal to nothing.
func same(a, b any) bool {
	switch a := a.(type) {
	case string:
		s, ok := b.(string)
		return ok && s == a
	case int64:
		n, ok := b.(int64)
		return ok && n == a
	}
	return false
}

func within(a, list any) bool {
	switch list := list.(type) {
	case []string:
		s, ok := a.(string)
		return ok && slices.Contains(list, s)
	case []int64:
		n, ok := a.(int64)
		return ok && slices.Contains(list, n)
	}
	return false
}

// compare orders two numbers or two days; ok is false for everything else.
func compare(a, b any) (c int, ok bool) {
	switch a := a.(type) {
	case int64:
		n, ok := b.(int64)
		switch {
		case !ok || a == n:
			return 0, ok
		case a > n:
			return 1, true
		}
		return -1, true
	case string:
		s, ok := b.(string)
		switch {
		case !ok || !dayShaped(a) || !dayShaped(s):
			return 0, false
		case a == s:
			return 0, true
		case a > s:
			return 1, true
		}
		return -1, true
	}
	return 0, false
}

// dayShaped reports whether s looks like 2026-01-31: days so written order as
// texts do.
func dayShaped(s string) bool {
	if len(s) != len("2026-01-31") {
		return false
	}
	for i := range len(s) {
		dash := i == 4 || i == 7
		if dash != (s[i] == '-') || !dash && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// Names are the variables e reads, each once, in the order they stand.
func (e *Expr) Names() []string {
	var out []string
	e.root.walk(func(n node) {
		if n.op == "var" && !slices.Contains(out, n.name) {
			out = append(out, n.name)
		}
	})
	return out
}

func (n node) walk(f func(node)) {
	f(n)
	for _, a := range n.args {
		a.walk(f)
	}
}
