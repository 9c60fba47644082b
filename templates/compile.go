package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/andante-hq/andante"
)

// compilation is the work of one Compile.
type compilation struct {
	t        *Templates
	report   *reporter
	layout   string
	mail     bool
	partials map[partialUse]*unit
	uses     []Use
	hollow   bool // lists, headings or links may be left empty
}

// A partialUse is a way in which a partial is compiled.
type partialUse struct {
	name         string
	html, inline bool
}

// Compile compiles a text and proves that it renders, for a contact about whom
// everything is known and for one about whom nothing is but what src.Needs
// guarantees. It returns every finding at once. The Template is nil if one of
// them is an error.
func (t *Templates) Compile(src Source) (*Template, []*andante.Finding) {
	tpl, report := t.compile(src)
	if report.failed() {
		return nil, report.sorted()
	}
	return tpl, report.sorted()
}

// Check finds what Compile finds, and lists the fields that the text uses even if it has
// mistakes, as far as it can be read; see [Template.Uses].
func (t *Templates) Check(src Source) ([]Use, []*andante.Finding) {
	tpl, report := t.compile(src)
	return tpl.Uses(), report.sorted()
}

func (t *Templates) compile(src Source) (*Template, *reporter) {
	if src.Layout == "" {
		src.Layout = "letter"
	}
	src.Body = normalize(src.Body)
	body := locator{file: src.File, lines: src.Lines}
	c := compilation{
		t: t, report: &reporter{begin: position{src.File, body.line(0), 1}},
		layout: src.Layout, mail: src.Kind == andante.Email, partials: map[partialUse]*unit{},
	}
	tpl := &Template{source: src, templates: t, layout: t.layouts[src.Layout]}
	if tpl.layout.html == nil {
		c.report.at(position{}, "layout", fmt.Sprintf("there is no layout %q", src.Layout), "write letter or newsletter")
	}
	tpl.subject = c.line(src.Subject, src.SubjectLine, src.SubjectColumn, src.File)
	tpl.preview = c.line(src.Preview, src.PreviewLine, src.PreviewColumn, src.File)
	if c.mail && strings.TrimSpace(src.Subject) == "" {
		c.report.at(position{src.File, src.SubjectLine, 1}, "empty-subject", "the subject is empty", "write subject:")
	}
	tpl.html, tpl.text = c.body(src.Body, body)
	tpl.uses, tpl.hollow = c.uses, c.hollow
	if !c.report.failed() {
		tpl.tryOut(c.report)
	}
	if !c.mail {
		tpl.html = nil
	}
	return tpl, c.report
}

// line compiles a subject or a preview.
func (c *compilation) line(text string, line, column int, file string) *unit {
	if column == 0 {
		column = len("subject: ") + 1 // preview is as long
	}
	where := locator{file: file, lines: []int{line}, column: column}
	text = strings.TrimRight(text, " \r\n")
	refuseControls(text, where, c.report, "")
	s := scan(text, where, c.report)
	chk := checker{script: s, t: c.t, report: c.report}
	chk.check()
	c.uses = append(c.uses, chk.uses...)
	b := newBuilder(s, c.report, c.t.images, func(t *tag) *unit { return c.partialUnit(t, partialUse{t.partial.name, false, true}) })
	b.write(s.cooked, place{})
	return c.finish(b, chk.locals)
}

// finish compiles a program, unless mistakes are known already.
func (c *compilation) finish(b *builder, locals map[string]bool) *unit {
	if c.report.failed() {
		return nil
	}
	return b.finish(slices.Sorted(maps.Keys(locals)))
}

