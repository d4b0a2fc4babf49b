// Package logic is the conditions and verdicts of papers: a closed subset of
// JSONLogic with strict types, evaluated alike here and on the phone
// (miniprogram/src/form/logic.ts). testdata/vectors.json is run by both.
//
//	condition = {"==": [value, value]} | {"in": [value, list]}
//	          | {">": [value, value]} | {">=": [value, value]}
//	          | {"and": [condition, …]} | {"or": [condition, …]}
//	          | {"not": [condition]}
//	value     = text | whole number | {"var": "name"}
//	list      = [text, …] | [whole number, …] | {"var": "name"}
//
// Nothing is converted. A comparison one side of which is missing, or whose
// sides are not of one type, is false; so its "not" is true. docs/forms.md
// tells the whole of it.
package logic

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"daohu/server/record"
)

// Bounds of one condition; the phone has the same.
const (
	MaxDepth = 8   // operators within operators, var included
	MaxNodes = 100 // operators, variables and literals
	MaxText  = 200 // runes of a literal
	MaxName  = 24  // characters of a variable's name
)

// The codes of an Error.
const (
	Format    = "format"           // not an object of one key, or a list where none belongs
	Operator  = "unknown-operator" // not one of the eight
	Arguments = "arguments"        // wrong number of arguments
	Operand   = "operand"          // a value of a kind that cannot stand there
	Name      = "name"             // not the form of a variable's name
	TooDeep   = "too-deep"
	TooLarge  = "too-large"
)

// Error says why a condition was refused.
type Error struct {
	Code string
	What string // the operator or name it is about; may be ""
}

func (e *Error) Error() string { return "logic: " + e.Code + " " + strconv.Quote(e.What) }

// Sentence says it in Chinese.
func (e *Error) Sentence() string {
	return map[string]string{
		Format:    "条件要写成 {\"算符\": [内容]} 的样子。",
		Operator:  "不认识的算符“" + e.What + "”，只能用 == in > >= and or not。",
		Arguments: "算符“" + e.What + "”后面的内容个数不对。",
		Operand:   "算符“" + e.What + "”后面的内容种类不对。",
		Name:      "题目代号“" + e.What + "”的写法不对。",
		TooDeep:   "条件套得太深，请分成几道题。",
		TooLarge:  "条件太长，请分成几道题。",
	}[e.Code]
}

// Expr is one condition, checked. Make it with Parse.
type Expr struct{ root node }

// node is an operator with its arguments, a variable (op "var") or a literal
// (op "").
type node struct {
	op   string
	args []node
	name string
	lit  any // string, int64, []string or []int64
}

// Parse reads a condition strictly. The error is an *Error.
func Parse(raw []byte) (*Expr, error) {
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return nil, &Error{Format, ""}
	}
	p := parser{}
	n, err := p.condition(raw, 1)
	if err != nil {
		return nil, err
	}
	return &Expr{n}, nil
}

// parser counts what it has read.
type parser struct{ nodes int }

func (p *parser) count(depth int) error {
	if p.nodes++; p.nodes > MaxNodes {
		return &Error{TooLarge, ""}
	}
	if depth > MaxDepth {
		return &Error{TooDeep, ""}
	}
	return nil
}

// operator takes an object of one key apart.
func operator(raw json.RawMessage) (op string, arg json.RawMessage, err error) {
	keys, e := record.Object(raw, 1)
	if e != nil || len(keys) != 1 {
		return "", nil, &Error{Format, ""}
	}
	for op, arg = range keys {
		return op, arg, nil
	}
	return "", nil, &Error{Format, ""}
}

func (p *parser) condition(raw json.RawMessage, depth int) (node, error) {
	if err := p.count(depth); err != nil {
		return node{}, err
	}
	op, arg, err := operator(raw)
	if err != nil {
		return node{}, err
	}
	n := node{op: op}
	least, most, read := 2, 2, p.value
	switch op {
	case "and", "or":
		least, most, read = 1, MaxNodes, p.condition
	case "not":
		least, most, read = 1, 1, p.condition
	case "==", "in", ">", ">=":
	case "var":
		return node{}, &Error{Operand, "var"}
	default:
		return node{}, &Error{Operator, cut(op)}
	}
	var args []json.RawMessage
	if first(arg) != '[' || json.Unmarshal(arg, &args) != nil {
		return node{}, &Error{Format, op}
	}
	if len(args) < least || len(args) > most {
		return node{}, &Error{Arguments, op}
	}
	for i, a := range args {
		r := read
		if op == "in" && i == 1 {
			r = p.list
		}
		one, err := r(a, depth+1)
		if err != nil {
			return node{}, about(err, op)
		}
		n.args = append(n.args, one)
	}
	return n, nil
}

