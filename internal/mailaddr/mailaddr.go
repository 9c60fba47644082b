// Package mailaddr says what an e-mail address is, for all who take one: in files of
// contacts, in andante.yaml and on the way out.
package mailaddr

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// lookup turns a domain into the form that the DNS knows (RFC 5891, UTS 46).
var lookup = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.VerifyDNSLength(true), idna.StrictDomainName(true), idna.Transitional(false))

// atext are the characters of a local part besides letters and digits
// (RFC 5322 section 3.2.3).
const atext = "!#$%&'*+-/=?^_`{|}~."

// ASCII checks an e-mail address and returns it with its domain in punycode. Quoted
// local parts and address literals are refused: nobody has them who wants to be
// written to.
func ASCII(s string) (string, error) { return address(s, asciiPart) }

// Recipient is ASCII for whom we write to, who may have letters of any language before the
// @ (RFC 6531): it is NFC then, and [International].
func Recipient(s string) (string, error) { return address(s, anyPart) }

// Person is Recipient for whom somebody adds as a contact. Mailboxes that RFC 2142 keeps for complaints
// and for the mail itself, and those that nobody reads, are refused: mail to them brings no answer,
// and complaints.
func Person(s string) (string, error) {
	a, err := Recipient(s)
	if err != nil {
		return "", err
	}
	box, _, _ := strings.Cut(strings.ToLower(a[:strings.LastIndexByte(a, '@')]), "+")
	if slices.Contains([]string{"abuse", "postmaster", "mailer-daemon"}, box) {
		return "", fmt.Errorf("%s@ is for complaints and faults of the mail, and never a contact's", box)
	}
	if slices.Contains([]string{"noreply", "donotreply"}, strings.NewReplacer("-", "", "_", "", ".", "").Replace(box)) {
		return "", fmt.Errorf("nobody reads %s@", box)
	}
	return a, nil
}

// International tells whether an address needs a mail server that takes such letters.
func International(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}

func address(s string, localPart func(string) (string, error)) (string, error) {
	at := strings.LastIndexByte(s, '@')
	switch {
	case at < 0:
		return "", errors.New("it has no @")
	case at == 0:
		return "", errors.New("nothing stands before the @")
	case at == len(s)-1:
		return "", errors.New("nothing stands after the @")
	}
	local, err := localPart(s[:at])
	if err != nil {
		return "", err
	}
	host, err := Domain(s[at+1:])
	if err != nil {
		return "", err
	}
	// RFC 5321 section 4.5.3.1.3, less the angle brackets.
	if len(local)+1+len(host) > 254 {
		return "", errors.New("it is longer than 254 characters")
	}
	return local + "@" + host, nil
}

func asciiPart(s string) (string, error) {
	if i := strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }); i >= 0 {
		r, _ := utf8.DecodeRuneInString(s[i:])
		return "", fmt.Errorf("%q can't stand before the @ here", r)
	}
	return s, localPart(s)
}

func anyPart(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", errors.New("it is no text: save the file as UTF-8")
	}
	s = norm.NFC.String(s) // RFC 6532 section 3.1
	return s, localPart(s)
}

func localPart(s string) error {
	if len(s) > 64 { // RFC 5321 section 4.5.3.1.1
		return errors.New("more than 64 characters stand before the @")
	}
	for _, r := range s {
		switch {
		case r >= 0x80 && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)):
		case r >= 0x80:
			return fmt.Errorf("%q can't stand before the @", r)
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case !strings.ContainsRune(atext, r):
			return fmt.Errorf("%q can't stand before the @; write the bare address alone", r)
		}
	}
	if s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return errors.New("a dot stands in the wrong place before the @")
	}
	return nil
}

var errDomain = errors.New("the domain is wrong: write it such as example.com")

// Domain reads the name of a domain and returns it in lower case and punycode.
func Domain(s string) (string, error) {
	if len(s) > 1000 {
		return "", errDomain
	}
	host, err := lookup.ToASCII(s)
	// Some letters are mapped to what would not be allowed itself.
	if again, e := lookup.ToASCII(host); e != nil || again != host {
		return "", errDomain
	}
	top := host[strings.LastIndexByte(host, '.')+1:]
	if err != nil || top == "" || len(top) == len(host) || len(host) > 253 || strings.Trim(top, "0123456789") == "" {
		return "", errDomain
	}
	return strings.ToLower(host), nil
}
