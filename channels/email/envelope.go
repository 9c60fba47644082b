package email

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/andante-hq/andante/channels"
)

// An envelope is a mail in the form in which it goes over the wire.
type envelope struct {
	from, to string
	size     int
	data     []byte // with doubled dots and the final dot
}

// errBareLine refuses what servers read differently: a lone CR or LF, with which
// one mail can be made to look like two.
var errBareLine = errors.New("a CR or LF stands alone")

// envelopeOf readies a sealed mail. Prepare has made it right; this is the last
// gate before the socket, for bytes that may have come another way.
func envelopeOf(s channels.Sealed) (envelope, error) {
	for _, a := range []string{s.From, s.To} {
		if a == "" || strings.ContainsFunc(a, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' }) {
			return envelope{}, fmt.Errorf("envelope of touch %s: not an address that SMTP takes", s.Touch)
		}
	}
	data, err := dotted(s.Bytes)
	if err != nil {
		return envelope{}, fmt.Errorf("mail of touch %s: %w", s.Touch, err)
	}
	return envelope{from: s.From, to: s.To, size: len(s.Bytes), data: data}, nil
}

// dotted doubles each dot that begins a line and appends the final one (RFC 5321
// section 4.5.2).
func dotted(mail []byte) ([]byte, error) {
	out := make([]byte, 0, len(mail)+len(mail)/64+256) // with room for the next mail's commands
	for len(mail) > 0 {
		if mail[0] == '.' {
			out = append(out, '.')
		}
		line, rest := mail, []byte(nil)
		if end := bytes.IndexByte(mail, '\n'); end >= 0 {
			line, rest = mail[:end+1], mail[end+1:]
		} else {
			line = append(line[:len(line):len(line)], "\r\n"...)
		}
		if len(line) < 2 || bytes.IndexByte(line, '\r') != len(line)-2 {
			return nil, errBareLine
		}
		out = append(out, line...)
		mail = rest
	}
	return append(out, ".\r\n"...), nil
}