// about names the operator in an error that has no name yet.
func about(err error, op string) error {
	if e, ours := err.(*Error); ours && e.What == "" && e.Code == Operand {
		return &Error{e.Code, op}
	}
	return err
}

// value reads a text, a number or a variable.
func (p *parser) value(raw json.RawMessage, depth int) (node, error) {
	if err := p.count(depth); err != nil {
		return node{}, err
	}
	if first(raw) == '{' {
		return p.variable(raw)
	}
	lit, err := literal(raw)
	return node{lit: lit}, err
}

// list reads a list of literals of one type, or a variable.
func (p *parser) list(raw json.RawMessage, depth int) (node, error) {
	if err := p.count(depth); err != nil {
		return node{}, err
	}
	switch first(raw) {
	case '{':
		return p.variable(raw)
	case '[':
	default:
		return node{}, &Error{Operand, ""}
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return node{}, &Error{Format, ""}
	}
	var texts []string
	var numbers []int64
	for _, it := range items {
		if err := p.count(depth); err != nil {
			return node{}, err
		}
		switch v, err := literal(it); v := v.(type) {
		case string:
			texts = append(texts, v)
		case int64:
			numbers = append(numbers, v)
		default:
			return node{}, err
		}
	}
	switch {
	case len(texts) == len(items) && len(items) > 0:
		return node{lit: texts}, nil
	case len(numbers) == len(items) && len(items) > 0:
		return node{lit: numbers}, nil
	}
	return node{}, &Error{Operand, ""}
}

func (p *parser) variable(raw json.RawMessage) (node, error) {
	op, arg, err := operator(raw)
	if err != nil {
		return node{}, err
	}
	if op != "var" {
		return node{}, &Error{Operand, ""}
	}
	var name string
	if first(arg) != '"' || json.Unmarshal(arg, &name) != nil {
		return node{}, &Error{Format, "var"}
	}
	if !isName(name) {
		return node{}, &Error{Name, cut(name)}
	}
	return node{op: "var", name: name}, nil
}

// literal reads a text or a whole number that JavaScript keeps exactly.
func literal(raw json.RawMessage) (any, error) {
	if first(raw) == '"' {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return nil, &Error{Format, ""}
		}
		if utf8.RuneCountInString(s) > MaxText {
			return nil, &Error{TooLarge, ""}
		}
		return s, nil
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(raw)), 10, 64)
	if err != nil || n >= 1<<53 || n <= -(1<<53) || string(raw) == "-0" {
		return nil, &Error{Operand, ""}
	}
	return n, nil
}

// isName reports whether s is a key as items have it, or "@" and lower-case
// letters for what the server counts.
func isName(s string) bool {
	if s == "" || len(s) > MaxName {
		return false
	}
	counted := s[0] == '@'
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z':
		case i == 0 && counted && len(s) > 1:
		case i > 0 && !counted && (c == '-' || c >= '0' && c <= '9'):
		default:
			return false
		}
	}
	return true
}

func first(raw []byte) byte {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return 0
	}
	return raw[0]
}

// cut shortens what is repeated in an error.
func cut(s string) string {
	if r := []rune(s); len(r) > MaxName {
		return string(r[:MaxName]) + "…"
	}
	return s
}

// Encode returns the one JSON text that stands for e.
func (e *Expr) Encode() json.RawMessage { return e.root.encode(nil) }

func (n node) encode(b []byte) []byte {
	switch {
	case n.op == "var":
		return append(append(append(b, `{"var":`...), record.AppendString(nil, n.name)...), '}')
	case n.op == "":
		return encodeLiteral(b, n.lit)
	}
	b = append(append(b, '{'), record.AppendString(nil, n.op)...)
	b = append(b, ":["...)
	for i, a := range n.args {
		if i > 0 {
			b = append(b, ',')
		}
		b = a.encode(b)
	}
	return append(b, "]}"...)
}

func encodeLiteral(b []byte, lit any) []byte {
	switch lit := lit.(type) {
	case string:
		return record.AppendString(b, lit)
	case int64:
		return strconv.AppendInt(b, lit, 10)
	case []string:
		for i, s := range lit {
			b = record.AppendString(append(b, "[,"[min(i, 1)]), s)
		}
	case []int64:
		for i, n := range lit {
			b = strconv.AppendInt(append(b, "[,"[min(i, 1)]), n, 10)
		}
	}
	return append(b, ']')
}
