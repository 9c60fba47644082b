package ops

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/workspace"
)

// logMAC is how much of a MAC a log address carries: 72 bits, of which nobody guesses one.
const logMAC = 9

// logText writes a log address's token: letters of one case alone, for mail servers may
// change the case.
var logText = base32.StdEncoding.WithPadding(base32.NoPadding)

// LogAddress returns the address to which a copy of a mail to a contact is sent, so that it is
// noted; empty where no mail comes in.
func (o *Ops) LogAddress(c *workspace.Config, id andante.ContactID) string {
	if c.Inbound.Domain == "" {
		return ""
	}
	return "log+" + o.Keys.LogToken(id) + "@" + c.Inbound.Domain
}

// LogToken stands for a contact in the address to which copies of mails go.
func (k *Keyring) LogToken(id andante.ContactID) string {
	b := idBytes(string(id))
	return strings.ToLower(logText.EncodeToString(append(b, k.logMAC(b)...)))
}

// ContactOfLog returns for whom a token of a log address stands. [ErrBadToken] if for nobody.
func (k *Keyring) ContactOfLog(token string) (andante.ContactID, error) {
	b, err := logText.DecodeString(strings.ToUpper(token))
	if err != nil || len(token) != logText.EncodedLen(len(b)) || len(b) != 16+logMAC || !hmac.Equal(k.logMAC(b[:16]), b[16:]) {
		return "", ErrBadToken
	}
	return andante.ContactID(idText(b[:16])), nil
}

func (k *Keyring) logMAC(b []byte) []byte {
	m := hmac.New(sha256.New, k.address)
	m.Write([]byte("log"))
	m.Write(b)
	return m.Sum(nil)[:logMAC]
}
