package conditions

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/andante-hq/andante"
)

// Bounds of a condition. The parser calls itself for every bracket, so the
// length bounds its stack.
const (
	maxLength    = 4000 // bytes of source
	maxNodes     = 500  // names, values and operators
	memoryBudget = 10_000
)

// Schema is what a condition may name.
type Schema struct {
	Fields []andante.Field // all, with the built-in ones
	Steps  []string        // ids for sent("x") and its kin; nil: not checked
	// Answers are the fields that answered("x") may name; nil: not checked.
	Answers []string
	// Words are all that a text field can hold, by its path; a field that is not named
	// here can hold anything.
	Words map[string][]string
}

// A Condition is a compiled expression with the answer yes or no. It is
// immutable and safe for concurrent use.
type Condition struct {
	src     string
	program *vm.Program
	types   map[string]andante.FieldType // of the fields that it uses
	calls   map[string]bool
	events  []string
}

// Compile checks the source against the schema. The error is an *Error with the
// place of the first mistake, in words for the author.
func Compile(src string, s Schema) (c *Condition, err error) {
	defer func() {
		if r := recover(); r != nil {
			c, err = nil, &Error{Column: 1, Message: "this condition cannot be read", Suggestion: "write it in a simpler way"}
		}
	}()
	if strings.TrimSpace(src) == "" {
		return nil, &Error{Column: 1, Message: "the condition is empty", Suggestion: `write one such as account.stage == "prospect"`}
	}
	if len(src) > maxLength {
		return nil, &Error{Column: 1, Message: "the condition is too long", Suggestion: "split it over several steps, or declare a field"}
	}
	tree, wrong := parse(src)
	if wrong != nil {
		return nil, wrong
	}
	k := newChecker(s)
	if wrong := k.condition(tree.Node); wrong != nil {
		return nil, wrong
	}
	program, wrong := build(src, k)
	if wrong != nil {
		return nil, wrong
	}
	return &Condition{src: src, program: program, types: k.used, calls: k.calls, events: k.events}, nil
}

// Eval tells whether the condition holds. It fails only if a field that the
// condition uses is missing from the values or has another type than it was
// compiled with: the declarations have changed since.
func (c *Condition) Eval(v andante.Values, h History) (holds bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			holds, err = false, fmt.Errorf("evaluate condition %q: %v", c.src, r)
		}
	}()
	env, err := bind(c.types, v, &h)
	if err != nil {
		return false, fmt.Errorf("evaluate condition %q: %w", c.src, err)
	}
	machine := vm.VM{MemoryBudget: memoryBudget}
	out, err := machine.Run(c.program, env)
	if err != nil {
		// Without the library's drawing of the source over several lines.
		if located := (*file.Error)(nil); errors.As(err, &located) {
			err = errors.New(located.Message)
		}
		return false, fmt.Errorf("evaluate condition %q: %w", c.src, err)
	}
	holds, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("evaluate condition %q: the answer is %T, not yes or no", c.src, out)
	}
	return holds, nil
}

// String returns the source.
func (c *Condition) String() string { return c.src }

// Calls tells whether the condition uses a function, such as opened.
func (c *Condition) Calls(function string) bool { return c.calls[function] }

// AsksHistory tells whether the condition asks for something that happened, and not for
// fields alone.
func (c *Condition) AsksHistory() bool { return len(c.calls) > 0 }

// Events returns the names of the events that the condition asks for.
func (c *Condition) Events() []string { return slices.Clone(c.events) }

// Fields returns the paths of the fields that the condition uses, sorted.
func (c *Condition) Fields() []string { return slices.Sorted(maps.Keys(c.types)) }
