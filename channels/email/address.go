package email

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/mailaddr"
)

// maxName is the longest name that goes into a header, in bytes.
const maxName = 250

// recipientOf is addressOf for somebody whose name is data: one that no header can
// carry is left out, for the mail is worth more than the name.
func recipientOf(m andante.Mailbox) (*mail.Address, error) {
	if len(m.Name) > maxName || strings.Contains(m.Name, "=?") {
		m.Name = ""
	}
	return mailboxOf("to", m, mailaddr.Recipient)
}

// addressOf checks a mailbox of ours, which every server takes.
func addressOf(what string, m andante.Mailbox) (*mail.Address, error) {
	return mailboxOf(what, m, mailaddr.ASCII)
}

// mailboxOf checks a mailbox and returns it as it goes out, the domain in ASCII.
func mailboxOf(what string, m andante.Mailbox, read func(string) (string, error)) (*mail.Address, error) {
	// RFC 2047 section 5 allows no backslash in an encoded name, and readers stumble.
	name, err := phrase(what+" name", strings.ReplaceAll(m.Name, `\`, " "), maxName)
	if err != nil {
		return nil, err
	}
	if m.Address == "" {
		return nil, fmt.Errorf("%s: the address is missing", what)
	}
	address, err := read(m.Address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return &mail.Address{Name: name, Address: address}, nil
}

// formatted writes a mailbox for a header. An international address stands in it as it is
// (RFC 6532 section 3.2): only servers get it that know what to do with that.
func formatted(a *mail.Address) string {
	if !mailaddr.International(a.Address) {
		return a.String()
	}
	const stand = "<x@x.example>"
	named := mail.Address{Name: a.Name, Address: stand[1 : len(stand)-1]}
	return strings.TrimSuffix(named.String(), stand) + "<" + a.Address + ">"
}

// phrase checks free text that goes into a header. Runs of spaces become one:
// folding them could leave a line of nothing but spaces, which some readers take
// for the end of the header.
func phrase(what, s string, limit int) (string, error) {
	if !utf8.ValidString(s) {
		return "", fmt.Errorf("%s: not valid UTF-8", what)
	}
	if i := strings.IndexFunc(s, unicode.IsControl); i >= 0 {
		return "", fmt.Errorf("%s: a control character at byte %d", what, i)
	}
	if strings.Contains(s, "=?") {
		return "", fmt.Errorf("%s: contains =?, which readers take for the start of an encoding (RFC 2047)", what)
	}
	if len(s) > limit {
		return "", fmt.Errorf("%s: longer than %d bytes", what, limit)
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " "), nil
}

// plainText checks a body. Anything that a person may write is fine but NUL
// (RFC 5322 section 4 forbids it) and what is no text.
func plainText(what, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s: not valid UTF-8", what)
	}
	if strings.ContainsRune(s, 0) {
		return fmt.Errorf("%s: contains NUL", what)
	}
	return nil
}

// checkID takes a message id without its angle brackets (RFC 5322 section 3.6.4).
func checkID(what, id string) error {
	left, right, found := strings.Cut(id, "@")
	if !found || left == "" || right == "" || len(id) > 250 || strings.Contains(right, "@") {
		return fmt.Errorf("%s: %.60q is not of the form left@right", what, id)
	}
	if strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>()\\\",;:", r) }) {
		return fmt.Errorf("%s: %.60q contains a character that no id may have", what, id)
	}
	return nil
}

// unsubscribeOf returns what List-Unsubscribe says: the one click of RFC 8058 section 3.1, and
// after it an address, if there is one; empty for a notice, which has none.
func unsubscribeOf(uri, address string) (string, error) {
	if uri == "" {
		return "", nil
	}
	if len(uri) > 900 || strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>\",", r) }) {
		return "", errors.New("unsubscribe: not a plain URI of at most 900 bytes")
	}
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.User != nil {
		return "", errors.New("unsubscribe: not a URI with a host")
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopbackHost(u.Hostname())) {
		return "", errors.New("unsubscribe: the URI must begin with https:// (set public_url)")
	}
	if address == "" {
		return "<" + uri + ">", nil
	}
	to, err := plainAddress("unsubscribe", address)
	return "<" + uri + ">, <mailto:" + to + ">", err
}

// plainAddress holds an address that nobody reads to letters that need no quoting anywhere.
func plainAddress(what, address string) (string, error) {
	address, err := mailaddr.ASCII(address)
	if err == nil && strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>\",;:?&%()[]\\", r) }) {
		err = errors.New("not a plain address")
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	return address, nil
}

// loopbackHost lets a demo on one machine go without a certificate.
func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
