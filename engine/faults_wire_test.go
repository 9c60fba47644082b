package engine

import (
	"bytes"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/faults"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
)

// onWire puts a line of our own between the scene and its mail server.
func (s *scene) onWire() *faults.Proxy {
	s.t.Helper()
	wire := faults.NewProxy(s.t, s.inbox.Addr())
	s.part.Mail = wire.Addr()
	s.onCalendar()
	return wire
}

// TestSlowLine: a line that takes 20 ms each way is slow and nothing else.
func TestSlowLine(t *testing.T) {
	t.Parallel()
	s := newScene(t, harness.Workspace{}, harness.NewTown(atLength(600, 50), 1), inbox.Options{})
	wire := s.onWire()
	for _, way := range []faults.Way{faults.ToServer, faults.ToClient} {
		wire.Delay(way, 20*time.Millisecond)
	}
	s.enroll("hello")
	s.plays(unnoticed)
	s.allReceived()
}

// TestNobodyIsLetIn: a relay that refuses every connection for a while costs no touch
// anything, not even a try.
func TestNobodyIsLetIn(t *testing.T) {
	t.Parallel()
	s := newScene(t, harness.Workspace{}, harness.NewTown(30, 1), inbox.Options{})
	wire := s.onWire()
	wire.Refuse()
	s.enroll("hello")
	s.plays(func(n int) {
		if n == 3 {
			wire.Accept()
		}
	})
	s.allReceived()
	for _, a := range s.books().Attempts {
		if a.Number != 1 {
			t.Errorf("touch %s was tried %d times", a.Touch, a.Number)
		}
	}
}

// A sweep cuts each connection further on than the one before: at every byte of what is
// short, then in steps.
type sweep struct {
	way   faults.Way
	close int // so many bytes are swept one by one
	step  int // then
	most  int // and from here on nothing is cut
	at    int
}

// next is called for each connection, one at a time.
func (s *sweep) next(int) (faults.Way, int) {
	n := s.at
	if n > s.most {
		return s.way, -1
	}
	if s.at++; s.at > s.close {
		s.at += s.step - 1
	}
	return s.way, n
}

// TestCutAtEveryByte: every connection to the relay is cut a byte later than the one
// before. Each mail is tried again until it is through, or it is unknown: only if its
// final dot was handed over and no answer came back, and then it is never sent again.
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	for name, sweep := range map[string]*sweep{
		"on the way there": {way: faults.ToServer, close: 110, step: atLength(11, 97), most: 5000},
		"on the way back":  {way: faults.ToClient, step: atLength(1, 2), most: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, harness.Workspace{}, harness.NewTown(atLength(600, 100), 1), inbox.Options{})
			wire := s.onWire()
			wire.Record()
			wire.Cut(sweep.next)
			s.part.MaxMails, s.part.Connections = 1, 1 // a connection for each mail, one at a time
			s.enroll("hello")
			s.plays(unnoticed)
			harness.Until(t, time.Minute, "the end of the last connection", func() bool { return wire.Open() == 0 })

			books := s.books()
			audit := books.Audit()
			t.Logf("%s over %d connections", audit, wire.Connections())
			report(t, audit.Breaches)
			report(t, books.ReasonGiven())
			if audit.Waiting > 0 || audit.Unknown < 5 || audit.States[andante.Sent] < 10 {
				t.Errorf("%d waiting, %d unknown, %d sent of %d", audit.Waiting, audit.Unknown, audit.States[andante.Sent], audit.Touches)
			}
			for _, talk := range wire.Talks() {
				if n := [2]int{len(talk.Said), len(talk.Heard)}[sweep.way]; n > sweep.most {
					t.Fatalf("a talk of %d bytes, longer than what was swept", n)
				}
			}
			s.doubtHasReason(books, wire.Talks())
		})
	}
}

