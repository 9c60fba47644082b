package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"strings"
	"sync"
	"time"

	"github.com/andante-hq/andante"
)

// This file writes a mail (RFC 5322, RFC 2045) byte for byte as go-mail does, to which the
// tests hold it, in a quarter of the time: of all that a message costs, building it was
// the most.

// headerWidth is how long a header line becomes before it is folded at a space.
const headerWidth = 74

// scratch holds encoded bodies, so that the mail itself is made in one piece of its length.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// compose writes header and bodies: text, HTML, or both as alternatives, the best one last
// (RFC 2046 section 5.1.4).
func compose(m andante.Message, h header) []byte {
	buf := scratch.Get().(*[]byte)
	defer scratch.Put(buf)
	b := appendHeader((*buf)[:0], m, h)
	switch {
	case m.Text != "" && m.HTML != "":
		mark := boundary(m)
		b = append(append(append(b, "Content-Type: multipart/alternative;\r\n boundary="...), mark...), "\r\n\r\n--"...)
		b = appendPart(append(append(b, mark...), "\r\n"...), "text/plain", m.Text)
		b = append(append(append(b, "\r\n--"...), mark...), "\r\n"...)
		b = appendPart(b, "text/html", m.HTML)
		b = append(append(append(b, "\r\n--"...), mark...), "--\r\n"...)
	case m.Text != "":
		b = appendPart(b, "text/plain", m.Text)
	default:
		b = appendPart(b, "text/html", m.HTML)
	}
	if !bytes.HasSuffix(b, []byte("\r\n")) {
		b = append(b, "\r\n"...)
	}
	*buf = b
	return bytes.Clone(b)
}

// boundary parts the bodies. It comes of the mail's id, so that it stays the same and
// nobody who writes a body can foresee it.
func boundary(m andante.Message) string {
	sum := sha256.Sum256([]byte(m.MessageID))
	return "part-" + hex.EncodeToString(sum[:20]) // it is not quoted: token characters only
}

// appendHeader writes the fields, by name, and then who it is from and to.
func appendHeader(b []byte, m andante.Message, h header) []byte {
	b = appendField(b, "Date", m.Date.Format(time.RFC1123Z))
	if h.answers != "" {
		b = appendField(b, "In-Reply-To", h.answers)
	}
	if h.unsubscribe != "" {
		b = appendField(b, "List-Unsubscribe", h.unsubscribe)
		b = appendField(b, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	b = appendField(b, "MIME-Version", "1.0")
	b = appendField(b, "Message-ID", "<"+m.MessageID+">")
	if h.references != "" {
		b = appendField(b, "References", h.references)
	}
	b = appendField(b, "Subject", encodeWords(h.subject))
	b = appendField(b, "From", h.from.String())
	b = appendField(b, "To", h.to.String())
	if h.replyTo != nil {
		b = appendField(b, "Reply-To", h.replyTo.String())
	}
	return b
}

// encodeWords encodes what is not ASCII (RFC 2047).
func encodeWords(s string) string { return mime.QEncoding.Encode("UTF-8", s) }

// appendField writes a header field, folded at spaces (RFC 5322 section 2.2.3). The value
// has no two spaces in a row.
func appendField(b []byte, name, value string) []byte {
	b = append(append(b, name...), ": "...)
	room := headerWidth - len(name) - 2
	for more := true; more; {
		var word string
		word, value, more = strings.Cut(value, " ")
		if room-len(word) <= 1 {
			b = append(bytes.TrimSuffix(b, []byte(" ")), "\r\n "...)
			room = headerWidth - 1
		}
		b = append(b, word...)
		room -= len(word)
		if more {
			b = append(b, ' ')
			room--
		}
	}
	return append(b, "\r\n"...)
}

// appendPart writes a body with its header.
func appendPart(b []byte, kind, text string) []byte {
	b = append(b, "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: "...)
	b = append(append(b, kind...), "; charset=UTF-8\r\n\r\n"...)
	return appendQuotedPrintable(b, text)
}
