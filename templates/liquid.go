package templates

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"strings"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/render"
	"github.com/osteele/liquid/tags"
)

// Kinds of statement, in the words of the expression parser.
const (
	assignStatement = expressions.AssignStatementSelector
	loopStatement   = expressions.LoopStatementSelector
	whenStatement   = expressions.WhenStatementSelector
)

var errUnreadable = errors.New("can't be read")

// parse tells whether Liquid can read an expression. Its parser panics on some.
func parse(source string) (err error) {
	_, err = parseExpression(source)
	return err
}

func parseExpression(source string) (e expressions.Expression, err error) {
	defer func() {
		if recover() != nil {
			err = errUnreadable
		}
	}()
	return expressions.Parse(source)
}

func parseStatement(selector, source string) (err error) {
	defer func() {
		if recover() != nil {
			err = errUnreadable
		}
	}()
	_, err = expressions.ParseStatement(selector, source)
	return err
}

// A unit is one compiled text. Its Liquid program consists of tags alone: words,
// objects and partials stand in parts, and the program names stretches of them by
// number. So Liquid never reads words as a tag, and a value never passes through
// it. A unit without tags of the author's needs no Liquid at all.
type unit struct {
	program strings.Builder
	parts   []part
	lines   []*tag // lines[i] is the tag on line i+1 of the program
	locals  []string

	root   render.Node
	config render.Config
}

// A part is a stretch of words, a value, a partial or what a layout goes around.
type part struct {
	words   []byte
	tag     *tag
	value   *value
	place   place
	content bool
	partial *unit
	params  []boundParam
}

type boundParam struct {
	name  string
	value expressions.Expression
}

// Tags of the program that no author can write.
const (
	partsTag = "parts" // two numbers: the first part and the one after the last
	turnTag  = "turn"
)

// noFiles is the template store: there is nothing in it. Liquid's own reads
// the disk.
type noFiles struct{}

func (noFiles) ReadTemplate(string) ([]byte, error) { return nil, fs.ErrNotExist }

// compile makes the program executable.
func (u *unit) compile() error {
	u.config = render.NewConfig()
	u.config.TemplateStore = noFiles{}
	u.config.StrictVariables = true
	tags.AddStandardTags(&u.config)
	for _, name := range []string{"include", "render", "cycle"} {
		u.config.UnregisterTag(name)
	}
	for name, f := range allFilters {
		u.config.AddFilter(name, f)
	}
	u.config.AddTag(partsTag, u.partsTag)
	u.config.AddTag(turnTag, func(string) (func(io.Writer, render.Context) error, error) { return writeTurn, nil })
	// A path keeps the position of the innermost tag in an error.
	root, err := u.config.Compile(u.program.String(), sourceLocation)
	if err != nil {
		return err
	}
	u.root = root
	return nil
}

// expressions returns how expressions are worked out.
func (u *unit) expressions() expressions.Config {
	c := u.config.Config.Config
	c.StrictVariables = u.config.StrictVariables
	return c
}

// A run is the state of one rendering of one message.
type run struct {
	ctx     context.Context
	vars    map[string]any // the fields
	content []byte
	turns   int
	lenient bool // a rendering of samples: an empty address is no failure
	scratch []byte
}

// runKey binds the run where no text can name it.
const runKey = "\x00run"

func runOf(in scope) *run { return in.Get(runKey).(*run) }

// A scope is where values are looked up and worked out: Liquid's context, or the
// variables themselves.
type scope interface {
	Get(name string) any
	Evaluate(e expressions.Expression) (any, error)
}

// variables are the scope of a unit that needs no Liquid.
type variables struct {
	vars map[string]any
	in   expressions.Context
}

// Get implements scope.
func (v variables) Get(name string) any { return v.vars[name] }

// Evaluate implements scope.
func (v variables) Evaluate(e expressions.Expression) (any, error) { return e.Evaluate(v.in) }

// A fault is an error at a tag.
type fault struct {
	tag *tag
	err error
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// partsTag compiles the tag that puts parts out.
func (u *unit) partsTag(numbers string) (func(io.Writer, render.Context) error, error) {
	var from, to int
	if _, err := fmt.Sscan(numbers, &from, &to); err != nil || from > to || to > len(u.parts) {
		return nil, errUnreadable
	}
	parts := u.parts[from:to]
	return func(w io.Writer, ctx render.Context) error { return writeParts(w, ctx, parts) }, nil
}

func writeParts(w io.Writer, in scope, parts []part) error {
	r := runOf(in)
	if err := r.ctx.Err(); err != nil {
		return err
	}
	for i := range parts {
		if err := parts[i].write(w, in, r); err != nil {
			return err
		}
	}
	return nil
}

func (p *part) write(w io.Writer, in scope, r *run) error {
	switch {
	case p.words != nil:
		_, err := w.Write(p.words)
		return err
	case p.content:
		_, err := w.Write(r.content)
		return err
	case p.partial != nil:
		return p.writePartial(w, in, r)
	}
	v, err := p.value.of(in)
	if err == nil {
		r.scratch, err = appendValue(r.scratch[:0], v, p.place, r.lenient)
	}
	if err != nil {
		return &fault{p.tag, err}
	}
	_, err = w.Write(r.scratch)
	return err
}

// evaluate turns a panic of the interpreter into an error.
func evaluate(e expressions.Expression, in scope) (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %T", errEvaluate, p)
		}
	}()
	return in.Evaluate(e)
}

var errEvaluate = errors.New("the value can't be worked out")

// writePartial renders a partial: it sees the fields and its keys.
func (p *part) writePartial(w io.Writer, in scope, r *run) error {
	vars := make(map[string]any, len(r.vars)+len(p.params))
	maps.Copy(vars, r.vars)
	for _, param := range p.params {
		v, err := evaluate(param.value, in)
		if err != nil {
			return &fault{p.tag, err}
		}
		vars[param.name] = v
	}
	return p.partial.execute(w, vars)
}

var errTurns = fmt.Errorf("loops turn more than %d times", maxTurns)

// writeTurn stands at the head of every loop's body.
func writeTurn(_ io.Writer, ctx render.Context) error {
	r := runOf(ctx)
	if r.turns++; r.turns > maxTurns {
		return errTurns
	}
	return r.ctx.Err()
}

// plain tells whether the program is nothing but all parts in a row.
func (u *unit) plain() bool { return len(u.lines) == 1 && u.lines[0] == nil && len(u.locals) == 0 }

// execute runs the program. vars must hold the run and the fields; it is not
// changed.
func (u *unit) execute(w io.Writer, vars map[string]any) error {
	if u.plain() {
		return writeParts(w, variables{vars, expressions.NewContext(vars, u.expressions())}, u.parts)
	}
	if len(u.locals) > 0 {
		vars = maps.Clone(vars)
		for _, name := range u.locals {
			if _, given := vars[name]; !given {
				vars[name] = nil
			}
		}
	}
	if err := render.Render(u.root, w, vars, u.config); err != nil {
		var f *fault
		if errors.As(err, &f) {
			return f
		}
		if n := err.LineNumber(); n > 0 && n <= len(u.lines) && u.lines[n-1] != nil {
			return &fault{u.lines[n-1], cause(err)}
		}
		return cause(err)
	}
	return nil
}

func cause(err render.Error) error {
	if c := err.Cause(); c != nil {
		return c
	}
	return err
}
