package booklet

import (
	"regexp"
	"slices"
)

// placeholder is a word that a township has its own term for: {{household}}.
// Whatever else stands between the braces is no word and not published.
var placeholder = regexp.MustCompile(`\{\{\s*([^{}\n]{0,60}?)\s*\}\}`)

// Fill puts a township's terms (terms.Profile) in the places of {{name}}. What
// is no name of a term stays as it is.
func Fill(markdown []byte, words map[string]string) []byte {
	return placeholder.ReplaceAllFunc(markdown, func(whole []byte) []byte {
		if word := words[string(placeholder.FindSubmatch(whole)[1])]; word != "" {
			return []byte(word)
		}
		return whole
	})
}

// Unknown lists the names in {{ }} that words has no term for, in order.
func Unknown(markdown []byte, words map[string]string) []string {
	var out []string
	for _, m := range placeholder.FindAllSubmatch(markdown, -1) {
		if name := string(m[1]); words[name] == "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// Filled reports whether a text has such places.
func Filled(markdown []byte) bool { return placeholder.Match(markdown) }
