package contacts

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// dangerous are the first characters by which a spreadsheet takes a cell for a
// formula.
const dangerous = "=+-@\t\r"

// defuse puts an apostrophe before what a spreadsheet would run.
func defuse(s string) string {
	if s != "" && strings.ContainsRune(dangerous, rune(s[0])) {
		return "'" + s
	}
	return s
}

// plain undoes defuse, so that a file of rejects can be mended and read again.
func plain(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune(dangerous, rune(s[1])) {
		return s[1:]
	}
	return s
}

// clean returns a cell without the space around it, with each letter in its one
// form (NFC): files from a Mac spell ü in two.
func clean(s string) string {
	s = plain(strings.TrimFunc(s, invisible))
	return norm.NFC.String(strings.TrimFunc(s, invisible))
}

// invisible tells what spreadsheets and web pages leave at the ends of a cell.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || r == 0x200b || r == 0x200e || r == 0x200f || r == 0xfeff
}

// readable tells whether a cell is whole text. U+FFFD stands where something was
// lost before, and no one wants to be written to with it.
func readable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsRune(s, 0) && !strings.ContainsRune(s, utf8.RuneError)
}

// maxText is the length, in characters, of what stands in one line.
const maxText = 200

var errLong = fmt.Errorf("it is longer than %d characters", maxText)

// line reads text that stands in one line: names, keys, titles. Controls have no
// place in it, nor has what turns the direction of the text around it.
func line(s string) (string, error) {
	if utf8.RuneCountInString(s) > maxText {
		return "", errLong
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == 0x2028 || r == 0x2029 || turns(r) {
			return "", fmt.Errorf("it holds the control character %U", r)
		}
	}
	return s, nil
}

// lines reads text that may have several lines.
func lines(s string) (string, error) {
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || turns(r) {
			return "", fmt.Errorf("it holds the control character %U", r)
		}
	}
	return s, nil
}

// turns tells the characters that override the direction of writing.
func turns(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }

// quote shortens a value for a reason.
func quote(s string) string {
	const limit = 60
	if utf8.RuneCountInString(s) > limit {
		s = string([]rune(s)[:limit]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// number reads a number with a point for decimals. It is kept as it is written,
// so that no digit is lost.
func number(s string) (string, error) {
	digits, point := 0, 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '.':
			point++
		case i > 0 || r != '+' && r != '-':
			return "", errNumber
		}
	}
	if digits == 0 || digits > 40 || point > 1 || strings.HasPrefix(strings.TrimLeft(s, "+-"), ".") || strings.HasSuffix(s, ".") {
		return "", errNumber
	}
	return strings.TrimPrefix(s, "+"), nil
}

var errNumber = errors.New("write a number such as 1234.5, without spaces, thousands separators or units")
