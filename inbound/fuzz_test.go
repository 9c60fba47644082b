package inbound

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzRecognise: whatever comes in is read, within bounds.
func FuzzRecognise(f *testing.F) {
	for _, pattern := range []string{"bounces/q*.eml", "auto/notes*.eml", "replies/en-*.eml"} {
		files, err := filepath.Glob(filepath.Join("testdata", "corpus", pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range files[:min(len(files), 20)] {
			raw, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
	for _, text := range []string{"", "\n", ":", "From: \n\n>", "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n--\n", "Content-Type: multipart/report\n\n\n", "Subject: =?x?q?=00?=\n\nuntil 99.99.9999 kw 99", strings.Repeat("a: b\n", 3000)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Read(raw, Envelope{})
		got := Recognise(m, time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC))
		switch {
		case got.Class == "" || got.Why == "":
			t.Errorf("no class, or no reason: %+v", got)
		case len(got.Text) > 2*maxText || len(m.Plain) > maxText || len(m.HTML) > maxText:
			t.Errorf("more text is kept than is allowed")
		case !utf8.ValidString(got.Text + m.Subject + m.Plain):
			t.Errorf("a text is not UTF-8")
		case got.Class == Bounce && len(got.Failures) == 0:
			t.Errorf("a bounce of nobody")
		}
	})
}
