package templates

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A tag is one {{ object }} or one {% control %} of a text.
type tag struct {
	index  int
	object bool
	name   string // of a control: if, endif, for ...
	args   string // of a control after its name; of an object all of it
	at     int    // offset of the opening brace in the source
	argsAt int    // offset of args in the source

	trimLeft, trimRight bool

	partial  *partial // of a render tag
	params   []param  // of a render tag
	position          // of the opening brace
}

// A position in a file, counted from 1.
type position struct {
	file         string
	line, column int
}

// A piece maps a stretch of the cooked text to where it stood in the source.
type piece struct{ cooked, source int }

// A script is a scanned text: its tags are cut out, and in cooked a token of
// letters and digits stands for each.
type script struct {
	source string
	cooked string
	tags   []*tag
	pieces []piece
	mark   string // begins every token, and occurs nowhere in the source
	where  locator
}

// scan cuts the tags out of source. Mistakes go to report; the text is usable
// nevertheless.
func scan(source string, where locator, report *reporter) *script {
	s := &script{source: source, mark: markFor(source), where: where}
	sc := scanner{script: s, report: report, cursor: cursor{where: where, text: source}}
	for sc.next() {
	}
	if sc.met > maxTags {
		s.tags, s.pieces = nil, nil // what more there is to find would hide it
		return s
	}
	s.cooked = sc.out.String()
	return s
}

// markFor returns a prefix for tokens that the source can't contain. It has no
// border, so text before a token never makes the match begin earlier.
func markFor(source string) string {
	lower := strings.ToLower(source)
	mark := "lqx"
	for strings.Contains(lower, mark) {
		mark = "lq" + mark[1:]
	}
	return mark
}

// token returns what stands in the cooked text for the tag with this index.
func (s *script) token(index int) string { return s.mark + strconv.Itoa(index) + "z" }

// split finds the first token in text and returns what is before and after it.
func (s *script) split(text string) (before string, t *tag, after string) {
	from := 0
	for {
		i := strings.Index(text[from:], s.mark)
		if i < 0 {
			return text, nil, ""
		}
		i += from
		digits := i + len(s.mark)
		end := digits
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(text[digits:end])
		if err == nil && n < len(s.tags) && end < len(text) && text[end] == 'z' {
			return text[:i], s.tags[n], text[end+1:]
		}
		from = digits
	}
}

// has tells whether text contains a token.
func (s *script) has(text string) bool { _, t, _ := s.split(text); return t != nil }

// sourceOffset returns where the byte at a cooked offset stood in the source.
func (s *script) sourceOffset(cooked int) int {
	i, found := slices.BinarySearchFunc(s.pieces, cooked, func(p piece, at int) int { return cmp.Compare(p.cooked, at) })
	for found && i+1 < len(s.pieces) && s.pieces[i+1].cooked == cooked {
		i++ // the last of those that begin here has the byte
	}
	if !found {
		i--
	}
	best := piece{}
	if i >= 0 {
		best = s.pieces[i]
	}
	return best.source + cooked - best.cooked
}

// at returns the position of a byte of the cooked text.
func (s *script) at(cooked int) position { return s.where.at(s.source, s.sourceOffset(cooked)) }

// A scanner walks over a source once.
type scanner struct {
	*script
	report *reporter
	cursor cursor
	out    strings.Builder
	pos    int
	met    int // tags, those that can't be read included
}

// What one text may have. A letter has some ten tags; without a bound a file of
// some megabytes could keep a checker busy for hours.
const (
	maxTags   = 2000
	maxTag    = 4 << 10 // bytes of a tag
	maxNested = 50      // tags open at once
)

// here returns the position of the byte at pos.
func (sc *scanner) here() position { return sc.cursor.at(sc.pos) }

// next copies the text up to the next tag, and the tag; false at the end.
func (sc *scanner) next() bool {
	rest := sc.source[sc.pos:]
	i := strings.IndexByte(rest, '{')
	for i >= 0 && i+1 < len(rest) && rest[i+1] != '{' && rest[i+1] != '%' {
		j := strings.IndexByte(rest[i+1:], '{')
		if j < 0 {
			i = -1
			break
		}
		i += 1 + j
	}
	if i < 0 || i+1 >= len(rest) {
		sc.copy(len(sc.source))
		return false
	}
	sc.copy(sc.pos + i)
	if sc.met++; sc.met > maxTags {
		sc.report.at(sc.here(), "liquid-syntax", fmt.Sprintf("a text has at most %d tags", maxTags), "split it up")
		return false
	}
	end, ok := tagEnd(sc.source[:min(len(sc.source), sc.pos+maxTag)], sc.pos)
	if !ok {
		message := "this tag is not closed"
		if sc.pos+maxTag < len(sc.source) {
			message += fmt.Sprintf(" within %d bytes", maxTag)
		}
		sc.report.at(sc.here(), "liquid-syntax", message, "close it with "+closing(sc.source[sc.pos+1])+", and every quote inside it")
		sc.copy(sc.pos + 2)
		return true
	}
	sc.tag(end)
	return true
}

