package email_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/inbox"
)

const (
	ok        = channels.ErrorKind("")
	temporary = channels.Temporary
	permanent = channels.Permanent
	address   = channels.Address
	sender    = channels.Sender
	unknown   = channels.Unknown
	untried   = channels.Untried
)

func batchOf(t *testing.T, ch *email.Channel, n int) []channels.Sealed {
	t.Helper()
	list := make([]channels.Sealed, n)
	for i := range list {
		s, err := ch.Prepare(channeltest.Message(andante.Email, i))
		if err != nil {
			t.Fatal(err)
		}
		list[i] = s
	}
	return list
}

// script answers the nth MAIL of the whole test at one stage; 0 is any.
type script struct {
	stage inbox.Stage
	to    int // number of the recipient, or -1: every one
	reply *inbox.Reply
	once  bool
	used  bool // by the one connection that the script runs on
}

func (s *script) answer(c inbox.Command) *inbox.Reply {
	if c.Stage != s.stage || s.once && s.used {
		return nil
	}
	if s.to >= 0 && !strings.HasPrefix(c.To, fmt.Sprintf("maria%d@", s.to)) {
		return nil
	}
	s.used = true
	return s.reply
}

// TestOutcomes sends four mails; the relay treats the second in its own way.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script script
		kinds  []channels.ErrorKind
		code   int
		kept   int // mails that the relay has
		conns  int
	}{
		"recipient refused":           {script{inbox.RcptTo, 1, &inbox.Reply{Code: 550, Text: "5.1.1 no such user"}, false, false}, []channels.ErrorKind{ok, address, ok, ok}, 550, 3, 1},
		"recipient later":             {script{inbox.RcptTo, 1, &inbox.Reply{Code: 450, Text: "4.2.0 greylisted"}, false, false}, []channels.ErrorKind{ok, temporary, ok, ok}, 450, 3, 1},
		"sender refused":              {script{inbox.RcptTo, 1, &inbox.Reply{Code: 550, Text: "5.7.26 unauthenticated"}, false, false}, []channels.ErrorKind{ok, sender, ok, ok}, 550, 3, 1},
		"dirty words":                 {script{inbox.RcptTo, 1, &inbox.Reply{Raw: []byte("550 \x00\xff\r\n")}, false, false}, []channels.ErrorKind{ok, permanent, ok, ok}, 550, 3, 1},
		"data refused":                {script{inbox.Data, 1, &inbox.Reply{Code: 554, Text: "5.0.0 no"}, false, false}, []channels.ErrorKind{ok, permanent, ok, ok}, 554, 3, 1},
		"refused at the dot":          {script{inbox.Dot, 1, &inbox.Reply{Code: 554, Text: "5.7.1 looks like spam"}, false, false}, []channels.ErrorKind{ok, permanent, ok, ok}, 554, 3, 1},
		"later at the dot":            {script{inbox.Dot, 1, &inbox.Reply{Code: 451, Text: "4.3.0 queue is full"}, false, false}, []channels.ErrorKind{ok, temporary, ok, ok}, 451, 3, 1},
		"421 at the dot":              {script{inbox.Dot, 1, &inbox.Reply{Code: 421, Text: "4.3.0 bye", DropAfter: true}, false, false}, []channels.ErrorKind{ok, temporary, ok, ok}, 421, 3, 2},
		"421 at the recipient":        {script{inbox.RcptTo, 1, &inbox.Reply{Code: 421, Text: "4.3.0 bye", DropAfter: true}, false, false}, []channels.ErrorKind{ok, temporary, ok, ok}, 421, 3, 2},
		"cut at the recipient":        {script{inbox.RcptTo, 1, &inbox.Reply{DropBefore: true}, false, false}, []channels.ErrorKind{ok, temporary, ok, ok}, 0, 3, 2},
		"cut at data":                 {script{inbox.Data, 1, &inbox.Reply{DropBefore: true}, false, false}, []channels.ErrorKind{ok, temporary, ok, ok}, 0, 3, 2},
		"cut at the dot, lost":        {script{inbox.Dot, 1, &inbox.Reply{DropBefore: true}, false, false}, []channels.ErrorKind{ok, unknown, ok, ok}, 0, 3, 2},
		"cut at the dot, taken":       {script{inbox.Dot, 1, &inbox.Reply{DropBefore: true, Keep: true}, false, false}, []channels.ErrorKind{ok, unknown, ok, ok}, 0, 4, 2},
		"cut after the dot":           {script{inbox.Dot, 1, &inbox.Reply{DropAfter: true}, false, false}, []channels.ErrorKind{ok, ok, ok, ok}, 250, 4, 2},
		"nonsense at the recipient":   {script{inbox.RcptTo, 1, &inbox.Reply{Raw: []byte("\x16\x03\x01 hello\r\n")}, false, false}, []channels.ErrorKind{ok, temporary, ok, ok}, 0, 3, 2},
		"nonsense at the dot":         {script{inbox.Dot, 1, &inbox.Reply{Raw: []byte("<html>\r\n"), Keep: true}, false, false}, []channels.ErrorKind{ok, unknown, ok, ok}, 0, 4, 2},
		"a go-on at the dot":          {script{inbox.Dot, 1, &inbox.Reply{Code: 354, Text: "more"}, false, false}, []channels.ErrorKind{ok, unknown, ok, ok}, 354, 3, 2},
		"a bare code at the dot":      {script{inbox.Dot, 1, &inbox.Reply{Raw: []byte("250\r\n"), Keep: true}, false, false}, []channels.ErrorKind{ok, ok, ok, ok}, 250, 4, 1},
		"many lines at the dot":       {script{inbox.Dot, 1, &inbox.Reply{Code: 250, Text: "2.0.0 a\n2.0.0 b"}, false, false}, []channels.ErrorKind{ok, ok, ok, ok}, 250, 4, 1},
		"slow bytes at the dot":       {script{inbox.Dot, 1, &inbox.Reply{Code: 250, Text: "2.0.0 x", Slow: time.Millisecond}, false, false}, []channels.ErrorKind{ok, ok, ok, ok}, 250, 4, 1},
		"reset fails":                 {script{inbox.Rset, -1, &inbox.Reply{DropBefore: true}, false, false}, []channels.ErrorKind{ok, address, ok, ok}, 550, 3, 2},
		"reset refused":               {script{inbox.Rset, -1, &inbox.Reply{Code: 502, Text: "5.5.1 what?"}, false, false}, []channels.ErrorKind{ok, address, ok, ok}, 550, 3, 2},
		"words without end":           {script{inbox.RcptTo, 1, &inbox.Reply{Raw: []byte(strings.Repeat("250-x\r\n", 60000))}, false, false}, []channels.ErrorKind{ok, temporary, ok, ok}, 0, 3, 2},
		"data without any recipients": {script{inbox.RcptTo, 1, &inbox.Reply{Code: 550, Text: "no such user"}, false, false}, []channels.ErrorKind{ok, address, ok, ok}, 550, 3, 1},
	}
	for name, tt := range tests {
		for _, pipelined := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/pipelined=%v", name, pipelined), func(t *testing.T) {
				t.Parallel()
				s, refused := tt.script, script{stage: inbox.RcptTo, to: 1, reply: &inbox.Reply{Code: 550, Text: "5.1.1 no such user"}}
				in, ch := relay(t, inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
					if c.Stage == inbox.Ehlo && !pipelined {
						return &inbox.Reply{Code: 250, Text: "relay.example"}
					}
					if c.Stage == inbox.Data && name == "data without any recipients" {
						return &inbox.Reply{Code: 354, Text: "go on anyway"}
					}
					if r := refused.answer(c); r != nil && s.stage == inbox.Rset {
						return r // RSET is said only after a refusal
					}
					return s.answer(c)
				}}, email.Config{})
				batch := batchOf(t, ch, 4)
				g := &channeltest.Gate{}
				if err := ch.Deliver(t.Context(), batch, g); err != nil {
					t.Fatal(err)
				}
				if err := g.Err(); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(tt.kinds, g.Kinds()); diff != "" {
					t.Errorf("outcomes (-want +got):\n%s", diff)
				}
				if o, _ := g.Outcome(batch[1].Touch); o.Receipt.Code != tt.code {
					t.Errorf("code %d, want %d: %v", o.Receipt.Code, tt.code, o.Err)
				}
				mails := in.Mails()
				if len(mails) != tt.kept || mails[len(mails)-1].Conn != tt.conns {
					t.Errorf("%d mails over %d connections, want %d over %d", len(mails), mails[len(mails)-1].Conn, tt.kept, tt.conns)
				}
			})
		}
	}
}

