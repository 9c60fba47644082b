package email_test

import (
	"strings"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/inbox"
)

// TestInternationalAddresses writes to somebody with a letter beyond ASCII before the @, and
// to two others around: a server that offers SMTPUTF8 gets all three, another one the two,
// with a clear word about the third (RFC 6531 section 3.2).
func TestInternationalAddresses(t *testing.T) {
	t.Parallel()
	for _, offered := range []bool{true, false} {
		in, ch := relay(t, inbox.Options{UTF8: offered}, email.Config{})
		var batch []channels.Sealed
		for n := range 3 {
			m := channeltest.Message(andante.Email, n)
			if n == 1 {
				m.To.Address = "zoë@oakfield.example"
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
		if err := g.Err(); err != nil {
			t.Error(err)
		}
		want := map[bool]int{true: 3, false: 2}[offered]
		if in.Count() != want {
			t.Errorf("offered: %v; %d mails arrived, want %d", offered, in.Count(), want)
		}
		for _, m := range in.Mails() {
			if international := m.To[0] == "zoë@oakfield.example"; m.UTF8 != international {
				t.Errorf("the mail to %s asks for SMTPUTF8: %v", m.To[0], m.UTF8)
			}
		}
		o, _ := g.Outcome(batch[1].Touch)
		if kind := channels.KindOf(o.Err); offered != (o.Err == nil) || !offered && (kind != channels.Permanent || !strings.Contains(o.Err.Error(), "SMTPUTF8")) {
			t.Errorf("offered: %v; the outcome is %v", offered, o.Err)
		}
	}
}
