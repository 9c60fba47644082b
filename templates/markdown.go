package templates

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown compiles the Markdown of one script.
type markdown struct {
	*script
	md     goldmark.Markdown
	tables *tableParser
}

// newMarkdown sets goldmark up for a script. Typographic quotes are for mail:
// in a text message one of them doubles the price.
func newMarkdown(s *script, typographer bool) *markdown {
	m := &markdown{script: s, tables: newTableParser()}
	extensions := []goldmark.Extender{
		extension.Linkify, extension.Strikethrough,
	}
	if typographer {
		extensions = append(extensions, extension.Typographer)
	}
	m.md = goldmark.New(
		goldmark.WithExtensions(extensions...),
		goldmark.WithParserOptions(
			parser.WithBlockParsers(util.Prioritized(tagLineParser{s}, 50)),
			parser.WithInlineParsers(util.Prioritized(extension.NewTaskCheckBoxParser(), 0)),
			parser.WithParagraphTransformers(util.Prioritized(m.tables, 200)),
			parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
		),
		goldmark.WithRendererOptions(
			// Links and raw HTML are checked when the tags are placed, strictly;
			// goldmark's own guesses would only hide them from that check.
			html.WithUnsafe(),
			renderer.WithNodeRenderers(
				util.Prioritized(tagRenderer{s}, 100), util.Prioritized(extension.NewTableHTMLRenderer(), 500),
			),
		),
	)
	return m
}

// parse returns the tree of the cooked text.
func (m *markdown) parse() ast.Node {
	return m.md.Parser().Parse(text.NewReader([]byte(m.cooked)))
}

// html renders the tree, tokens in it.
func (m *markdown) html(doc ast.Node) (string, error) {
	var b bytes.Buffer
	if err := m.md.Renderer().Render(&b, []byte(m.cooked), doc); err != nil {
		return "", err
	}
	return b.String(), nil
}

var (
	kindTag     = ast.NewNodeKind("LiquidTag")
	kindTagLine = ast.NewNodeKind("LiquidTagLine")
)

// A tagNode is a tag inside a line of text.
type tagNode struct {
	ast.BaseInline
	tag *tag
}

func (n *tagNode) Kind() ast.NodeKind { return kindTag }

// Dump implements ast.Node.
func (n *tagNode) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// A tagLine holds the tags of a line on which nothing else stands.
type tagLine struct {
	ast.BaseBlock
	tags []*tag
}

func (n *tagLine) Kind() ast.NodeKind { return kindTagLine }

// Dump implements ast.Node.
func (n *tagLine) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// tagLineParser makes a line of nothing but {% %} tags a block, so that no
// paragraph is put around it and it doesn't become part of the item above.
type tagLineParser struct{ *script }

// Trigger implements parser.BlockParser.
func (p tagLineParser) Trigger() []byte { return []byte{p.mark[0]} }

// Open implements parser.BlockParser.
func (p tagLineParser) Open(_ ast.Node, reader text.Reader, _ parser.Context) (ast.Node, parser.State) {
	line, _ := reader.PeekLine()
	n := &tagLine{}
	for s := string(line); ; {
		before, t, after := p.split(s)
		if strings.TrimSpace(before) != "" {
			return nil, parser.NoChildren
		}
		if t == nil {
			break
		}
		if t.object {
			return nil, parser.NoChildren
		}
		n.tags = append(n.tags, t)
		s = after
	}
	if len(n.tags) == 0 {
		return nil, parser.NoChildren
	}
	reader.AdvanceToEOL()
	return n, parser.NoChildren
}

// Continue implements parser.BlockParser.
func (tagLineParser) Continue(ast.Node, text.Reader, parser.Context) parser.State {
	return parser.Close
}

// Close implements parser.BlockParser.
func (tagLineParser) Close(ast.Node, text.Reader, parser.Context) {}

// CanInterruptParagraph implements parser.BlockParser.
func (tagLineParser) CanInterruptParagraph() bool { return true }

// CanAcceptIndentedLine implements parser.BlockParser: people indent tags.
func (tagLineParser) CanAcceptIndentedLine() bool { return true }

// tagRenderer writes tokens, and check boxes as characters: a mail has no forms.
type tagRenderer struct{ *script }

// RegisterFuncs implements renderer.NodeRenderer.
func (r tagRenderer) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(kindTag, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			_, _ = w.WriteString(r.token(n.(*tagNode).tag.index))
		}
		return ast.WalkContinue, nil
	})
	reg.Register(kindTagLine, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			for _, t := range n.(*tagLine).tags {
				_, _ = w.WriteString(r.token(t.index))
			}
			_ = w.WriteByte('\n')
		}
		return ast.WalkContinue, nil
	})
	reg.Register(east.KindTable, r.table)
	reg.Register(east.KindTableRow, r.row)
	reg.Register(ast.KindCodeBlock, r.code)
	reg.Register(ast.KindFencedCodeBlock, r.code)
	reg.Register(east.KindTaskCheckBox, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			box := "☐ "
			if n.(*east.TaskCheckBox).IsChecked {
				box = "☑ "
			}
			_, _ = w.WriteString(box)
		}
		return ast.WalkContinue, nil
	})
}

// code writes a block of code; goldmark's own leaves no room for a style.
func (r tagRenderer) code(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, _ = w.WriteString("</code></pre>\n")
		return ast.WalkContinue, nil
	}
	_, _ = w.WriteString("<pre")
	html.RenderAttributes(w, n, nil)
	_, _ = w.WriteString("><code>")
	for _, s := range n.Lines().Sliced(0, n.Lines().Len()) {
		html.DefaultWriter.RawWrite(w, s.Value(source))
	}
	return ast.WalkContinue, nil
}
