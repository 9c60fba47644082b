package templates

import (
	"context"
	"strings"

	"github.com/andante-hq/andante"
)

// A Line is one line of text with Liquid that stands by itself: a sender's name. It
// is immutable and safe for concurrent use.
type Line struct{ t *Template }

// CompileLine compiles a line of a file and proves that it renders, as Compile does.
// column is where the text begins.
func (t *Templates) CompileLine(text, file string, line, column int) (*Line, []*andante.Finding) {
	c := compilation{t: t, report: &reporter{begin: position{file, line, column}}, partials: map[partialUse]*unit{}}
	tpl := &Template{source: Source{File: file, SubjectLine: line}, templates: t}
	tpl.subject = c.line(text, line, column, file)
	if !c.report.failed() {
		tpl.tryOut(c.report)
	}
	if c.report.failed() {
		return nil, c.report.sorted()
	}
	return &Line{tpl}, c.report.sorted()
}

// CompileValue is CompileLine for what may become long: the body of a request.
func (t *Templates) CompileValue(text, file string, line, column int) (*Line, []*andante.Finding) {
	l, found := t.CompileLine(strings.ReplaceAll(text, "\n", " "), file, line, column)
	if l != nil {
		l.t.room = maxBody
	}
	return l, found
}

// Render fills the line in. It may become empty.
func (l *Line) Render(ctx context.Context, v andante.Values) (string, error) {
	out, err := l.t.Render(ctx, Input{Values: v})
	return out.Subject, err
}
