package email_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/email"
)

// A slowDot is a mail server that answers a mail only when the commands of the next one
// are there, so long as one is to come: a client that waits would wait for ever.
type slowDot struct {
	t     *testing.T
	mails int // that will come
	cutAt int // hang up instead of answering this mail, from 1; 0: never

	mu    sync.Mutex
	taken []string // recipients
	conns int
}

func (s *slowDot) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns++
		s.mu.Unlock()
		go s.talk(c)
	}
}

func (s *slowDot) talk(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	say := func(line string) { fmt.Fprint(c, line+"\r\n") }
	say("220 slow.localhost")
	to := ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(line[:4]); verb {
		case "EHLO":
			say("250-slow.localhost\r\n250 PIPELINING")
		case "RCPT":
			to = line[strings.IndexByte(line, '<')+1 : strings.IndexByte(line, '>')]
			say("250 ok")
		case "DATA":
			say("354 go ahead")
			for line != ".\r\n" {
				if line, err = r.ReadString('\n'); err != nil {
					return
				}
			}
			if !s.dot(to, r) {
				return
			}
			say("250 taken")
		default:
			say("250 ok")
		}
	}
}

// dot takes a mail in once it has seen the next one's first command.
func (s *slowDot) dot(to string, r *bufio.Reader) bool {
	s.mu.Lock()
	s.taken = append(s.taken, to)
	n := len(s.taken)
	s.mu.Unlock()
	if n < s.mails && (s.cutAt == 0 || n <= s.cutAt) {
		if next, err := r.Peek(4); err != nil || string(next) != "MAIL" {
			s.t.Errorf("after mail %d came %q (%v), not the next mail's commands", n, next, err)
		}
	}
	return n != s.cutAt
}

// sendTo delivers five mails to a slowDot and returns the gate.
func sendTo(t *testing.T, s *slowDot) *channeltest.Gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go s.serve(l)
	ch, err := email.New(email.Config{Server: email.Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: email.NoTLS}, Hello: "test.localhost"}, andante.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	defer ch.Close()
	g := &channeltest.Gate{}
	if err := ch.Deliver(t.Context(), batchOf(t, ch, s.mails), g); err != nil {
		t.Error(err)
	}
	return g
}

// TestNextMailIsAnnounced: the commands of the next mail go with the mail before it, so
// that each mail costs one round trip.
func TestNextMailIsAnnounced(t *testing.T) {
	t.Parallel()
	s := &slowDot{t: t, mails: 5}
	g := sendTo(t, s)
	if diff := cmp.Diff([]channels.ErrorKind{ok, ok, ok, ok, ok}, g.Kinds()); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if s.conns != 1 || len(s.taken) != 5 {
		t.Errorf("%d mails over %d connections", len(s.taken), s.conns)
	}
}

// TestAnnouncedMailOutlivesItsConnection: a connection that dies over a mail's answer
// leaves that mail unknown; the one that was only announced goes over the next one, once.
// Nothing is announced any more then: the relay may have held its answer back for it.
func TestAnnouncedMailOutlivesItsConnection(t *testing.T) {
	t.Parallel()
	s := &slowDot{t: t, mails: 5, cutAt: 2}
	g := sendTo(t, s)
	if diff := cmp.Diff([]channels.ErrorKind{ok, channels.Unknown, ok, ok, ok}, g.Kinds()); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if s.conns != 2 || len(s.taken) != 5 {
		t.Errorf("%d mails over %d connections: %v", len(s.taken), s.conns, s.taken)
	}
}