// copy takes the source up to end over as it is.
func (sc *scanner) copy(end int) {
	if end > sc.pos {
		sc.pieces = append(sc.pieces, piece{sc.out.Len(), sc.pos})
		sc.out.WriteString(sc.source[sc.pos:end])
		sc.pos = end
	}
}

func closing(second byte) string {
	if second == '{' {
		return "}}"
	}
	return "%}"
}

// tagEnd returns the offset after the tag that opens at pos. Braces inside
// quotes don't close it: {{ "}}" }} is one tag.
func tagEnd(s string, pos int) (int, bool) {
	want := closing(s[pos+1])
	var quote byte
	for i := pos + 2; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == '\\' && quote == '"' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.HasPrefix(s[i:], want):
			return i + 2, true
		}
	}
	return 0, false
}

// tag takes the tag that ends at end.
func (sc *scanner) tag(end int) {
	t := &tag{object: sc.source[sc.pos+1] == '{', at: sc.pos, position: sc.here()}
	from, to := sc.pos+2, end-2
	if from < to && sc.source[from] == '-' {
		t.trimLeft = true
		from++
	}
	if from < to && sc.source[to-1] == '-' {
		t.trimRight = true
		to--
	}
	from += leadingSpace(sc.source[from:to])
	if !t.object {
		t.name = word(sc.source[from:to])
		from += len(t.name)
		from += leadingSpace(sc.source[from:to])
	}
	t.argsAt = from
	// A line feed would spoil the count of lines by which the program's errors
	// find their tag; a space means the same.
	t.args = strings.ReplaceAll(strings.TrimRight(sc.source[from:to], " \t\r\n"), "\n", " ")
	sc.pos = end
	switch {
	case t.object:
		sc.add(t)
	case t.name == "raw":
		sc.raw(t)
	case t.name == "comment":
		sc.skipTo("endcomment", t)
		sc.add(t)
	default:
		sc.add(t)
	}
}

func (sc *scanner) add(t *tag) {
	t.index = len(sc.tags)
	sc.tags = append(sc.tags, t)
	sc.pieces = append(sc.pieces, piece{sc.out.Len(), t.at})
	sc.out.WriteString(sc.token(t.index))
}

// raw takes what stands between raw and endraw as text. It needs no guard:
// Liquid never reads the compiled text again.
func (sc *scanner) raw(t *tag) {
	start, end := sc.endTag("endraw")
	if end < 0 {
		sc.unclosed(t)
		return
	}
	sc.copy(start)
	sc.pos = end
}

func (sc *scanner) skipTo(name string, t *tag) {
	_, end := sc.endTag(name)
	if end < 0 {
		sc.unclosed(t)
		return
	}
	sc.pos = end
}

// unclosed reports a raw or comment without an end. It has all the rest.
func (sc *scanner) unclosed(t *tag) {
	sc.copy(len(sc.source))
	sc.report.at(t.position, "liquid-syntax", "{% "+t.name+" %} is not closed", "add {% end"+t.name+" %}")
}

// endTag finds the next {% name %} and returns where it begins and ends.
func (sc *scanner) endTag(name string) (start, end int) {
	for i := sc.pos; ; {
		j := strings.Index(sc.source[i:], "{%")
		if j < 0 {
			return 0, -1
		}
		i += j
		inside, _, closed := strings.Cut(sc.source[i+2:], "%}")
		if !closed {
			return 0, -1
		}
		if strings.TrimSpace(strings.Trim(inside, "-")) == name {
			return i, i + 2 + len(inside) + 2
		}
		i += 2
	}
}

func leadingSpace(s string) int { return len(s) - len(strings.TrimLeft(s, " \t\r\n")) }

// word returns the letters, digits and underscores with which s begins.
func word(s string) string {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return s[:i]
		}
	}
	return s
}
