package dkimkey_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/andante-hq/andante/internal/dkimkey"
)

// TestKeys makes both kinds of key, reads them back and finds them again in their records.
func TestKeys(t *testing.T) {
	t.Parallel()
	records := map[string]string{}
	for name, make := range map[string]func() ([]byte, error){"rsa": dkimkey.NewRSA, "ed25519": dkimkey.NewEd25519} {
		text, err := make()
		if err != nil {
			t.Fatal(err)
		}
		key, err := dkimkey.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		record, err := dkimkey.Record(key)
		if err != nil || !strings.HasPrefix(record, "v=DKIM1; k="+name+"; p=") {
			t.Errorf("%s: %q, %v", name, record, err)
		}
		records[name] = record
		spaced := strings.Replace(record, "p=", "p = ", 1)
		if !dkimkey.Same(key, record) || !dkimkey.Same(key, spaced[:40]+" "+spaced[40:]) {
			t.Errorf("%s is not found in its record", name)
		}
		before, value, _ := strings.Cut(record, "p=")
		first := "A"
		if value[0] == 'A' {
			first = "B"
		}
		if dkimkey.Same(key, "v=DKIM1; p=") || dkimkey.Same(key, before+"p="+first+value[1:]) {
			t.Errorf("%s is found in another's record", name)
		}
	}
	quoted := dkimkey.Quoted(records["rsa"])
	if strings.ReplaceAll(strings.ReplaceAll(quoted, `" "`, ""), `"`, "") != records["rsa"] {
		t.Errorf("quoted it is %s", quoted)
	}
	for part := range strings.SplitSeq(quoted, `" "`) {
		if len(strings.Trim(part, `"`)) > 255 {
			t.Errorf("a piece has %d bytes", len(part))
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	if _, err := dkimkey.Parse([]byte(block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(old)))); err != nil {
		t.Errorf("PKCS #1: %v", err)
	}
	for in, want := range map[string]string{
		"":                              "no key",
		"secret":                        "no key",
		block("PRIVATE KEY", []byte{1}): "no private key",
		block("PRIVATE KEY", der):       "use RSA or Ed25519",
	} {
		if _, err := dkimkey.Parse([]byte(in)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.30q: %v, want %q", in, err, want)
		}
	}
}

// TestShort: keys that signers had years ago still sign, and are told.
func TestShort(t *testing.T) {
	t.Parallel()
	for bits, want := range map[int]bool{1024: true, 2048: false} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		if dkimkey.Short(key) != want {
			t.Errorf("%d bits: %t", bits, !want)
		}
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil || dkimkey.Short(ed) {
		t.Errorf("an Ed25519 key is short: %v", err)
	}
}