// TestHalfAMail cuts the connection within a body too large for any buffer.
func TestHalfAMail(t *testing.T) {
	t.Parallel()
	in, ch := relay(t, inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
		if c.Stage == inbox.Body && c.Conn == 1 {
			return &inbox.Reply{After: 5000}
		}
		return nil
	}}, email.Config{})
	batch := batchOf(t, ch, 3)
	batch[0].Bytes = append(batch[0].Bytes, bytes.Repeat([]byte("All work and no play makes Jack a dull boy.\r\n"), 300_000)...)
	g := &channeltest.Gate{}
	if err := ch.Deliver(t.Context(), batch, g); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]channels.ErrorKind{temporary, ok, ok}, g.Kinds()); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if in.Count() != 2 {
		t.Errorf("%d mails arrived", in.Count())
	}
}

func TestBytesArriveAsSealed(t *testing.T) {
	t.Parallel()
	in, ch := relay(t, inbox.Options{Script: func(inbox.Command) *inbox.Reply { return nil }}, email.Config{})
	m := channeltest.Message(andante.Email, 0)
	m.Text = ".\n..\n.a\n\n.\nQUIT\n"
	s, err := ch.Prepare(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := ch.Deliver(t.Context(), []channels.Sealed{s}, &channeltest.Gate{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(s.Bytes), string(in.Mails()[0].Raw)); diff != "" {
		t.Errorf("sealed and arrived differ (-sealed +arrived):\n%s", diff)
	}
}

func TestForgedBytesStayHere(t *testing.T) {
	t.Parallel()
	in, ch := relay(t, inbox.Options{}, email.Config{})
	batch := batchOf(t, ch, 5)
	batch[0].Bytes = []byte("Subject: x\r\n\r\ny\n.\r\nMAIL FROM:<a@b.c>\r\n")
	batch[1].Bytes = []byte("Subject: x\r\n\r\ny\r.\r\n")
	batch[2].To = "a@b.c>\r\nDATA"
	batch[3].From = ""
	g := &channeltest.Gate{}
	if err := ch.Deliver(t.Context(), batch, g); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]channels.ErrorKind{permanent, permanent, permanent, permanent, ok}, g.Kinds()); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if in.Count() != 1 {
		t.Errorf("%d mails arrived", in.Count())
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	for s, want := range map[inbox.Stage]channels.ErrorKind{inbox.RcptTo: temporary, inbox.Data: temporary, inbox.Dot: unknown} {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			silence := script{stage: s, to: 0, reply: &inbox.Reply{Wait: make(chan struct{})}}
			_, ch := relay(t, inbox.Options{Script: silence.answer}, email.Config{CommandTimeout: 1500 * time.Millisecond, DotTimeout: 1500 * time.Millisecond})
			g := &channeltest.Gate{}
			if err := ch.Deliver(t.Context(), batchOf(t, ch, 2), g); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]channels.ErrorKind{want, ok}, g.Kinds()); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoConnectionAsksNoPermit(t *testing.T) {
	t.Parallel()
	reply := func(stage inbox.Stage, code int, text string) func(inbox.Command) *inbox.Reply {
		return func(c inbox.Command) *inbox.Reply {
			if c.Stage == stage {
				return &inbox.Reply{Code: code, Text: text, DropAfter: true}
			}
			return nil
		}
	}
	tests := map[string]struct {
		script func(inbox.Command) *inbox.Reply
		cfg    email.Config
		want   channels.ErrorKind
	}{
		"busy":            {reply(inbox.Connect, 421, "4.3.2 too many connections"), email.Config{}, temporary},
		"blocked":         {reply(inbox.Connect, 554, "5.7.1 blocked using dnsbl.example"), email.Config{}, sender},
		"ehlo refused":    {reply(inbox.Ehlo, 550, "5.7.1 no"), email.Config{}, sender},
		"no greeting":     {func(inbox.Command) *inbox.Reply { return &inbox.Reply{DropBefore: true} }, email.Config{}, temporary},
		"nonsense":        {func(inbox.Command) *inbox.Reply { return &inbox.Reply{Raw: []byte("HTTP/1.1 400\r\n")} }, email.Config{}, temporary},
		"an endless line": {func(inbox.Command) *inbox.Reply { return &inbox.Reply{Raw: make([]byte, 1<<20)} }, email.Config{}, temporary},
		"silence":         {func(inbox.Command) *inbox.Reply { return &inbox.Reply{Wait: make(chan struct{})} }, email.Config{CommandTimeout: 200 * time.Millisecond}, temporary},
		"no STARTTLS":     {reply(inbox.Quit, 221, "bye"), email.Config{Server: email.Server{TLS: email.StartTLS}}, sender},
		"no AUTH":         {reply(inbox.Quit, 221, "bye"), email.Config{Server: email.Server{User: "u", Password: "p"}}, sender},
		"no TLS at all":   {reply(inbox.Quit, 221, "bye"), email.Config{Server: email.Server{TLS: email.ImplicitTLS}}, temporary},
		"nobody at home":  {nil, email.Config{Server: email.Server{Host: "127.0.0.2"}}, temporary},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, ch := relay(t, inbox.Options{Script: tt.script}, tt.cfg)
			g := &channeltest.Gate{}
			err := ch.Deliver(t.Context(), batchOf(t, ch, 3), g)
			if channels.KindOf(err) != tt.want {
				t.Errorf("error %v, want kind %s", err, tt.want)
			}
			if n := len(g.Flights()); n > 0 {
				t.Errorf("%d permits were asked", n)
			}
		})
	}
}

