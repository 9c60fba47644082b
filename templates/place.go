package templates

import (
	"strings"

	"golang.org/x/net/html"
)

// A placer walks over HTML with tokens and gives each tag to the builder with
// the place in which it stands. On the way it proves that elements and Liquid
// blocks nest in each other, so that every branch gives well-formed HTML.
type placer struct {
	*builder
	doc   string
	pos   int
	open  []opened
	exact bool // doc is the source: positions of words are known
	stop  bool
}

// An opened element or Liquid block.
type opened struct {
	element string
	tag     *tag
}

// placeHTML writes doc into the builder's program. It stops at what doesn't nest.
func (b *builder) placeHTML(doc string, exact bool) {
	p := placer{builder: b, doc: doc, exact: exact}
	z := html.NewTokenizer(strings.NewReader(doc))
	for !p.stop {
		kind := z.Next()
		raw := doc[p.pos : p.pos+len(z.Raw())]
		switch kind {
		case html.ErrorToken:
			if raw != "" {
				p.report.at(p.here(), "unsafe-html", "an HTML tag is not closed", "close it with >")
			}
			p.unclosed()
			if !p.stop {
				p.dropped()
			}
			return
		case html.TextToken:
			p.text(raw)
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			p.start(string(name), raw, kind == html.SelfClosingTagToken)
		case html.EndTagToken:
			name, _ := z.TagName()
			p.end(string(name), raw)
		case html.CommentToken:
			p.comment(raw)
		default:
			p.refuse(raw, "a tag can't stand in a doctype")
			b.literal(raw)
		}
		p.pos += len(raw)
	}
}

// here returns the position of the HTML that is being read; none in HTML that
// goldmark made.
func (p *placer) here() position {
	if p.exact {
		return p.at(p.pos)
	}
	return position{}
}

// refuse reports every tag in raw.
func (p *placer) refuse(raw, message string) {
	for s := raw; s != ""; {
		var t *tag
		if _, t, s = p.split(s); t != nil {
			p.placed[t.index] = true
			p.report.at(t.position, "unsafe-html", message, "")
		}
	}
}

// text writes the text between two tags.
func (p *placer) text(raw string) {
	if n := len(p.open); n > 0 && rawTextElements[p.open[n-1].element] {
		p.refuse(raw, "a tag can't stand in "+p.open[n-1].element)
		p.literal(raw)
		return
	}
	// A lone < is text only as long as nothing comes to stand behind it, and a
	// dropped comment lets something.
	for s := strings.ReplaceAll(raw, "<", "&lt;"); s != "" && !p.stop; {
		before, t, after := p.split(s)
		p.literal(before)
		if t != nil {
			p.nest(t)
			p.tag(t, place{html: true})
		}
		s = after
	}
}

// rawTextElements hold text that escaping doesn't reach.
var rawTextElements = map[string]bool{
	"script": true, "style": true, "xmp": true, "iframe": true, "noembed": true,
	"noframes": true, "noscript": true, "plaintext": true,
}

// nest follows the Liquid blocks. The checker has made sure that they nest in
// each other; here they must nest in the elements too.
func (p *placer) nest(t *tag) {
	n := len(p.open)
	switch {
	case t.opens():
		p.open = append(p.open, opened{tag: t})
	case t.closes() || t.continues():
		if n == 0 || p.open[n-1].tag == nil {
			p.tangled(t)
			return
		}
		if t.closes() {
			p.open = p.open[:n-1]
		}
	}
}

func (p *placer) tangled(t *tag) {
	p.stop = true
	p.report.at(t.position, "liquid-syntax",
		"{% "+t.name+" %} stands in another paragraph, item or element than its counterpart",
		"put both on lines of their own")
}

// start writes a start tag.
func (p *placer) start(name, raw string, closed bool) {
	if p.has(name) {
		p.refuse(raw, "a tag can't make an element")
		return
	}
	last := 0
	for _, a := range attributes(raw) {
		p.literal(raw[last:a.from])
		p.attribute(name, a, raw[a.from:a.to])
		last = a.to
		if p.has(raw[a.start:a.from]) {
			p.refuse(raw[a.start:a.from], "a tag can't make an attribute")
		}
	}
	p.literal(raw[last:])
	if !closed && !voidElements[name] {
		p.open = append(p.open, opened{element: name})
	}
}

