package templates

import (
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// arrange makes the tree fit for tags: tags become nodes, lists and tables that
// tags cut apart are joined, paragraphs and items that stand wholly inside a
// Liquid block are put inside it, and the text of images can hold tokens.
func arrange(doc ast.Node, s *script, j *joiner) {
	cutText(doc, s)
	arrangeBlocks(doc, s, j)
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && n.Kind() == ast.KindImage {
			tokensInImage(n, s)
		}
		return ast.WalkContinue, nil
	})
}

// cutText makes nodes of the tokens in running text. Code stays one piece;
// goldmark wants nothing but text in it.
func cutText(doc ast.Node, s *script) {
	var texts []*ast.Text
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering && !t.IsRaw() && s.has(s.cooked[t.Segment.Start:t.Segment.Stop]) {
			texts = append(texts, t)
		}
		return ast.WalkContinue, nil
	})
	for _, t := range texts {
		parent, at, end := t.Parent(), t.Segment.Start, t.Segment.Stop
		for at < end {
			before, found, after := s.split(s.cooked[at:end])
			if before != "" {
				parent.InsertBefore(parent, t, ast.NewTextSegment(text.NewSegment(at, at+len(before))))
			}
			if found != nil {
				parent.InsertBefore(parent, t, &tagNode{tag: found})
			}
			at = end - len(after)
		}
		// What is left of the node is its line break.
		t.Segment = text.NewSegment(end, end)
		if !t.SoftLineBreak() && !t.HardLineBreak() {
			parent.RemoveChild(parent, t)
		}
	}
}

func arrangeBlocks(parent ast.Node, s *script, j *joiner) {
	j.joinAll(parent)
	for c := parent.FirstChild(); c != nil; {
		next := c.NextSibling()
		switch c := c.(type) {
		case *ast.Paragraph:
			peel(c, s)
			if c.Parent() != nil {
				hoist(c, func() ast.Node { return ast.NewParagraph() })
			}
		case *ast.Heading:
			hoist(c, func() ast.Node { return ast.NewHeading(c.Level) })
		case *ast.ListItem:
			arrangeBlocks(c, s, j)
			hoistItem(c)
		default:
			if c.Type() == ast.TypeBlock {
				arrangeBlocks(c, s, j)
			}
		}
		c = next
	}
}

// tokensInImage replaces tags in an image's text by their tokens; goldmark
// writes only text into an attribute.
func tokensInImage(image ast.Node, s *script) {
	for c := image.FirstChild(); c != nil; {
		next := c.NextSibling()
		if t, ok := c.(*tagNode); ok {
			image.ReplaceChild(image, c, ast.NewString([]byte(s.token(t.tag.index))))
		} else {
			tokensInImage(c, s)
		}
		c = next
	}
}

// step tells how a tag changes the depth of open blocks.
func (t *tag) step() int {
	switch {
	case t.opens():
		return 1
	case t.closes():
		return -1
	}
	return 0
}

// wrapped tells whether a block's text begins with a tag that its last tag
// closes, and whether there are clauses between the two. A loop in a line is
// meant to stay in it.
func wrapped(n ast.Node) (whole, clauses bool) {
	first, ok := n.FirstChild().(*tagNode)
	if !ok || !first.tag.opens() || first.tag.name == "for" {
		return false, false
	}
	depth := 0
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		t, ok := c.(*tagNode)
		if !ok {
			continue
		}
		if depth += t.tag.step(); depth == 0 {
			return c.NextSibling() == nil, clauses
		}
		clauses = clauses || depth == 1 && t.tag.continues()
	}
	return false, false
}

// hoist turns <p>{% if %}text{% endif %}</p> into {% if %}<p>text</p>{% endif %},
// so that no empty paragraph stays when the condition doesn't hold; and headings
// alike. fresh makes another of the kind.
func hoist(paragraph ast.Node, fresh func() ast.Node) {
	if whole, _ := wrapped(paragraph); !whole {
		return
	}
	parent := paragraph.Parent()
	current := fresh()
	flush := func() {
		if current.HasChildren() {
			parent.InsertBefore(parent, paragraph, current)
			hoist(current, fresh)
		}
		current = fresh()
	}
	depth := 0
	for c := paragraph.FirstChild(); c != nil; {
		next := c.NextSibling()
		before := depth
		t, isTag := c.(*tagNode)
		if isTag {
			depth += t.tag.step()
		}
		if isTag && (before == 0 || depth == 0 || depth == 1 && t.tag.continues()) {
			flush()
			parent.InsertBefore(parent, paragraph, &tagLine{tags: []*tag{t.tag}})
		} else {
			current.AppendChild(current, c)
		}
		c = next
	}
	parent.RemoveChild(parent, paragraph)
}

// hoistItem does the same for an item of a list, so that no empty bullet stays.
func hoistItem(item *ast.ListItem) {
	only := item.FirstChild()
	if only == nil || only.NextSibling() != nil {
		return
	}
	if whole, clauses := wrapped(only); !whole || clauses {
		return
	}
	first, last := only.FirstChild().(*tagNode), only.LastChild().(*tagNode)
	only.RemoveChild(only, first)
	only.RemoveChild(only, last)
	list := item.Parent()
	list.InsertBefore(list, item, &tagLine{tags: []*tag{first.tag}})
	list.InsertAfter(list, item, &tagLine{tags: []*tag{last.tag}})
}
