package conditions

import (
	"cmp"
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/andante-hq/andante"
)

// A shape is what a part of a condition amounts to: a value of a type, or a
// list of them. An empty list has no type.
type shape struct {
	of   andante.FieldType
	list bool
}

// String names the shape as in "this is a number".
func (s shape) String() string {
	if s.list {
		return "a list"
	}
	switch s.of {
	case andante.NumberField:
		return "a number"
	case andante.FlagField:
		return "yes or no"
	case andante.DateField:
		return "a date"
	default:
		return "text"
	}
}

var (
	text   = shape{of: andante.TextField}
	number = shape{of: andante.NumberField}
	flag   = shape{of: andante.FlagField}
	date   = shape{of: andante.DateField}
)

// A checker understands a condition part by part, and collects what it uses.
// What it doesn't know it refuses, so the library never sees it.
type checker struct {
	schema Schema
	types  map[string]andante.FieldType // of all fields, by path
	paths  []string                     // of all fields, in the schema's order
	used   map[string]andante.FieldType
	calls  map[string]bool
	events []string
}

func newChecker(s Schema) *checker {
	k := &checker{
		schema: s, types: map[string]andante.FieldType{},
		used: map[string]andante.FieldType{}, calls: map[string]bool{},
	}
	for _, f := range s.Fields {
		k.types[f.Path()] = cmp.Or(f.Type, andante.TextField)
		k.paths = append(k.paths, f.Path())
	}
	return k
}

// condition checks the whole, which must be yes or no.
func (k *checker) condition(n ast.Node) *Error {
	s, wrong := k.part(n)
	if wrong != nil || s == flag {
		return wrong
	}
	wrong = errorAt(n, "a condition must be true or false, but %s is %s", describe(n), s)
	switch s {
	case text:
		wrong.Suggestion = fmt.Sprintf(`compare it, as in %s != ""`, describe(n))
	case number:
		wrong.Suggestion = fmt.Sprintf("compare it, as in %s > 0", describe(n))
	case date:
		wrong.Suggestion = fmt.Sprintf(`compare it, as in %s < date("2024-01-31")`, describe(n))
	}
	return wrong
}

// part checks one node and all below it.
func (k *checker) part(n ast.Node) (shape, *Error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return text, nil
	case *ast.IntegerNode, *ast.FloatNode:
		return number, nil
	case *ast.BoolNode:
		return flag, nil
	case *ast.MemberNode:
		return k.field(n)
	case *ast.IdentifierNode:
		return shape{}, k.bareWord(n)
	case *ast.CallNode:
		return k.call(n)
	case *ast.UnaryNode:
		return k.unary(n)
	case *ast.BinaryNode:
		return k.binary(n)
	case *ast.ArrayNode:
		return k.list(n)
	case *ast.BuiltinNode:
		return shape{}, unknownFunction(n, n.Name)
	}
	return shape{}, refused(n)
}

// want checks a part that must have a shape.
func (k *checker) want(n ast.Node, wanted shape, why string) *Error {
	got, wrong := k.part(n)
	if wrong != nil || got == wanted {
		return wrong
	}
	wrong = errorAt(n, "%s needs %s, but %s is %s", why, wanted, describe(n), got)
	if wanted == flag {
		switch got {
		case text:
			wrong.Suggestion = fmt.Sprintf(`compare it, as in %s != ""`, describe(n))
		case number:
			wrong.Suggestion = fmt.Sprintf("compare it, as in %s > 0", describe(n))
		}
	}
	return wrong
}

func (k *checker) unary(n *ast.UnaryNode) (shape, *Error) {
	if n.Operator == "!" || n.Operator == "not" {
		return flag, k.want(n.Node, flag, quote(n.Operator))
	}
	return number, k.want(n.Node, number, quote(n.Operator))
}

func (k *checker) list(n *ast.ArrayNode) (shape, *Error) {
	all := shape{list: true}
	for i, item := range n.Nodes {
		s, wrong := k.part(item)
		switch {
		case wrong != nil:
			return shape{}, wrong
		case s.list:
			return shape{}, errorAt(item, "a list cannot stand in a list")
		case i > 0 && s.of != all.of:
			return shape{}, errorAt(item, "a list holds values of one sort, but %s is %s and %s is %s",
				describe(n.Nodes[0]), shape{of: all.of}, describe(item), s)
		}
		all.of = s.of
	}
	return all, nil
}