func TestEndWhileConnecting(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	_, ch := relay(t, inbox.Options{Script: func(inbox.Command) *inbox.Reply {
		cancel()
		return &inbox.Reply{Wait: make(chan struct{})}
	}}, email.Config{})
	g := &channeltest.Gate{}
	if err := ch.Deliver(ctx, batchOf(t, ch, 3), g); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if len(g.Flights()) > 0 {
		t.Error("a permit was asked")
	}
}

// TestEndAtTheDot ends the context while the relay thinks about the final dot:
// the answer is waited for, the rest of the flight is untried.
func TestEndAtTheDot(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	in, ch := relay(t, inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
		if c.Stage == inbox.Dot {
			cancel()
			return &inbox.Reply{Delay: 20 * time.Millisecond}
		}
		return nil
	}}, email.Config{})
	g := &channeltest.Gate{}
	if err := ch.Deliver(ctx, batchOf(t, ch, 3), g); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]channels.ErrorKind{ok, untried, untried}, g.Kinds()); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if in.Count() != 1 {
		t.Errorf("%d mails arrived", in.Count())
	}
}

// TestTheBodyAsksAgain: a relay takes so long over the commands that the gate has shut.
func TestTheBodyAsksAgain(t *testing.T) {
	t.Parallel()
	var shut atomic.Bool
	in, ch := relay(t, inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
		if c.Stage == inbox.Data {
			shut.Store(true)
		}
		return nil
	}}, email.Config{})
	g := &channeltest.Gate{OnOpen: func(andante.TouchID) bool { return !shut.Load() }}
	if err := ch.Deliver(t.Context(), batchOf(t, ch, 2), g); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]channels.ErrorKind{untried, untried}, g.Kinds()); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if in.Count() != 0 {
		t.Errorf("%d mails arrived", in.Count())
	}
}

