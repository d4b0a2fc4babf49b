package booklet

import (
	"strings"
	"testing"

	"daohu/server/fault"
)

func TestRender(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"heading and paragraph", "## 问谁\n\n问村干部。", "<h2>问谁</h2>\n<p>问村干部。</p>"},
		{"list", "- 甲\n- 乙", "<ul>\n<li>甲</li>\n<li>乙</li>\n</ul>"},
		{"numbered list", "1. 甲\n2. 乙", "<ol>\n<li>甲</li>\n<li>乙</li>\n</ol>"},
		{"emphasis", "**先**不*交*", "<p><strong>先</strong>不<em>交</em></p>"},
		{"table", "| 事 | 问谁 |\n|:--|--:|\n| 看病 | 村医 |", "<table>\n<thead>\n<tr>\n<th>事</th>\n<th>问谁</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>看病</td>\n<td>村医</td>\n</tr>\n</tbody>\n</table>"},
		{"telephone", "[打电话](tel:+86-12345)", `<p><a href="tel:+86-12345">打电话</a></p>`},
		{"other link keeps its words", "看[这里](https://a.example/x)。", "<p>看这里。</p>"},
		{"autolink keeps its words", "<https://a.example>", "<p>https://a.example</p>"},
		{"picture goes", "前![图](x.png)后", "<p>前后</p>"},
		{"markup goes, words stay", "前<b>中</b>后", "<p>前中后</p>"},
		{"comparison stays text", "1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"},
		{"quote and code lose their frame", "> 甲\n\n`乙`", "<p>甲</p>\n\n<p>乙</p>"},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Render([]byte(c.in))
			if err != nil || got != c.want {
				t.Errorf("%v\n%q\nwant\n%q", err, got, c.want)
			}
		})
	}
}

func TestRenderRefuses(t *testing.T) {
	wide := "|" + strings.Repeat("a|", 200) + "\n|" + strings.Repeat("-|", 200) + "\n" + strings.Repeat("x\n", 3000)
	for _, c := range []struct {
		name, in string
		code     fault.Code
	}{
		{"too large", strings.Repeat("字", MaxSize/3+1), fault.TooLarge},
		{"grows without sense", wide, fault.TooLarge},
		{"not UTF-8", "a\xffb", fault.Invalid},
		{"NUL", "a\x00b", fault.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := Render([]byte(c.in))
			if !fault.Is(err, c.code) || out != "" {
				t.Errorf("got %d bytes and %v, want %s", len(out), err, c.code)
			}
			if Plain(c.in) != "" {
				t.Error("read aloud all the same")
			}
		})
	}
	if _, err := Render([]byte(strings.Repeat("字", MaxSize/3))); err != nil {
		t.Errorf("a text of just MaxSize: %v", err)
	}
}

func TestPlain(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"lines are closed", "## 问谁\n\n问**村**干部\n\n- 甲\n- 乙。\n- 丙？", "问谁。\n问村干部。\n甲。\n乙。\n丙？"},
		{"table rows", "| 事 | 问谁 |\n|---|---|\n| 看病 | 村医 |\n| | 镇里 |", "事，问谁。\n看病，村医。\n镇里。"},
		{"nested list", "- 甲\n  - 乙\n- 丙", "甲。\n乙。\n丙。"},
		{"escapes and entities", "\\*甲\\* &amp; &lt;乙&gt;", "*甲* & <乙>。"},
		{"link", "[打电话](tel:12345)给他", "打电话给他。"},
		{"nothing to read", "![图](x)\n\n---\n\n<!-- 注 -->", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Plain(c.in); got != c.want {
				t.Errorf("%q\nwant\n%q", got, c.want)
			}
		})
	}
}
