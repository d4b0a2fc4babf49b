package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"daohu/server/record"
)

// Scored is what one answered paper shows. It says which cards to explain
// again; it is never a mark of the person who answered (product rule 8).
type Scored struct {
	Score int64    // points reached
	Full  int64    // points that could be had
	Weak  []string // keys of the topics to explain again, in the paper's order
}

// Score compares answers, pairs [item key, answer], with the paper. An item
// left out, or answered with null, "" or an empty list, is not reached.
// Answers that belong to no item, come twice or do not fit their item's kind
// are problems; then Scored is zero. The order of the pairs does not matter.
// p comes from ParsePaper.
func Score(p *Paper, answers record.List) (Scored, []record.Problem) {
	given, bad := read(p, answers)
	if len(bad) > 0 {
		return Scored{}, bad
	}
	s := Scored{Weak: []string{}}
	missed := map[string]bool{}
	for _, it := range p.Items {
		s.Full += it.Points
		switch {
		case it.Points == 0:
		case given[it.Key] == string(it.Answer):
			s.Score += it.Points
		default:
			missed[it.Topic] = true
		}
	}
	for _, t := range p.Topics {
		if missed[t.Key] {
			s.Weak = append(s.Weak, t.Key)
		}
	}
	return s, nil
}

// read returns the canonical answer to each item answered.
func read(p *Paper, answers record.List) (map[string]string, []record.Problem) {
	var pairs []json.RawMessage
	if err := answers.Into(&pairs); err != nil {
		return nil, []record.Problem{{Name: "answers", Code: "format", Detail: "答案的格式不对。"}}
	}
	given := map[string]string{}
	var bad []record.Problem
	for i, raw := range pairs {
		n, value, err := p.pair(raw)
		name := "answers." + strconv.Itoa(i)
		switch {
		case err != nil:
			bad = append(bad, record.Problem{Name: name, Code: "format", Detail: "答案的格式不对。"})
			continue
		case n < 0:
			bad = append(bad, record.Problem{Name: name, Code: "unknown", Detail: "这份题目里没有这道题，请更新题目后再答。"})
			continue
		}
		it := &p.Items[n]
		if _, twice := given[it.Key]; twice {
			bad = append(bad, record.Problem{Name: name, Code: "not-allowed", Detail: fmt.Sprintf("第 %d 题答了两次，请留一次。", n+1)})
			continue
		}
		answer, err := it.canonical(value)
		if err != nil {
			bad = append(bad, record.Problem{Name: name, Code: "format", Detail: fmt.Sprintf("第 %d 题%s", n+1, it.ask())})
			continue
		}
		given[it.Key] = answer
	}
	return given, bad
}

// pair takes [item key, answer] apart; the index is -1 for an unknown item.
func (p *Paper) pair(raw json.RawMessage) (int, json.RawMessage, error) {
	var two []json.RawMessage
	if err := json.Unmarshal(raw, &two); err != nil || len(two) != 2 {
		return 0, nil, errors.New("not a pair")
	}
	key, ok := text(two[0])
	if !ok {
		return 0, nil, errors.New("item key is not text")
	}
	return slices.IndexFunc(p.Items, func(it Item) bool { return it.Key == key }), two[1], nil
}

var errAnswer = errors.New("answer does not fit the item")

// canonical checks an answer against the item's kind and returns the one JSON
// text that stands for it, "" when the item was left open.
func (it *Item) canonical(raw json.RawMessage) (string, error) {
	if !json.Valid(raw) {
		return "", errAnswer
	}
	list, err := record.ParseList(slices.Concat([]byte("["), raw, []byte("]")))
	if err != nil {
		return "", errAnswer
	}
	var one []json.RawMessage
	if err := list.Into(&one); err != nil || len(one) != 1 {
		return "", errAnswer
	}
	switch string(one[0]) {
	case "null", `""`, "[]":
		return "", nil
	}
	if it.Kind == Multiple {
		return it.set(one[0])
	}
	if it.Kind == Number {
		n, err := strconv.ParseInt(string(one[0]), 10, 64)
		if err != nil || n < 0 {
			return "", errAnswer
		}
		return string(one[0]), nil
	}
	s, ok := text(one[0])
	if !ok || !it.takes(s) {
		return "", errAnswer
	}
	return string(record.AppendString(nil, s)), nil
}

// takes reports whether the text s answers an item whose answer is a text.
func (it *Item) takes(s string) bool {
	switch it.Kind {
	case Single:
		return slices.ContainsFunc(it.Options, func(o Option) bool { return o.Key == s })
	case YesNo:
		return s == Yes || s == No
	case Date:
		return isDay(s)
	case Words:
		return (record.Field{Kind: record.Text, Max: maxLabel}).CheckText(s) == nil
	}
	return false
}

// set returns the chosen options in the item's own order, so that equal sets
// give equal text. Every key must exist and come once.
func (it *Item) set(raw json.RawMessage) (string, error) {
	var keys []string
	if err := json.Unmarshal(raw, &keys); err != nil {
		return "", errAnswer
	}
	var chosen []string
	for _, o := range it.Options {
		if slices.Contains(keys, o.Key) {
			chosen = append(chosen, o.Key)
		}
	}
	if len(chosen) != len(keys) {
		return "", errAnswer
	}
	return string(record.ListOf(chosen)), nil
}

// ask says how the item wants to be answered, as the end of a sentence.
func (it *Item) ask() string {
	switch it.Kind {
	case Single:
		return "请从选项里选一个。"
	case Multiple:
		return "请从选项里选，每项只选一次。"
	case YesNo:
		return "请答是或不是。"
	case Number:
		return "要填整数。"
	case Date:
		return "要填日期，像 2026-01-31 这样。"
	}
	return fmt.Sprintf("要填文字，最多 %d 个字。", maxLabel)
}

// text reads a JSON string; null and every other kind is refused.
func text(raw json.RawMessage) (string, bool) {
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		return "", false
	}
	return *s, true
}
