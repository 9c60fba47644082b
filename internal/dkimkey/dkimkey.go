package dkimkey

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// bits is how long an RSA key is: what every receiver checks (RFC 8301 section 3.2) and
// what fits into a DNS answer.
const bits = 2048

// NewRSA makes a key that every receiver can check, as PEM.
func NewRSA() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, err
	}
	return encode(key)
}

// NewEd25519 makes a small and fast key, as PEM. Large receivers don't check it, so it
// stands beside an RSA key and never alone.
func NewEd25519() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return encode(key)
}

func encode(key any) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
}

// Parse reads a key out of PEM: PKCS #8, or PKCS #1 as other programs write it.
func Parse(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("this is no key: a PEM file begins with -----BEGIN PRIVATE KEY-----")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, checkRSA(key)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("this is no private key: %w", err)
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return key, checkRSA(key)
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, fmt.Errorf("a key of the kind %T signs no mail; use RSA or Ed25519", key)
}

// checkRSA refuses keys that receivers do not trust (RFC 8301 section 3.2).
func checkRSA(key *rsa.PrivateKey) error {
	if n := key.N.BitLen(); n < 1024 {
		return fmt.Errorf("an RSA key of %d bits is too short; make one of %d", n, bits)
	}
	return nil
}

// Short tells whether a key is an RSA key that is shorter than signers should have (RFC 8301
// section 3.2: 2048 bits).
func Short(key crypto.Signer) bool {
	public, ok := key.Public().(*rsa.PublicKey)
	return ok && public.N.BitLen() < bits
}

// Record is the TXT record of a key (RFC 6376 section 3.6.1, RFC 8463 section 4).
func Record(key crypto.Signer) (string, error) {
	switch public := key.Public().(type) {
	case *rsa.PublicKey:
		der, err := x509.MarshalPKIXPublicKey(public)
		return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der), err
	case ed25519.PublicKey:
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public), nil
	}
	return "", fmt.Errorf("a key of the kind %T has no record", key)
}

// Quoted writes a record as zone files want it: in pieces of at most 255 bytes (RFC 1035
// section 3.3).
func Quoted(record string) string {
	var parts []string
	for len(record) > 255 {
		parts, record = append(parts, `"`+record[:255]+`"`), record[255:]
	}
	return strings.Join(append(parts, `"`+record+`"`), " ")
}

// Same tells whether a TXT record holds the key's public part.
func Same(key crypto.Signer, record string) bool {
	want, err := Record(key)
	return err == nil && tagP(record) != "" && tagP(record) == tagP(want)
}

func tagP(record string) string {
	for part := range strings.SplitSeq(record, ";") {
		if tag, value, _ := strings.Cut(part, "="); strings.TrimSpace(tag) == "p" {
			return strings.Join(strings.Fields(value), "")
		}
	}
	return ""
}
