package logic

import (
	"fmt"
	"slices"
	"time"
)

// Type is what a variable can hold, for Check.
type Type string

// The types.
const (
	Text   Type = "text"
	Number Type = "number"
	Day    Type = "day"
	Set    Type = "set"
)

// Var is what Check knows of a variable.
type Var struct {
	Type  Type
	Among []string // the only texts it can hold; nil = any
}

// Check looks for what can never hold: names that are not known and
// comparisons of different types, each as one Chinese sentence. know says what
// a variable is.
func (e *Expr) Check(know func(name string) (Var, bool)) []string {
	c := checker{know: know}
	for _, name := range e.Names() {
		if _, ok := know(name); !ok {
			c.say("条件里的“%s”不是这里能用的题目代号。", name)
		}
	}
	if c.bad == nil { // types of what is unknown are not worth a word
		e.root.walk(c.node)
	}
	return c.bad
}

type checker struct {
	know func(string) (Var, bool)
	bad  []string
}

func (c *checker) say(format string, a ...any) {
	if s := fmt.Sprintf(format, a...); !slices.Contains(c.bad, s) {
		c.bad = append(c.bad, s)
	}
}

func (c *checker) node(n node) {
	switch n.op {
	case "==", ">", ">=":
		c.pair(n.op, n.args[0], n.args[1])
	case "in":
		c.in(n.args[0], n.args[1])
	}
}

// of is the type of a value and, for a variable, what is known of it.
func (c *checker) of(n node) (Type, Var) {
	if n.op == "var" {
		v, _ := c.know(n.name)
		return v.Type, v
	}
	switch n.lit.(type) {
	case int64, []int64:
		return Number, Var{}
	}
	return Text, Var{}
}

func (c *checker) pair(op string, a, b node) {
	ta, va := c.of(a)
	tb, vb := c.of(b)
	if a.op != "var" && b.op != "var" {
		c.say("“%s”两边都是写死的内容，请至少有一边是题目。", op)
		return
	}
	if ta == Set || tb == Set {
		c.say("多选题不能用“%s”比，请用 in。", op)
		return
	}
	c.literal(ta, va, b)
	c.literal(tb, vb, a)
	plain := func(t Type) Type { // a day is written as text
		if t == Day {
			return Text
		}
		return t
	}
	switch {
	case plain(ta) != plain(tb):
		c.say("“%s”两边不是同一种内容，数字只能和数字比。", op)
	case op != "==" && ta != Day && tb != Day && ta != Number:
		c.say("“%s”只能比数字或日期。", op)
	}
}

// literal checks a literal that is compared with a variable of type t.
func (c *checker) literal(t Type, v Var, other node) {
	if other.op == "var" || t == "" {
		return
	}
	texts := []string{}
	switch lit := other.lit.(type) {
	case string:
		texts = append(texts, lit)
	case []string:
		texts = lit
	}
	for _, s := range texts {
		if v.Among != nil && !slices.Contains(v.Among, s) {
			c.say("题目没有“%s”这个选项。", s)
		}
		if _, err := time.Parse(time.DateOnly, s); t == Day && err != nil {
			c.say("“%s”不是日期，要写成 2026-01-31 这样。", s)
		}
	}
}

func (c *checker) in(one, list node) {
	t, v := c.of(one)
	lt, lv := c.of(list)
	switch {
	case t == Set:
		c.say("in 前面不能是多选题，请写一个选项。")
	case list.op == "var" && lt != Set:
		c.say("in 后面要写一串选项，或者写一道多选题。")
	case list.op == "var":
		if t != Text {
			c.say("多选题里只能找选项。")
		}
		c.literal(lt, lv, one)
	case one.op != "var":
		c.say("“in”两边都是写死的内容，请至少有一边是题目。")
	case (t == Number) != (lt == Number):
		c.say("“in”两边不是同一种内容，数字只能和数字比。")
	default:
		c.literal(t, v, list)
	}
}
