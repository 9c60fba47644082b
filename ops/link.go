package ops

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/andante-hq/andante"
)

// A LinkPage is the page that a link leads to, by the letter in its address.
type LinkPage byte

// The pages besides the one for leaving.
const (
	AnswerPage LinkPage = 'a' // an answer to a question of ours, which a press sends
	ClickPage  LinkPage = 'c' // notes a click and leads on
	OpenPage   LinkPage = 'o' // a picture of one point, which notes that a mail was opened
)

// A Link is what an address in a message stands for.
type Link struct {
	Page    LinkPage
	Contact andante.ContactID
	Touch   andante.TouchID
	Says    string // of an answer FIELD=VALUE, of a click where it leads
}

const linkHead = 3 + 16 + 16

// SignLink writes the token of a link: version, key id, page, contact, touch, what it says, and a
// MAC over them, in URL-safe base64. So it leads nowhere but where the message said.
func (k *Keyring) SignLink(l Link) string {
	b := make([]byte, 0, linkHead+len(l.Says)+tokenMAC)
	b = append(b, tokenVersion, k.latest, byte(l.Page))
	b = append(b, idBytes(string(l.Contact))...)
	b = append(b, idBytes(string(l.Touch))...)
	b = append(b, l.Says...)
	return base64.RawURLEncoding.EncodeToString(append(b, linkMAC(k.signing[k.latest], b)...))
}

// maxLink is how long a token may be, and MostLinked how many bytes a link may say.
const (
	maxLink    = 8 << 10
	MostLinked = 4 << 10
)

// ReadLink reads a token for a page. [ErrBadToken] if it is none for that.
func (k *Keyring) ReadLink(page LinkPage, token string) (Link, error) {
	if len(token) > maxLink {
		return Link{}, ErrBadToken
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	good := err == nil && len(b) >= linkHead+tokenMAC && b[0] == tokenVersion && b[2] == byte(page)
	if !good {
		b = make([]byte, linkHead+tokenMAC)
	}
	key, known := k.signing[b[1]]
	if !known {
		key = k.signing[k.latest]
	}
	end := len(b) - tokenMAC
	if !hmac.Equal(linkMAC(key, b[:end]), b[end:]) || !known || !good {
		return Link{}, ErrBadToken
	}
	return Link{Page: page, Contact: andante.ContactID(idText(b[3:19])), Touch: andante.TouchID(idText(b[19:35])), Says: string(b[linkHead:end])}, nil
}

func linkMAC(key, b []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("link"))
	m.Write(b)
	return m.Sum(nil)[:tokenMAC]
}