// doubtHasReason compares what the store says of each touch with what was said about it
// over the line, one mail a connection: its dot was handed over once at most, and what
// is unknown is what had no answer to that.
func (s *scene) doubtHasReason(books harness.Books, talks []faults.Talk) {
	s.t.Helper()
	handed, answered := map[string]int{}, map[string]int{}
	for _, talk := range talks {
		if !bytes.Contains(talk.Said, []byte("\r\n.\r\n")) {
			continue
		}
		_, rest, _ := bytes.Cut(talk.Said, []byte("RCPT TO:<"))
		to, _, _ := bytes.Cut(rest, []byte(">"))
		handed[string(to)]++
		lines := talk.Heard[:bytes.LastIndexByte(talk.Heard, '\n')+1] // those that came whole
		if bytes.Count(lines, []byte("\r\n250 ")) == 4 {              // to EHLO, MAIL, RCPT and the dot
			answered[string(to)]++
		}
	}
	addresses := map[andante.ContactID]string{}
	for _, c := range s.town.Contacts {
		addresses[c.ID] = c.Email
	}
	for _, x := range books.Touches {
		to := addresses[x.Contact]
		doubt := handed[to] - answered[to]
		switch {
		case handed[to] > 1:
			s.t.Errorf("the mail to %s was handed over %d times", to, handed[to])
		case x.State == andante.Unknown && doubt != 1:
			s.t.Errorf("the touch of %s is unknown, though its mail was handed over %d times and answered %d times", to, handed[to], answered[to])
		case x.State != andante.Unknown && doubt != 0:
			s.t.Errorf("the touch of %s is %s, though its mail was handed over and had no answer", to, x.State)
		}
	}
}

// TestResetUnderLoad: connections are reset while mails are on their way over them.
func TestResetUnderLoad(t *testing.T) {
	t.Parallel()
	people, resets := atLength(10_000, 1000), atLength(40, 8)
	s := newScene(t, harness.Workspace{}, harness.NewTown(people, 1), inbox.Options{NoRaw: true, DelayPerMail: time.Millisecond})
	wire := s.onWire()
	s.enroll("hello")
	cut := make(chan int)
	go func() {
		n := 0
		for i := range resets {
			if s.inbox.Wait(t.Context(), people*8/10/resets*(i+1)) == nil {
				n += wire.Reset()
			}
		}
		cut <- n
	}()
	s.plays(unnoticed)

	n := <-cut
	audit := s.books().Audit()
	audit.AllTold(0, n*flight)
	t.Logf("%s, %d connections reset", audit, n)
	report(t, audit.Breaches)
	if audit.Unknown == 0 || audit.States[andante.Sent]+audit.Unknown != people {
		t.Errorf("%d unknown and %d sent of %d", audit.Unknown, audit.States[andante.Sent], people)
	}
}

// TestTheAnswerIsSwallowed: the line stops bringing answers right after a final dot went
// over it. The mail is there and nobody knows: it is unknown for good.
func TestTheAnswerIsSwallowed(t *testing.T) {
	t.Parallel()
	lost := map[string]bool{"c3@town.example": true, "c11@town.example": true}
	var wire *faults.Proxy
	s := newScene(t, harness.Workspace{}, harness.NewTown(20, 1), inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
		if c.Stage == inbox.Dot && lost[c.To] {
			wire.Swallow(faults.ToClient)
		}
		return nil
	}})
	wire = s.onWire()
	s.part.Connections, s.part.Patience = 1, 2*time.Second
	s.enroll("hello")
	s.plays(unnoticed)

	books := s.books()
	audit := books.Audit()
	audit.AllTold(1, 2*flight)
	t.Log(audit)
	report(t, audit.Breaches)
	for i, c := range s.town.Contacts {
		for _, x := range books.Touches {
			if x.Contact == c.ID && lost[c.Email] && x.State != andante.Unknown {
				t.Errorf("the touch of c%d is %s", i, x.State)
			}
		}
	}
}
