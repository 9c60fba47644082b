package conditions

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// An Error is a mistake in a condition.
type Error struct {
	Column     int    // from 1, in runes of the whole source
	Message    string // what is wrong
	Suggestion string // what to write instead; may be empty
}

// Error returns the message, with the column before it and the suggestion after.
func (e *Error) Error() string {
	s := fmt.Sprintf("column %d: %s", e.Column, e.Message)
	if e.Suggestion != "" {
		s += "; " + e.Suggestion
	}
	return s
}

func (e *Error) suggest(s string) *Error {
	e.Suggestion = s
	return e
}

// errorAt points at the beginning of a part.
func errorAt(n ast.Node, format string, args ...any) *Error {
	return &Error{Column: begin(n) + 1, Message: fmt.Sprintf(format, args...)}
}

// begin returns where a part begins. The library places operators and dots at
// themselves, not at what stands before them.
func begin(n ast.Node) int {
	switch n := n.(type) {
	case *ast.BinaryNode:
		return begin(n.Left)
	case *ast.MemberNode:
		return begin(n.Node)
	case *ast.ChainNode:
		return begin(n.Node)
	case *ast.SliceNode:
		return begin(n.Node)
	case *ast.ConditionalNode:
		return begin(n.Cond)
	}
	return n.Location().From
}

// refused explains a part of the library's language that conditions don't have.
func refused(n ast.Node) *Error {
	switch n := n.(type) {
	case *ast.NilNode:
		return errorAt(n, "nil is not used here").suggest(`an empty field equals ""`)
	case *ast.ConditionalNode:
		return errorAt(n, "a condition is one question, without if or ?").suggest("join parts with and, or, not")
	case *ast.ChainNode:
		return errorAt(n, "?. is not used here: an empty field is no mistake").suggest("write a plain dot")
	}
	return errorAt(n, "this is not used in conditions").suggest("write fields, values and functions, joined with and, or, not")
}

func refusedOperator(n *ast.BinaryNode) *Error {
	wrong := &Error{Column: n.Location().From + 1, Message: quote(n.Operator) + " is not used in conditions"}
	switch n.Operator {
	case "..":
		return wrong.suggest("write x >= 1 and x <= 9")
	case "??":
		return wrong.suggest(`an empty field equals ""`)
	}
	return wrong.suggest("calculate with + - * / only")
}

// parse reads the source with every function of the library off.
func parse(src string) (*parser.Tree, *Error) {
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	for name := range config.Builtins {
		config.Disabled[name] = true
	}
	clear(config.Builtins)
	tree, err := parser.ParseWithConfig(src, config)
	if err != nil {
		return nil, translate(src, err)
	}
	return tree, nil
}

// translate puts an error of the library into an author's words.
func translate(src string, err error) *Error {
	located := (*file.Error)(nil)
	if !errors.As(err, &located) {
		return &Error{Column: 1, Message: "this cannot be read as a condition: " + err.Error()}
	}
	wrong := &Error{Column: min(located.From, len([]rune(src))) + 1}
	says := func(part string) bool { return strings.Contains(located.Message, part) }
	switch {
	case says("unexpected token"), says("unexpected end"):
		unexpected(wrong, src, located.Message)
	case says("unrecognized character"):
		strangeCharacter(wrong, src)
	case says("literal not terminated"):
		wrong.Message, wrong.Suggestion = "a quote is opened and not closed", `close it with the same mark: "text"`
	case says("invalid char escape"):
		wrong.Message, wrong.Suggestion = "a backslash stands in a text in quotes", `write two: "a\\b"`
	case says("bad number"), says("literal"):
		wrong.Message, wrong.Suggestion = "this is no number", "write it such as 1000 or 2.5"
	case says("exceeds maximum"):
		wrong.Message, wrong.Suggestion = "the condition is too long", "split it over several steps, or declare a field"
	case says("expected name"):
		wrong.Message, wrong.Suggestion = "a name is missing after the dot", "write it as in account.stage"
	case says("coalesce"):
		wrong.Message, wrong.Suggestion = "?? is not used in conditions", `an empty field equals ""`
	case says("expected at least"):
		wrong.Message, wrong.Suggestion = "there is no such function", functionList
	case says("unclosed comment"):
		wrong.Message, wrong.Suggestion = "a comment is opened and not closed", "leave it out"
	default:
		wrong.Message = "this cannot be read as a condition: " + located.Message
	}
	return wrong
}

var tokenForm = regexp.MustCompile(`unexpected token (\w+)(?:\((".*")\))?`)

// unexpected explains a token that may not stand where it does.
func unexpected(wrong *Error, src, message string) {
	kind, word := "EOF", ""
	if m := tokenForm.FindStringSubmatch(message); m != nil {
		kind = m[1]
		word, _ = strconv.Unquote(m[2])
	}
	if kind == "EOF" {
		wrong.Column = len([]rune(src)) + 1
		wrong.Message, wrong.Suggestion = "the condition ends too early", "write what is missing"
		if strings.Count(src, "(") > strings.Count(src, ")") {
			wrong.Suggestion = "close each bracket"
		}
		return
	}
	wrong.Message = fmt.Sprintf("%s cannot stand here", word)
	switch lower := strings.ToLower(word); {
	case word == "=":
		wrong.Suggestion = "write == to compare"
	case word == ",":
		wrong.Suggestion = `write numbers without commas, and join parts with "and" or "or"`
	case word == ">" && before(src, wrong.Column, "<"):
		wrong.Suggestion = "write != for what is not equal"
	case word == "&":
		wrong.Suggestion = "write and"
	case kind == "Operator" && lower == word, kind == "Bracket":
		wrong.Suggestion = "write a field, a value or a function on each side of an operator, and close each bracket"
	case lower == "and" || lower == "or" || lower == "not" || lower == "in" || lower == "contains":
		wrong.Suggestion = fmt.Sprintf("write %s in small letters", lower)
	case lower == "is" || lower == "equals":
		wrong.Suggestion = "write == to compare"
	case before(src, wrong.Column, "NOT"), before(src, wrong.Column, "Not"):
		wrong.Suggestion = "write not in small letters"
	default:
		wrong.Suggestion = `join two parts with "and" or "or"`
	}
}

// before tells whether a word stands before the column.
func before(src string, column int, word string) bool {
	return strings.HasSuffix(strings.TrimSpace(string([]rune(src)[:column-1])), word)
}

// strangeCharacter names a character that no condition has, and quotation marks
// that a word processor has made in particular.
func strangeCharacter(wrong *Error, src string) {
	r := []rune(src)
	at := min(wrong.Column, len(r)) - 1
	wrong.Message = fmt.Sprintf("the character %q is not used in conditions", r[at])
	if strings.ContainsRune("“”„‘’‚«»", r[at]) {
		wrong.Message = fmt.Sprintf("%c is a printer's quotation mark", r[at])
		wrong.Suggestion = `write straight ones: "text"`
	}
}
