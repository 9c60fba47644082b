package routing

import (
	"fmt"
	"strings"

	"github.com/andante-hq/andante/internal/phrases"
)

// A Phrase is one or more words, whatever their case and accents. A star at its end stands for
// any ending of the last word, and one at its beginning for any beginning of the first: deliver*,
// *rechnung*.
type Phrase struct {
	Written string
	find    string // what stands in a [phrases.Text]
}

// leastStem is how many letters stand beside a star at least: with fewer it would be found in
// words of all sorts.
const leastStem = 3

// ParsePhrase reads a phrase.
func ParsePhrase(s string) (Phrase, error) {
	s = strings.TrimSpace(s)
	stem := strings.TrimSuffix(strings.TrimPrefix(s, "*"), "*")
	find := strings.TrimSpace(string(phrases.Of(stem)))
	switch {
	case find == "" || strings.Contains(stem, "*"):
		return Phrase{}, fmt.Errorf("write words such as invoice, deliver* or where is my order, not %q", s)
	case stem != s && len(find) < leastStem:
		return Phrase{}, fmt.Errorf("%q would be found in too many words: write %d letters and more beside a star", s, leastStem)
	}
	if !strings.HasPrefix(s, "*") {
		find = " " + find
	}
	if !strings.HasSuffix(s, "*") {
		find += " "
	}
	return Phrase{Written: s, find: find}, nil
}

// A span is where something stands in a text; its end is 0 if it stands nowhere.
type span struct{ from, end int }

func (s span) meets(o span) bool { return s.from < o.end && o.from < s.end }

// in returns where a phrase stands first in a text, the spaces around it not counted.
func (p Phrase) in(text phrases.Text) span {
	at := strings.Index(string(text), p.find)
	if at < 0 {
		return span{}
	}
	word := strings.TrimSpace(p.find)
	at += strings.Index(p.find, word)
	return span{at, at + len(word)}
}
