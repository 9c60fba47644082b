package templates

import (
	"fmt"
	"strings"

	"github.com/osteele/liquid/parser"
)

// sourceLocation is where every program begins. Its path is never empty: Liquid
// overwrites the line of an error that has none.
var sourceLocation = parser.SourceLoc{Pathname: "text", LineNo: 1}

// A builder writes the program of a unit: words, and tags by the place in which
// they stand.
type builder struct {
	*script
	unit    *unit
	report  *reporter
	placed  []bool // by the tag's index
	emitted int    // parts that the program has named
	partial func(t *tag) *unit
	cursor  cursor
	layout  bool // {{ content }} is what the layout goes around
	images  images
	words   strings.Builder
}

func newBuilder(s *script, report *reporter, images images, partial func(*tag) *unit) *builder {
	return &builder{
		script: s, images: images, unit: &unit{}, report: report, partial: partial,
		placed: make([]bool, len(s.tags)), cursor: cursor{where: s.where, text: s.source},
	}
}

// at returns the position of a byte of the cooked text.
func (b *builder) at(cooked int) position { return b.cursor.at(b.sourceOffset(cooked)) }

// literal adds words as they are.
func (b *builder) literal(s string) { b.words.WriteString(s) }

// write adds cooked text: words as they are, tokens as tags for the place.
func (b *builder) write(s string, p place) {
	for s != "" {
		before, t, after := b.split(s)
		b.literal(before)
		if t != nil {
			b.tag(t, p)
		}
		s = after
	}
}

// tag adds a tag for the place.
func (b *builder) tag(t *tag, p place) {
	b.placed[t.index] = true
	switch {
	case t.name == "comment" && !t.object:
	case t.object && b.layout && t.args == "content":
		b.part(t, part{tag: t, content: true})
	case t.object:
		if v := newValue(t.args); v != nil { // else the checker said so
			b.part(t, part{tag: t, value: v, place: p})
		}
	case t.partial != nil:
		b.putPartial(t)
	default:
		b.emit(t, t.name, t.args)
		if t.name == "for" {
			b.emit(nil, turnTag, "")
		}
	}
}

func (b *builder) putPartial(t *tag) {
	p := part{tag: t, partial: b.partial(t)}
	if p.partial == nil {
		return
	}
	for _, given := range t.params {
		value, err := parseExpression(given.source)
		if err != nil {
			return
		}
		p.params = append(p.params, boundParam{given.name, value})
	}
	b.part(t, p)
}

// part adds a part. Parts in a row become one tag of the program, unless the
// author's tag trims the white space beside it.
func (b *builder) part(t *tag, p part) {
	b.flushWords()
	if t.trimLeft || t.trimRight {
		b.flush()
	}
	b.unit.parts = append(b.unit.parts, p)
	if t.trimLeft || t.trimRight {
		b.emitParts(t)
	}
}

// flushWords turns the words gathered so far into a part.
func (b *builder) flushWords() {
	if b.words.Len() > 0 {
		b.unit.parts = append(b.unit.parts, part{words: []byte(b.words.String())})
		b.words.Reset()
	}
}

// flush lets the program name the parts gathered so far.
func (b *builder) flush() {
	b.flushWords()
	if b.emitted < len(b.unit.parts) {
		b.emitParts(nil)
	}
}

func (b *builder) emitParts(t *tag) {
	from := b.emitted
	b.emitted = len(b.unit.parts)
	b.emit(t, partsTag, fmt.Sprint(from, b.emitted))
}

// emit writes one tag of the program, on a line of its own: by its line an error
// finds the author's tag.
func (b *builder) emit(t *tag, name, args string) {
	b.flush()
	open, end := "{% ", "\n%}"
	if t != nil && t.trimLeft {
		open = "{%- "
	}
	if t != nil && t.trimRight {
		end = "\n-%}"
	}
	p := &b.unit.program
	p.WriteString(open)
	p.WriteString(name)
	if args != "" {
		p.WriteString(" ")
		p.WriteString(args)
	}
	p.WriteString(end)
	b.unit.lines = append(b.unit.lines, t)
}

// finish compiles the unit; nil if it can't be.
func (b *builder) finish(locals []string) *unit {
	b.flush()
	b.unit.locals = locals
	if err := b.unit.compile(); err != nil {
		pos := b.where.at(b.source, 0)
		if located, ok := err.(parser.Error); ok {
			if n := located.LineNumber(); n > 0 && n <= len(b.unit.lines) && b.unit.lines[n-1] != nil {
				pos = b.unit.lines[n-1].position
			}
		}
		b.report.at(pos, "liquid-syntax", "the tag can't be read", "")
		return nil
	}
	return b.unit
}

// dropped reports tags that the compiled text lost.
func (b *builder) dropped() {
	for i, t := range b.tags {
		if !b.placed[i] && t.name != "comment" {
			b.report.at(t.position, "liquid-syntax", "the tag stands where Markdown leaves the text out", "move it")
		}
	}
}

// short cuts what a finding quotes.
func short(s string) string {
	const limit = 60
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}
