package workspace

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
)

// answerTag stands for the address of a page that sends an answer: [Lighting]({% answer need:
// "lighting" %}).
var (
	answerTag   = regexp.MustCompile(`\{%-?\s*answer\s+([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)\s*:\s*"([^"{}]*)"\s*-?%\}`)
	anyAnswer   = regexp.MustCompile(`\{%-?\s*answer\b[^{}]*%\}`)
	strayAnswer = regexp.MustCompile(`\{%-?\s*answer\b`)
)

// What stands for an answer's link until it is known for whom: an address that leads nowhere, as
// long as the real one.
const answerMark = "https://answer.invalid/"

var answerMarks = regexp.MustCompile(`https://answer\.invalid/([a-z0-9_.]+)/([A-Za-z0-9_-]+)(?:/x*)?`)

// answers writes the tags of answers as addresses.
func (w *Workspace) answers(text string) string {
	return anyAnswer.ReplaceAllStringFunc(text, func(tag string) string {
		m := answerTag.FindStringSubmatch(tag)
		if m == nil || m[2] == "" {
			return answerMark // the check tells
		}
		f, ok := w.answered(m[1])
		if !ok {
			return answerMark
		}
		path := f.Path()
		mark := answerMark + path + "/" + base64.RawURLEncoding.EncodeToString([]byte(m[2])) + "/"
		real := len(strings.TrimRight(w.Config.PublicURL, "/")) + len("/a/") + LinkLength(len(path)+1+len(m[2]))
		return mark + strings.Repeat("x", max(real-len(mark), 0))
	})
}

// LinkLength is how long the token of a link is that says so many bytes. Package ops makes it.
func LinkLength(says int) int { return base64.RawURLEncoding.EncodedLen(3 + 16 + 16 + says + 16) }

// answered returns the field that an answer fills: contact.need for need.
func (w *Workspace) answered(name string) (f andante.Field, ok bool) {
	fields := w.Config.DeclaredFields()
	i := slices.IndexFunc(fields, func(f andante.Field) bool { return f.Path() == name || f.Name == name })
	if i < 0 {
		return f, false
	}
	return fields[i], true
}

// Declares tells whether a field is one of the workspace's own.
func (w *Workspace) Declares(path string) bool {
	f, ok := w.answered(path)
	return ok && f.Path() == path
}

// FillAnswers puts the links of answers into a text that was rendered. link is asked for each with
// its field's path and its value.
func FillAnswers(text string, link func(path, value string) string) string {
	if !strings.Contains(text, answerMark) {
		return text
	}
	return answerMarks.ReplaceAllStringFunc(text, func(mark string) string {
		m := answerMarks.FindStringSubmatch(mark)
		value, err := base64.RawURLEncoding.DecodeString(m[2])
		if err != nil {
			return mark
		}
		return link(m[1], string(value))
	})
}

// checkAnswers finds tags of answers that can't be kept.
func checkAnswers(w *Workspace) []*andante.Finding {
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		for i := range q.Steps {
			for _, b := range q.Steps[i].Body {
				for n, line := range strings.Split(b.Text, "\n") {
					found = append(found, w.checkAnswer(q, line, b.Line+n)...)
				}
			}
		}
		return found
	})
}

func (w *Workspace) checkAnswer(q *sequences.Sequence, line string, at int) (found []*andante.Finding) {
	for _, span := range strayAnswer.FindAllStringIndex(line, -1) {
		say := func(suggestion, format string, args ...any) {
			f := in(q, "answer", sequences.Position{Line: at, Column: len([]rune(line[:span[0]])) + 1}, format, args...)
			f.Suggestion = suggestion
			found = append(found, f)
		}
		m := answerTag.FindStringSubmatch(line[span[0]:])
		if m == nil || !strings.HasPrefix(line[span[0]:], m[0]) {
			say(`write [Lighting]({% answer need: "lighting" %})`, "this tag is not understood")
			continue
		}
		f, ok := w.answered(m[1])
		if !ok {
			say(fmt.Sprintf("declare contact.%s: text under fields: in andante.yaml", m[1]), "%s is no field of yours", m[1])
			continue
		}
		if _, err := f.Type.Parse(m[2]); err != nil || m[2] == "" {
			say("", "%s is a %s, and %q is none", m[1], f.Type, m[2])
		}
	}
	return found
}
