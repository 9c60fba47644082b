package email_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/dkimkey"
	"github.com/andante-hq/andante/internal/readers"
)

// keyPair are the two keys of harborview.example, and their records by name.
func keyPair(t testing.TB) ([]email.Key, map[string]string) {
	t.Helper()
	var keys []email.Key
	records := map[string]string{}
	for selector, make := range map[string]func() ([]byte, error){"r1": dkimkey.NewRSA, "e1": dkimkey.NewEd25519} {
		text, err := make()
		if err != nil {
			t.Fatal(err)
		}
		key, err := dkimkey.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if records[selector+"._domainkey.harborview.example"], err = dkimkey.Record(key); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, email.Key{Domain: "harborview.example", Selector: selector, Signer: key})
	}
	return keys, records
}

func signing(t testing.TB, keys []email.Key) *email.Channel {
	t.Helper()
	ch, err := email.New(email.Config{Server: email.Server{Host: "localhost"}, Keys: keys}, andante.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// verified tells of each signature by its selector whether go-msgauth takes it.
func verified(t testing.TB, mail []byte, records map[string]string) map[string]error {
	t.Helper()
	list, err := dkim.VerifyWithOptions(bytes.NewReader(mail), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		return []string{records[strings.TrimSuffix(name, ".")]}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]error{}
	for i, v := range list {
		by[fmt.Sprint("signature ", i)] = v.Err
	}
	return by
}

// TestSigned verifies our signatures by the library that made them and by Debian's
// python3-dkim, over mails of every shape; the way out is covered (RFC 8058 section 4).
func TestSigned(t *testing.T) {
	t.Parallel()
	keys, records := keyPair(t)
	dns, err := json.Marshal(records)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range goldenMessages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := signing(t, keys).Prepare(m)
			if err != nil {
				t.Fatal(err)
			}
			checkForm(t, s.Bytes)
			if s.Hash != channels.HashOf(s.Bytes) {
				t.Error("the hash is not that of what goes out")
			}
			plain, err := builder(t).Prepare(m)
			if err != nil || !bytes.HasSuffix(s.Bytes, plain.Bytes) || bytes.Count(s.Bytes, []byte("DKIM-Signature:")) != 2 {
				t.Errorf("the signed mail is not two signatures and the mail: %v\n%s", err, s.Bytes)
			}
			for who, err := range verified(t, s.Bytes, records) {
				if err != nil {
					t.Errorf("%s: %v", who, err)
				}
			}
			var list []struct {
				OK                          bool
				Domain, Selector, Algorithm string
				Covers                      []string
			}
			readers.Python(t, "testdata/verify.py", slices.Concat(dns, []byte("\n"), s.Bytes), &list, "dkim, nacl")
			if len(list) != 2 {
				t.Fatalf("python3-dkim sees %d signatures", len(list))
			}
			for _, v := range list {
				if !v.OK || v.Domain != "harborview.example" {
					t.Errorf("python3-dkim refuses %+v", v)
				}
				for _, field := range []string{"from", "subject", "date", "list-unsubscribe", "list-unsubscribe-post"} {
					if !slices.Contains(v.Covers, field) {
						t.Errorf("%s is not covered by %s", field, v.Selector)
					}
				}
			}
		})
	}
}

// TestSignatureBreaks shows that the signatures can fail: whoever changes a word, or adds a
// second From or another way out, breaks them.
func TestSignatureBreaks(t *testing.T) {
	t.Parallel()
	keys, records := keyPair(t)
	s, err := signing(t, keys).Prepare(welcome())
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(string) string{
		"a word":        func(m string) string { return strings.Replace(m, "the plan", "thy plan", 1) },
		"the subject":   func(m string) string { return strings.Replace(m, "winter", "Winter", 1) },
		"the way out":   func(m string) string { return strings.Replace(m, "/u/k7Qm2", "/u/other", 1) },
		"a second from": func(m string) string { return strings.Replace(m, "From: ", "From: <x@evil.example>\r\nFrom: ", 1) },
		"a second way out": func(m string) string {
			return strings.Replace(m, "MIME-Version: ", "List-Unsubscribe: <https://evil.example/>\r\nMIME-Version: ", 1)
		},
		"an answer elsewhere": func(m string) string {
			return strings.Replace(m, "MIME-Version: ", "Reply-To: <x@evil.example>\r\nMIME-Version: ", 1)
		},
	} {
		changed := change(string(s.Bytes))
		if changed == string(s.Bytes) {
			t.Fatalf("%s: nothing changed", name)
		}
		for who, err := range verified(t, []byte(changed), records) {
			if err == nil {
				t.Errorf("%s was changed, and the signature of %s still verifies", name, who)
			}
		}
	}
}

// TestWhoseKey signs with the keys of the From domain or the nearest above it, so that the
// signature is aligned (RFC 7489 section 3.1.1), and for nobody else.
func TestWhoseKey(t *testing.T) {
	t.Parallel()
	keys, _ := keyPair(t)
	keys[1].Domain = "news.harborview.example"
	for from, want := range map[string]string{
		"jonas@harborview.example":          "d=harborview.example",
		"jonas@sub.harborview.example":      "d=harborview.example",
		"jonas@News.Harborview.example":     "d=news.harborview.example",
		"jonas@a.b.news.harborview.example": "d=news.harborview.example",
		"jonas@other.example":               "",
		"jonas@notharborview.example":       "",
	} {
		m := welcome()
		m.From.Address = from
		s, err := signing(t, keys).Prepare(m)
		if err != nil {
			t.Fatal(err)
		}
		n := bytes.Count(s.Bytes, []byte("DKIM-Signature:"))
		if (n == 1) != (want != "") || !bytes.Contains(s.Bytes, []byte(want)) {
			t.Errorf("%s is signed %d times, want %q:\n%s", from, n, want, s.Bytes[:200])
		}
	}
}

// BenchmarkSign tells what a signature costs.
func BenchmarkSign(b *testing.B) {
	keys, _ := keyPair(b)
	for _, list := range [][]email.Key{nil, keys[:1], keys[1:], keys} {
		name := ""
		for _, k := range list {
			name += k.Selector
		}
		ch, m := signing(b, list), welcome()
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := ch.Prepare(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
