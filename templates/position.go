package templates

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/andante-hq/andante"
)

// A locator tells where in a file the bytes of a text stand.
type locator struct {
	file   string
	lines  []int // lines[i] is the file's line of line i of the text
	column int   // of the text's first character
}

// at returns the position of the byte at offset. Columns count characters.
func (l locator) at(text string, offset int) position {
	return (&cursor{where: l, text: text}).at(offset)
}

// A cursor tells positions in one text; asked in the order of the text, it reads
// it once, however long its lines are. It is not safe for concurrent use.
type cursor struct {
	where                locator
	text                 string
	offset, line, column int // of the byte that was asked for last, counted from 0
}

// at returns the position of the byte at offset.
func (c *cursor) at(offset int) position {
	offset = min(offset, len(c.text))
	if offset < c.offset {
		c.offset, c.line, c.column = 0, 0, 0
	}
	passed := c.text[c.offset:offset]
	if n := strings.Count(passed, "\n"); n > 0 {
		c.line += n
		c.column = 0
		passed = passed[strings.LastIndexByte(passed, '\n')+1:]
	}
	c.column += utf8.RuneCountInString(passed)
	c.offset = offset
	column := c.column + 1
	if c.line == 0 {
		column += max(c.where.column-1, 0)
	}
	return position{c.where.file, c.where.line(c.line), column}
}

// line returns the file's line of line i of the text; after the last line that
// is known they count on.
func (l locator) line(i int) int {
	switch n := len(l.lines); {
	case i < n:
		return l.lines[i]
	case n > 0:
		return l.lines[n-1] + i - (n - 1)
	}
	return i + 1
}

// A reporter gathers findings.
type reporter struct {
	findings []*andante.Finding
	begin    position // of the text; for what has no place of its own
}

// at adds an error. One without a position is left out if another of the same
// rule has told the place.
func (r *reporter) at(p position, rule, message, suggestion string) {
	if p.line == 0 && p.file == "" {
		if slices.ContainsFunc(r.findings, func(f *andante.Finding) bool { return f.Rule == rule }) {
			return
		}
		p = r.begin
	}
	r.add(p, andante.SeverityError, rule, message, suggestion)
}

func (r *reporter) add(p position, severity andante.Severity, rule, message, suggestion string) {
	f := &andante.Finding{
		File: p.file, Line: p.line, Column: p.column,
		Severity: severity, Rule: rule, Message: message, Suggestion: suggestion,
	}
	// HTML and plain text are compiled from the same words and find the same.
	for _, g := range r.findings {
		if *g == *f {
			return
		}
	}
	r.findings = append(r.findings, f)
}

// errors counts the findings that are errors.
func (r *reporter) errors() (n int) {
	for _, f := range r.findings {
		if f.Severity == andante.SeverityError {
			n++
		}
	}
	return n
}

// failed tells whether a finding is an error.
func (r *reporter) failed() bool { return r.errors() > 0 }

// sorted returns the findings in the order of the file.
func (r *reporter) sorted() []*andante.Finding {
	slices.SortStableFunc(r.findings, func(a, b *andante.Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return r.findings
}
