package activity

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"daohu/server/fault"
	"daohu/server/setting"
)

//go:embed rules/*.json
var shipped embed.FS

// The kinds of setting visits go by.
const (
	CodeEvidence = "evidence" // Evidence
	CodeStages   = "stages"   // Stages
	CodeRhythm   = "rhythm"   // Rhythm
)

// Evidence is what a visit should carry to show that it took place (product.md
// rule 2). It is asked for on the phone and shown to the reviewer; a visit
// without it is saved and may be approved all the same.
type Evidence struct {
	Edition int64  `json:"edition"`
	Policy  string `json:"policy"`           // none, optional, either (a place or a photo), required
	Reason  string `json:"reason,omitempty"` // of required: why, shown on the compliance page
	Until   string `json:"until,omitempty"`  // of required: last day it holds
}

// The policies.
const (
	EvidenceNone     = "none"
	EvidenceOptional = "optional"
	EvidenceEither   = "either"
	EvidenceRequired = "required"
)

// longestRequired is how many days ahead evidence may be required at the most:
// it is meant to end by itself, not to be forgotten.
const longestRequired = 366

// On is the policy that holds on a day: required ends by itself.
func (e Evidence) On(day string) string {
	if e.Policy == EvidenceRequired && day > e.Until {
		return EvidenceOptional
	}
	return e.Policy
}

// ParseEvidence reads the document strictly. Code: invalid.
func ParseEvidence(raw []byte) (Evidence, error) {
	var e Evidence
	if err := Strictly(raw, &e); err != nil {
		return e, err
	}
	switch e.Policy {
	case EvidenceNone, EvidenceOptional, EvidenceEither:
		if e.Reason != "" || e.Until != "" {
			return e, wrong("policy", "只有“必须”才写原因和到期日。")
		}
		return e, nil
	case EvidenceRequired:
	default:
		return e, wrong("policy", "只能选 none、optional、either 或 required。")
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(e.Reason)); n < 5 || n > 200 {
		return e, wrong("reason", "要求必须留证据，就要写明原因，5 到 200 个字。")
	}
	if _, err := time.Parse(time.DateOnly, e.Until); err != nil {
		return e, wrong("until", "要写到期日，如 2026-12-31；到期后自动变回“可选”。")
	}
	return e, nil
}

// CheckEvidence is ParseEvidence for a document that begins to hold on today:
// it may not be over, nor hold for more than a year.
func CheckEvidence(raw []byte, today string) error {
	e, err := ParseEvidence(raw)
	if err != nil || e.Policy != EvidenceRequired {
		return err
	}
	now, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return err
	}
	if e.Until < today || e.Until > now.AddDate(0, 0, longestRequired).Format(time.DateOnly) {
		return wrong("until", "到期日要在今天以后、一年以内。")
	}
	return nil
}

// Stages are the four visits (四访) with what to ask and what comes of each.
type Stages struct {
	Edition int64   `json:"edition"`
	Source  string  `json:"source,omitempty"`
	Stages  []Stage `json:"stages"`
}

// Stage is one of the four visits.
type Stage struct {
	Stage   int64    `json:"stage"`
	Title   string   `json:"title"`
	Prompts []string `json:"prompts"`
	Output  string   `json:"output"` // what the phone offers to make: "", wish, measure, result
}

// ParseStages reads the document strictly. Code: invalid.
func ParseStages(raw []byte) (Stages, error) {
	var s Stages
	if err := Strictly(raw, &s); err != nil {
		return s, err
	}
	if len(s.Stages) != 4 {
		return s, wrong("stages", "四访要有四步。")
	}
	for i, st := range s.Stages {
		at := fmt.Sprintf("stages.%d", i+1)
		if n := utf8.RuneCountInString(st.Title); st.Stage != int64(i+1) || n < 1 || n > 10 {
			return s, wrong(at, "每一步要有序号和名称，名称最多 10 个字。")
		}
		if len(st.Prompts) > 12 {
			return s, wrong(at, "每一步最多 12 条提示。")
		}
		for _, p := range st.Prompts {
			if n := utf8.RuneCountInString(p); n < 1 || n > 40 {
				return s, wrong(at, "每条提示 1 到 40 个字。")
			}
		}
		switch st.Output {
		case "", "wish", "measure", "result":
		default:
			return s, wrong(at, "不认识这种结果。")
		}
	}
	return s, nil
}

// Rhythm is how often a paired household is to be visited.
type Rhythm struct {
	Edition int64  `json:"edition"`
	Source  string `json:"source,omitempty"`
	Every   string `json:"every"` // month or quarter
	Count   int64  `json:"count"` // visits in each, 1 to 4
}

// ParseRhythm reads the document strictly. Code: invalid.
func ParseRhythm(raw []byte) (Rhythm, error) {
	var r Rhythm
	if err := Strictly(raw, &r); err != nil {
		return r, err
	}
	if r.Every != "month" && r.Every != "quarter" {
		return r, wrong("every", "只能选 month（每月）或 quarter（每季）。")
	}
	if r.Count < 1 || r.Count > 4 {
		return r, wrong("count", "次数要在 1 到 4 之间。")
	}
	return r, nil
}

// Window is the month or quarter a day lies in: its first and last day.
func (r Rhythm) Window(day time.Time) (from, to string) {
	months := time.Month(1)
	if r.Every == "quarter" {
		months = 3
	}
	first := time.Date(day.Year(), (day.Month()-1)/months*months+1, 1, 0, 0, 0, 0, time.UTC)
	return first.Format(time.DateOnly), first.AddDate(0, int(months), -1).Format(time.DateOnly)
}

// Kinds are the kinds of setting of this package. today gives the running day,
// Asia/Shanghai.
func Kinds(today func() string) ([]setting.Kind, error) {
	var out []setting.Kind
	for _, k := range []struct {
		code, title string
		check       func([]byte) error
	}{
		{CodeEvidence, "走访证据", func(raw []byte) error { return CheckEvidence(raw, today()) }},
		{CodeStages, "四访提示", func(raw []byte) error { _, err := ParseStages(raw); return err }},
		{CodeRhythm, "走访次数", func(raw []byte) error { _, err := ParseRhythm(raw); return err }},
	} {
		raw, err := shipped.ReadFile("rules/" + k.code + ".json")
		if err != nil {
			return nil, err
		}
		var buf bytes.Buffer
		if err := json.Compact(&buf, raw); err != nil {
			return nil, err
		}
		if err := k.check(buf.Bytes()); err != nil {
			return nil, fmt.Errorf("activity: rules/%s.json: %w", k.code, err)
		}
		out = append(out, setting.Kind{Code: k.code, Title: k.title, Check: k.check,
			Shipped: []setting.Document{{Name: "default", Title: "默认", Body: buf.Bytes()}}})
	}
	return out, nil
}

// Strictly decodes one JSON object without unknown keys or anything behind it. Code: invalid.
func Strictly(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fault.Wrap(fault.Invalid, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fault.New(fault.Invalid, "后面还有别的内容。")
	}
	return nil
}

func wrong(field, detail string) error {
	return fault.Bad(fault.Field{Name: field, Code: "format", Detail: detail})
}
