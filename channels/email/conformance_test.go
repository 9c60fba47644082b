package email_test

import (
	"net"
	"strconv"
	"sync"
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

// dotTimeout is how long the channel waits for the answer to a mail: long for a busy machine.
const dotTimeout = 3 * time.Second

// answer makes the relay do so with a mail; nil: it does what it does.
func answer(c inbox.Command, a channeltest.Answer) *inbox.Reply {
	switch {
	case c.Stage == inbox.RcptTo && a == channeltest.Address:
		return &inbox.Reply{Code: 550, Text: "5.1.1 no such mailbox"}
	case c.Stage != inbox.Dot:
		return nil
	}
	switch a {
	case channeltest.Temporary:
		return &inbox.Reply{Code: 451, Text: "4.3.0 try later"}
	case channeltest.Permanent:
		return &inbox.Reply{Code: 554, Text: "5.6.0 no such content here"}
	case channeltest.Sender:
		return &inbox.Reply{Code: 550, Text: "5.4.5 Daily user sending limit exceeded"}
	case channeltest.Taken:
		return &inbox.Reply{DropBefore: true, Keep: true}
	case channeltest.Lost:
		return &inbox.Reply{DropBefore: true}
	case channeltest.Slow:
		return &inbox.Reply{Delay: channeltest.SlowTime}
	case channeltest.TooLate:
		return &inbox.Reply{Delay: 2 * dotTimeout, Keep: true}
	}
	return nil
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
				var answers sync.Map // by recipient
				scripted := func(c inbox.Command) *inbox.Reply {
					a, _ := answers.Load(c.To)
					how, _ := a.(channeltest.Answer)
					if r := answer(c, how); r != nil || script == nil {
						return r
					}
					return script(c)
				}
				o := inbox.Options{Script: script}
				if name != "go-smtp" {
					o.Script = scripted
				}
				in, ch := relay(t, o, email.Config{DotTimeout: dotTimeout})
				return channeltest.Rig{Channel: ch, Arrived: arrived(in), Answer: func(n int, a channeltest.Answer) bool {
					answers.Store(channeltest.Message(andante.Email, n).To.Address, a)
					return o.Script != nil
				}}
			})
		})
	}
}
