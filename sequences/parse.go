package sequences

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
)

const (
	maxSize   = 1 << 20
	maxSteps  = 200
	maxBlocks = 500 // of one step
)

// textKeys are raw to the end of their line; marketers write colons and # there.
var textKeys = []string{"title", "subject", "preview", "value", "when", "wait_for"}

// A draft is a sequence while it is read: what is known so far, and what is
// wrong with it.
type draft struct {
	*Sequence
	lines  []string // of the file; lines[0] is line 1
	yaml   [][2]int // first and last line of the front matter and of each fence
	broken bool     // the front matter is no YAML: rules about its keys say nothing
	torn   []bool   // likewise for each step
	found  []*andante.Finding
	rule   *Rule // that is running, while rules run
}

// Parse reads one sequence file and checks the rules that need only this file.
// The sequence is never nil; with errors among the findings it holds what could
// be understood. Findings are in the order of the file.
func Parse(file string, src []byte) (*Sequence, []*andante.Finding) {
	sum := sha256.Sum256(src)
	d := &draft{Sequence: &Sequence{
		File: file, Hash: hex.EncodeToString(sum[:]),
		Purpose: andante.Marketing, For: EachContact, Priority: andante.Normal,
	}}
	if len(src) > maxSize {
		d.report("size", Position{1, 1}, "the file is over 1 MB")
		return d.Sequence, d.found
	}
	d.split(src)
	first := d.parseFront()
	sections := d.scanSections(d.lines[first-1:], first)
	notes := d.lines[first-1:]
	if len(sections) > 0 {
		notes = d.lines[first-1 : sections[0].heading-1]
	}
	d.Notes = strings.TrimSpace(strings.Join(notes, "\n"))
	if len(sections) > maxSteps {
		d.report("size", Position{sections[maxSteps].heading, 1}, "more than %d steps", maxSteps)
		sections = sections[:maxSteps]
	}
	for _, s := range sections {
		d.parseStep(s)
	}
	d.runRules()
	d.silence()
	slices.SortStableFunc(d.found, byPlace)
	return d.Sequence, d.found
}

func byPlace(a, b *andante.Finding) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// split makes lines of the file and reports bytes that no text has. Windows line
// ends and a byte order mark are nobody's mistake.
func (d *draft) split(src []byte) {
	text := strings.TrimPrefix(string(src), "\uFEFF")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if !utf8.ValidString(text) {
		before, _, _ := strings.Cut(strings.ToValidUTF8(text, "\x00"), "\x00")
		d.report("encoding", endOf(before), "not valid UTF-8: save the file as UTF-8")
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	if i := strings.IndexFunc(text, isControl); i >= 0 {
		d.report("encoding", endOf(text[:i]), "a control character stands here")
		text = strings.Map(func(r rune) rune {
			if isControl(r) {
				return ' '
			}
			return r
		}, text)
	}
	d.lines = strings.Split(text, "\n")
}

func isControl(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || endsLine(r)
}

// endsLine tells whether YAML takes a character for the end of a line that no
// editor shows as one: what comes after would stand on another line.
func endsLine(r rune) bool {
	return r == '\u2028' || r == '\u2029'
}

// endOf returns the position right after the text.
func endOf(text string) Position {
	last := text[strings.LastIndex(text, "\n")+1:]
	return Position{1 + strings.Count(text, "\n"), 1 + utf8.RuneCountInString(last)}
}

// report adds a finding of the named rule, with that rule's severity.
func (d *draft) report(rule string, at Position, format string, args ...any) *andante.Finding {
	f := &andante.Finding{
		File: d.File, Line: at.Line, Column: at.Column, Severity: andante.SeverityError,
		Rule: rule, Message: fmt.Sprintf(format, args...),
	}
	if r, ok := ruleByName(rule); ok {
		f.Severity = r.Severity
	}
	d.found = append(d.found, f)
	return f
}

// say adds a finding of the rule that is running.
func (d *draft) say(at Position, format string, args ...any) *andante.Finding {
	return d.report(d.rule.Name, at, format, args...)
}

// unknown says that a word is none of those known, and which one is near.
func (d *draft) unknown(rule string, at Position, noun, word string, known []string) {
	f := d.report(rule, at, "unknown %s %q", noun, word)
	f.Suggestion = yamldoc.Choose(word, known)
}

// place returns the position of a scalar's text.
func place(n *yamldoc.Node) Position { return Position{n.TextLine, n.TextColumn} }
