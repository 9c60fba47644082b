package templates

import (
	"strings"

	"github.com/yuin/goldmark/ast"
)

// peel moves tags at the edges of a paragraph that belong to tags outside of it
// to the outside, so that a block may begin with the first word of one paragraph
// and end with the last word of another.
func peel(paragraph ast.Node, s *script) {
	parent := paragraph.Parent()
	lone := unmatched(paragraph)
	for {
		first := edge(paragraph, s, ast.Node.FirstChild, ast.Node.NextSibling)
		if first == nil || !lone[first] {
			break
		}
		parent.InsertBefore(parent, paragraph, &tagLine{tags: []*tag{first.tag}})
		paragraph.RemoveChild(paragraph, first)
	}
	for {
		last := edge(paragraph, s, ast.Node.LastChild, ast.Node.PreviousSibling)
		if last == nil || !lone[last] {
			break
		}
		parent.InsertAfter(parent, paragraph, &tagLine{tags: []*tag{last.tag}})
		paragraph.RemoveChild(paragraph, last)
	}
	if !paragraph.HasChildren() {
		parent.RemoveChild(parent, paragraph)
	}
}

// edge returns the tag at an edge of a paragraph, white space aside; nil if
// something else is there.
func edge(paragraph ast.Node, s *script, start, next func(ast.Node) ast.Node) *tagNode {
	for n := start(paragraph); n != nil; n = next(n) {
		if t, ok := n.(*tagNode); ok {
			return t
		}
		t, ok := n.(*ast.Text)
		if !ok || strings.TrimSpace(s.cooked[t.Segment.Start:t.Segment.Stop]) != "" {
			return nil
		}
	}
	return nil
}

// unmatched returns the tags of blocks that don't begin and end in the paragraph.
func unmatched(paragraph ast.Node) map[*tagNode]bool {
	lone := map[*tagNode]bool{}
	type block struct {
		opener  *tagNode
		clauses []*tagNode
	}
	var open []block
	for n := paragraph.FirstChild(); n != nil; n = n.NextSibling() {
		t, ok := n.(*tagNode)
		if !ok {
			continue
		}
		switch last := len(open) - 1; {
		case t.tag.opens():
			open = append(open, block{opener: t})
		case !t.tag.closes() && !t.tag.continues():
		case last < 0:
			lone[t] = true
		case t.tag.closes():
			open = open[:last]
		default:
			open[last].clauses = append(open[last].clauses, t)
		}
	}
	for _, b := range open {
		lone[b.opener] = true
		for _, c := range b.clauses {
			lone[c] = true
		}
	}
	return lone
}