var voidElements = map[string]bool{
	"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true,
	"input": true, "link": true, "meta": true, "source": true, "track": true, "wbr": true,
}

// fillable attributes may hold tags.
var fillable = map[string]bool{
	"alt": true, "title": true, "lang": true, "aria-label": true, "href": true, "src": true,
}

func (p *placer) attribute(element string, a attribute, value string) {
	tagged := p.has(value)
	switch {
	case tagged && (!fillable[a.name] || !a.quoted):
		p.refuse(value, "a tag can't stand in this attribute: "+a.name)
	case a.name == "href" && element == "a", a.name == "src" && element == "img":
		p.balanced(value)
		p.address(value, true, element == "img", p.here())
	case tagged && (a.name == "href" || a.name == "src"):
		p.refuse(value, "a tag can't stand in "+a.name+" of "+element)
	default:
		p.balanced(value)
		p.write(value, place{html: true})
	}
}

// balanced checks that the Liquid blocks in an attribute are closed in it.
func (p *placer) balanced(value string) {
	var open []*tag
	for s := value; s != ""; {
		var t *tag
		_, t, s = p.split(s)
		switch {
		case t == nil:
		case t.opens():
			open = append(open, t)
		case (t.closes() || t.continues()) && len(open) == 0:
			p.tangled(t)
		case t.closes():
			open = open[:len(open)-1]
		case t.partial != nil:
			p.refuse(p.token(t.index), "a partial can't stand in an attribute")
		}
	}
	if len(open) > 0 {
		p.tangled(open[0])
	}
}

// end writes an end tag.
func (p *placer) end(name, raw string) {
	p.refuse(raw, "a tag can't stand in an end tag")
	n := len(p.open)
	switch {
	case n > 0 && p.open[n-1].element == name:
		p.open = p.open[:n-1]
	case n > 0 && p.open[n-1].tag != nil:
		p.tangled(p.open[n-1].tag)
	default:
		p.stop = true
		p.report.at(p.here(), "unsafe-html", "</"+name+"> closes nothing", "close elements in the order in which they were opened")
	}
	p.literal(raw)
}

// comment drops a comment of a text: it may be a note to the team. Layouts keep
// theirs; Outlook reads some.
func (p *placer) comment(raw string) {
	if p.exact {
		p.refuse(raw, "a tag can't stand in a comment")
		p.literal(raw)
		return
	}
	for s := raw; s != ""; {
		var t *tag
		if _, t, s = p.split(s); t != nil {
			p.placed[t.index] = true
		}
	}
}

// unclosed reports what is still open at the end.
func (p *placer) unclosed() {
	if len(p.open) == 0 {
		return
	}
	if o := p.open[len(p.open)-1]; o.tag != nil {
		p.tangled(o.tag)
	} else {
		p.report.at(p.here(), "unsafe-html", "<"+o.element+"> is not closed", "")
	}
}

// lintLayout refuses elements that do things. A layout may style what it likes.
func (b *builder) lintLayout() {
	z := html.NewTokenizer(strings.NewReader(b.cooked))
	for pos := 0; ; {
		kind := z.Next()
		raw := b.cooked[pos : pos+len(z.Raw())]
		name, _ := z.TagName()
		switch {
		case kind == html.ErrorToken:
			return
		case kind != html.StartTagToken && kind != html.SelfClosingTagToken:
		case activeElements[string(name)]:
			b.report.at(b.at(pos), "unsafe-html", "a mail can't have the element <"+string(name)+">", "take it out")
		default:
			for _, a := range attributes(raw) {
				if strings.HasPrefix(a.name, "on") {
					b.report.at(b.at(pos+a.start), "unsafe-html", "a mail can't have the attribute "+a.name, "take it out")
				}
			}
		}
		pos += len(raw)
	}
}

var activeElements = set("script iframe frame frameset object embed applet form input button select textarea base link svg math noscript")
