package email

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/andante-hq/andante"
)

// Limits on what goes with a mail: a file's name in bytes, and the whole mail, above which
// many mailboxes refuse it.
const (
	maxPartName = 150
	maxMail     = 10 << 20
)

var (
	mediaType = regexp.MustCompile(`^[a-z]+/[a-z0-9][a-z0-9.+-]{0,120}$`)
	contentID = regexp.MustCompile(`^[a-z0-9.-]{1,100}@[a-z0-9.-]{1,100}$`)
)

// checkParts looks at everything of the files that becomes a header.
func checkParts(m andante.Message) error {
	var errs []error
	for i, p := range m.Parts {
		note := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("file %d: %s", i+1, fmt.Sprintf(format, args...)))
		}
		if p.Name == "" || len(p.Name) > maxPartName || !utf8.ValidString(p.Name) || strings.ContainsAny(p.Name, `/\`) || strings.ContainsFunc(p.Name, unicode.IsControl) {
			note("%.40q is no name for it", p.Name)
		}
		if !mediaType.MatchString(p.MediaType) {
			note("%.40q is no media type", p.MediaType)
		}
		if p.ContentID != "" && !contentID.MatchString(p.ContentID) {
			note("%.40q is no Content-ID", p.ContentID)
		}
		if p.ContentID != "" && m.HTML == "" {
			note("an image goes with a mail that has no HTML to show it")
		}
		if len(p.Bytes) == 0 {
			note("it is empty")
		}
	}
	return errors.Join(errs...)
}

// split parts the images that the text shows from what is attached.
func split(parts []andante.Part) (shown, attached []andante.Part) {
	for _, p := range parts {
		if p.ContentID != "" {
			shown = append(shown, p)
		} else {
			attached = append(attached, p)
		}
	}
	return shown, attached
}

// appendFile writes a file with its header (RFC 2183, RFC 2392).
func appendFile(b []byte, p andante.Part) []byte {
	disposition := "attachment"
	b = append(b, "Content-Transfer-Encoding: base64\r\nContent-Type: "...)
	b = append(b, p.MediaType...)
	if strings.HasPrefix(p.MediaType, "text/") && utf8.Valid(p.Bytes) { // else it is US-ASCII (RFC 2046 section 4.1.2)
		b = append(b, "; charset=utf-8"...)
	}
	if p.ContentID != "" {
		disposition = "inline"
		b = append(append(append(b, "\r\nContent-ID: <"...), p.ContentID...), '>')
	}
	b = append(append(b, "\r\nContent-Disposition: "...), disposition...)
	b = append(appendFilename(b, p.Name), "\r\n\r\n"...)
	return appendBase64(b, p.Bytes)
}

// appendFilename writes a name as a parameter: as it is, or where it has more than ASCII in
// the extended form (RFC 2231 section 4), which stands alone: not every reader prefers it.
func appendFilename(b []byte, name string) []byte {
	if !strings.ContainsFunc(name, func(r rune) bool { return r > '~' || r == '"' || r == '%' }) {
		return append(append(append(b, ";\r\n filename=\""...), name...), '"')
	}
	b = append(b, ";\r\n filename*=UTF-8''"...)
	for _, c := range []byte(name) {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '-' || c == '_' {
			b = append(b, c)
		} else {
			b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return b
}

const hexDigits = "0123456789ABCDEF"

// appendBase64 writes lines of 76 characters (RFC 2045 section 6.8).
func appendBase64(b, raw []byte) []byte {
	const line = 57 // bytes
	for len(raw) > line {
		b = append(base64.StdEncoding.AppendEncode(b, raw[:line]), "\r\n"...)
		raw = raw[line:]
	}
	return append(base64.StdEncoding.AppendEncode(b, raw), "\r\n"...)
}
