package arch

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// places are names of machines that must not leave the place a file was made
// at. The patterns are put together here so that this file passes itself.
var places = []*regexp.Regexp{
	regexp.MustCompile(`proxy\.golang` + `\.org`),
	regexp.MustCompile(`registry\.npmjs` + `\.org`),
	regexp.MustCompile(`deb\.debian` + `\.org`),
	regexp.MustCompile("(^|[^A-Za-z0-9_.*/-])/(work|root)" + "/"),
}

// wx finds a use of WeChat's global object; stripped of comments and strings.
var wx = regexp.MustCompile(`(^|[^\w.$])wx\s*[.\[]`)

// noise is what wx does not look into: comments and strings of one line.
var noise = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"`)

// checkText applies the rules for text of any kind.
func checkText(name, text string) []Violation {
	var out []Violation
	for i, line := range strings.Split(text, "\n") {
		for _, p := range places {
			if s := p.FindString(line); s != "" {
				out = append(out, Violation{RulePlace, name, i + 1, strings.TrimSpace(s)})
			}
		}
	}
	ext := path.Ext(name)
	if n := strings.Count(text, "\n"); ext != ".go" && slices.Contains(source, ext) && n > maxFile && !foreign(name, text) {
		out = append(out, Violation{RuleLength, name, 0, fmt.Sprintf("%d lines, limit %d", n, maxFile)})
	}
	if (ext == ".ts" || ext == ".js" || ext == ".mjs") &&
		within(path.Dir(name), "miniprogram/src") && !within(path.Dir(name), "miniprogram/src/platform") {
		for i, line := range strings.Split(noise.ReplaceAllStringFunc(text, keepLines), "\n") {
			if wx.MatchString(line) {
				out = append(out, Violation{RulePlatform, name, i + 1, strings.TrimSpace(line)})
			}
		}
	}
	return out
}

// keepLines blanks a text but for its line ends.
func keepLines(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) }

// foreign tells files that were generated, minified or taken over whole.
func foreign(name, text string) bool {
	head := text[:min(len(text), 500)]
	return strings.Contains(head, "DO NOT EDIT") || strings.Contains(path.Base(name), ".min.")
}