// body compiles the text into HTML and plain text.
func (c *compilation) body(text string, where locator) (asHTML, asText *unit) {
	refuseControls(text, where, c.report, "\n\t")
	s := scan(text, where, c.report)
	chk := checker{script: s, t: c.t, report: c.report}
	before := len(c.report.findings)
	chk.check()
	c.uses = append(c.uses, chk.uses...)
	if strings.TrimSpace(text) == "" {
		c.report.at(position{}, "no-text", "the text is empty", "write what they shall read")
		return nil, nil
	}
	nested := !slices.ContainsFunc(c.report.findings[before:], func(f *andante.Finding) bool { return f.Rule == "liquid-syntax" })
	h, x := c.markdown(s, partialUse{}, c.report, nested)
	return c.finish(h, chk.locals), c.finish(x, chk.locals)
}

// markdown compiles a script's Markdown into two programs. nested tells that the
// Liquid blocks are closed in order; else it would only be said again.
func (c *compilation) markdown(s *script, use partialUse, report *reporter, nested bool) (asHTML, asText *builder) {
	m := newMarkdown(s, c.mail)
	doc := m.parse()
	inlined := use.inline && inlineOnly(doc)
	j := &joiner{rows: m.tables.rows}
	arrange(doc, s, j)
	j.strays(doc, s, report)
	c.hollow = c.hollow || j.hollow || wordless(doc, s)
	dress(doc, c.layout, func(address string) int { return c.t.images.width(s.where.file, address) })
	alone := aloneTags(doc)
	asHTML = newBuilder(s, report, c.t.images, func(t *tag) *unit {
		return c.partialUnit(t, partialUse{t.partial.name, true, !alone[t]})
	})
	asText = newBuilder(s, report, c.t.images, func(t *tag) *unit {
		return c.partialUnit(t, partialUse{t.partial.name, false, !alone[t]})
	})
	if use.inline && !inlined {
		report.at(position{}, "liquid-syntax", "the partial has several paragraphs", "")
	}
	asHTML.lint(doc)
	page, err := m.html(doc)
	if err != nil {
		report.at(position{}, "render", "the Markdown can't be compiled: "+err.Error(), "")
		return asHTML, asText
	}
	if nested {
		// An entity of the author's can stand for a control character.
		asHTML.placeHTML(keepControls(page, "\n\t"), false)
	}
	asText.placeText(doc)
	return asHTML, asText
}

// inlineOnly takes the paragraph away from a text that is only one.
func inlineOnly(doc ast.Node) bool {
	only := doc.FirstChild()
	if only == nil || only.NextSibling() != nil || only.Kind() != ast.KindParagraph {
		return only == nil
	}
	block := ast.NewTextBlock()
	for c := only.FirstChild(); c != nil; {
		next := c.NextSibling()
		block.AppendChild(block, c)
		c = next
	}
	doc.ReplaceChild(doc, only, block)
	return true
}

// wordless tells whether a heading or a link has no words but those that tags give.
func wordless(doc ast.Node, s *script) bool {
	found := false
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && (n.Kind() == ast.KindHeading || n.Kind() == ast.KindLink) {
			found = found || strings.TrimSpace(wordsOf(n, []byte(s.cooked))) == ""
		}
		return ast.WalkContinue, nil
	})
	return found
}

// aloneTags returns the tags that stand between paragraphs.
func aloneTags(doc ast.Node) map[*tag]bool {
	alone := map[*tag]bool{}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if line, ok := n.(*tagLine); ok && entering {
			for _, t := range line.tags {
				alone[t] = true
			}
		}
		return ast.WalkContinue, nil
	})
	return alone
}

// partialUnit compiles a partial for the place in which a tag puts it. Its own
// mistakes were reported when the workspace was read.
func (c *compilation) partialUnit(t *tag, use partialUse) *unit {
	if u, done := c.partials[use]; done {
		return u
	}
	report := &reporter{}
	h, x := c.markdown(t.partial.script, use, report, true)
	if !use.html {
		h = x
	}
	var u *unit
	if !report.failed() {
		u = h.finish(t.partial.locals)
	}
	if u == nil {
		c.report.at(t.position, "unknown-partial", fmt.Sprintf("the partial %q can't stand inside a line", t.partial.name),
			"put its tag on a line of its own")
	}
	c.partials[use] = u
	return u
}
