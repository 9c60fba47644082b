// Package phrases finds phrases in what people and their mail systems write, whatever the case,
// the accents and the punctuation.
package phrases

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Text is a text in a form in which phrases are found: small letters without accents, words
// parted by single spaces, a space at both ends. Addresses are left out, for their words say
// nothing.
type Text string

// Of puts a text into that form.
func Of(text string) Text {
	var b strings.Builder
	b.WriteByte(' ')
	for _, word := range strings.Fields(text) {
		if strings.Contains(word, "@") && strings.ContainsRune(word[strings.IndexByte(word, '@'):], '.') {
			continue
		}
		spell(&b, word)
	}
	return Text(b.String())
}

// spell writes the letters and digits of a word, its parts as words of their own.
func spell(b *strings.Builder, word string) {
	open := false
	for _, r := range norm.NFKD.String(strings.ToLower(word)) {
		switch {
		case r == 'ß':
			b.WriteString("ss")
		case r == 'ı':
			b.WriteByte('i')
		case r == 'ł':
			b.WriteByte('l')
		case r == 'ø':
			b.WriteByte('o')
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case open:
			b.WriteByte(' ')
			open = false
			continue
		default:
			continue
		}
		open = true
	}
	if open {
		b.WriteByte(' ')
	}
}

// Has tells whether one of the phrases stands there, as whole words.
func (s Text) Has(lists ...[]string) bool { return s.Which(lists...) != "" }

// Which returns the first of the phrases that stands there.
func (s Text) Which(lists ...[]string) string {
	for _, list := range lists {
		for _, phrase := range list {
			if strings.Contains(string(s), " "+phrase+" ") {
				return phrase
			}
		}
	}
	return ""
}

// Count returns how many of the phrases stand there.
func (s Text) Count(list []string) (n int) {
	for _, phrase := range list {
		if s.Has([]string{phrase}) {
			n++
		}
	}
	return n
}

// Begins tells whether it begins with one of the phrases.
func (s Text) Begins(list []string) bool {
	for _, phrase := range list {
		if strings.HasPrefix(string(s), " "+phrase+" ") {
			return true
		}
	}
	return false
}

// IsOneOf tells whether it is one of the phrases and nothing else.
func (s Text) IsOneOf(list []string) bool {
	return slices.Contains(list, strings.TrimSpace(string(s)))
}

// Words counts its words.
func (s Text) Words() int { return max(strings.Count(string(s), " ")-1, 0) }
