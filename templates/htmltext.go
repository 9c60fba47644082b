package templates

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	"golang.org/x/net/html"
)

// htmlBlock writes the text of a block of the author's own HTML.
func (x *texter) htmlBlock(n *ast.HTMLBlock) {
	var s strings.Builder
	for _, segment := range n.Lines().Sliced(0, n.Lines().Len()) {
		s.Write(segment.Value(x.source))
	}
	if n.HasClosure() {
		s.Write(n.ClosureLine.Value(x.source))
	}
	x.html(s.String())
	x.literal(string(markParagraph))
}

// html writes the text of HTML: a whole block, or one tag in running text.
func (x *texter) html(s string) {
	z := html.NewTokenizer(strings.NewReader(s))
	for pos := 0; ; {
		kind := z.Next()
		raw := s[pos : pos+len(z.Raw())]
		pos += len(raw)
		name, _ := z.TagName()
		switch kind {
		case html.ErrorToken:
			return
		case html.TextToken:
			x.words(html.UnescapeString(raw))
		case html.StartTagToken, html.SelfClosingTagToken:
			x.startElement(string(name), raw)
		case html.EndTagToken:
			x.endElement(string(name))
		}
	}
}

func (x *texter) startElement(name, raw string) {
	value := func(attribute string) string {
		for _, a := range attributes(raw) {
			if a.name == attribute {
				return html.UnescapeString(raw[a.from:a.to])
			}
		}
		return ""
	}
	switch name {
	case "a":
		x.hrefs = append(x.hrefs, value("href"))
	case "img":
		x.words(value("alt"))
	case "br":
		x.literal(string(markLine))
	case "hr":
		x.literal(string([]byte{markParagraph}) + "----------" + string(markParagraph))
	case "td", "th":
		x.literal(" ")
	case "li":
		x.literal(string(markLine) + "- ")
	default:
		x.boundary(name)
	}
}

func (x *texter) endElement(name string) {
	if n := len(x.hrefs); name == "a" && n > 0 {
		if href := x.hrefs[n-1]; href != "" {
			x.target(href, false)
		}
		x.hrefs = x.hrefs[:n-1]
		return
	}
	x.boundary(name)
}

// boundary ends the line or paragraph at the edge of a block element.
func (x *texter) boundary(name string) {
	switch name {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote", "pre":
		x.literal(string(markParagraph))
	case "div", "tr", "center", "dd", "dt", "dl", "li", "caption":
		x.literal(string(markLine))
	}
}
