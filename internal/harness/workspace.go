package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andante-hq/andante/ops"
)

// A Workspace is what a test writes into a folder.
type Workspace struct {
	Policy    string            // governor.yaml; empty: hours that are always open and a limit that never binds
	Sequences map[string]string // name → text; empty: one sequence of one mail
}

const config = `company: {name: Harness, postal_address: "1 Test Road, Portland, ME", country: US, zone: UTC, language: en}
public_url: https://mail.harness.example
inbound: {domain: in.harness.example, addresses: [replies]}
senders:
  news: {name: Harness News, address: news@harness.example}
personas:
  buyer: {title: Buyer}
  builder: {title: Builder}
fields:
  contact.note: text
deliver: {mode: live}
channels: {email: {host: 127.0.0.1, port: 25, tls: none}}
`

// OpenPolicy lets everything through: its hours are always open, and its limit is
// far away.
const OpenPolicy = `limits:
  - {name: far, max: 1000, per: 24h}
windows:
  - {window: "Mon-Sun 00:00-24:00"}
`

// A Mail is one step of a sequence that [Sequence] writes.
type Mail struct {
	After   string // as in a step; 0d if empty
	Subject string // in front of the mark that the oracles read
	Body    string
	Keys    string // further lines of the step
}

// Sequence writes the text of a sequence of mails. Its subjects carry the mark by
// which a received mail is told apart: sequence, step and contact.
func Sequence(name, front string, mails ...Mail) string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\nsequence: %s\ntitle: %s\nsender: news\n%s---\n\nNever sent.\n", name, name, front)
	for i, m := range mails {
		if m.After == "" {
			m.After = "0d"
		}
		if m.Body == "" {
			m.Body = "Hello {{ contact.first_name | default: \"there\" }}, this is all."
		}
		subject := strings.TrimSpace(m.Subject + " [" + name + " {{ contact.id }}]")
		fmt.Fprintf(&b, "\n## Step %d\n\n```yaml step\nkind: email\nafter: %s\nsubject: %s\nvalue: information - a test\n%s```\n\n%s\n\n%s\n",
			i+1, m.After, subject, m.Keys, m.Body, EndMark)
	}
	return b.String()
}

// EndMark ends the text of every mail: a received mail without it is half a mail.
const EndMark = "That is the end of this mail."

// Write lays the workspace out in a folder, with keys of its own.
func (w Workspace) Write(t testing.TB, dir string) {
	t.Helper()
	if w.Policy == "" {
		w.Policy = OpenPolicy
	}
	if len(w.Sequences) == 0 {
		w.Sequences = map[string]string{"hello": Sequence("hello", "", Mail{})}
	}
	files := map[string]string{
		"andante.yaml": config, "governor.yaml": w.Policy, "secrets/andante.keys": string(ops.NewKeyring()),
	}
	for name, text := range w.Sequences {
		files["sequences/"+name+".md"] = text
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
