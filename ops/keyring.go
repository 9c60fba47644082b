package ops

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/andante-hq/andante"
)

// A Keyring holds the key by which addresses are hashed, for good, and the keys
// that sign links: the last one signs, all of them verify.
type Keyring struct {
	address []byte
	signing map[byte][]byte
	latest  byte
}

// NewKeyring draws the text of a new keyring: a line "address HEX" and one line
// "sign ID HEX" for each signing key. To change the signing key, add a line with
// a higher id and keep the old ones for as long as their mails may be read.
func NewKeyring() []byte { return SeededKeyring(andante.NewSeed()) }

// SeededKeyring makes the text of a keyring from a seed: that of a demo, which is
// the same in every play.
func SeededKeyring(s andante.Seed) []byte {
	a, k := s.Hash("keyring", "address"), s.Hash("keyring", "sign")
	return fmt.Appendf(nil, "# Keys of this Andante. Keep this file secret and never lose it:\n"+
		"# without the address key old opt-outs can't be recognised.\naddress %x\nsign 1 %x\n", a, k)
}

// ParseKeyring reads the text of a keyring.
func ParseKeyring(text []byte) (*Keyring, error) {
	k := &Keyring{signing: map[byte][]byte{}}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := k.add(words); err != nil {
			return nil, fmt.Errorf("keyring line %d: %w", n, err)
		}
	}
	if k.address == nil || len(k.signing) == 0 {
		return nil, errors.New("keyring: it needs one address key and one signing key; `andante init` makes them")
	}
	return k, nil
}

func (k *Keyring) add(words []string) error {
	key, err := hex.DecodeString(words[len(words)-1])
	if err != nil || len(key) < 16 {
		return errors.New("a key has at least 32 hexadecimal digits")
	}
	switch {
	case words[0] == "address" && len(words) == 2:
		if k.address != nil {
			return errors.New("there is an address key already; with another one no old opt-out would be recognised")
		}
		k.address = key
	case words[0] == "sign" && len(words) == 3:
		id, err := strconv.ParseUint(words[1], 10, 8)
		if err != nil {
			return errors.New("a signing key's id is a number from 0 to 255")
		}
		if k.signing[byte(id)] != nil {
			return errors.New("there is a signing key of this id already; give the new one a higher id")
		}
		k.signing[byte(id)] = key
		k.latest = max(k.latest, byte(id))
	default:
		return errors.New("write address HEX or sign ID HEX")
	}
	return nil
}

// Hash returns the keyed hash of an address, or nothing for none.
func (k *Keyring) Hash(address string) andante.AddressHash {
	if address == "" {
		return ""
	}
	m := hmac.New(sha256.New, k.address)
	m.Write([]byte(andante.NormalizeEmail(address)))
	return andante.AddressHash(hex.EncodeToString(m.Sum(nil)[:16]))
}

// A Token is what an unsubscribe link says. It works without the contact's row.
type Token struct {
	Contact andante.ContactID
	Touch   andante.TouchID
	Kind    andante.Kind
	Address andante.AddressHash
	Printed bool // it was typed from a piece of post, which anybody may have picked up
}

const (
	tokenVersion = 1
	tokenBody    = 2 + 16 + 16 + 1 + 16
	tokenMAC     = 16
)

// Print tells this address key from others without giving it away.
func (k *Keyring) Print() string {
	m := hmac.New(sha256.New, k.address)
	m.Write([]byte("print of the address key"))
	return hex.EncodeToString(m.Sum(nil)[:8])
}

// TestToken stands in the links of mails that go to somebody else than the contact: of
// a preview, a test, a redirected mail. It unsubscribes nobody.
const TestToken = "test"

// Sign writes a token for a link: version, key id, contact, touch, kind and
// address hash, and a MAC over them, in URL-safe base64.
func (k *Keyring) Sign(t Token) string {
	b := make([]byte, 0, tokenBody+tokenMAC)
	b = append(b, tokenVersion, k.latest)
	b = append(b, idBytes(string(t.Contact))...)
	b = append(b, idBytes(string(t.Touch))...)
	b = append(b, kindByte(t.Kind))
	b = append(b, idBytes(string(t.Address))...)
	return base64.RawURLEncoding.EncodeToString(append(b, mac(k.signing[k.latest], b)...))
}

// codeAlphabet leaves out what people mistake when they type: I, L, O and U (Crockford's
// base 32).
const codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// codeLength is how many letters a code has: 50 bits, of which nobody guesses one.
const codeLength = 10

// Code is what is printed on a piece of post: short enough to be typed, and known to the
// store from the piece's claim on.
func (k *Keyring) Code(t andante.TouchID) string {
	m := hmac.New(sha256.New, k.address)
	m.Write([]byte("code"))
	m.Write([]byte(t))
	sum := m.Sum(nil)
	code := make([]byte, codeLength)
	for i := range code {
		code[i] = codeAlphabet[sum[i]&31]
	}
	return string(code)
}

// CodeOf returns the code that somebody typed, as the store knows it; empty if it is none.
func CodeOf(typed string) string {
	code := strings.Map(func(r rune) rune {
		switch r {
		case '-', ' ':
			return -1
		case 'O', 'o':
			return '0'
		case 'I', 'i', 'L', 'l':
			return '1'
		}
		return unicode.ToUpper(r)
	}, typed)
	if len(code) != codeLength || strings.Trim(code, codeAlphabet) != "" {
		return ""
	}
	return code
}

// ErrBadToken is the one answer to a token that is forged, cut or unknown.
var ErrBadToken = errors.New("this link is not valid")

// Verify reads a token. It takes the same time whatever is wrong with it.
func (k *Keyring) Verify(s string) (Token, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	good := err == nil && len(b) == tokenBody+tokenMAC && b[0] == tokenVersion
	if !good {
		b = make([]byte, tokenBody+tokenMAC)
	}
	key, known := k.signing[b[1]]
	if !known {
		key = k.signing[k.latest]
	}
	if !hmac.Equal(mac(key, b[:tokenBody]), b[tokenBody:]) || !known || !good {
		return Token{}, ErrBadToken
	}
	t := Token{
		Contact: andante.ContactID(idText(b[2:18])), Touch: andante.TouchID(idText(b[18:34])),
		Address: andante.AddressHash(hex.EncodeToString(b[35:51])),
	}
	if int(b[34]) < len(tokenKinds) {
		t.Kind = tokenKinds[b[34]]
	}
	return t, nil
}

func mac(key, b []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("unsubscribe"))
	m.Write(b)
	return m.Sum(nil)[:tokenMAC]
}

// idBytes packs an id or a hash of 16 bytes; anything else becomes zeros.
func idBytes(id string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(b) != 16 {
		return make([]byte, 16)
	}
	return b
}

func idText(b []byte) string { return string(andante.AppendID(nil, [16]byte(b))) }

// tokenKinds are the kinds by their number in a token. Links live long: a new kind
// comes last, and none ever changes its place.
var tokenKinds = []andante.Kind{
	andante.Email, andante.SMS, andante.Postcard, andante.Card, andante.Letter, andante.Call, andante.Visit, andante.Video, andante.Other,
}

func kindByte(k andante.Kind) byte {
	if i := slices.Index(tokenKinds, k); i >= 0 {
		return byte(i)
	}
	return 255
}
