package conditions

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/andante-hq/andante/internal/nearest"
)

// call checks a function and what it takes.
func (k *checker) call(n *ast.CallNode) (shape, *Error) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return shape{}, errorAt(n.Callee, "%s is no function", describe(n.Callee)).suggest("leave the brackets out")
	}
	f, known := functions[callee.Value]
	if !known {
		return shape{}, unknownFunction(callee, callee.Value)
	}
	if takes := min(1, int(f.takes)); len(n.Arguments) != takes {
		message := "%s takes nothing between its brackets"
		if takes == 1 {
			message = "%s takes one thing between its brackets"
		}
		return shape{}, errorAt(callee, message, callee.Value).suggest("write " + f.example)
	}
	k.calls[callee.Value] = true
	result := shape{of: f.gives}
	switch f.takes {
	case takesNothing:
		return result, nil
	case takesText:
		return result, k.want(n.Arguments[0], text, callee.Value+"()")
	}
	return result, k.literal(callee.Value, f, n.Arguments[0])
}

// literal checks an argument that must be known when the condition is read.
func (k *checker) literal(name string, f function, n ast.Node) *Error {
	word, ok := n.(*ast.StringNode)
	if !ok || word.Value == "" {
		wrong := errorAt(n, "%s takes a name in quotes", name).suggest("write " + f.example)
		if f.takes == takesDate {
			wrong.Message = "date takes a day in quotes"
		}
		if bare, ok := n.(*ast.IdentifierNode); ok {
			wrong.Suggestion = fmt.Sprintf("write %s(%q)", name, bare.Value)
		}
		return wrong
	}
	switch f.takes {
	case takesDate:
		if _, err := time.Parse(time.DateOnly, word.Value); err != nil {
			return errorAt(n, "%q is no date", word.Value).suggest("write year, month and day, as in " + f.example)
		}
	case takesStep:
		return k.step(word)
	}
	if name == "answered" {
		return k.answer(word)
	}
	if name == "did" || name == "days_since" {
		k.events = append(k.events, word.Value)
	}
	return nil
}

func (k *checker) answer(n *ast.StringNode) *Error {
	if k.schema.Answers == nil || slices.Contains(k.schema.Answers, n.Value) {
		return nil
	}
	wrong := errorAt(n, "there is no field of your own called %q", n.Value)
	if near := nearest.Name(n.Value, k.schema.Answers); near != "" {
		return wrong.suggest(fmt.Sprintf("did you mean %q?", near))
	}
	return wrong.suggest("declare it under fields: in andante.yaml")
}

func (k *checker) step(n *ast.StringNode) *Error {
	if k.schema.Steps == nil || slices.Contains(k.schema.Steps, n.Value) {
		return nil
	}
	if len(k.schema.Steps) == 0 {
		return errorAt(n, "there is no step %q: no sequence is meant here", n.Value).suggest("ask for fields of the contact or the account")
	}
	wrong := errorAt(n, "there is no step %q", n.Value)
	if near := nearest.Name(n.Value, k.schema.Steps); near != "" {
		return wrong.suggest(fmt.Sprintf("did you mean %q?", near))
	}
	return wrong.suggest("write the id of a step of this sequence")
}

// pattern checks the right side of matches.
func pattern(n ast.Node) *Error {
	p, ok := n.(*ast.StringNode)
	if !ok {
		return errorAt(n, "matches needs a pattern in quotes").suggest(`write it as in contact.email matches "@acme[.]"`)
	}
	if _, err := regexp.Compile(p.Value); err != nil {
		return errorAt(n, "the pattern %q is not a regular expression", p.Value).suggest("use contains for plain text")
	}
	return nil
}
