package sequences

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// A passage is a piece of text that goes out, with its place in the file.
type passage struct {
	sort string // subject, preview or body
	text string
	at   Position
	step *Step
}

// position returns where text[offset:] stands.
func (p passage) position(offset int) Position {
	if p.sort != "body" {
		return p.at.forward(p.text, offset)
	}
	before := p.text[:offset]
	return Position{
		Line:   p.at.Line + strings.Count(before, "\n"),
		Column: 1 + utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:]),
	}
}

// passages calls f for each piece of text of each touch.
func (d *draft) passages(f func(passage)) {
	d.steps(func(s *Step) {
		call := func(sort, text string, at Position) {
			if strings.TrimSpace(text) != "" {
				f(passage{sort: sort, text: text, at: at, step: s})
			}
		}
		call("subject", s.Subject, s.where("subject"))
		call("preview", s.Preview, s.where("preview"))
		for _, b := range s.Body {
			call("subject", b.Subject, b.SubjectAt)
			call("preview", b.Preview, b.PreviewAt)
			call("body", b.Text, Position{b.Line, 1})
		}
	})
}

var (
	commentForm = regexp.MustCompile(`(?s)<!--.*?-->`)
	liquidForm  = regexp.MustCompile(`(?s)\{\{.*?\}\}|\{%.*?%\}`)
	urlForm     = regexp.MustCompile(`https?://[^\s)>\]]+`)
	codeSpan    = regexp.MustCompile("`[^`\n]+`")
)

// prose returns the text with everything blanked that isn't said to a reader:
// comments, Liquid, code, and with urls, addresses. Offsets stay the same.
func (p passage) prose(urls bool) string {
	text := p.text
	if p.sort == "body" {
		text = commentForm.ReplaceAllStringFunc(text, blank)
		text = codeSpan.ReplaceAllStringFunc(blankFences(text), blank)
	}
	text = liquidForm.ReplaceAllStringFunc(text, blank)
	if urls {
		text = urlForm.ReplaceAllStringFunc(text, blank)
	}
	return text
}

// blank returns as many bytes of space, keeping line ends.
func blank(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] != '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

func blankFences(text string) string {
	var code verbatim
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if code.holds(line) {
			lines[i] = blank(line)
		}
	}
	return strings.Join(lines, "\n")
}
