package email

import (
	"cmp"
	"crypto"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// A Key signs the mails of a domain (RFC 6376).
type Key struct {
	Domain   string // of the addresses that it signs for, and those below it
	Selector string
	Signer   crypto.Signer // an RSA or Ed25519 key
}

// signed are the fields that a signature covers. Those that a mail has once stand here once
// more than that, so that nobody adds another (section 8.15); List-Unsubscribe and its Post
// must be covered (RFC 8058 section 4).
var signed = []string{
	"From", "From", "To", "To", "Cc", "Subject", "Subject", "Date", "Date", "Reply-To", "Reply-To", "Message-ID",
	"In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Type", "Content-Transfer-Encoding",
	"List-Unsubscribe", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Unsubscribe-Post", "Auto-Submitted",
}

// sign puts a signature for each key of the From domain in front of a finished mail. A
// domain without keys leaves it as it is: then the server signs, or nobody does.
func sign(keys []Key, from string, mail []byte) ([]byte, error) {
	_, domain, _ := strings.Cut(from, "@")
	var signatures []byte
	for _, k := range keysOf(keys, domain) {
		s, err := dkim.NewSigner(&dkim.SignOptions{
			Domain: k.Domain, Selector: k.Selector, Signer: k.Signer, HeaderKeys: signed,
			HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		})
		if err != nil {
			return nil, fmt.Errorf("sign as %s: %w", k.Domain, err)
		}
		_, err = s.Write(mail)
		if e := s.Close(); err != nil || e != nil {
			return nil, fmt.Errorf("sign as %s: %w", k.Domain, cmp.Or(err, e))
		}
		signatures = append(signatures, s.Signature()...)
	}
	if signatures == nil {
		return mail, nil
	}
	return append(signatures, mail...), nil
}

// keysOf returns the keys of a domain, or of the nearest one above it: such a signature is
// aligned too (RFC 7489 section 3.1.1).
func keysOf(keys []Key, domain string) (list []Key) {
	for at := strings.ToLower(domain); at != ""; {
		list = slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return !strings.EqualFold(k.Domain, at) })
		if len(list) > 0 {
			return list
		}
		_, at, _ = strings.Cut(at, ".")
	}
	return nil
}
