package booklet

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/net/html"

	"daohu/server/fault"
)

// MaxSize is the largest card text, in bytes of Markdown: some ten thousand
// characters, many times what anyone reads on a phone.
const MaxSize = 32 << 10

// maxHTML bounds what Render makes, in bytes before cleaning: table rows are
// filled up to the width of their head, so a small text can grow a
// thousandfold (measured: 32 KB to 30 MB).
const maxHTML = 8 * MaxSize

// Render turns a card's Markdown into HTML that is safe to put into a page:
// headings, paragraphs, lists, emphasis, tables and telephone links. HTML in
// the text, pictures and other links lose their markup; the words of links
// stay. Too large a text or result is fault.TooLarge, bytes that are no text
// fault.Invalid.
func Render(markdown []byte) (string, error) {
	if len(markdown) > MaxSize {
		return "", fault.New(fault.TooLarge, "卡片文字太长，请分成几张。")
	}
	if !utf8.Valid(markdown) || bytes.IndexByte(markdown, 0) >= 0 {
		return "", fault.New(fault.Invalid, "卡片文字里有不能保存的字符。")
	}
	var out bounded
	// CommonMark and tables; goldmark passes no raw HTML on unless told to.
	md := goldmark.New(goldmark.WithExtensions(extension.Table))
	if err := md.Convert(markdown, &out); err != nil {
		return "", &fault.Error{Code: fault.TooLarge, Detail: "卡片排版太复杂，请写简单些。", Err: err}
	}
	return strings.TrimSpace(policy().SanitizeReader(&out.buf).String()), nil
}

// policy lets through what Render promises and nothing else.
func policy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "strong", "em",
		"table", "thead", "tbody", "tr", "th", "td")
	p.AllowURLSchemes("tel")
	p.RequireParseableURLs(true)
	p.AllowAttrs("href").Matching(regexp.MustCompile(`^tel:\+?[0-9-]{3,20}$`)).OnElements("a")
	return p
}

// bounded takes no more than maxHTML bytes.
type bounded struct{ buf bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.buf.Len()+len(p) > maxHTML {
		return 0, errors.New("booklet: more than maxHTML")
	}
	return b.buf.Write(p)
}

// Plain returns the words of a card for reading aloud: one line a heading,
// paragraph, list item or table row, each closed by a mark so that the voice
// pauses. The words are those Render shows; a text it refuses gives "".
func Plain(markdown string) string {
	safe, err := Render([]byte(markdown))
	if err != nil {
		return ""
	}
	var lines []string
	var line strings.Builder
	end := func() {
		if s := strings.Join(strings.Fields(line.String()), " "); s != "" {
			lines = append(lines, closed(s))
		}
		line.Reset()
	}
	for z := html.NewTokenizer(strings.NewReader(safe)); ; {
		kind := z.Next()
		switch kind {
		case html.ErrorToken: // the end: the text was read from memory
			end()
			return strings.Join(lines, "\n")
		case html.TextToken:
			line.Write(z.Text())
			continue
		}
		switch name, _ := z.TagName(); string(name) {
		case "strong", "em", "a":
		case "th", "td":
			if s := strings.TrimSpace(line.String()); s != "" && kind == html.StartTagToken {
				line.Reset()
				line.WriteString(s + "，")
			}
		default:
			end()
		}
	}
}

// closed returns s with a mark at its end at which a voice pauses.
func closed(s string) string {
	last, _ := utf8.DecodeLastRuneInString(s)
	if strings.ContainsRune("。！？；：，、….!?;:,", last) {
		return s
	}
	return s + "。"
}