// TestSlowCommands: a relay may take longer over the commands than a flight is given; the
// mail is sent once all the same.
func TestSlowCommands(t *testing.T) {
	t.Parallel()
	rcpts := 0
	in, ch := relay(t, inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
		if c.Stage != inbox.RcptTo {
			return nil
		}
		rcpts++
		return &inbox.Reply{Delay: channels.FlightTime + 100*time.Millisecond}
	}}, email.Config{})
	g := &channeltest.Gate{}
	if err := ch.Deliver(t.Context(), batchOf(t, ch, 1), g); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]channels.ErrorKind{ok}, g.Kinds()); diff != "" || rcpts != 1 || in.Count() != 1 {
		t.Errorf("%d RCPT, %d mails, outcomes (-want +got):\n%s", rcpts, in.Count(), diff)
	}
}

func TestMixedSendersAreRefused(t *testing.T) {
	t.Parallel()
	_, ch := relay(t, inbox.Options{}, email.Config{})
	batch := batchOf(t, ch, 2)
	batch[1].Sender = "somebody else"
	g := &channeltest.Gate{}
	if err := ch.Deliver(t.Context(), batch, g); err == nil || len(g.Flights()) > 0 {
		t.Errorf("error %v, %d permits", err, len(g.Flights()))
	}
}
