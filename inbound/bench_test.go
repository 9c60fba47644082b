package inbound

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkRecognise reads mails as they come, and such as somebody sends to keep us busy.
func BenchmarkRecognise(b *testing.B) {
	mails := map[string][]byte{}
	for _, name := range []string{"replies/en-gmail-reaction.eml", "auto/notes-en-us-returning-05-12.eml", "bounces/exim-lines-too-long.eml"} {
		raw, err := os.ReadFile(filepath.Join("testdata", "corpus", name))
		if err != nil {
			b.Fatal(err)
		}
		mails[filepath.Base(name)] = raw
	}
	for name, body := range map[string]string{
		"attributions": strings.Repeat("On 3 Mar 2026 at 10:00\n", 10_000), "rules": strings.Repeat("________________\n", 15_000), "codes": strings.Repeat("1.2.3.4 550 5.1.1 ", 14_000),
		"headers": strings.Repeat("From: a\n\n", 25_000), "days": strings.Repeat("until 3 march ", 18_000), "brackets": strings.Repeat("<", 250_000),
	} {
		mails[name] = []byte("From: x@y.example\nSubject: s\n\n" + body)
	}
	mails["divs"] = []byte("From: x@y.example\nContent-Type: text/html\n\n" + strings.Repeat("<div>", 100_000))
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	for name, raw := range mails {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Recognise(Read(raw, Envelope{}), now)
			}
		})
	}
}
