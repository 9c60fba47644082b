package email

import (
	"testing"

	"github.com/andante-hq/andante/channels"
)

func TestDots(t *testing.T) {
	t.Parallel()
	for mail, want := range map[string]string{
		"":                        ".\r\n",
		"a\r\n":                   "a\r\n.\r\n",
		"a":                       "a\r\n.\r\n",
		".":                       "..\r\n.\r\n",
		".\r\n":                   "..\r\n.\r\n",
		"a\r\n.\r\n..b\r\nc.\r\n": "a\r\n..\r\n...b\r\nc.\r\n.\r\n",
		".a\r\n\r\n.":             "..a\r\n\r\n..\r\n.\r\n",
	} {
		m, err := envelopeOf(channels.Sealed{From: "a@x.example", To: "b@x.example", Bytes: []byte(mail)})
		if err != nil {
			t.Errorf("%q: %v", mail, err)
		}
		if got := string(appendDotted([]byte("kept "), m.mail)); got != "kept "+want {
			t.Errorf("%q goes as %q, want %q", mail, got, want)
		}
	}
}

// TestBareLines: what two servers may read as two different mails does not leave.
func TestBareLines(t *testing.T) {
	t.Parallel()
	for _, mail := range []string{"\n", "a\n", "a\r\n\n", "a\r\n.\nb\r\n", "\r", "a\rb\r\n", "a\r\r\n", "a\r\nb\r", "a\n\r"} {
		if _, err := envelopeOf(channels.Sealed{From: "a@x.example", To: "b@x.example", Bytes: []byte(mail)}); err == nil {
			t.Errorf("%q was taken", mail)
		}
	}
}
