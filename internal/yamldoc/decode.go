package yamldoc

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/nearest"
)

// A NodeUnmarshaler reads itself from a node and reports mistakes at their
// place. It may call [Node.Decode] on parts of it.
type NodeUnmarshaler interface {
	UnmarshalNode(*Node) []*andante.Finding
}

// A Problem is an error that a parser may return to say more than a message.
type Problem struct {
	Message    string
	Suggestion string // what to do about it; empty if unknown
	Column     int    // in the text, from 1; 0: at its beginning
	Rule       string // empty: bad-value
}

// Error returns the message.
func (p *Problem) Error() string { return p.Message }

// An Option changes how values are decoded.
type Option func(parsers)

type parsers map[reflect.Type]func(string) (any, error)

// With has scalars parsed by parse wherever a T is wanted. Its errors become
// findings at the scalar; a [Problem] may add a suggestion.
func With[T any](parse func(string) (T, error)) Option {
	return func(p parsers) {
		p[reflect.TypeFor[T]()] = func(s string) (any, error) { return parse(s) }
	}
}

// OneOrMany is a list that may be written as its only item.
type OneOrMany[T any] []T

// UnmarshalNode reads a list, or one item of it.
func (l *OneOrMany[T]) UnmarshalNode(n *Node) []*andante.Finding {
	switch n.Kind {
	case NullNode:
		return nil
	case ListNode:
		return n.Decode((*[]T)(l))
	default:
		var one T
		found := n.Decode(&one)
		*l = []T{one}
		return found
	}
}

// Decode fills v, a pointer, from the document and returns every mistake. What
// was right is set even when there are findings. Structs name their keys with
// `yaml:"key"`; fields without such a tag take no part.
func (d *Doc) Decode(v any, options ...Option) []*andante.Finding {
	d.parsers = parsers{}
	for _, o := range options {
		o(d.parsers)
	}
	return d.Root.Decode(v)
}

// Decode fills v, a pointer, from the node, with the options given to
// [Doc.Decode]. Nothing written leaves v as it is.
func (n *Node) Decode(v any) []*andante.Finding {
	return n.into(reflect.ValueOf(v).Elem())
}

func (n *Node) into(v reflect.Value) []*andante.Finding {
	if v.Type() == reflect.TypeFor[*Node]() {
		v.Set(reflect.ValueOf(n))
		return nil
	}
	if parse, ok := n.doc.parsers[v.Type()]; ok {
		return n.scalar(func() error {
			got, err := parse(n.Text)
			if err == nil {
				v.Set(reflect.ValueOf(got))
			}
			return err
		})
	}
	switch u := v.Addr().Interface().(type) {
	case NodeUnmarshaler:
		return u.UnmarshalNode(n)
	case encoding.TextUnmarshaler:
		return n.scalar(func() error { return u.UnmarshalText([]byte(n.Text)) })
	}
	switch v.Kind() {
	case reflect.Pointer:
		return n.pointer(v)
	case reflect.Struct:
		return n.structure(v)
	case reflect.Map:
		return n.mapping(v)
	case reflect.Slice:
		return n.list(v)
	default:
		return n.basic(v)
	}
}

// scalar runs set, which reads the node's text, and places its error.
func (n *Node) scalar(set func() error) []*andante.Finding {
	switch n.Kind {
	case NullNode:
		return nil
	case ScalarNode:
		if err := set(); err != nil {
			return []*andante.Finding{n.problem(err)}
		}
		return nil
	default:
		return []*andante.Finding{n.Errorf(RuleYAML, "expected a single value, not %s", n.Kind)}
	}
}

func (n *Node) problem(err error) *andante.Finding {
	f := n.Errorf(RuleBadValue, "%s", err)
	f.Line, f.Column = n.TextLine, n.TextColumn
	var p *Problem
	if errors.As(err, &p) {
		f.Suggestion = p.Suggestion
		if p.Column > 0 {
			f.Line, f.Column = n.Place(p.Column)
		}
		if p.Rule != "" {
			f.Rule = p.Rule
		}
	}
	return f
}

// Place returns where in the file a character of the scalar's text stands; the
// column counts characters of Text from 1.
func (n *Node) Place(column int) (line, col int) {
	line, col = n.TextLine, n.TextColumn
	for i, r := range []rune(n.Text) {
		if i+1 >= column {
			break
		}
		if col++; r == '\n' {
			line, col = line+1, n.TextColumn
		}
	}
	return line, col
}

func (n *Node) pointer(v reflect.Value) []*andante.Finding {
	if n.Kind == NullNode {
		return nil
	}
	p := reflect.New(v.Type().Elem())
	found := n.into(p.Elem())
	// A pointer says "written": it stays nil when what was written is wrong.
	if len(found) == 0 || p.Elem().Kind() == reflect.Struct && !p.Elem().IsZero() {
		v.Set(p)
	}
	return found
}

func (n *Node) list(v reflect.Value) []*andante.Finding {
	if n.Kind == NullNode {
		return nil
	}
	if n.Kind != ListNode {
		return []*andante.Finding{n.Errorf(RuleYAML, "expected a list, not %s", n.Kind)}
	}
	var found []*andante.Finding
	items := reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items))
	for i, item := range n.Items {
		found = append(found, item.into(items.Index(i))...)
	}
	v.Set(items)
	return found
}

func (n *Node) basic(v reflect.Value) []*andante.Finding {
	if v.Kind() == reflect.String {
		return n.text(v)
	}
	return n.scalar(func() error {
		switch {
		case v.Kind() == reflect.Bool:
			yes, err := flag(n.Text)
			v.SetBool(yes)
			return err
		case v.CanInt():
			i, err := strconv.ParseInt(n.Text, 10, v.Type().Bits())
			if err != nil {
				return n.wrong("expected a whole number")
			}
			v.SetInt(i)
		case v.CanFloat():
			f, err := strconv.ParseFloat(n.Text, v.Type().Bits())
			if err != nil || f != f || f-f != 0 {
				return n.wrong("expected a number")
			}
			v.SetFloat(f)
		default:
			return fmt.Errorf("yamldoc has no way into a %s", v.Type()) // our own mistake
		}
		return nil
	})
}

func (n *Node) wrong(message string) error {
	return &Problem{Message: message + ", not " + strconv.Quote(n.Text), Rule: RuleYAML}
}

// text keeps a string as it was written. Only nothing and ~ are empty: there are
// people called Null.
func (n *Node) text(v reflect.Value) []*andante.Finding {
	if n.Kind == NullNode && (n.Text == "" || n.Text == "~") {
		return nil
	}
	if n.Kind != ScalarNode && n.Kind != NullNode {
		return []*andante.Finding{n.Errorf(RuleYAML, "expected a single value, not %s", n.Kind)}
	}
	v.SetString(n.Text)
	return nil
}

func flag(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "yes", "true":
		return true, nil
	case "no", "false":
		return false, nil
	}
	return false, &Problem{Message: "expected yes or no, not " + strconv.Quote(s), Rule: RuleYAML}
}

// Choose is Suggest that names them all, where none is near and they are few.
func Choose(word string, known []string) string {
	if near := Suggest(word, known); near != "" || len(known) == 0 || len(known) > 12 {
		return near
	}
	return "one of " + strings.Join(known, ", ")
}

// Suggest returns "did you mean x?" for the known word nearest to the one
// written, or nothing.
func Suggest(word string, known []string) string {
	if name := nearest.Name(word, known); name != "" {
		return "did you mean " + name + "?"
	}
	return ""
}
