package templates

import "strings"

// A lexeme is one word or sign of a Liquid expression.
type lexeme struct {
	kind lexKind
	text string // of a string: without its quotes
	at   int
}

type lexKind int

const (
	lexName lexKind = iota // contact, or a filter
	lexKey                 // name: with its colon taken off
	lexDot                 // .first_name without its dot
	lexString
	lexNumber
	lexRange // ..
	lexSign  // operators, brackets, | and ,
	lexWord  // and, or, in, contains, true, false, nil
)

var liquidWords = map[string]bool{
	"and": true, "or": true, "in": true, "contains": true, "true": true, "false": true, "nil": true,
}

func (l lexeme) isComma() bool { return l.kind == lexSign && l.text == "," }

// lex splits an expression as Liquid's own scanner does. It never fails: what it
// can't read becomes a sign, and the parser refuses it.
func lex(s string) []lexeme {
	var list []lexeme
	for i := 0; i < len(s); {
		l, n := lexOne(s, i)
		if n == 0 {
			i++
			continue
		}
		list = append(list, l)
		i += n
	}
	return list
}

func lexOne(s string, i int) (lexeme, int) {
	c := s[i]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		return lexeme{}, 0
	case c == '"' || c == '\'':
		n := stringLength(s[i:])
		return lexeme{lexString, strings.Trim(s[i:i+n], string(c)), i}, n
	case nameStart(c):
		name := nameAt(s[i:])
		if i+len(name) < len(s) && s[i+len(name)] == ':' {
			return lexeme{lexKey, name, i}, len(name) + 1
		}
		if liquidWords[name] {
			return lexeme{lexWord, name, i}, len(name)
		}
		return lexeme{lexName, name, i}, len(name)
	case c == '.' && i+1 < len(s) && nameStart(s[i+1]):
		name := nameAt(s[i+1:])
		return lexeme{lexDot, name, i}, len(name) + 1
	case strings.HasPrefix(s[i:], ".."):
		return lexeme{lexRange, "..", i}, 2
	case c >= '0' && c <= '9' || c == '-' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
		n := numberLength(s[i:])
		return lexeme{lexNumber, s[i : i+n], i}, n
	}
	for _, sign := range []string{"==", "!=", ">=", "<="} {
		if strings.HasPrefix(s[i:], sign) {
			return lexeme{lexSign, sign, i}, 2
		}
	}
	return lexeme{lexSign, s[i : i+1], i}, 1
}

func stringLength(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] == '\\' && s[0] == '"' {
			i++
		} else if s[i] == s[0] {
			return i + 1
		}
	}
	return len(s)
}

func nameStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func nameAt(s string) string {
	i := 1
	for i < len(s) && (nameStart(s[i]) || s[i] == '-' || s[i] >= '0' && s[i] <= '9') {
		i++
	}
	if i < len(s) && s[i] == '?' {
		i++
	}
	return s[:i]
}

// numberLength stops before the dots of a range: 1..5 is three lexemes.
func numberLength(s string) int {
	i := 1
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i+1 < len(s) && s[i] == '.' && s[i+1] >= '0' && s[i+1] <= '9' {
		i++
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
	}
	return i
}

// A reference is a name that an expression reads.
type reference struct {
	names   []string // contact, first_name
	at      int
	guarded bool // a default filter stands behind it
	dynamic bool // an index that isn't written out: x[y]
}

// A filterUse is a filter that an expression applies.
type filterUse struct {
	name string
	at   int
}

// An expression is what an expression mentions.
type expression struct {
	references []reference
	filters    []filterUse
	ranges     []int // offsets of ..
	piped      bool
}

// read lists what the lexemes mention.
func read(list []lexeme) expression {
	r := expressionReader{list: list, frames: []frame{{}}}
	for r.pos < len(list) {
		r.step()
	}
	return r.expression
}

// A frame is an operand that is being read: its first reference, and where its
// filters begin. Parentheses nest them.
type frame struct{ from, to int }

type expressionReader struct {
	expression
	list   []lexeme
	pos    int
	frames []frame
}

func (r *expressionReader) step() {
	l := r.list[r.pos]
	top := &r.frames[len(r.frames)-1]
	r.pos++
	switch {
	case l.kind == lexName:
		r.name(l)
	case l.kind == lexRange:
		r.ranges = append(r.ranges, l.at)
	case l.kind == lexWord && (l.text == "and" || l.text == "or"):
		*top = frame{from: len(r.references)}
	case l.kind == lexSign && l.text == "(":
		r.frames = append(r.frames, frame{from: len(r.references)})
	case l.kind == lexSign && l.text == ")" && len(r.frames) > 1:
		r.frames = r.frames[:len(r.frames)-1]
	case l.kind == lexSign && l.text == "|":
		r.filter(top)
	}
}

// name reads a name and the properties behind it.
func (r *expressionReader) name(l lexeme) {
	ref := reference{names: []string{l.text}, at: l.at}
	for r.pos < len(r.list) {
		next := r.list[r.pos]
		if next.kind == lexDot {
			ref.names = append(ref.names, next.text)
			r.pos++
			continue
		}
		if next.kind != lexSign || next.text != "[" || r.pos+2 >= len(r.list) {
			break
		}
		switch index := r.list[r.pos+1]; index.kind {
		case lexString:
			ref.names = append(ref.names, index.text)
		case lexNumber:
		default:
			ref.dynamic = true
		}
		r.pos += 3
	}
	r.references = append(r.references, ref)
}

// filter reads a filter's name. A default guards the operand that the chain of
// filters began with, not the arguments of other filters.
func (r *expressionReader) filter(top *frame) {
	if top.to == 0 {
		top.to = len(r.references)
	}
	r.piped = true
	if r.pos >= len(r.list) {
		return
	}
	l := r.list[r.pos]
	if l.kind != lexName && l.kind != lexKey {
		return
	}
	r.pos++
	r.filters = append(r.filters, filterUse{l.text, l.at})
	if l.text == "default" {
		for i := top.from; i < top.to; i++ {
			r.references[i].guarded = true
		}
	}
}
