package yamldoc

import (
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
)

var (
	keyLine     = regexp.MustCompile(`^( *(?:- +)*)([A-Za-z_][A-Za-z0-9_-]*) *:(?:[ \t]+(.*))?$`)
	blockHeader = regexp.MustCompile(`^[|>][-+0-9]*(?:[ \t]+#.*)?$`)
)

// A rawScanner goes over the lines of a document, knowing just enough YAML to
// tell a key in block style from text in a block, a quote or a flow collection.
type rawScanner struct {
	doc   *Doc
	keys  []string
	out   []string
	found []*andante.Finding

	block int  // keys of the block being skipped are indented so far; -1: in none
	tail  int  // likewise for lines that wrongly go on after a raw value
	depth int  // of open [ and {
	quote rune // that is open, or 0
}

// quoteRaw returns the document with each raw value rewritten as a quoted
// scalar on the same line and column, so that the library reads it as it stands.
func (d *Doc) quoteRaw(keys []string) (string, []*andante.Finding) {
	if len(keys) == 0 {
		return strings.Join(d.lines, "\n"), nil
	}
	d.raw = map[int]bool{}
	s := &rawScanner{doc: d, keys: keys, block: -1, tail: -1}
	for i := range d.lines {
		s.out = append(s.out, s.line(i))
	}
	return strings.Join(s.out, "\n"), s.found
}

func (s *rawScanner) line(i int) string {
	line := s.doc.lines[i]
	text := strings.TrimLeft(line, " ")
	indent := len(line) - len(text)
	if s.block >= 0 {
		if text == "" || indent > s.block {
			return line
		}
		s.block = -1
	}
	if s.tail >= 0 && text != "" && !strings.HasPrefix(text, "#") {
		if indent > s.tail {
			s.found = append(s.found, s.doc.finding(s.doc.first+i, indent+1, RuleYAML,
				"the text above ends with its line; start it with | for several lines"))
			return ""
		}
		s.tail = -1
	}
	m := keyLine.FindStringSubmatch(line)
	if m == nil || s.depth > 0 || s.quote != 0 {
		s.scan(line)
		return line
	}
	prefix, key, value := m[1], m[2], strings.TrimRight(m[3], " \t")
	switch {
	case blockHeader.MatchString(value): // with nothing deeper it is an empty text
		s.block = len(prefix)
	case !slices.Contains(s.keys, key):
		s.scan(line)
	case blockHeader.MatchString(value): // of a block without lines
		return s.quoted(i, line[:len(line)-len(m[3])], "")
	case value != "":
		s.tail = len(prefix)
		return s.quoted(i, line[:len(line)-len(m[3])], value)
	}
	return line
}

func (s *rawScanner) quoted(i int, before, value string) string {
	text, stripped := Unquote(value)
	s.doc.raw[s.doc.first+i] = stripped
	return before + "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// Unquote takes surrounding quotes off and tells whether there were any. Two
// quoted parts with something between, as in "a" == "b", stay as they are.
func Unquote(s string) (text string, stripped bool) {
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '"' && s[0] != '\'' {
		return s, false
	}
	escaped, plain := `\"`, `"`
	if s[0] == '\'' {
		escaped, plain = `''`, `'`
	}
	inner := s[1 : len(s)-1]
	if strings.Contains(strings.ReplaceAll(inner, escaped, ""), plain) {
		return s, false
	}
	return strings.ReplaceAll(inner, escaped, plain), true
}

// scan keeps count of the quotes and brackets that a line leaves open.
func (s *rawScanner) scan(line string) {
	start := true // a quote or bracket here would begin a value
	for i, r := range line {
		switch {
		case s.quote != 0:
			// A doubled quote closes and opens at once: no need to look ahead.
			if r == s.quote && !(r == '"' && i > 0 && line[i-1] == '\\') {
				s.quote = 0
			}
			start = r == '\'' && s.quote == 0
			continue
		case r == '#' && start:
			return
		case (r == '"' || r == '\'') && start:
			s.quote = r
		case (r == '[' || r == '{') && (start || s.depth > 0):
			s.depth++
			start = true
			continue
		case (r == ']' || r == '}') && s.depth > 0:
			s.depth--
		}
		start = r == ' ' || r == '\t' || r == ',' && s.depth > 0
	}
}
