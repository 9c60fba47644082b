package email

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/internal/mailaddr"
)

// An envelope is a mail and whom it goes to, as SMTP takes them.
type envelope struct {
	from, to string
	cc       []string // who gets a copy, if the server takes them
	utf8     bool     // the recipient's address has letters beyond ASCII (RFC 6531)
	mail     []byte
}

// errBareLine refuses what servers read differently: a lone CR or LF, with which
// one mail can be made to look like two.
var errBareLine = errors.New("a CR or LF stands alone")

// envelopeOf readies a sealed mail. Prepare has made it right; this is the last
// gate before the socket, for bytes that may have come another way.
func envelopeOf(s channels.Sealed) (envelope, error) {
	international := mailaddr.International(s.To)
	for _, a := range append([]string{s.From, s.To}, s.Cc...) {
		if a == "" || !utf8.ValidString(a) || strings.ContainsFunc(a, func(r rune) bool { return r <= ' ' || r == 0x7f || unicode.IsControl(r) || r == '<' || r == '>' }) {
			return envelope{}, fmt.Errorf("envelope of touch %s: not an address that SMTP takes", s.Touch)
		}
	}
	if mailaddr.International(s.From) || slices.ContainsFunc(s.Cc, mailaddr.International) {
		return envelope{}, fmt.Errorf("envelope of touch %s: an address of ours is not ASCII", s.Touch)
	}
	if err := wholeLines(s.Bytes); err != nil {
		return envelope{}, fmt.Errorf("mail of touch %s: %w", s.Touch, err)
	}
	return envelope{from: s.From, to: s.To, cc: s.Cc, utf8: international, mail: s.Bytes}, nil
}

// wholeLines refuses a CR or LF that stands alone. The last line may lack its end.
func wholeLines(mail []byte) error {
	for len(mail) > 0 {
		line, rest, ended := bytes.Cut(mail, []byte("\n"))
		if ended {
			before, ok := bytes.CutSuffix(line, []byte("\r"))
			if !ok {
				return errBareLine
			}
			line = before
		}
		if bytes.IndexByte(line, '\r') >= 0 {
			return errBareLine
		}
		mail = rest
	}
	return nil
}

// appendDotted appends a mail with each dot doubled that begins a line, and the final one
// (RFC 5321 section 4.5.2).
func appendDotted(b, mail []byte) []byte {
	if bytes.HasPrefix(mail, []byte(".")) {
		b = append(b, '.')
	}
	for {
		end := bytes.Index(mail, []byte("\n."))
		if end < 0 {
			break
		}
		b = append(append(b, mail[:end+1]...), '.')
		mail = mail[end+1:]
	}
	b = append(b, mail...)
	if len(mail) > 0 && mail[len(mail)-1] != '\n' {
		b = append(b, "\r\n"...)
	}
	return append(b, ".\r\n"...)
}
