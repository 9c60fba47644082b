package conditions

import (
	"fmt"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"github.com/andante-hq/andante"
)

// historyName is under which the program finds the history. No author can write
// it: it is no identifier.
const historyName = "(history)"

// zeros are what empty fields are bound to.
var zeros = map[andante.FieldType]any{
	andante.TextField:   "",
	andante.NumberField: 0.0,
	andante.FlagField:   false,
	andante.DateField:   time.Time{},
}

// build compiles a source that the checker has passed. The program sees a flat
// map of the fields that it uses, by their paths, and the history.
func build(src string, k *checker) (*vm.Program, *Error) {
	env := map[string]any{historyName: (*History)(nil)}
	for path, t := range k.used {
		env[path] = zeros[t]
	}
	options := []expr.Option{
		expr.Env(env),
		expr.AsBool(),
		expr.MaxNodes(maxNodes),
		// Conditions are short: what optimising would save, it has cost before.
		expr.Optimize(false),
		expr.DisableAllBuiltins(),
		expr.Patch(rewriter{k.used}),
	}
	for name := range k.calls {
		options = append(options, expr.Function(name, functions[name].run, functions[name].signature()))
	}
	program, err := expr.Compile(src, options...)
	if err != nil {
		return nil, translate(src, err)
	}
	return program, nil
}

// A rewriter turns what authors write into what the program looks up.
type rewriter struct{ types map[string]andante.FieldType }

// Visit rewrites one node, after those below it.
func (r rewriter) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.MemberNode:
		if path, ok := pathOf(n); ok {
			ast.Patch(node, &ast.IdentifierNode{Value: path})
		}
	case *ast.CallNode:
		r.call(node, n)
	case *ast.BinaryNode:
		switch n.Operator {
		case "==", "!=":
			r.emptyDate(&n.Left, n.Right)
			r.emptyDate(&n.Right, n.Left)
		case "<", "<=", ">", ">=":
			r.onlyFilled(node, n.Left)
			r.onlyFilled(node, n.Right)
		}
	}
}

func (r rewriter) call(node *ast.Node, n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return
	}
	if callee.Value == "date" && len(n.Arguments) == 1 {
		if day, ok := n.Arguments[0].(*ast.StringNode); ok {
			ast.Patch(node, &ast.ConstantNode{Value: dateOf(day.Value)})
		}
		return
	}
	n.Arguments = append([]ast.Node{&ast.IdentifierNode{Value: historyName}}, n.Arguments...)
}

// emptyDate makes the zero date of "" where a date is compared with it.
func (r rewriter) emptyDate(node *ast.Node, other ast.Node) {
	field, ok := other.(*ast.IdentifierNode)
	if !ok || r.types[field.Value] != andante.DateField {
		return
	}
	if text, ok := (*node).(*ast.StringNode); ok && text.Value == "" {
		ast.Patch(node, &ast.ConstantNode{Value: time.Time{}})
	}
}

// onlyFilled makes an order of dates false where the field that stands on this side
// of it is empty: who never became a customer became none before 2024.
func (r rewriter) onlyFilled(node *ast.Node, side ast.Node) {
	field, ok := side.(*ast.IdentifierNode)
	if !ok || r.types[field.Value] != andante.DateField {
		return
	}
	filled := &ast.BinaryNode{Operator: "!=", Left: &ast.IdentifierNode{Value: field.Value}, Right: &ast.ConstantNode{Value: time.Time{}}}
	ast.Patch(node, &ast.BinaryNode{Operator: "and", Left: filled, Right: *node})
}

// bind looks the fields up, and fills the empty ones.
func bind(types map[string]andante.FieldType, v andante.Values, h *History) (map[string]any, error) {
	env := make(map[string]any, len(types)+1)
	env[historyName] = h
	for path, t := range types {
		value, declared := v.Get(path)
		switch {
		case !declared:
			return nil, fmt.Errorf("there is no field %s any more: declare it under fields, or change the condition", path)
		case value == nil:
			value = zeros[t]
		case !holds(t, value):
			return nil, fmt.Errorf("%s is declared as %s but holds a %T", path, t, value)
		}
		env[path] = value
	}
	return env, nil
}

// holds tells whether the value is one of a field of type t.
func holds(t andante.FieldType, value any) bool {
	switch value.(type) {
	case string:
		return t == andante.TextField
	case float64:
		return t == andante.NumberField
	case bool:
		return t == andante.FlagField
	case time.Time:
		return t == andante.DateField
	}
	return false
}
