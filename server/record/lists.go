package record

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// lists holds the code lists that ship with the program, one file each, named
// as the list.
//
//go:embed lists/*.json
var lists embed.FS

// CodeList is a closed set of words with the numbers that national exports use
// for them: data, so that a new edition needs no program. A field names its
// list by list= (nothing else is allowed) or offer= (a hint for who types).
type CodeList struct {
	Name     string `json:"name"`
	Title    string `json:"title" doc:"in Chinese"`
	National string `json:"national,omitempty" doc:"label of the national registry's export, such as AAC007"`
	Edition  int64  `json:"edition" doc:"from 1; a word once shipped is never taken out, only a later profile stops offering it"`
	Source   string `json:"source,omitempty" doc:"where the words come from"`
	Note     string `json:"note,omitempty" doc:"what is not certain about them"`
	Items    []Code `json:"items"`
}

// Code is one word of a CodeList.
type Code struct {
	Word     string   `json:"word" doc:"what is stored and shown"`
	Code     string   `json:"code,omitempty" doc:"number in national exports; absent = not known"`
	Also     []string `json:"also,omitempty" doc:"other spellings an import takes for it"`
	Profiles []string `json:"profiles,omitempty" doc:"terminology profiles that offer it; absent = all"`
	Sex      string   `json:"sex,omitempty" doc:"the only sex a relation fits"`
}

// Lists returns every code list, by name.
func Lists() ([]CodeList, error) {
	names, err := fs.Glob(lists, "lists/*.json")
	if err != nil {
		return nil, err
	}
	var out []CodeList
	for _, name := range names {
		raw, err := lists.ReadFile(name)
		if err != nil {
			return nil, err
		}
		l, err := parseList(raw)
		if err != nil {
			return nil, fmt.Errorf("record: %s: %w", name, err)
		}
		if name != "lists/"+l.Name+".json" {
			return nil, fmt.Errorf("record: %s holds the list %q", name, l.Name)
		}
		out = append(out, l)
	}
	return out, nil
}

// ListNamed returns one code list. It panics where there is none of that name,
// as Of does: a wrong declaration shows at the first test run.
func ListNamed(name string) CodeList {
	l, err := FindList(name)
	if err != nil {
		panic(err.Error())
	}
	return l
}

// FindList is ListNamed for names that are data.
func FindList(name string) (CodeList, error) {
	raw, err := lists.ReadFile(path.Join("lists", path.Base(name)+".json"))
	if err != nil {
		return CodeList{}, fmt.Errorf("record: no code list %q", name)
	}
	l, err := parseList(raw)
	if err != nil {
		return CodeList{}, fmt.Errorf("record: list %q: %w", name, err)
	}
	return l, nil
}

// parseList reads one list strictly; no word, number or spelling may mean two
// things.
func parseList(raw []byte) (CodeList, error) {
	var l CodeList
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil || !ended(d) {
		return l, fmt.Errorf("not a code list: %w", err)
	}
	if l.Name == "" || l.Title == "" || l.Edition < 1 || len(l.Items) == 0 {
		return l, fmt.Errorf("name, title, edition and items are needed")
	}
	seen := map[string]bool{}
	for _, it := range l.Items {
		if strings.TrimSpace(it.Word) != it.Word || it.Word == "" || strings.ContainsAny(it.Word, "|,") {
			return l, fmt.Errorf("word %q", it.Word)
		}
		for _, s := range append([]string{it.Word, it.Code}, it.Also...) {
			if s != "" && seen[s] {
				return l, fmt.Errorf("%q stands for two items", s)
			}
			seen[s] = true
		}
	}
	return l, nil
}

// Words are the words of the list, in its order.
func (l CodeList) Words() []string {
	var out []string
	for _, it := range l.Items {
		out = append(out, it.Word)
	}
	return out
}

// Spellings maps the numbers and other spellings to the words.
func (l CodeList) Spellings() map[string]string {
	out := map[string]string{}
	for _, it := range l.Items {
		for _, s := range append([]string{it.Code}, it.Also...) {
			if s != "" {
				out[s] = it.Word
			}
		}
	}
	return out
}

// Offered are the words a terminology profile offers; "" offers all. What a
// profile does not offer stays valid: old rows keep their words.
func (l CodeList) Offered(profile string) []string {
	var out []string
	for _, it := range l.Items {
		if profile == "" || len(it.Profiles) == 0 || slices.Contains(it.Profiles, profile) {
			out = append(out, it.Word)
		}
	}
	return out
}
