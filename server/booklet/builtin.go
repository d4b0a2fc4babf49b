package booklet

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Seed is one edition of a card that ships with the program. Its index data
// stand at the head of its file and nowhere else.
type Seed struct {
	Code    string // as Card.Code; also the file's name
	Edition int64
	Topic   string // as Card.Topic
	Title   string
	Order   int64
	Body    []byte // Markdown without the head; Card.SHA256 and Card.Size are taken of it
}

//go:embed cards/*.md
var cards embed.FS

// Builtin returns the cards that ship with the program, in their order. They
// name no sums, shares or terms: those differ by place and year, and a card
// says whom to ask.
func Builtin() ([]Seed, error) {
	names, err := fs.Glob(cards, "cards/*.md")
	if err != nil {
		return nil, fmt.Errorf("booklet: %w", err)
	}
	var seeds []Seed
	for _, name := range names {
		raw, err := cards.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("booklet: %w", err)
		}
		s, err := parseSeed(raw)
		if err != nil {
			return nil, fmt.Errorf("booklet: %s: %w", name, err)
		}
		if name != "cards/"+s.Code+".md" {
			return nil, fmt.Errorf("booklet: %s holds the card %q", name, s.Code)
		}
		seeds = append(seeds, s)
	}
	slices.SortFunc(seeds, func(a, b Seed) int { return cmp.Compare(a.Order, b.Order) })
	return seeds, nil
}

// parseSeed takes a card's file apart: lines "key: value" between two lines
// "---", each key once, then the text.
func parseSeed(raw []byte) (Seed, error) {
	var s Seed
	rest, ok := bytes.CutPrefix(raw, []byte("---\n"))
	head, body, found := bytes.Cut(rest, []byte("\n---\n"))
	if !ok || !found {
		return s, fmt.Errorf("no head between two lines ---")
	}
	to := map[string]any{"code": &s.Code, "edition": &s.Edition, "topic": &s.Topic, "title": &s.Title, "order": &s.Order}
	for line := range strings.SplitSeq(string(head), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		var err error
		switch into := to[key].(type) {
		case *string:
			*into = value
		case *int64:
			*into, err = strconv.ParseInt(value, 10, 64)
		default:
			return s, fmt.Errorf("unknown or repeated key %q", key)
		}
		if err != nil || value == "" {
			return s, fmt.Errorf("key %q has the value %q", key, value)
		}
		delete(to, key)
	}
	for key := range to {
		return s, fmt.Errorf("key %q is missing", key)
	}
	s.Body = bytes.TrimLeft(body, "\n")
	return s, nil
}
