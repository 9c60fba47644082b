package email_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/inbox"
)

// told is a log of which only level, message and sender are looked at.
func told() (*slog.Logger, func() []string) {
	var b bytes.Buffer
	keep := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.LevelKey || a.Key == slog.MessageKey || a.Key == "sender" {
			return a
		}
		return slog.Attr{}
	}
	log := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: keep}))
	return log, func() []string { return strings.Split(strings.TrimSpace(b.String()), "\n") }
}

// An outage is told when it begins and when it is over, once for each sender, however
// many batches meet it and however the relay is away.
func TestOutageIsToldOnce(t *testing.T) {
	t.Parallel()
	for name, stage := range map[string]inbox.Stage{"no greeting": inbox.Connect, "no answer to a mail": inbox.MailFrom} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var away atomic.Bool
			log, lines := told()
			_, ch := relay(t, inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
				if away.Load() && c.Stage == stage {
					return &inbox.Reply{DropBefore: true}
				}
				return nil
			}}, email.Config{Log: log, MaxMails: 1})
			batches := func(senders ...string) {
				for _, sender := range senders {
					batch := batchOf(t, ch, 2)
					batch[0].Sender, batch[1].Sender = sender, sender
					if err := ch.Deliver(t.Context(), batch, &channeltest.Gate{}); (channels.KindOf(err) == temporary) != away.Load() {
						t.Errorf("error %v", err)
					}
				}
			}
			batches("jonas")
			away.Store(true)
			batches("jonas", "mira", "jonas", "mira", "jonas")
			away.Store(false)
			batches("mira", "mira", "jonas", "carl")
			away.Store(true)
			batches("jonas")
			gone, back := `level=WARN msg="the mail server can't be reached; what is due waits and is tried again" sender=`, `level=INFO msg="the mail server is back" sender=`
			want := []string{gone + "jonas", gone + "mira", back + "mira", back + "jonas", gone + "jonas"}
			if diff := cmp.Diff(want, lines()); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

// Who reads it knows where nobody answers, and why. That the relay refuses a sender, or
// that our own process ends, is no outage.
func TestOutageNamesTheRelay(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, nil))
	_, ch := relay(t, inbox.Options{}, email.Config{Server: email.Server{Host: "127.0.0.2"}, Log: log})
	if err := ch.Deliver(t.Context(), batchOf(t, ch, 1), &channeltest.Gate{}); channels.KindOf(err) != temporary {
		t.Fatal(err)
	}
	for _, want := range []string{"level=WARN", "host=127.0.0.2", " port=", "connection refused"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q lacks %q", b.String(), want)
		}
	}
	b.Reset()
	_, ch = relay(t, inbox.Options{}, email.Config{Server: email.Server{TLS: email.StartTLS}, Log: log})
	if err := ch.Deliver(t.Context(), batchOf(t, ch, 1), &channeltest.Gate{}); channels.KindOf(err) != sender || b.Len() > 0 {
		t.Errorf("error %v, log %q", err, b.String())
	}
}
