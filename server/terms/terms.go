// Package terms is the words of the programme as data: one profile for each
// period of the policy (product.md rule 13). A township goes by one of them, or
// by its own edition (package setting).
package terms

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"daohu/server/fault"
	"daohu/server/setting"
)

// Code is the kind of setting a profile is.
const Code = "terms"

// Profile is one set of words.
type Profile struct {
	Name    string            `json:"name"`
	Edition int64             `json:"edition"`
	Title   string            `json:"title"`
	Source  string            `json:"source,omitempty"`
	Note    string            `json:"note,omitempty"`
	Words   map[string]string `json:"words"`
}

// longest is the longest word in runes: it has to fit a button.
const longest = 16

// Key is one thing that has a word, and what it is.
type Key struct{ Name, Doc string }

// Keys lists everything a profile has a word for.
func Keys() []Key {
	return []Key{
		{"programme", "the programme as a whole"},
		{"household", "a household of the registry"},
		{"registered", "registered in the registry"},
		{"notExited", "has not left"},
		{"exited", "has left"},
		{"exit", "leaving"},
		{"preExit", "about to leave"},
		{"relapsed", "fell back"},
		{"planned", "planned to leave this year"},
		{"safetyNet", "kept by the safety net"},
		{"watched", "monitored"},
		{"risk", "what a household is at risk of"},
		{"riskCleared", "risk cleared"},
		{"cause", "main cause"},
		{"cadre", "the paired cadre"},
		{"villageWorker", "village worker or resident team"},
		{"pairing", "the pairing"},
		{"unit", "supporting unit"},
		{"visit", "going to the household"},
		{"visitRecord", "the record of it"},
		{"checkin", "the tap at the door"},
		{"stage1", "first of four visits"},
		{"stage2", "second"},
		{"stage3", "third"},
		{"stage4", "fourth"},
		{"need", "what a household needs"},
		{"plan", "plan for a household"},
		{"measure", "what is given"},
		{"result", "what came of it"},
		{"booklet", "policy booklet"},
		{"card", "information card of a household"},
		{"handbook", "handbook of a household"},
		{"quiz", "policy quiz"},
		{"awareness", "awareness rate"},
		{"villageExit", "a village leaving"},
		{"poorVillage", "village of the programme"},
		{"office", "the office in charge"},
	}
}

//go:embed profiles/*.json
var profiles embed.FS

// Names lists the profiles that ship, the default first, in the order of time.
func Names() []string { return []string{"alleviation-2016", "monitoring-2021", "regular-2026"} }

// Named returns a profile that ships; "" is the default.
func Named(name string) (setting.Document, error) {
	if name == "" {
		name = Names()[0]
	}
	if !slices.Contains(Names(), name) {
		return setting.Document{}, fmt.Errorf("terms: no profile %q", name)
	}
	raw, err := profiles.ReadFile("profiles/" + name + ".json")
	if err != nil {
		return setting.Document{}, err
	}
	p, err := Parse(raw)
	if err != nil {
		return setting.Document{}, fmt.Errorf("terms: %s: %w", name, err)
	}
	var buf bytes.Buffer
	if err := json.Compact(&buf, raw); err != nil {
		return setting.Document{}, err
	}
	return setting.Document{Name: name, Title: p.Title, Body: buf.Bytes()}, nil
}

// Kind is the kind of setting.
func Kind() (setting.Kind, error) {
	k := setting.Kind{Code: Code, Title: "用词", Check: func(raw []byte) error { _, err := Parse(raw); return err }}
	for _, name := range Names() {
		d, err := Named(name)
		if err != nil {
			return k, err
		}
		k.Shipped = append(k.Shipped, d)
	}
	return k, nil
}

// Parse reads a profile strictly: every key once, each with a short word.
// Code: invalid, naming the word.
func Parse(raw []byte) (Profile, error) {
	var p Profile
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fault.Wrap(fault.Invalid, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return p, fault.New(fault.Invalid, "用词表后面还有别的内容。")
	}
	var bad []fault.Field
	if !slices.Contains(Names(), p.Name) {
		bad = append(bad, fault.Field{Name: "name", Code: "not-allowed", Detail: "没有这套用词。"})
	}
	if p.Edition < 1 || p.Title == "" {
		bad = append(bad, fault.Field{Name: "title", Code: "required", Detail: "请写明名称和版次。"})
	}
	known := map[string]bool{}
	for _, k := range Keys() {
		known[k.Name] = true
		switch n := utf8.RuneCountInString(p.Words[k.Name]); {
		case n == 0:
			bad = append(bad, fault.Field{Name: "words." + k.Name, Code: "required", Detail: "这个词不能空着。"})
		case n > longest:
			bad = append(bad, fault.Field{Name: "words." + k.Name, Code: "too-long", Detail: fmt.Sprintf("最多 %d 个字。", longest)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Words)) {
		if !known[name] {
			bad = append(bad, fault.Field{Name: "words", Code: "unknown", Detail: "有一个不认识的词条。"})
			break
		}
	}
	if len(bad) > 0 {
		return p, fault.Bad(bad...)
	}
	return p, nil
}

// Source gives the document that holds in a township (setting.Service).
type Source interface {
	Current(ctx context.Context, township, code string) ([]byte, error)
}

// Of reads the words of a township.
func Of(ctx context.Context, s Source, township string) (Profile, error) {
	raw, err := s.Current(ctx, township, Code)
	if err != nil {
		return Profile{}, err
	}
	return Parse(raw)
}
