package templates

import (
	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// A joiner joins lists, and rows with their table, between which only tags stand:
// a condition around some items must not cut the list in two, and a loop around
// its items must not make a list of each turn.
type joiner struct {
	rows   map[*east.Table]bool // tables that are only more rows of the one above
	hollow bool                 // a list was made that conditions may leave without items
}

// joinAll joins what is to be joined among the children of parent.
func (j *joiner) joinAll(parent ast.Node) {
	for c := parent.FirstChild(); c != nil; {
		if whole := j.join(parent, c); whole != nil {
			c = whole
		}
		c = c.NextSibling()
	}
}

// join joins the lists or the table that begin at start, be it with a tag around
// the first items, and returns the whole; nil if there is nothing to join.
func (j *joiner) join(parent, start ast.Node) ast.Node {
	first := start
	for first != nil && first.Kind() == kindTagLine {
		first = first.NextSibling()
	}
	if first == nil {
		return nil
	}
	_, isList := first.(*ast.List)
	_, isTable := first.(*east.Table)
	if !isList && (!isTable || start != first) || start != first && !start.(*tagLine).tags[0].opens() {
		return nil
	}
	last, worthIt := j.extent(start, first)
	if !worthIt {
		return nil
	}
	j.hollow = j.hollow || start != first
	for item := first.FirstChild(); start != first; {
		next := start.NextSibling()
		parent.RemoveChild(parent, start)
		first.InsertBefore(first, item, start)
		start = next
	}
	swallow(parent, first, last)
	return first
}

// extent returns the last node that can be moved into first: only whole Liquid
// blocks may lie inside it. It is worth it if first gets more items or rows, or
// stands in a loop.
func (j *joiner) extent(start, first ast.Node) (last ast.Node, worthIt bool) {
	depth, parts, loops := 0, 0, false
	fresh := false // items came since last
	for c := start; c != nil; c = c.NextSibling() {
		line, isTags := c.(*tagLine)
		switch {
		case isTags:
			for _, t := range line.tags {
				if depth += t.step(); depth < 0 || t.continues() && depth == 0 || t.partial != nil {
					return last, worthIt
				}
				loops = loops || t.name == "for"
			}
		case c != first && !j.continues(first, c):
			return last, worthIt
		default:
			fresh = true
			parts++
		}
		if depth == 0 && fresh {
			last, fresh = c, false
			worthIt = last != first && (parts > 1 || loops)
		}
	}
	return last, worthIt
}

// continues tells whether a node goes on with the list or the table.
func (j *joiner) continues(first, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.List:
		list, ok := first.(*ast.List)
		return ok && list.Marker == n.Marker
	case *east.Table:
		return first.Kind() == east.KindTable && j.rows[n]
	}
	return false
}

// swallow moves the items, rows and tags up to last into whole. A table of more
// rows has a header that only repeats the one above.
func swallow(parent, whole, last ast.Node) {
	for done := whole == last; !done; {
		n := whole.NextSibling()
		done = n == last
		parent.RemoveChild(parent, n)
		if n.Kind() == kindTagLine {
			whole.AppendChild(whole, n)
			continue
		}
		for item := n.FirstChild(); item != nil; {
			next := item.NextSibling()
			if item.Kind() != east.KindTableHeader {
				whole.AppendChild(whole, item)
			}
			item = next
		}
	}
}

// strays reports rows that found no way into their table.
func (j *joiner) strays(doc ast.Node, s *script, report *reporter) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*east.Table); ok && entering && j.rows[t] {
			report.at(s.at(t.FirstChild().NextSibling().Pos()), "liquid-syntax",
				"a row stands behind its table and in another {% %} block than it", "put whole blocks around rows, or an empty line and a header above them")
		}
		return ast.WalkContinue, nil
	})
}
