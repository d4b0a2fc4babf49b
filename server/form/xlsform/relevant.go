package xlsform

import (
	"fmt"
	"strconv"
	"strings"

	"daohu/server/form"
)

// Bounds of one expression.
const (
	maxExpr = 1000 // runes
	maxNest = 16   // brackets within brackets
)

// wrong is an expression outside the subset.
type wrong struct{ reason, suggest string }

func (w *wrong) Error() string { return "xlsform: " + w.reason }

func say(format string, a ...any) *wrong { return &wrong{reason: fmt.Sprintf(format, a...)} }

// token is one word of an expression. kind is v (${name}), s (text), n
// (number), w (word) or the sign itself.
type token struct {
	kind string
	text string
	at   int // rune, from 1
}

// signs of two characters come before those of one.
const signs = "!= <= >= = < > ( ) ,"

func tokens(s string) ([]token, error) {
	r := []rune(s)
	if len(r) > maxExpr {
		return nil, say("条件太长，最多 %d 个字。", maxExpr)
	}
	var out []token
	for i := 0; i < len(r); {
		switch c := r[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case c == '$':
			end := index(r, i, '}')
			if end < 0 || i+1 >= len(r) || r[i+1] != '{' {
				return nil, say("第 %d 个字起的 $ 要写成 ${题目代号}。", i+1)
			}
			out = append(out, token{"v", strings.TrimSpace(string(r[i+2 : end])), i + 1})
			i = end + 1
		case c == '\'' || c == '"':
			end := index(r, i+1, c)
			if end < 0 {
				return nil, say("第 %d 个字起的引号没有关上。", i+1)
			}
			out = append(out, token{"s", string(r[i+1 : end]), i + 1})
			i = end + 1
		case c >= '0' && c <= '9' || c == '-' && i+1 < len(r) && r[i+1] >= '0' && r[i+1] <= '9':
			end := run(r, i+1, func(c rune) bool { return c >= '0' && c <= '9' || c == '.' })
			out = append(out, token{"n", string(r[i:end]), i + 1})
			i = end
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			end := run(r, i, func(c rune) bool {
				return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
			})
			out = append(out, token{"w", string(r[i:end]), i + 1})
			i = end
		default:
			sign := ""
			for _, s := range strings.Fields(signs) {
				if sign == "" && strings.HasPrefix(string(r[i:min(i+2, len(r))]), s) {
					sign = s
				}
			}
			if sign == "" {
				return nil, say("第 %d 个字“%c”看不懂，只能用 = != > >= < <= and or not() selected()。", i+1, c)
			}
			out = append(out, token{sign, sign, i + 1})
			i += len(sign)
		}
	}
	return out, nil
}

func index(r []rune, from int, c rune) int {
	for i := from; i < len(r); i++ {
		if r[i] == c {
			return i
		}
	}
	return -1
}

func run(r []rune, from int, in func(rune) bool) int {
	for from < len(r) && in(r[from]) {
		from++
	}
	return from
}

// expression turns the subset into a condition of package logic, not yet
// encoded. kinds says how an item is answered; names that begin with @ are
// numbers and judged later.
func expression(s string, kinds func(name string) (form.Kind, bool)) (any, error) {
	list, err := tokens(s)
	if err != nil {
		return nil, err
	}
	p := &parser{list: list, kinds: kinds}
	out, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.i < len(p.list) {
		return nil, p.lost()
	}
	return out, nil
}

type parser struct {
	list  []token
	i     int
	kinds func(string) (form.Kind, bool)
}

// lost says that the next word does not belong there.
func (p *parser) lost() error {
	if p.i >= len(p.list) {
		return say("条件没有写完。")
	}
	return say("第 %d 个字起的“%s”不能写在这里，只能用 = != > >= < <= and or not() selected()。", p.list[p.i].at, p.list[p.i].text)
}

// take goes on if the next word is the one.
func (p *parser) take(kind, text string) bool {
	if p.i < len(p.list) && p.list[p.i].kind == kind && (text == "" || p.list[p.i].text == text) {
		p.i++
		return true
	}
	return false
}

func (p *parser) or(depth int) (any, error) { return p.chain(depth, "or", p.and) }

func (p *parser) and(depth int) (any, error) { return p.chain(depth, "and", p.unary) }

