package yamldoc

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"

	"github.com/andante-hq/andante"
)

// Names of the rules that findings of this package carry.
const (
	RuleYAML         = "yaml"
	RuleUnknownKey   = "unknown-key"
	RuleDuplicateKey = "duplicate-key"
	RuleBadValue     = "bad-value"
)

// The limits keep a hostile file from eating the machine.
const (
	maxSize  = 1 << 20
	maxNodes = 200_000 // after aliases are expanded
	maxDepth = 100
)

// A Doc is one parsed YAML document.
type Doc struct {
	// Root is the document's value; of kind [NullNode] for an empty document.
	Root *Node

	file    string
	first   int          // line of the file on which the source begins
	lines   []string     // as written
	raw     map[int]bool // lines whose value is raw; true: its quotes were taken off
	parsers parsers
	nodes   int
}

// Parse reads one YAML document that begins on line firstLine of the file. The
// document is never nil: after a syntax error it is empty.
//
// Values of rawKeys in block style are plain text to the end of the line, or a
// | block: no YAML meaning of # : ! [ or {, surrounding quotes taken off.
func Parse(file string, firstLine int, src []byte, rawKeys ...string) (*Doc, []*andante.Finding) {
	d := &Doc{file: file, first: firstLine}
	d.Root = &Node{doc: d, Kind: NullNode, Line: firstLine, Column: 1}
	if len(src) > maxSize {
		return d, []*andante.Finding{d.finding(firstLine, 1, RuleYAML, "more than 1 MB of YAML")}
	}
	if f := d.checkBytes(src); f != nil {
		return d, []*andante.Finding{f}
	}
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	d.lines = strings.Split(string(src), "\n")
	text, findings := d.quoteRaw(rawKeys)
	var tree yaml.Node
	if err := yaml.Load([]byte(text), &tree); err != nil {
		return d, append(findings, d.syntax(err)...)
	}
	if len(tree.Content) == 0 {
		return d, findings
	}
	root, err := d.convert(tree.Content[0], 0)
	if err != nil {
		return d, append(findings, err)
	}
	d.Root = root
	return d, findings
}

// checkBytes finds what the library refuses without saying where.
func (d *Doc) checkBytes(src []byte) *andante.Finding {
	line, column := d.first, 1
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return d.finding(line, column, RuleYAML, "not valid UTF-8")
		// U+0085, U+2028 and U+2029 end lines for the library and for nobody else.
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r >= 0x7f && r < 0xa0, r == '\u2028', r == '\u2029':
			return d.finding(line, column, RuleYAML, fmt.Sprintf("control character %U", r))
		case r == '\n':
			line, column = line+1, 0
		}
		i += n
		column++
	}
	return nil
}

// syntax turns the library's errors into findings. An empty document is none.
func (d *Doc) syntax(err error) []*andante.Finding {
	var many *yaml.LoadErrors
	if errors.As(err, &many) {
		var found []*andante.Finding
		for _, e := range many.Errors {
			if strings.Contains(e.Message, "no documents") {
				continue
			}
			found = append(found, d.syntaxOne(e))
		}
		return found
	}
	var one *yaml.LoadError
	if errors.As(err, &one) {
		return []*andante.Finding{d.syntaxOne(one)}
	}
	return []*andante.Finding{d.finding(d.first, 1, RuleYAML, plain(err.Error()))}
}

func (d *Doc) syntaxOne(e *yaml.LoadError) *andante.Finding {
	line, column, message := d.first, 1, plain(e.Message)
	// An unclosed bracket or quote is found at the end of the file; it is
	// mended where it was opened.
	mark := e.Mark
	if e.ContextMark.Line > 0 && e.ContextMark.Line != e.Mark.Line || strings.Contains(message, "end of stream") {
		mark = e.ContextMark
	}
	if mark.Line > 0 {
		line, column = d.first+mark.Line-1, max(mark.Column, 1)
	}
	if e.ContextMsg != "" {
		message = e.ContextMsg + ": " + message
	}
	if strings.Contains(message, "multiple") {
		line, column, message = d.secondDocument(), 1, "only one YAML document may stand here"
	}
	f := d.finding(line, column, RuleYAML, message)
	if i := line - d.first; i >= 0 && i < len(d.lines) {
		written := d.lines[i]
		switch {
		case strings.Contains(written, "\t"):
			f.Suggestion = "write spaces, not tabs"
		case strings.ContainsAny(written, "“”‘’„"):
			f.Suggestion = `write straight quotes: "`
		case keyWithoutSpace.MatchString(written):
			f.Suggestion = "write a space after the colon"
		}
	}
	return f
}

// keyWithoutSpace is a key with its value right after the colon.
var keyWithoutSpace = regexp.MustCompile(`^\s*[A-Za-z_]+:[^\s:/]`)

func (d *Doc) secondDocument() int {
	for i, l := range d.lines {
		if i > 0 && strings.HasPrefix(l, "---") {
			return d.first + i
		}
	}
	return d.first
}

// plain takes the library's name off its message.
func plain(s string) string {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "yaml: "), "\n")
	return s
}

func (d *Doc) finding(line, column int, rule, message string) *andante.Finding {
	return &andante.Finding{
		File: d.file, Line: line, Column: column,
		Severity: andante.SeverityError, Rule: rule, Message: message,
	}
}

// Position returns where the key at the path stands; for a list item, named by
// its index from 0, where the item begins. If there is no such key, it is the
// position of the nearest one above it.
func (d *Doc) Position(path ...string) (line, column int) {
	n := d.Root
	line, column = n.Line, n.Column
	for _, name := range path {
		next := n.Get(name)
		if next == nil {
			break
		}
		if key := n.Key(name); key != nil {
			line, column = key.Line, key.Column
		} else {
			line, column = next.Line, next.Column
		}
		n = next
	}
	return line, column
}

// At returns the value at the path, nil if there is none.
func (d *Doc) At(path ...string) *Node {
	n := d.Root
	for _, name := range path {
		if n = n.Get(name); n == nil {
			return nil
		}
	}
	return n
}
