package inbound

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// said is a text in a form in which phrases are found: small letters without accents, words
// parted by single spaces, a space at both ends. Addresses are left out, for their words say
// nothing.
type said string

// say puts a text into that form.
func say(text string) said {
	var b strings.Builder
	b.WriteByte(' ')
	for _, word := range strings.Fields(text) {
		if strings.Contains(word, "@") && strings.ContainsRune(word[strings.IndexByte(word, '@'):], '.') {
			continue
		}
		spell(&b, word)
	}
	return said(b.String())
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

// has tells whether one of the phrases stands there, as whole words.
func (s said) has(lists ...[]string) bool { return s.which(lists...) != "" }

// which returns the first of the phrases that stands there.
func (s said) which(lists ...[]string) string {
	for _, list := range lists {
		for _, phrase := range list {
			if strings.Contains(string(s), " "+phrase+" ") {
				return phrase
			}
		}
	}
	return ""
}

// count returns how many of the phrases stand there.
func (s said) count(list []string) (n int) {
	for _, phrase := range list {
		if s.has([]string{phrase}) {
			n++
		}
	}
	return n
}

// begins tells whether it begins with one of the phrases.
func (s said) begins(list []string) bool {
	for _, phrase := range list {
		if strings.HasPrefix(string(s), " "+phrase+" ") {
			return true
		}
	}
	return false
}

// isOneOf tells whether it is one of the phrases and nothing else.
func (s said) isOneOf(list []string) bool {
	return slices.Contains(list, strings.TrimSpace(string(s)))
}

// words counts its words.
func (s said) words() int { return max(strings.Count(string(s), " ")-1, 0) }
