package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/reports"
)

// After a kill nothing is unknown yet: whoever looks in that minute hears of what may become
// so.
func TestOnTheWire(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		show func(*app)
		want string
	}{
		"settle": {
			func(a *app) { _ = a.unknown(&reports.UnknownList{OnWire: 2}, time.UTC) },
			"Of every touch it is known whether it went.\n" +
				"On the wire, or left there by a process that died: 2 touches. What nobody answers for becomes\n" +
				"unknown when its lease ends, within a minute; `andante run` settles it.\n",
		},
		"status": {
			func(a *app) {
				a.touches(&reports.Status{Touches: map[andante.State]int{andante.Attempted: 2, andante.Sent: 1, andante.Failed: 3}, Failed: map[andante.Reason]int{andante.ReasonAddress: 3}})
			},
			"       2  attempted: on the wire; if its worker died, it is settled within a minute of the next `andante run`\n       1  sent\n" +
				"       3  failed\n                 3  bad_address  the address does not exist\n",
		},
	} {
		var out bytes.Buffer
		c.show(&app{out: &out})
		if !strings.HasSuffix(out.String(), c.want) {
			t.Errorf("%s:\n%s", name, out.String())
		}
	}
}

// A mail that the original of a copy sent has an id of its own, so the touch is named.
func TestMailOfTheOriginal(t *testing.T) {
	t.Parallel()
	m := reports.MailFinding{Touch: "here", Sequence: "brief", Step: "one", State: andante.Sent, MessageID: "there@tidewater.example", Times: 2}
	if got, want := about(m, time.UTC), "  brief/one, sent, touch here, received 2 times"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	m.MessageID = "here@tidewater.example"
	if got, want := about(m, time.UTC), "  brief/one, sent, received 2 times"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
