package ops

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/workspace"
)

// A Box is what an address of the inbound domain is for: log+TOKEN@in.acme.example.
type Box string

// The boxes.
const (
	BoxLog    Box = "log" // copies of mails that somebody of ours wrote by hand, to a contact
	BoxBounce Box = "b"   // the envelope sender of a touch: what mail systems say of it
	BoxReply  Box = "r"   // Reply-To of a touch
	BoxLeave  Box = "u"   // the mailto of List-Unsubscribe of a touch
)

// boxes lists every box.
var boxes = []Box{BoxLog, BoxBounce, BoxReply, BoxLeave}

// boxMAC is how much of a MAC an address carries: 72 bits, of which nobody guesses one.
const boxMAC = 9

// boxText writes a token: letters of one case alone, for mail servers may change the case.
var boxText = base32.StdEncoding.WithPadding(base32.NoPadding)

// LogAddress returns the address to which a copy of a mail to a contact is sent, so that it is
// noted; empty where no mail comes in.
func (o *Ops) LogAddress(c *workspace.Config, id andante.ContactID) string {
	return o.Keys.BoxAddress(BoxLog, string(id), c.Inbound.Domain)
}

// BoxAddress returns the address of a box for a contact or a touch; empty without a domain.
func (k *Keyring) BoxAddress(b Box, id, domain string) string {
	if domain == "" {
		return ""
	}
	bytes := idBytes(id)
	return string(b) + "+" + strings.ToLower(boxText.EncodeToString(append(bytes, k.boxMAC(b, bytes)...))) + "@" + domain
}

// ReadBox returns for what an address stands: a box and the id of a contact or a touch.
// [ErrBadToken] if for nothing.
func (k *Keyring) ReadBox(address string) (Box, string, error) {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	for _, box := range boxes {
		token, ok := strings.CutPrefix(local, string(box)+"+")
		if !ok {
			continue
		}
		b, err := boxText.DecodeString(strings.ToUpper(token))
		if err != nil || len(token) != boxText.EncodedLen(len(b)) || len(b) != 16+boxMAC || !hmac.Equal(k.boxMAC(box, b[:16]), b[16:]) {
			break
		}
		return box, idText(b[:16]), nil
	}
	return "", "", ErrBadToken
}

func (k *Keyring) boxMAC(box Box, b []byte) []byte {
	m := hmac.New(sha256.New, k.address)
	m.Write([]byte(box))
	m.Write(b)
	return m.Sum(nil)[:boxMAC]
}
