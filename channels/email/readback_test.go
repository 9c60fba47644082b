package email_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/readers"
)

// understood is what another program makes of a mail.
type understood struct {
	Subject    string   `json:"subject"`
	From       mailbox  `json:"from"`
	To         mailbox  `json:"to"`
	Text       string   `json:"text"`
	HTML       string   `json:"html"`
	Files      []aFile  `json:"files"`
	MessageID  string   `json:"messageId"`
	References []string `json:"references"`
	Leave      string   `json:"unsubscribe"`
	Defects    []string `json:"defects"`
}

type mailbox struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

type aFile struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	CID    string `json:"cid"`
	Inline bool   `json:"inline"`
	SHA256 string `json:"sha256"`
}

// meant is what they should make of it.
func meant(m andante.Message) understood {
	u := understood{
		Subject: m.Subject, From: mailbox{m.From.Name, m.From.Address}, To: mailbox{m.To.Name, m.To.Address},
		Text: lines(m.Text), HTML: lines(m.HTML), MessageID: m.MessageID, References: m.References, Leave: m.Unsubscribe,
	}
	for _, p := range m.Parts {
		sum := sha256.Sum256(p.Bytes)
		u.Files = append(u.Files, aFile{p.Name, p.MediaType, p.ContentID, p.ContentID != "", hex.EncodeToString(sum[:])})
	}
	return u
}

// TestOtherReaders has two programs of other people read our mails: what we meant is what
// they understand.
func TestOtherReaders(t *testing.T) {
	t.Parallel()
	for name, m := range goldenMessages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := builder(t).Prepare(m)
			if err != nil {
				t.Fatal(err)
			}
			for reader, read := range map[string]func(testing.TB, any){
				"python":     func(t testing.TB, out any) { readers.Python(t, "testdata/readback.py", s.Bytes, out, "email") },
				"mailparser": func(t testing.TB, out any) { readers.Node(t, "testdata/readback.cjs", s.Bytes, out, "mailparser") },
			} {
				t.Run(reader, func(t *testing.T) {
					t.Parallel()
					var got understood
					read(t, &got)
					got.Text, got.HTML = lines(got.Text), lines(got.HTML)
					got.To.Address = strings.Replace(got.To.Address, "xn--bcher-kva", "bücher", 1) // one shows what the other means
					if diff := cmp.Diff(meant(m), got, cmpopts.EquateEmpty()); diff != "" {
						t.Errorf("(-meant +understood):\n%s", diff)
					}
				})
			}
		})
	}
}
