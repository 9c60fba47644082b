package ops

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/workspace"
)

const (
	hexA = "00112233445566778899aabbccddeeff"
	hexB = "ffeeddccbbaa99887766554433221100"
	hexC = "0123456789abcdef0123456789abcdef"
)

func ring(t *testing.T, lines ...string) *Keyring {
	t.Helper()
	k, err := ParseKeyring([]byte(strings.Join(lines, "\n") + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func token(k *Keyring) Token {
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	return Token{
		Contact: andante.NewID[andante.ContactID](at), Touch: andante.NewID[andante.TouchID](at), Kind: andante.Email, Address: k.Hash("ann@x.example"),
	}
}

func TestTokenRoundTrip(t *testing.T) {
	t.Parallel()
	k := ring(t, "address "+hexA, "sign 1 "+hexB)
	for _, kind := range tokenKinds {
		want := token(k)
		want.Kind = kind
		s := k.Sign(want)
		if len(s) != workspace.TokenLength {
			t.Errorf("a token has %d characters, not %d", len(s), workspace.TokenLength)
		}
		if strings.ContainsAny(s, "+/=?#&% ") {
			t.Errorf("%s does not stand in a URL", s)
		}
		got, err := k.Verify(s)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", kind, err, diff)
		}
	}
}

// Every bit counts.
func TestTokenTampered(t *testing.T) {
	t.Parallel()
	k := ring(t, "address "+hexA, "sign 1 "+hexB)
	b, err := base64.RawURLEncoding.DecodeString(k.Sign(token(k)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(b) * 8 {
		b[i/8] ^= 1 << (i % 8)
		if got, err := k.Verify(base64.RawURLEncoding.EncodeToString(b)); !errors.Is(err, ErrBadToken) || got != (Token{}) {
			t.Errorf("bit %d of byte %d: %+v, %v", i%8, i/8, got, err)
		}
		b[i/8] ^= 1 << (i % 8)
	}
}

// Whatever is wrong, the answer is the same word.
func TestTokenConstantAnswer(t *testing.T) {
	t.Parallel()
	k := ring(t, "address "+hexA, "sign 1 "+hexB)
	good := k.Sign(token(k))
	other := ring(t, "address "+hexA, "sign 1 "+hexC)
	unknown := ring(t, "address "+hexA, "sign 9 "+hexB)
	for name, s := range map[string]string{
		"empty": "", "cut": good[:len(good)-1], "longer": good + "AAAA", "no base64": strings.Repeat("!", len(good)), "padded": good + "==",
		"zeros": base64.RawURLEncoding.EncodeToString(make([]byte, tokenBody+tokenMAC)), "another key": other.Sign(token(k)),
		"unknown key": unknown.Sign(token(k)), "huge": strings.Repeat("A", 1<<20), "a line": good[:20] + "\n" + good[20:],
	} {
		if got, err := k.Verify(s); err != ErrBadToken || got != (Token{}) {
			if name == "a line" && err == nil {
				continue // base64 ignores line ends; the MAC holds all the same
			}
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// A new key signs from now on; what the old ones signed holds while they are kept.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	before := ring(t, "address "+hexA, "sign 1 "+hexB)
	both := ring(t, "address "+hexA, "sign 2 "+hexC, "sign 1 "+hexB)
	after := ring(t, "address "+hexA, "sign 2 "+hexC)
	tok := token(before)
	old, fresh := before.Sign(tok), both.Sign(tok)
	for _, test := range []struct {
		name  string
		k     *Keyring
		token string
		good  bool
	}{
		{"old in both", both, old, true},
		{"new in both", both, fresh, true},
		{"new after", after, fresh, true},
		{"old after", after, old, false},
		{"new before", before, fresh, false},
	} {
		if got, err := test.k.Verify(test.token); (err == nil) != test.good || err == nil && got != tok {
			t.Errorf("%s: %+v, %v", test.name, got, err)
		}
	}
	if before.Hash("ann@x.example") != after.Hash("ann@x.example") {
		t.Error("a new signing key must not change address hashes")
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	k := ring(t, "address "+hexA, "sign 1 "+hexB)
	if k.Hash("Ann@X.example ") != k.Hash("ann@x.example") || k.Hash("ann@x.example") == k.Hash("bob@x.example") || k.Hash("") != "" {
		t.Error("one mailbox has one hash, two have two, none has none")
	}
	if k.Hash("ann@x.example") == ring(t, "address "+hexC, "sign 1 "+hexB).Hash("ann@x.example") {
		t.Error("the hash tells something without the key")
	}
}

func TestParseKeyring(t *testing.T) {
	t.Parallel()
	if _, err := ParseKeyring(NewKeyring()); err != nil {
		t.Error(err)
	}
	for src, want := range map[string]string{
		"":                                       "needs one address key",
		"address " + hexA:                        "needs one address key and one signing key",
		"sign 1 " + hexA:                         "needs one address key",
		"address zz":                             "line 1: a key has at least 32",
		"# a\naddress " + hexA[:30]:              "line 2: a key has at least 32",
		"address " + hexA + "\naddress " + hexB:  "line 2: there is an address key already",
		"sign 1 " + hexA + "\nsign 1 " + hexB:    "line 2: there is a signing key of this id",
		"address " + hexA + "\nsign x " + hexB:   "line 2: a signing key's id",
		"address " + hexA + "\nsign 256 " + hexB: "line 2: a signing key's id",
		"address " + hexA + "\nsing 1 " + hexB:   "line 2: write address HEX or sign ID HEX",
	} {
		_, err := ParseKeyring([]byte(src))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", src, err)
		}
		if err != nil && (strings.Contains(err.Error(), hexA) || strings.Contains(err.Error(), hexB)) {
			t.Errorf("the error tells a key: %v", err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	k, err := ParseKeyring([]byte("address " + hexA + "\nsign 1 " + hexB + "\n"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(k.Sign(token(k)))
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		tok, err := k.Verify(s)
		if err != nil {
			if err != ErrBadToken || tok != (Token{}) {
				t.Errorf("%+v, %v", tok, err)
			}
			return
		}
		if again, err := k.Verify(k.Sign(tok)); err != nil || again != tok {
			t.Errorf("%+v became %+v, %v", tok, again, err)
		}
	})
}

func TestBoxes(t *testing.T) {
	t.Parallel()
	k, err := ParseKeyring(SeededKeyring("log"))
	if err != nil {
		t.Fatal(err)
	}
	id := string(andante.NewID[andante.TouchID](time.Unix(1, 0)))
	for _, b := range boxes {
		address := k.BoxAddress(b, id, "in.x.example")
		local, domain, _ := strings.Cut(address, "@")
		if len(local) > 64 || local != strings.ToLower(local) || domain != "in.x.example" { // RFC 5321 section 4.5.3.1.1
			t.Errorf("address %q", address)
		}
		for _, sent := range []string{address, strings.ToUpper(address)} {
			if box, got, err := k.ReadBox(sent); err != nil || got != id || box != b {
				t.Errorf("%q: %s %q, %v", sent, box, got, err)
			}
		}
		token := strings.TrimPrefix(local, string(b)+"+")
		other := "a" + token[1:]
		if token[0] == 'a' {
			other = "b" + token[1:]
		}
		for _, forged := range []string{"", "x", token[1:], other, token + "a", "0" + token[1:]} {
			if _, got, err := k.ReadBox(string(b) + "+" + forged + "@in.x.example"); err == nil {
				t.Errorf("%q is taken for %s", forged, got)
			}
		}
		for _, other := range boxes { // a token of one is none of another
			if _, _, err := k.ReadBox(string(other) + "+" + token + "@in.x.example"); other != b && err == nil {
				t.Errorf("a token of %s is taken for one of %s", b, other)
			}
		}
	}
	if k.BoxAddress(BoxLog, id, "") != "" {
		t.Error("an address without a domain")
	}
}
