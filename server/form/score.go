package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"daohu/server/form/logic"
	"daohu/server/record"
)

// Scored is what one answered paper shows. It says which cards to explain
// again; it is never a mark of the person who answered (product rule 8).
type Scored struct {
	Score   int64    // points reached
	Full    int64    // points that could be had: of the items that were asked
	Weak    []string // keys of the topics to explain again, in the paper's order
	Failing []string // keys of the items asked whose Met does not hold
	Missing []string // keys of the items asked for and left open
	Verdict string   // Passed, Failed; "" = the paper has no Pass
	Asked   []string // keys of the topics of which a scored item was answered
	Aware   []string // of Asked, those the household knows
	Known   bool     // the household knows the paper's policies as a whole
}

// The verdicts.
const (
	Passed = "pass"
	Failed = "fail"
)

// Score compares answers, pairs [item key, answer], with the paper. An item
// left out, or answered with null, "" or an empty list, is not reached. An item
// that is not visible counts for nothing, whatever was answered to it before.
// Answers that belong to no item, come twice or do not fit their item's kind
// are problems; then Scored is zero. The order of the pairs does not matter.
// p comes from ParsePaper.
func Score(p *Paper, answers record.List) (Scored, []record.Problem) {
	given, bad := read(p, answers)
	if len(bad) > 0 {
		return Scored{}, bad
	}
	return p.judge(given), nil
}

// tally is the points of a topic or of the whole paper.
type tally struct {
	score, full int64
	answered    bool // a scored item was
}

func (t *tally) add(it *Item, given string) {
	t.full += it.Points
	t.answered = t.answered || given != ""
	if given == string(it.Answer) {
		t.score += it.Points
	}
}

// whole reports whether every scored item was answered rightly; without any
// there is nothing to know.
func (t tally) whole() bool { return t.full > 0 && t.score == t.full }

// counted adds what conditions may ask of t to the answers.
func (t tally) counted(v logic.Vars) logic.Vars {
	v = maps.Clone(v)
	v[VarScore], v[VarFull] = t.score, t.full
	if t.full > 0 {
		v[VarPercent] = 100 * t.score / t.full
	}
	return v
}

// judge scores canonical answers by item key.
func (p *Paper) judge(given map[string]string) Scored {
	s := Scored{Weak: []string{}, Failing: []string{}, Missing: []string{}}
	asked, vars := p.seen(given)
	var all tally
	topics := map[string]*tally{}
	for i := range p.Items {
		it := &p.Items[i]
		if !asked[it.Key] {
			continue
		}
		if it.Points > 0 {
			all.add(it, given[it.Key])
			if topics[it.Topic] == nil {
				topics[it.Topic] = &tally{}
			}
			topics[it.Topic].add(it, given[it.Key])
		}
		if it.meet != nil && !it.meet.Eval(vars) {
			s.Failing = append(s.Failing, it.Key)
		}
		if given[it.Key] == "" && (it.Required || it.requiredIf != nil && it.requiredIf.Eval(vars)) {
			s.Missing = append(s.Missing, it.Key)
		}
	}
	s.Score, s.Full = all.score, all.full
	for _, t := range p.Topics {
		if own := topics[t.Key]; own != nil {
			s.topic(t, *own, vars)
		}
	}
	s.Known = all.whole()
	if p.pass != nil {
		vars = all.counted(vars)
		vars[VarFailing], vars[VarMissing] = int64(len(s.Failing)), int64(len(s.Missing))
		s.Verdict = Failed
		if s.Known = p.pass.Eval(vars); s.Known {
			s.Verdict = Passed
		}
	}
	return s
}

// topic adds what was shown of one topic with scored items.
func (s *Scored) topic(t Topic, own tally, vars logic.Vars) {
	if own.score < own.full {
		s.Weak = append(s.Weak, t.Key)
	}
	if !own.answered {
		return
	}
	s.Asked = append(s.Asked, t.Key)
	if t.aware == nil && own.whole() || t.aware != nil && t.aware.Eval(own.counted(vars)) {
		s.Aware = append(s.Aware, t.Key)
	}
}

// seen says which items are visible, one after the other, and what conditions
// may know: the answers to these.
func (p *Paper) seen(given map[string]string) (asked map[string]bool, vars logic.Vars) {
	asked, vars = map[string]bool{}, logic.Vars{}
	for i := range p.Items {
		it := &p.Items[i]
		if it.visible != nil && !it.visible.Eval(vars) {
			continue
		}
		asked[it.Key] = true
		if v := it.value(given[it.Key]); v != nil {
			vars[it.Key] = v
		}
	}
	return asked, vars
}

// value is a canonical answer as conditions know it; nil = none.
func (it *Item) value(canonical string) any {
	if canonical == "" {
		return nil
	}
	switch it.Kind {
	case Number:
		n, err := strconv.ParseInt(canonical, 10, 64)
		if err != nil {
			return nil
		}
		return n
	case Multiple:
		var set []string
		if json.Unmarshal([]byte(canonical), &set) != nil {
			return nil
		}
		return set
	case Single, YesNo, Date, Words:
		if s, ok := text(json.RawMessage(canonical)); ok {
			return s
		}
	}
	return nil // photos and notes are not spoken of
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
	case Photo:
		return record.IsID(s)
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
	case Photo:
		return "要放一张照片。"
	case Note:
		return "是说明，不用回答。"
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
