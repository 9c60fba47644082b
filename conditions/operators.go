package conditions

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/nearest"
)

// binary checks an operator with something on both sides.
func (k *checker) binary(n *ast.BinaryNode) (shape, *Error) {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return flag, k.both(n, flag)
	case "+", "-", "*", "/":
		return number, k.both(n, number)
	case "contains", "startsWith", "endsWith":
		return flag, k.both(n, text)
	case "matches":
		if wrong := k.want(n.Left, text, quote(n.Operator)); wrong != nil {
			return shape{}, wrong
		}
		return flag, pattern(n.Right)
	case "==", "!=", "<", "<=", ">", ">=":
		return flag, k.comparison(n)
	case "in":
		return flag, k.in(n)
	}
	return shape{}, refusedOperator(n)
}

// both checks that each side has the same known shape.
func (k *checker) both(n *ast.BinaryNode, wanted shape) *Error {
	if wrong := k.want(n.Left, wanted, quote(n.Operator)); wrong != nil {
		return wrong
	}
	return k.want(n.Right, wanted, quote(n.Operator))
}

// sides checks both sides and returns what they are.
func (k *checker) sides(n *ast.BinaryNode) (left, right shape, wrong *Error) {
	if left, wrong = k.part(n.Left); wrong != nil {
		return left, right, wrong
	}
	right, wrong = k.part(n.Right)
	return left, right, wrong
}

func (k *checker) comparison(n *ast.BinaryNode) *Error {
	left, right, wrong := k.sides(n)
	if wrong != nil {
		return wrong
	}
	equality := n.Operator == "==" || n.Operator == "!="
	if equality && (k.isEmptyDate(n.Left, n.Right) || k.isEmptyDate(n.Right, n.Left)) {
		return nil
	}
	switch {
	case left.list || right.list:
		return errorAt(n.Right, "a list cannot be compared with %s", quote(n.Operator)).
			suggest(`write in, as in account.stage in ["prospect", "customer"]`)
	case left != right:
		return mismatch(n, left, right)
	case left == flag && !equality:
		return errorAt(n.Left, "yes or no is neither more nor less").suggest(fmt.Sprintf("write %s or not %[1]s", describe(n.Left)))
	}
	if wrong := k.word(n.Left, n.Right); wrong != nil {
		return wrong
	}
	return k.word(n.Right, n.Left)
}

// word checks a text that a field, or an outcome, is compared with: what it can never hold
// makes the condition always true or always false.
func (k *checker) word(field, value ast.Node) *Error {
	literal, isText := value.(*ast.StringNode)
	if !isText || literal.Value == "" {
		return nil
	}
	words := k.words(field)
	if words == nil || slices.Contains(words, literal.Value) {
		return nil
	}
	wrong := errorAt(value, "%s is never %q", describe(field), literal.Value)
	if near := nearest.Name(strings.ToLower(literal.Value), words); near != "" {
		return wrong.suggest(fmt.Sprintf("did you mean %q?", near))
	}
	return wrong.suggest("it is one of " + strings.Join(words, ", "))
}

// words returns what a field or a function can hold; nil if that is anything.
func (k *checker) words(n ast.Node) (words []string) {
	switch n := n.(type) {
	case *ast.MemberNode:
		path, _ := pathOf(n)
		return k.schema.Words[path]
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && callee.Value == "outcome" {
			for _, r := range andante.Results {
				words = append(words, string(r))
			}
		}
	}
	return words
}

// isEmptyDate tells whether a date field is compared with "".
func (k *checker) isEmptyDate(field, empty ast.Node) bool {
	member, ok := field.(*ast.MemberNode)
	if !ok {
		return false
	}
	path, _ := pathOf(member)
	literal, ok := empty.(*ast.StringNode)
	return ok && literal.Value == "" && k.types[path] == andante.DateField
}

func (k *checker) in(n *ast.BinaryNode) *Error {
	left, right, wrong := k.sides(n)
	if wrong != nil {
		return wrong
	}
	switch {
	case right == text && left == text:
		return errorAt(n.Right, "in needs a list, but %s is text", describe(n.Right)).
			suggest(fmt.Sprintf("write %s contains %s", describe(n.Right), describe(n.Left)))
	case !right.list:
		return errorAt(n.Right, "in needs a list, but %s is %s", describe(n.Right), right).
			suggest(`write it as in account.stage in ["prospect", "customer"]`)
	case left.list:
		return errorAt(n.Left, "a list cannot stand in a list")
	case right.of != "" && left.of != right.of:
		return errorAt(n.Right, "%s is %s, but the list holds %s", describe(n.Left), left, plural(right.of))
	}
	if list, ok := n.Right.(*ast.ArrayNode); ok {
		for _, item := range list.Nodes {
			if wrong := k.word(n.Left, item); wrong != nil {
				return wrong
			}
		}
	}
	return nil
}

// mismatch explains that two sides can't be compared, and how they could.
func mismatch(n *ast.BinaryNode, left, right shape) *Error {
	wrong := errorAt(n.Right, "%s is %s, but %s is %s", describe(n.Left), left, describe(n.Right), right)
	// Often a field stands on the left and a value on the right.
	field, fieldShape, value := n.Left, left, n.Right
	if isLiteral(field) {
		field, fieldShape, value = n.Right, right, n.Left
	}
	written := ""
	if s, ok := value.(*ast.StringNode); ok {
		written = s.Value
	}
	_, notNumber := strconv.ParseFloat(written, 64)
	_, notDate := time.Parse(time.DateOnly, written)
	switch {
	case fieldShape == flag:
		wrong.Suggestion = fmt.Sprintf("write %s or not %[1]s", describe(field))
	case fieldShape == number && notNumber == nil:
		wrong.Suggestion = fmt.Sprintf("write %s without quotes", written)
	case fieldShape == date && notDate == nil:
		wrong.Suggestion = fmt.Sprintf("write date(%q)", written)
	case fieldShape == date:
		wrong.Suggestion = `write date("2024-01-31")`
	case fieldShape == text && isLiteral(value):
		wrong.Suggestion = fmt.Sprintf("put it in quotes: %q", describe(value))
	}
	return wrong
}

func isLiteral(n ast.Node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return true
	}
	return false
}

func plural(t andante.FieldType) string {
	if t == andante.TextField {
		return "texts"
	}
	return string(t) + "s"
}
