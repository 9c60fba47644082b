package templates

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxQuote bounds how much of an earlier mail is quoted.
const maxQuote = 16 << 10

// quoteLines returns the lines of a quote, each one harmless text.
func quoteLines(q *Quote) []string {
	text := q.Text
	if len(text) > maxQuote {
		cut := maxQuote
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "\n[…]"
	}
	lines := strings.Split(strings.TrimRight(normalize(text), "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(clean(l), " ")
	}
	return lines
}

// attribution says whose words follow.
func attribution(q *Quote, language string) string {
	from := clean(q.From)
	switch {
	case q.Date.IsZero() && language == "de":
		return from + " schrieb:"
	case q.Date.IsZero():
		return from + " wrote:"
	case language == "de":
		return "Am " + q.Date.Format("02.01.2006") + " schrieb " + from + ":"
	}
	return "On " + q.Date.Format("2 January 2006") + ", " + from + " wrote:"
}

// appendTextQuote appends an earlier mail, each line behind "> ".
func appendTextQuote(b []byte, q *Quote, language string) []byte {
	if q == nil {
		return b
	}
	b = append(b, "\n\n"+attribution(q, language)+"\n"...)
	for _, l := range quoteLines(q) {
		// A deeper quote stays ">>": a space would break its chain (RFC 3676
		// section 4.5).
		b = append(b, "\n>"...)
		if l != "" && l[0] != '>' {
			b = append(b, ' ')
		}
		b = append(b, l...)
	}
	return b
}

// appendHTMLQuote appends an earlier mail as an escaped block.
func appendHTMLQuote(b []byte, q *Quote, language string) []byte {
	if q == nil {
		return b
	}
	b = append(b, `<p style="margin:1.5em 0 .5em">`...)
	b = appendHTML(b, attribution(q, language))
	b = append(b, "</p>\n"+`<blockquote style="margin:0 0 1em;padding-left:1em;border-left:2px solid #bbbbbb">`...)
	lines := quoteLines(q)
	for i, l := range lines {
		switch {
		case i == 0:
		case brokenOff(lines[i-1], l):
			b, l = append(b, '\n'), strings.TrimLeft(l, " ")
		default:
			b = append(b, "<br>\n"...)
		}
		b = appendHTML(b, l)
	}
	return append(b, "</blockquote>\n"...)
}

// brokenOff tells whether a line was broken off the one before it because its first word
// did not fit. On a narrow screen such breaks would look combed.
func brokenOff(before, line string) bool {
	words := strings.TrimLeft(line, " ")
	if before == "" || words == "" || quoteMark.MatchString(words) {
		return false
	}
	first, _, _ := strings.Cut(words, " ")
	return utf8.RuneCountInString(before)+1+utf8.RuneCountInString(first) > textWidth
}

// quoteMark begins a line of its own: an item, a quote, a heading, a rule.
var quoteMark = regexp.MustCompile(`^(?:[-*+>#=]|\d+[.)] )`)
