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
// (RFC 2046 section 5.1.4); around them the images that the HTML shows (RFC 2387), and
// around that what is attached.
func compose(m andante.Message, h header) []byte {
	buf := scratch.Get().(*[]byte)
	defer scratch.Put(buf)
	b := appendContent(appendHeader((*buf)[:0], m, h), m)
	if !bytes.HasSuffix(b, []byte("\r\n")) {
		b = append(b, "\r\n"...)
	}
	*buf = b
	return bytes.Clone(b)
}

// A writer appends a part with its header.
type writer func([]byte) []byte

func appendContent(b []byte, m andante.Message) []byte {
	words := func(b []byte) []byte { return appendWords(b, m) }
	shown, attached := split(m.Parts)
	related := words
	if len(shown) > 0 {
		kind := "related;\r\n type=\"multipart/alternative\""
		if m.Text == "" {
			kind = "related;\r\n type=\"text/html\""
		}
		related = func(b []byte) []byte {
			return appendMultipart(b, kind, boundary(m, "related"), withFiles(words, shown)...)
		}
	}
	if len(attached) > 0 {
		return appendMultipart(b, "mixed", boundary(m, "mixed"), withFiles(related, attached)...)
	}
	return related(b)
}

// withFiles puts files behind what they go with.
func withFiles(first writer, files []andante.Part) []writer {
	list := []writer{first}
	for _, p := range files {
		list = append(list, func(b []byte) []byte { return appendFile(b, p) })
	}
	return list
}

// appendWords writes text and HTML.
func appendWords(b []byte, m andante.Message) []byte {
	text := func(b []byte) []byte { return appendPart(b, "text/plain", m.Text) }
	html := func(b []byte) []byte { return appendPart(b, "text/html", m.HTML) }
	switch {
	case m.Text != "" && m.HTML != "":
		return appendMultipart(b, "alternative", boundary(m, ""), text, html)
	case m.Text != "":
		return text(b)
	}
	return html(b)
}

// appendMultipart writes parts one after the other.
func appendMultipart(b []byte, kind, mark string, parts ...writer) []byte {
	b = append(append(append(append(b, "Content-Type: multipart/"...), kind...), ";\r\n boundary="...), mark...)
	b = append(b, "\r\n"...)
	for _, p := range parts {
		b = p(append(append(append(b, "\r\n--"...), mark...), "\r\n"...))
	}
	return append(append(append(b, "\r\n--"...), mark...), "--\r\n"...)
}

// boundary parts the bodies of a level. It comes of the mail's id, so that it stays the same
// and nobody who writes a body can foresee it.
func boundary(m andante.Message, level string) string {
	sum := sha256.Sum256([]byte(m.MessageID + level))
	return "part-" + hex.EncodeToString(sum[:20]) // it is not quoted: token characters only
}

// appendHeader writes the fields, by name, and then who it is from and to.
func appendHeader(b []byte, m andante.Message, h header) []byte {
	if h.unsubscribe == "" { // a notice: nobody's away message answers it (RFC 3834 section 5)
		b = appendField(b, "Auto-Submitted", "auto-generated")
	}
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
	b = appendField(b, "To", formatted(h.to))
	if len(h.cc) > 0 {
		b = appendField(b, "Cc", strings.Join(h.named(), ", "))
	}
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
