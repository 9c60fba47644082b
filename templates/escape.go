package templates

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A place is where a value is filled in; it decides how the value is escaped.
type place struct {
	url   urlPart
	image bool // the address is an image's
	html  bool // text or a quoted attribute of HTML; else plain text
}

// urlPart is the part of an address that a value fills.
type urlPart int

const (
	noURL      urlPart = iota
	urlStart           // the value brings the scheme
	urlHost            // between https:// and the path
	urlMailbox         // behind mailto: or tel:
	urlPath            // between the host and a question mark
	urlInside
)

// errScheme stops a message whose link would go somewhere unheard of. The
// address itself may be personal and stays out of the error.
var errScheme = errors.New("the address of a link does not begin with http, https, mailto or tel")

// errEmptyURL stops a message whose link would go nowhere.
var errEmptyURL = errors.New("the address of a link is empty")

// errHost stops a message whose link would go to no host, or to another than
// the one that the value seems to name.
var errHost = errors.New("the host of a link has characters that no host has")

// errImage stops a message whose image would be loaded from nowhere.
var errImage = errors.New("the address of an image does not begin with http or https")

// appendValue appends v to b, escaped for the place.
func appendValue(b []byte, v any, p place, lenient bool) ([]byte, error) {
	s := clean(format(v))
	if p.url != noURL {
		var err error
		if s, err = p.encode(s, lenient); err != nil {
			return b, err
		}
	}
	if p.html {
		return appendHTML(b, s), nil
	}
	return append(b, s...), nil
}

// encode returns a value as it stands in the address.
func (p place) encode(s string, lenient bool) (string, error) {
	switch p.url {
	case urlStart, urlHost:
		s = strings.TrimSpace(s)
		if !lenient {
			if err := p.refuses(s); err != nil {
				return "", err
			}
		}
		if p.url == urlStart {
			return encodeURL(s, ":/?#[]@!$&'()*+,;=%"), nil
		}
	case urlMailbox:
		return encodeURL(s, "@+"), nil
	case urlPath:
		// Alone in its segment it would lead to another page, percent-encoded
		// too (URL Standard, section 4.1: double-dot URL path segment).
		if s == "." || s == ".." {
			return "", nil
		}
	}
	return encodeURL(s, ""), nil
}

// refuses tells why a value can't begin the address or be its host.
func (p place) refuses(s string) error {
	switch {
	case s == "":
		return errEmptyURL
	case p.url == urlHost && strings.ContainsFunc(s, notInHost):
		return errHost
	case p.url == urlHost:
	case p.image && !schemeAllowed(s, schemes[:2]):
		return errImage
	case !schemeAllowed(s, schemes):
		return errScheme
	}
	return nil
}

// format writes a value as a reader expects it.
func format(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case time.Time:
		return v.Format(time.DateOnly)
	case []string:
		return strings.Join(v, "")
	case []any:
		var b strings.Builder
		for _, item := range v {
			b.WriteString(format(item))
		}
		return b.String()
	default:
		return fmt.Sprint(v)
	}
}

// clean makes a value one line of harmless text: controls become spaces, so
// that no header, line or marker can begin in it, and the controls that turn
// the direction of the text around it go.
func clean(s string) string {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return cleanSlow(s)
		}
	}
	return s
}

func cleanSlow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case turnsDirection(r) || r == '\uFEFF':
			return -1
		case isControl(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// isControl tells whether r is a control character or breaks a line.
func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029'
}

// turnsDirection tells whether r is an embedding, override or isolate of the
// Unicode Bidirectional Algorithm (UAX 9): it would reorder what follows it.
func turnsDirection(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}

// appendHTML escapes s for text and for quoted attributes.
func appendHTML(b []byte, s string) []byte {
	last := 0
	for i := range len(s) {
		var e string
		switch s[i] {
		case '&':
			e = "&amp;"
		case '<':
			e = "&lt;"
		case '>':
			e = "&gt;"
		case '"':
			e = "&#34;"
		case '\'':
			e = "&#39;"
		default:
			continue
		}
		b = append(append(b, s[last:i]...), e...)
		last = i + 1
	}
	return append(b, s[last:]...)
}

// encodeURL percent-encodes everything but the unreserved characters of RFC 3986
// section 2.3 and those in keep.
func encodeURL(s, keep string) string {
	const hex = "0123456789ABCDEF"
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = unreserved(s[i]) || strings.IndexByte(keep, s[i]) >= 0
	}
	if plain {
		return s
	}
	b := make([]byte, 0, len(s)+16)
	for i := range len(s) {
		if c := s[i]; unreserved(c) || strings.IndexByte(keep, c) >= 0 {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

// notInHost tells whether r stands in no host's name, be it of letters beyond
// ASCII.
func notInHost(r rune) bool {
	return r != '.' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
}

// schemes that a link may have; the first two, an image too.
var schemes = []string{"https://", "http://", "mailto:", "tel:"}

// schemeAllowed tells whether the address begins with an allowed scheme and goes
// on behind it.
func schemeAllowed(address string, allowed []string) bool {
	for _, s := range allowed {
		if len(address) > len(s) && strings.EqualFold(address[:len(s)], s) {
			r, _ := utf8.DecodeRuneInString(address[len(s):])
			return r > ' ' && r != '/' && r != '\\'
		}
	}
	return false
}
