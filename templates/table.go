package templates

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// A tableParser makes tables of paragraphs as goldmark's extension does. A line of
// tags ends a paragraph, and with it the table; so rows behind such lines become a
// table of their own, under the header of the one above, until they are joined.
type tableParser struct {
	parser.ParagraphTransformer
	heads map[*east.Table]tableHead
	rows  map[*east.Table]bool
}

// A tableHead is the two lines that make a paragraph a table.
type tableHead struct{ header, delimiter text.Segment }

func newTableParser() *tableParser {
	return &tableParser{extension.NewTableParagraphTransformer(), map[*east.Table]tableHead{}, map[*east.Table]bool{}}
}

// Transform implements parser.ParagraphTransformer.
func (p *tableParser) Transform(n *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines := n.Lines().Sliced(0, n.Lines().Len())
	head, more := p.above(n)
	if p.transform(n, reader, pc) != nil || !more {
		return
	}
	if first := lines[0].Value(reader.Source()); !strings.HasPrefix(strings.TrimLeft(string(first), " "), "|") {
		return
	}
	n.Lines().SetSliced(0, 0)
	n.Lines().AppendAll(append([]text.Segment{head.header, head.delimiter}, lines...))
	if table := p.transform(n, reader, pc); table != nil {
		p.rows[table] = true
	}
}

// transform returns the table that the paragraph became; nil if it stays one.
func (p *tableParser) transform(n *ast.Paragraph, reader text.Reader, pc parser.Context) *east.Table {
	parent, before := n.Parent(), n.PreviousSibling()
	lines := append([]text.Segment(nil), n.Lines().Sliced(0, n.Lines().Len())...)
	p.ParagraphTransformer.Transform(n, reader, pc)
	made := n.NextSibling()
	if n.Parent() == nil {
		if made = parent.FirstChild(); before != nil {
			made = before.NextSibling()
		}
	}
	table, ok := made.(*east.Table)
	if !ok {
		return nil
	}
	above := n.Lines().Len()
	p.heads[table] = tableHead{lines[above], lines[above+1]}
	return table
}

// above returns the head of the table that stands before a paragraph, with only
// lines of tags between the two.
func (p *tableParser) above(n ast.Node) (head tableHead, ok bool) {
	before := n.PreviousSibling()
	for before != nil && before.Kind() == kindTagLine {
		before = before.PreviousSibling()
	}
	table, ok := before.(*east.Table)
	if !ok || before == n.PreviousSibling() {
		return tableHead{}, false
	}
	head, ok = p.heads[table]
	return head, ok
}

// table writes a table. Its last child may be a tag, which goldmark's own takes
// for no row and leaves the body open.
func (r tagRenderer) table(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString("<table")
		html.RenderAttributes(w, n, extension.TableAttributeFilter)
		_, _ = w.WriteString(">\n")
		return ast.WalkContinue, nil
	}
	if n.ChildCount() > 1 {
		_, _ = w.WriteString("</tbody>\n")
	}
	_, _ = w.WriteString("</table>\n")
	return ast.WalkContinue, nil
}

func (r tagRenderer) row(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString("<tr>\n")
	} else {
		_, _ = w.WriteString("</tr>\n")
	}
	return ast.WalkContinue, nil
}
