package email_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/inbox"
)

// TestCopies: colleagues get the same mail. One whom the server refuses stops nothing and is
// told of; where it refuses the recipient, nobody gets anything. The mails around it go.
func TestCopies(t *testing.T) {
	t.Parallel()
	const nora, accounts = "nora@oakfield.example", "accounts@oakfield.example"
	tests := map[string]struct {
		refused string
		kind    channels.ErrorKind
		to      []string // of the mail with copies; nil: it did not arrive
		said    string
	}{
		"all taken":         {"", ok, []string{"maria1@", nora, accounts}, "queued"},
		"a copy refused":    {nora, ok, []string{"maria1@", accounts}, "a copy was refused: 5.1.1 no such user"},
		"recipient refused": {"maria1@", address, nil, ""},
	}
	for name, tt := range tests {
		for _, pipelined := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/pipelined=%v", name, pipelined), func(t *testing.T) {
				t.Parallel()
				in, ch := relay(t, inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
					switch {
					case c.Stage == inbox.Ehlo && !pipelined:
						return &inbox.Reply{Code: 250, Text: "relay.example"}
					case c.Stage == inbox.RcptTo && tt.refused != "" && strings.Contains(c.Line, "<"+tt.refused):
						return &inbox.Reply{Code: 550, Text: "5.1.1 no such user"}
					}
					return nil
				}}, email.Config{})
				var batch []channels.Sealed
				for i := range 3 {
					m := channeltest.Message(andante.Email, i)
					if i == 1 {
						m.Cc = []andante.Mailbox{{Name: "Nora", Address: nora}, {Address: accounts}}
					}
					s, err := ch.Prepare(m)
					if err != nil {
						t.Fatal(err)
					}
					batch = append(batch, s)
				}
				g := &channeltest.Gate{}
				if err := ch.Deliver(t.Context(), batch, g); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]channels.ErrorKind{ok, tt.kind, ok}, g.Kinds()); diff != "" {
					t.Errorf("outcomes (-want +got):\n%s", diff)
				}
				var got []string
				for _, m := range in.Mails() {
					if strings.HasPrefix(m.To[0], "maria1@") || len(m.To) > 1 {
						got = append([]string{"maria1@"}, m.To[1:]...)
					}
				}
				if diff := cmp.Diff(tt.to, got); diff != "" {
					t.Errorf("who got it (-want +got):\n%s", diff)
				}
				if o, _ := g.Outcome(batch[1].Touch); !strings.Contains(o.Receipt.Response, tt.said) {
					t.Errorf("the ledger says %q, want %q", o.Receipt.Response, tt.said)
				}
			})
		}
	}
}
