package templates

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"

	"github.com/andante-hq/andante"
)

// A linter walks over the tree and finds, each at its place, what a mail can't
// have: links to nowhere, elements that do things, images without words.
type linter struct {
	*builder
	source []byte // the cooked text
	open   []openElement
}

// An openElement of the author's own HTML.
type openElement struct {
	name   string
	parent ast.Node
	at     position
}

func (b *builder) lint(doc ast.Node) {
	l := linter{builder: b, source: []byte(b.cooked)}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			l.node(n)
		}
		return ast.WalkContinue, nil
	})
	for _, o := range l.open {
		b.report.at(o.at, "unsafe-html", "<"+o.name+"> is not closed", "")
	}
}

func (l *linter) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.Link:
		l.link(n, n.Destination, false)
	case *ast.AutoLink:
		if n.AutoLinkType == ast.AutoLinkURL {
			l.link(n, n.URL(l.source), false)
		}
	case *ast.Image:
		l.link(n, n.Destination, true)
		if strings.TrimSpace(wordsOf(n, l.source)) == "" {
			l.report.add(l.nodeAt(n), andante.SeverityWarning, "image-alt",
				"the image has no words for readers who don't see it", "write ![what it shows](address)")
		}
	case *ast.RawHTML:
		for i := range n.Segments.Len() {
			s := n.Segments.At(i)
			l.raw(string(s.Value(l.source)), n.Parent(), func(pos int) position { return l.at(s.Start + pos) })
		}
	case *ast.HTMLBlock:
		l.block(n)
	}
}

// block checks a block of HTML as one text: a tag may go over several lines.
func (l *linter) block(n *ast.HTMLBlock) {
	segments := n.Lines().Sliced(0, n.Lines().Len())
	if n.HasClosure() {
		segments = append(segments, n.ClosureLine)
	}
	var s strings.Builder
	for _, segment := range segments {
		s.Write(segment.Value(l.source))
	}
	l.raw(s.String(), n.Parent(), func(pos int) position {
		for _, segment := range segments {
			if size := len(segment.Value(l.source)); pos >= size {
				pos -= size
				continue
			}
			return l.at(segment.Start + pos)
		}
		return l.nodeAt(n)
	})
}

func (l *linter) link(n ast.Node, destination []byte, image bool) {
	address := string(util.URLEscape(destination, true))
	if !l.has(address) {
		l.checkAddress(address, image, l.nodeAt(n))
	}
}

// nodeAt returns where a node begins.
func (l *linter) nodeAt(n ast.Node) position {
	for ; n != nil; n = n.Parent() {
		if p := n.Pos(); p >= 0 {
			return l.at(p)
		}
	}
	return position{}
}

// wordsOf returns the text in a node.
func wordsOf(n ast.Node, source []byte) string {
	var b bytes.Buffer
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		switch c := c.(type) {
		case *ast.Text:
			if entering {
				b.Write(c.Value(source))
			}
		case *ast.String:
			if entering {
				b.Write(c.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// raw checks HTML that the author wrote. Nothing is mended in silence: what
// isn't on the list is refused.
func (l *linter) raw(s string, parent ast.Node, where func(pos int) position) {
	z := html.NewTokenizer(strings.NewReader(s))
	for pos := 0; ; {
		kind := z.Next()
		raw := s[pos : pos+len(z.Raw())]
		name, _ := z.TagName()
		element := string(name)
		at := where(pos)
		switch kind {
		case html.ErrorToken:
			if strings.TrimSpace(raw) != "" {
				l.report.at(at, "unsafe-html", "an HTML tag is not closed", "close it with >")
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			l.element(element, raw, at)
			if kind == html.StartTagToken && !voidElements[element] && safeElements[element] {
				l.open = append(l.open, openElement{element, parent, at})
			}
		case html.EndTagToken:
			l.closeElement(element, parent, at)
		case html.DoctypeToken:
			l.report.at(at, "unsafe-html", "a text can't have a doctype", "take it out")
		}
		pos += len(raw)
	}
}

func (l *linter) closeElement(name string, parent ast.Node, at position) {
	n := len(l.open)
	if n > 0 && l.open[n-1].name == name && l.open[n-1].parent == parent {
		l.open = l.open[:n-1]
		return
	}
	if safeElements[name] {
		l.report.at(at, "unsafe-html", "</"+name+"> closes nothing here",
			"close elements in the paragraph and order in which they were opened")
	}
	if n > 0 && l.open[n-1].name == name {
		l.open = l.open[:n-1]
	}
}

// element checks a start tag.
func (l *linter) element(name, raw string, at position) {
	if l.has(name) {
		return // the placer says so, at the tag
	}
	if !safeElements[name] {
		l.report.at(at, "unsafe-html", fmt.Sprintf("a mail can't have the element <%s>", short(name)), "write Markdown")
		return
	}
	alt := false
	for _, a := range attributes(raw) {
		value := raw[a.from:a.to]
		switch {
		case a.name == "alt":
			alt = strings.TrimSpace(value) != ""
		case name == "a" && a.name == "href", name == "img" && a.name == "src":
			if !l.has(value) {
				l.checkAddress(html.UnescapeString(value), name == "img", at)
			}
		case !safeAttributes[a.name] && !l.has(a.name):
			l.report.at(at, "unsafe-html", fmt.Sprintf("<%s> can't have the attribute %s", name, short(a.name)), "")
		}
	}
	if name == "img" && !alt {
		l.report.add(at, andante.SeverityWarning, "image-alt",
			"the image has no words for readers who don't see it", `add alt="what it shows"`)
	}
}

// safeElements change how text looks and do nothing else.
var safeElements = set("a abbr b blockquote br caption center cite code col colgroup dd del div dl dt em " +
	"h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s small span strong sub sup table tbody td tfoot " +
	"th thead tr u ul")

// safeAttributes can't run anything, load anything or hide what a mail must show.
var safeAttributes = set("align alt aria-label bgcolor border cellpadding cellspacing colspan dir height lang " +
	"role rowspan start title valign width")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}
