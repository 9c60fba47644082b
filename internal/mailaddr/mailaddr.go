// Package mailaddr says what an e-mail address is, for all who take one: in files of
// contacts, in andante.yaml and on the way out.
package mailaddr

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/idna"
)

// lookup turns a domain into the form that the DNS knows (RFC 5891, UTS 46).
var lookup = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.VerifyDNSLength(true), idna.StrictDomainName(true), idna.Transitional(false))

// atext are the characters of a local part besides letters and digits
// (RFC 5322 section 3.2.3).
const atext = "!#$%&'*+-/=?^_`{|}~."

// ASCII checks an e-mail address and returns it with its domain in punycode. Quoted
// local parts and address literals are refused: nobody has them who wants to be
// written to.
func ASCII(s string) (string, error) {
	at := strings.LastIndexByte(s, '@')
	switch {
	case at < 0:
		return "", errors.New("it has no @")
	case at == 0:
		return "", errors.New("nothing stands before the @")
	case at == len(s)-1:
		return "", errors.New("nothing stands after the @")
	}
	local, host := s[:at], s[at+1:]
	if err := localPart(local); err != nil {
		return "", err
	}
	host, err := Domain(host)
	if err != nil {
		return "", err
	}
	// RFC 5321 section 4.5.3.1.3, less the angle brackets.
	if len(local)+1+len(host) > 254 {
		return "", errors.New("it is longer than 254 characters")
	}
	return local + "@" + host, nil
}

func localPart(s string) error {
	if len(s) > 64 { // RFC 5321 section 4.5.3.1.1
		return errors.New("more than 64 characters stand before the @")
	}
	for _, r := range s {
		switch {
		case r >= 0x80:
			return fmt.Errorf("%q can't stand before the @ here", r)
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
