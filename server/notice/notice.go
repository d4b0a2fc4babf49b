// Package notice is public notices (公示、公告、通知): they carry masked names
// only and take themselves down (product.md rule 10).
package notice

import (
	"regexp"
	"strings"

	"daohu/server/fault"
	"daohu/server/record"
)

// Notice is one public notice of a township. Only the office sees it before it
// is published and after it has come down.
type Notice struct {
	record.Meta
	Kind    string      `json:"kind" rec:"server,enum=通知|公告|公示" doc:"公示 asks for objections"`
	Title   string      `json:"title" rec:"server,max=60"`
	Text    string      `json:"text" rec:"server,max=2000" doc:"without names, numbers or telephones of people"`
	Rows    record.List `json:"rows" rec:"server,max=800" doc:"households it is about: [village, masked name of the head, people]"`
	Hotline string      `json:"hotline" rec:"server,max=20" doc:"the office's telephone for objections"`
	From    string      `json:"from" rec:"server,day,col=from_day" doc:"first day it is up; empty = not yet"`
	Until   string      `json:"until" rec:"server,day,col=until_day" doc:"last day it is up"`
	State   string      `json:"state" rec:"server,enum=draft|published|withdrawn|expired"`
	Reason  string      `json:"reason" rec:"server,max=200,read=TKA" doc:"why it was withdrawn"`
}

// The states of a Notice.
const (
	Draft     = "draft"
	Published = "published"
	Withdrawn = "withdrawn"
	Expired   = "expired"
)

// Type is the declaration of Notice.
var Type = record.Of[Notice]("notice", record.Policy{
	Class: record.Server, Readers: "HCVTKA", Creators: "", Common: true,
	Doc: "One public notice.",
	Hidden: func(r record.Record, role string) bool {
		switch r.(*Notice).State {
		case Published:
			return false
		case Draft:
			return role != "T"
		}
		return !strings.Contains("TKA", role)
	},
})

// MaskName keeps the first character of a name: 张某某 becomes 张**.
func MaskName(name string) string {
	r := []rune(name)
	if len(r) == 0 {
		return ""
	}
	return string(r[:1]) + strings.Repeat("*", max(1, len(r)-1))
}

// longDigits is the shortest run of digits that could be a person's: a mobile
// telephone has 11, an ID number 15 or 18, a bank account 16 to 19.
var longDigits = regexp.MustCompile(`[0-9][0-9 \-]{9,}[0-9Xx]`)

// eleven is how many digits such a run has at the least.
const eleven = 11

// clean refuses a text that could tell who somebody is: a long number, or the
// full name of one of the people given.
func clean(field, text string, names []string) *fault.Field {
	for _, run := range longDigits.FindAllString(narrow(text), -1) {
		digits := strings.Map(func(r rune) rune {
			if r == ' ' || r == '-' {
				return -1
			}
			return r
		}, run)
		if len(digits) >= eleven {
			return &fault.Field{Name: field, Code: "personal", Detail: "里面有像身份证号、手机号或账号的长号码，公示里不能写。"}
		}
	}
	for _, n := range names {
		if len([]rune(n)) >= 2 && strings.Contains(text, n) {
			return &fault.Field{Name: field, Code: "personal", Detail: "里面写了农户家里人的全名，公示里只能写姓。"}
		}
	}
	return nil
}

// narrow turns full-width digits and dashes into ASCII and drops what nobody
// sees, so that a number cannot hide.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '－' || r == '—' || r == '–' || r == '・' || r == '·':
			return '-'
		case r == 'Ｘ' || r == 'ｘ':
			return 'X'
		case r == '　' || r == '\t' || r == '\n' || r == 0xa0:
			return ' '
		case r >= 0x200b && r <= 0x200f || r == 0x2060 || r == 0xfeff:
			return -1
		}
		return r
	}, s)
}
