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

	"golang.org/x/net/idna"

	"github.com/andante-hq/andante"
)

// addressOf checks a mailbox and returns it as it goes out, the domain in ASCII.
func addressOf(what string, m andante.Mailbox) (*mail.Address, error) {
	name, err := phrase(what+" name", m.Name, 250)
	if err != nil {
		return nil, err
	}
	local, domain, found := cutLast(m.Address, "@")
	if m.Address == "" {
		return nil, fmt.Errorf("%s: the address is missing", what)
	}
	if !found {
		return nil, fmt.Errorf("%s: the address has no @", what)
	}
	if err := checkLocal(local); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	domain, err = asciiDomain(domain)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if len(local)+1+len(domain) > 254 { // RFC 5321 section 4.5.3.1.3 less the brackets
		return nil, fmt.Errorf("%s: the address is longer than 254 bytes", what)
	}
	return &mail.Address{Name: name, Address: local + "@" + domain}, nil
}

// checkLocal takes a dot-atom (RFC 5322 section 3.2.3). Quoted local parts are
// legal, but nothing good has been seen to come of them.
func checkLocal(local string) error {
	if local == "" || len(local) > 64 { // RFC 5321 section 4.5.3.1.1
		return errors.New("the part before the @ must have 1 to 64 bytes")
	}
	for _, r := range local {
		switch {
		case r >= utf8.RuneSelf:
			return errors.New("letters before the @ beyond ASCII need SMTPUTF8, which is not supported; use another address")
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r):
		default:
			return fmt.Errorf("%q is not allowed before the @", r)
		}
	}
	if local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, "..") {
		return errors.New("a dot stands in a wrong place before the @")
	}
	return nil
}

// asciiDomain checks the domain and writes an international one in its ASCII
// form (RFC 5891).
func asciiDomain(domain string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || ascii == "" {
		return "", errors.New("the domain is not a valid name")
	}
	if len(ascii) > 253 || strings.HasSuffix(ascii, ".") {
		return "", errors.New("the domain is not a valid name")
	}
	if !strings.Contains(ascii, ".") && ascii != "localhost" {
		return "", errors.New("the domain has no dot")
	}
	if net.ParseIP(ascii) != nil {
		return "", errors.New("the domain is an address of a machine; use a name")
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > 63 {
			return "", errors.New("the domain is not a valid name")
		}
	}
	return ascii, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
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

// unsubscribeFields returns the two headers of one-click unsubscription (RFC
// 8058 section 3.1). A notice has none.
func unsubscribeFields(uri string) ([][2]string, error) {
	if uri == "" {
		return nil, nil
	}
	if len(uri) > 900 || strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>\",", r) }) {
		return nil, errors.New("unsubscribe: not a plain URI of at most 900 bytes")
	}
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, errors.New("unsubscribe: not a URI with a host")
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopbackHost(u.Hostname())) {
		return nil, errors.New("unsubscribe: the URI must begin with https:// (set public_url)")
	}
	return [][2]string{
		{"List-Unsubscribe", "<" + uri + ">"},
		{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
	}, nil
}

// loopbackHost lets a demo on one machine go without a certificate.
func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
