package sequences

import (
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
)

// Compose returns what one reader gets: the text for everybody, of each choice the
// block that matches best, and the subject and preview of the last of them that
// gives one. Empty arguments match no block that asks for them; an empty kind is
// the step's own.
//
// If blocks are written for the kind, they alone make the text, and so they do of what people
// do where it goes as anything else: what is written for a colleague's eyes never goes out. A
// block for lang de also serves de-AT, unless its choice has one for de-AT.
func (s *Step) Compose(persona, variant, lang string, kind andante.Kind) Text {
	if kind == "" {
		kind = s.Kind
	}
	t := Text{SubjectAt: s.where("subject"), PreviewAt: s.where("preview")}
	if !s.leavesHands(kind) {
		t.Subject, t.Preview = s.Subject, s.Preview
	}
	var body composer
	for _, b := range s.spoken(persona, variant, lang, kind) {
		if b.Subject != "" {
			t.Subject, t.SubjectAt = b.Subject, b.SubjectAt
		}
		if b.Preview != "" {
			t.Preview, t.PreviewAt = b.Preview, b.PreviewAt
		}
		body.add(b)
	}
	body.trimEnd()
	t.Body, t.Lines = strings.Join(body.lines, "\n"), body.numbers
	return t
}

// leavesHands tells whether the kind is none that people carry out, though the step's own is.
func (s *Step) leavesHands(kind andante.Kind) bool { return s.Kind.ByHuman() && !kind.ByHuman() }

// spoken returns the blocks that a reader gets.
func (s *Step) spoken(persona, variant, lang string, kind andante.Kind) []Block {
	ownText := s.leavesHands(kind) || kind != "" && slices.ContainsFunc(s.Body, func(b Block) bool { return b.For.Kind == kind })
	var list []Block
	best := map[int]Selection{} // of each choice
	for _, b := range s.Body {
		if b.For.Kind != "" && b.For.Kind != kind || b.For.Kind == "" && ownText || !b.For.matches(persona, variant, lang) {
			continue
		}
		list = append(list, b)
		if first, ok := best[b.Choice]; !b.Otherwise && (!ok || b.For.closer(first)) {
			best[b.Choice] = b.For
		}
	}
	return slices.DeleteFunc(list, func(b Block) bool {
		chosen, ok := best[b.Choice]
		return b.Choice > 0 && ok && (b.Otherwise || b.For != chosen)
	})
}

// closer tells whether the selection speaks to its readers more closely than
// another that matches them too: in a language nearer to theirs, else by more keys.
func (s Selection) closer(other Selection) bool {
	if len(s.Lang) != len(other.Lang) {
		return len(s.Lang) > len(other.Lang)
	}
	return len(s.keys()) > len(other.keys())
}

// shares tells whether both selections choose by one key at least. Where both have
// more, the kind is none: it says for which text the choice is.
func (s Selection) shares(other Selection) bool {
	mine, theirs := s.keys(), other.keys()
	return slices.ContainsFunc(mine, func(key string) bool {
		return slices.Contains(theirs, key) && (key != "kind" || len(mine) == 1 || len(theirs) == 1)
	})
}

// words returns the body without comments.
func (t Text) words() string { return commentForm.ReplaceAllString(t.Body, "") }

// Lacks tells whether the text has no body, or as a mail no subject. [Parse] has
// reported that.
func (t Text) Lacks(kind andante.Kind) (subject, body bool) {
	return kind == andante.Email && strings.TrimSpace(t.Subject) == "", strings.TrimSpace(t.words()) == ""
}

func (s Selection) matches(persona, variant, lang string) bool {
	return (s.Persona == "" || s.Persona == persona) &&
		(s.Variant == "" || s.Variant == variant) &&
		(s.Lang == "" || strings.EqualFold(s.Lang, lang) ||
			len(lang) > len(s.Lang) && lang[len(s.Lang)] == '-' && strings.EqualFold(lang[:len(s.Lang)], s.Lang))
}

// keys returns the names of the keys that the selection chooses by.
func (s Selection) keys() []string {
	var keys []string
	for i, value := range []string{s.Persona, s.Variant, s.Lang, string(s.Kind)} {
		if value != "" {
			keys = append(keys, selectorKeys[i])
		}
	}
	return keys
}

// A composer joins blocks, with a blank line between two of them, so that a
// paragraph never runs from one into the next.
type composer struct {
	lines   []string
	numbers []int // of each line, in the file
}

// remark is a comment to the checker; it must never go out.
var remark = regexp.MustCompile(`[ \t]*<!--\s*andante:.*?-->`)

func (c *composer) add(b Block) {
	var code verbatim
	first := true
	for i, line := range strings.Split(b.Text, "\n") {
		if !code.holds(line) && remark.MatchString(line) {
			if line = remark.ReplaceAllString(line, ""); strings.TrimSpace(line) == "" {
				continue
			}
		}
		blank := strings.TrimSpace(line) == ""
		if first && blank {
			continue
		}
		if first && len(c.lines) > 0 && strings.TrimSpace(c.lines[len(c.lines)-1]) != "" {
			c.put("", b.Line+i)
		}
		first = false
		c.put(line, b.Line+i)
	}
}

func (c *composer) put(line string, number int) {
	c.lines, c.numbers = append(c.lines, line), append(c.numbers, number)
}

func (c *composer) trimEnd() {
	n := len(c.lines)
	for n > 0 && strings.TrimSpace(c.lines[n-1]) == "" {
		n--
	}
	c.lines, c.numbers = c.lines[:n], c.numbers[:n]
}
