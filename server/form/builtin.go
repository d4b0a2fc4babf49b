package form

import (
	"embed"
	"fmt"
)

// Seed is one edition of a paper that ships with the program.
type Seed struct {
	Code    string // as Form.Code
	Edition int64
	Title   string
	Kind    string // as Form.Kind
	Body    []byte // canonical; Form.SHA256 and Form.Size are taken of it
}

//go:embed papers/*.json
var papers embed.FS

// Builtin returns the papers that ship with the program. A text once shipped
// is not changed: answers are bound to it. Write a new file, raise the edition.
func Builtin() ([]Seed, error) {
	seeds := []Seed{
		{Code: "policy-quiz", Edition: 1, Kind: "quiz"},
	}
	for i := range seeds {
		s := &seeds[i]
		raw, err := papers.ReadFile("papers/" + s.Code + ".json")
		if err != nil {
			return nil, fmt.Errorf("form: %w", err)
		}
		p, err := ParsePaper(raw)
		if err != nil {
			return nil, fmt.Errorf("form: %s: %w", s.Code, err)
		}
		if s.Body, err = p.Encode(); err != nil {
			return nil, fmt.Errorf("form: %s: %w", s.Code, err)
		}
		s.Title = p.Title
	}
	return seeds, nil
}
