package conditions

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/andante-hq/andante/internal/nearest"
)

// pathOf returns contact.first_name for the field of that name.
func pathOf(n *ast.MemberNode) (path string, ok bool) {
	noun, ok := n.Node.(*ast.IdentifierNode)
	if !ok || n.Optional {
		return "", false
	}
	name, ok := n.Property.(*ast.StringNode)
	if !ok {
		return "", false
	}
	return noun.Value + "." + name.Value, true
}

// field checks that a field is declared, and notes it.
func (k *checker) field(n *ast.MemberNode) (shape, *Error) {
	path, ok := pathOf(n)
	if !ok {
		return shape{}, errorAt(n, "this is no field").suggest("write a noun, a dot and a name, as in account.stage")
	}
	t, declared := k.types[path]
	if !declared {
		return shape{}, k.unknownField(n, path)
	}
	k.used[path] = t
	return shape{of: t}, nil
}

func (k *checker) unknownField(n *ast.MemberNode, path string) *Error {
	wrong := errorAt(n, "there is no field %s", path)
	noun, name, _ := strings.Cut(path, ".")
	if len(k.namesOf(noun)) == 0 {
		noun = nearest.Name(noun, k.nouns())
	}
	if near := nearest.Name(name, k.namesOf(noun)); near != "" {
		return wrong.suggest(fmt.Sprintf("did you mean %s.%s?", noun, near))
	}
	if other := k.pathNamed(name); other != "" {
		return wrong.suggest(fmt.Sprintf("did you mean %s?", other))
	}
	return wrong.suggest("declare it under fields in andante.yaml")
}

// bareWord explains a word that stands alone; none may.
func (k *checker) bareWord(n *ast.IdentifierNode) *Error {
	word := n.Value
	if f, ok := functions[word]; ok {
		return errorAt(n, "%s is a function and needs brackets", word).suggest("write " + f.example)
	}
	if names := k.namesOf(word); len(names) > 0 {
		return errorAt(n, "%s alone is no field", word).suggest(fmt.Sprintf("write it with a name, as in %s.%s", word, names[0]))
	}
	wrong := errorAt(n, "there is nothing called %s", word)
	switch strings.ToLower(word) {
	case "yes", "true":
		return wrong.suggest("write true, or the field alone")
	case "no", "false":
		return wrong.suggest("write false, or not and the field")
	}
	if path := k.pathNamed(word); path != "" {
		return wrong.suggest(fmt.Sprintf("did you mean %s?", path))
	}
	if near := nearest.Name(word, functionNames); near != "" {
		return wrong.suggest(fmt.Sprintf("did you mean %s?", functions[near].example))
	}
	return wrong.suggest(fmt.Sprintf("if it is text, put it in quotes: %q", word))
}

func unknownFunction(n ast.Node, name string) *Error {
	wrong := errorAt(n, "there is no function %s", name)
	if near := nearest.Name(name, functionNames); near != "" {
		return wrong.suggest(fmt.Sprintf("did you mean %s?", functions[near].example))
	}
	return wrong.suggest(functionList)
}

// nouns returns contact, account and so on.
func (k *checker) nouns() []string {
	var nouns []string
	for _, path := range k.paths {
		if noun, _, _ := strings.Cut(path, "."); !slices.Contains(nouns, noun) {
			nouns = append(nouns, noun)
		}
	}
	return nouns
}

// namesOf returns the names of the noun's fields.
func (k *checker) namesOf(noun string) []string {
	var names []string
	for _, path := range k.paths {
		if name, ok := strings.CutPrefix(path, noun+"."); ok {
			names = append(names, name)
		}
	}
	return names
}

// pathNamed returns the first path that ends in a name; empty if none does.
func (k *checker) pathNamed(name string) string {
	i := slices.IndexFunc(k.paths, func(path string) bool { return strings.HasSuffix(path, "."+name) })
	if i < 0 {
		return ""
	}
	return k.paths[i]
}

// describe writes a part as its author did, as far as that is short.
func describe(n ast.Node) string {
	switch n := n.(type) {
	case *ast.MemberNode:
		if path, ok := pathOf(n); ok {
			return path
		}
	case *ast.IdentifierNode:
		return n.Value
	case *ast.StringNode:
		if len(n.Value) <= 40 {
			return strconv.Quote(n.Value)
		}
		return "the text in quotes"
	case *ast.IntegerNode:
		return strconv.Itoa(n.Value)
	case *ast.FloatNode:
		return strconv.FormatFloat(n.Value, 'g', -1, 64)
	case *ast.BoolNode:
		return strconv.FormatBool(n.Value)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return callee.Value + "()"
		}
	case *ast.ArrayNode:
		return "the list"
	}
	return "this part"
}

// quote names an operator in a message. Words need no marks.
func quote(operator string) string {
	if operator[0] >= 'a' && operator[0] <= 'z' {
		return operator
	}
	return `"` + operator + `"`
}
