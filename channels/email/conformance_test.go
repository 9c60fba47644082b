package email_test

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/inbox"
)

// relay starts an inbox and a channel that delivers to it.
func relay(t *testing.T, opt inbox.Options, cfg email.Config) (*inbox.Inbox, *email.Channel) {
	t.Helper()
	in, err := inbox.Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	host, port, _ := net.SplitHostPort(in.Addr())
	if cfg.Host == "" {
		cfg.Host = host
	}
	cfg.Port, _ = strconv.Atoi(port)
	if cfg.TLS == "" {
		cfg.TLS = email.NoTLS
	}
	if cfg.FlightTime == 0 {
		cfg.FlightTime = time.Minute // a busy machine must leave nothing untried
	}
	ch, err := email.New(cfg, andante.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ch.Close() })
	return in, ch
}

func arrived(in *inbox.Inbox) func() []string {
	return func() []string {
		var ids []string
		for _, m := range in.Mails() {
			ids = append(ids, m.MessageID)
		}
		return ids
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	scripts := map[string]func(inbox.Command) *inbox.Reply{
		"go-smtp":  nil,
		"scripted": func(inbox.Command) *inbox.Reply { return nil },
		"without pipelining": func(c inbox.Command) *inbox.Reply {
			if c.Stage == inbox.Ehlo {
				return &inbox.Reply{Code: 250, Text: "relay.example"}
			}
			return nil
		},
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			channeltest.Run(t, func(t *testing.T) channeltest.Rig {
				in, ch := relay(t, inbox.Options{Script: script}, email.Config{})
				return channeltest.Rig{Channel: ch, Arrived: arrived(in)}
			})
		})
	}
}
