package yamldoc

import (
	"fmt"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"github.com/andante-hq/andante"
)

// Kind is the shape of a [Node].
type Kind int

// The kinds of node.
const (
	NullNode Kind = iota // nothing written, null or ~
	ScalarNode
	ListNode
	MapNode
)

// String returns the kind in words, for messages.
func (k Kind) String() string {
	return [...]string{"nothing", "a single value", "a list", "a map of keys"}[k]
}

// A Node is a value in the document, with its place in the file.
type Node struct {
	Kind Kind
	// Text is a scalar as it was written, without its quotes.
	Text string
	// Line and Column, counted from 1 in characters, are where the value begins:
	// its quote or its | too.
	Line, Column int
	// TextLine and TextColumn are where a scalar's own text begins, after quote
	// or |. Equal to Line and Column for everything else.
	TextLine, TextColumn int
	// Items of a list.
	Items []*Node
	// Entries of a map in the order in which they were written; the first of
	// doubles counts.
	Entries []Entry

	doc *Doc
}

// Entry is one key of a map and its value.
type Entry struct{ Key, Value *Node }

// Get returns the value of a key, or of a list's item by its index from 0; nil
// if there is none. It may be called on nil.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	if n.Kind == ListNode {
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(n.Items) {
			return n.Items[i]
		}
		return nil
	}
	for _, e := range n.Entries {
		if e.Key.Text == name {
			return e.Value
		}
	}
	return nil
}

// Key returns the key itself of a map's entry; nil if there is none.
func (n *Node) Key(name string) *Node {
	if n == nil {
		return nil
	}
	for _, e := range n.Entries {
		if e.Key.Text == name {
			return e.Key
		}
	}
	return nil
}

// Errorf returns an error finding at the value.
func (n *Node) Errorf(rule, format string, args ...any) *andante.Finding {
	return n.doc.finding(n.Line, n.Column, rule, fmt.Sprintf(format, args...))
}

// convert copies the library's tree into ours with the file's positions, and
// expands aliases within the limits.
func (d *Doc) convert(y *yaml.Node, depth int) (*Node, *andante.Finding) {
	n := &Node{doc: d, Line: d.first + y.Line - 1, Column: y.Column}
	n.TextLine, n.TextColumn = n.Line, n.Column
	if d.nodes++; d.nodes > maxNodes || depth > maxDepth {
		return nil, n.Errorf(RuleYAML, "too large or too deep: at most %d values, %d levels", maxNodes, maxDepth)
	}
	switch y.Kind {
	case yaml.AliasNode:
		return d.convert(y.Alias, depth+1)
	case yaml.SequenceNode:
		n.Kind = ListNode
		for _, c := range y.Content {
			item, f := d.convert(c, depth+1)
			if f != nil {
				return nil, f
			}
			n.Items = append(n.Items, item)
		}
	case yaml.MappingNode:
		n.Kind = MapNode
		return n, d.entries(n, y, depth)
	case yaml.ScalarNode:
		d.scalar(n, y)
	}
	return n, nil
}

func (d *Doc) entries(n *Node, y *yaml.Node, depth int) *andante.Finding {
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, f := d.convert(y.Content[i], depth+1)
		if f != nil {
			return f
		}
		if key.Kind == NullNode && key.Text != "" {
			key.Kind = ScalarNode // a key may be named null
		}
		if key.Kind != ScalarNode {
			return key.Errorf(RuleYAML, "a key must be a single word, not %s", key.Kind)
		}
		value, f := d.convert(y.Content[i+1], depth+1)
		if f != nil {
			return f
		}
		n.Entries = append(n.Entries, Entry{Key: key, Value: value})
	}
	return nil
}

func (d *Doc) scalar(n *Node, y *yaml.Node) {
	n.Kind, n.Text = ScalarNode, y.Value
	stripped, raw := d.raw[n.Line]
	switch {
	case y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && y.Value != "":
		n.TextLine, n.TextColumn = d.blockStart(n.Line)
	case y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		// The quotes of a raw value are ours and stand in no file.
		if !raw || stripped {
			n.TextColumn++
		}
	case y.ShortTag() == "!!null":
		n.Kind = NullNode
	}
}

// blockStart returns where the text of a | block begins whose header stands on
// the given line.
func (d *Doc) blockStart(header int) (line, column int) {
	for i := header - d.first + 1; i < len(d.lines); i++ {
		if text := strings.TrimLeft(d.lines[i], " "); text != "" {
			return header + 1, len(d.lines[i]) - len(text) + 1
		}
	}
	return header, 1
}