func (p *parser) chain(depth int, op string, next func(int) (any, error)) (any, error) {
	one, err := next(depth)
	if err != nil {
		return nil, err
	}
	all := []any{one}
	for p.take("w", op) {
		if one, err = next(depth); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return map[string]any{op: all}, nil
}

func (p *parser) unary(depth int) (any, error) {
	if depth > maxNest {
		return nil, say("括号套得太深。")
	}
	switch {
	case p.take("w", "selected"):
		return p.selected()
	case p.take("w", "not"):
		if !p.take("(", "") {
			return nil, say("not 要写成 not(条件)。")
		}
		in, err := p.bracket(depth)
		return map[string]any{"not": []any{in}}, err
	case p.take("(", ""):
		return p.bracket(depth)
	}
	return p.comparison()
}

func (p *parser) bracket(depth int) (any, error) {
	in, err := p.or(depth + 1)
	if err != nil {
		return nil, err
	}
	if !p.take(")", "") {
		return nil, p.lost()
	}
	return in, nil
}

// selected reads (${q}, 'a').
func (p *parser) selected() (any, error) {
	rest := p.list[p.i:]
	if len(rest) < 5 || rest[0].kind != "(" || rest[1].kind != "v" || rest[2].kind != "," || rest[3].kind != "s" || rest[4].kind != ")" {
		return nil, say("selected 要写成 selected(${题目代号}, '选项代号')。")
	}
	p.i += 5
	name, option := rest[1].text, rest[3].text
	switch kind, ok := p.kinds(name); {
	case !ok:
		return nil, unknown(name)
	case kind == form.Multiple:
		return map[string]any{"in": []any{option, variable(name)}}, nil
	case kind == form.Single || kind == form.YesNo:
		return map[string]any{"==": []any{variable(name), option}}, nil
	}
	return nil, say("“%s”不是选择题，不能用 selected。", name)
}

func unknown(name string) error { return say("表里没有代号是“%s”的题。", name) }

func variable(name string) any { return map[string]any{"var": name} }

func (p *parser) comparison() (any, error) {
	a, err := p.operand()
	if err != nil {
		return nil, err
	}
	op := ""
	for _, s := range []string{"=", "!=", ">", ">=", "<", "<="} {
		if op == "" && p.take(s, "") {
			op = s
		}
	}
	if op == "" {
		return nil, p.lost()
	}
	b, err := p.operand()
	if err != nil {
		return nil, err
	}
	for _, x := range []any{a, b} {
		if x == "" {
			return nil, say("这里不能和空的内容（''）比：没有回答的题，一比就是“不成立”。")
		}
	}
	if op == "=" || op == "!=" {
		if err := p.set(a, b, op); err != nil {
			return nil, err
		}
	}
	switch op {
	case "=":
		return map[string]any{"==": []any{a, b}}, nil
	case "!=":
		return map[string]any{"not": []any{map[string]any{"==": []any{a, b}}}}, nil
	case "<", "<=":
		return map[string]any{strings.Replace(op, "<", ">", 1): []any{b, a}}, nil
	}
	return map[string]any{op: []any{a, b}}, nil
}

// set proposes selected() where a multiple choice is compared.
func (p *parser) set(a, b any, op string) error {
	for _, pair := range [][2]any{{a, b}, {b, a}} {
		v, isVar := pair[0].(map[string]any)
		text, isText := pair[1].(string)
		if !isVar || !isText {
			continue
		}
		name := v["var"].(string)
		if kind, _ := p.kinds(name); kind != form.Multiple {
			continue
		}
		w := say("“%s”是多选题，不能用 %s 比。", name, op)
		if w.suggest = fmt.Sprintf("selected(${%s}, '%s')", name, text); op == "!=" {
			w.suggest = "not(" + w.suggest + ")"
		}
		return w
	}
	return nil
}

func (p *parser) operand() (any, error) {
	if p.i >= len(p.list) {
		return nil, p.lost()
	}
	t := p.list[p.i]
	switch t.kind {
	case "v":
		if _, ok := p.kinds(t.text); !ok && !strings.HasPrefix(t.text, "@") {
			return nil, unknown(t.text)
		}
		p.i++
		return variable(t.text), nil
	case "s":
		p.i++
		return t.text, nil
	case "n":
		n, err := strconv.ParseInt(t.text, 10, 64)
		if err != nil {
			return nil, say("“%s”不是整数，这里只能用整数。", t.text)
		}
		p.i++
		return n, nil
	}
	return nil, p.lost()
}
