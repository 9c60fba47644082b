package templates

import (
	"bufio"
	"bytes"
	"html"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	ghtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// A texter writes the tree as plain text, words and marks, into the builder's
// program.
type texter struct {
	*builder
	source []byte   // the cooked text
	hrefs  []string // of the author's own <a> elements that are open
}

// placeText writes the tree into the builder's program.
func (b *builder) placeText(doc ast.Node) {
	x := texter{builder: b, source: []byte(b.cooked)}
	x.children(doc)
}

func (x *texter) children(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		x.node(c)
	}
}

// wrap writes a node's children between two marks.
func (x *texter) wrap(before string, n ast.Node, after ...byte) {
	x.literal(before)
	x.children(n)
	x.literal(string(after))
}

// words writes static text. What an entity of the author's brings in must not
// be taken for a mark.
func (x *texter) words(s string) { x.write(keepControls(s, "\n\t"), place{}) }

func (x *texter) node(n ast.Node) {
	switch n := n.(type) {
	case *tagLine:
		for _, t := range n.tags {
			x.tag(t, place{})
		}
	case *ast.Heading:
		x.heading(n)
	case *ast.List:
		x.list(n)
	case *ast.ListItem:
		x.item(n)
	case *ast.Blockquote:
		x.wrap(string(markQuote), n, markPop, markParagraph)
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		x.literal(string(markVerbatim))
		for _, s := range n.Lines().Sliced(0, n.Lines().Len()) {
			x.words(string(s.Value(x.source)))
		}
		x.literal(string([]byte{markFlow, markParagraph}))
	case *ast.HTMLBlock:
		x.htmlBlock(n)
	case *ast.ThematicBreak:
		x.literal("----------" + string(markParagraph))
	case *ast.TextBlock:
		x.children(n)
		if n.Parent().Kind() != ast.KindDocument { // else a partial inside a line
			x.literal(string(markLine))
		}
	case *east.Table:
		x.wrap("", n, markParagraph)
	case *east.TableHeader, *east.TableRow:
		x.row(n)
	case *ast.Paragraph:
		x.wrap("", n, markParagraph)
	default:
		x.inline(n)
	}
}

func (x *texter) heading(n *ast.Heading) {
	x.children(n)
	switch n.Level {
	case 1:
		x.literal(string(markHeading1))
	case 2:
		x.literal(string(markHeading2))
	}
	x.literal(string(markParagraph))
}

func (x *texter) list(n *ast.List) {
	number := ""
	if n.IsOrdered() {
		number = strconv.Itoa(max(n.Start, 1))
	}
	gap := byte(markParagraph)
	if item, ok := n.Parent().(*ast.ListItem); ok && tight(item) {
		gap = markLine
	}
	x.wrap(string(markList)+number+string(markEnd), n, markPop, gap)
}

func (x *texter) item(n *ast.ListItem) {
	gap := byte(markParagraph)
	if tight(n) {
		gap = markLine
	}
	x.wrap(string([]byte{markLine, markItem}), n, markPop, gap)
}

// tight tells whether no empty lines stand between an item and the next.
func tight(item *ast.ListItem) bool {
	list, ok := item.Parent().(*ast.List)
	return !ok || list.IsTight
}

func (x *texter) row(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		x.children(c)
		if c.NextSibling() != nil {
			x.literal(" | ")
		}
	}
	x.literal(string(markLine))
}

func (x *texter) inline(n ast.Node) {
	switch n := n.(type) {
	case *tagNode:
		x.tag(n.tag, place{})
	case *ast.Text:
		x.words(unescape(n.Value(x.source), n.IsRaw()))
		if n.HardLineBreak() {
			x.literal(string(markLine))
		} else if n.SoftLineBreak() {
			x.literal("\n")
		}
	case *ast.String:
		x.words(unescape(n.Value, n.IsRaw() && !n.IsCode()))
	case *ast.AutoLink:
		x.autoLink(n)
	case *ast.Link:
		x.link(n)
	case *ast.Image:
		x.children(n)
	case *ast.RawHTML:
		x.html(string(n.Segments.Value(x.source)))
	case *east.TaskCheckBox:
		box := "[ ] "
		if n.IsChecked {
			box = "[x] "
		}
		x.literal(box)
	default:
		x.children(n)
	}
}

func (x *texter) autoLink(n *ast.AutoLink) {
	if n.AutoLinkType == ast.AutoLinkEmail {
		x.words(string(n.Label(x.source)))
		return
	}
	x.address(string(util.URLEscape(n.URL(x.source), false)), false, false, position{})
}

// link writes words and address. A link that is all of its paragraph is a call
// to do something: "See it: https://...".
func (x *texter) link(n *ast.Link) {
	address := string(util.URLEscape(n.Destination, true))
	x.children(n)
	if words := wordsOf(n, x.source); words == address || "mailto:"+words == address || x.saysField(n, address) {
		return
	}
	alone := n.Parent().FirstChild() == ast.Node(n) && n.Parent().LastChild() == ast.Node(n) && n.Parent().Type() == ast.TypeBlock
	x.target(address, alone)
}

// saysField tells whether a link's words are the field that its address is: it
// would be read twice. Where the address has a default of its own, it must be read.
func (x *texter) saysField(n *ast.Link, address string) bool {
	words, ok := n.FirstChild().(*tagNode)
	scheme, t, after := x.split(address)
	if !ok || words.NextSibling() != nil || t == nil || after != "" || scheme != "" && scheme != "mailto:" && scheme != "tel:" {
		return false
	}
	a, b := newValue(words.tag.args), newValue(t.args)
	return a != nil && b != nil && a.plain && b.plain && a.noun == b.noun && a.name == b.name &&
		(!b.defaulted || a.otherwise == b.otherwise)
}

// target writes the address behind a link's words.
func (x *texter) target(address string, alone bool) {
	before, after := " (", ")"
	if alone {
		before, after = ": ", ""
	}
	x.literal(before)
	if mailbox, ok := strings.CutPrefix(address, "mailto:"); ok && !x.has(address) {
		x.literal(mailbox)
	} else {
		x.address(address, false, false, position{})
	}
	x.literal(after)
}

// unescape turns entities and backslashes of a piece of Markdown into what they
// mean.
func unescape(s []byte, raw bool) string {
	if raw {
		return string(s)
	}
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	ghtml.DefaultWriter.Write(w, s)
	_ = w.Flush()
	return html.UnescapeString(b.String())
}
