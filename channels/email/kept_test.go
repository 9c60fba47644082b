package email_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/inbox"
)

// conns returns over which connection each mail came.
func conns(in *inbox.Inbox) []int {
	var list []int
	for _, m := range in.Mails() {
		list = append(list, m.Conn)
	}
	return list
}

// deliver sends the messages from..to-1 and fails on anything but success.
func deliver(t *testing.T, ch *email.Channel, from, to int) *channeltest.Gate {
	t.Helper()
	g := &channeltest.Gate{}
	if err := ch.Deliver(t.Context(), batchOf(t, ch, to)[from:], g); err != nil {
		t.Fatal(err)
	}
	for i, k := range g.Kinds() {
		if k != ok {
			o, _ := g.Outcome(g.Order()[i])
			t.Errorf("mail %d: %v", i, o.Err)
		}
	}
	if err := g.Err(); err != nil {
		t.Error(err)
	}
	return g
}

func TestConnectionIsKept(t *testing.T) {
	t.Parallel()
	in, ch := relay(t, inbox.Options{}, email.Config{})
	deliver(t, ch, 0, 2)
	deliver(t, ch, 2, 4)
	if diff := cmp.Diff([]int{1, 1, 1, 1}, conns(in)); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
	_ = ch.Close()
	deliver(t, ch, 4, 5)
	deliver(t, ch, 5, 6)
	if diff := cmp.Diff([]int{1, 1, 1, 1, 2, 3}, conns(in)); diff != "" {
		t.Errorf("after Close none is kept (-want +got):\n%s", diff)
	}
}

func TestConnectionsAreKeptPerSender(t *testing.T) {
	t.Parallel()
	in, ch := relay(t, inbox.Options{}, email.Config{})
	for i, sender := range []string{"jonas", "mira", "jonas"} {
		batch := batchOf(t, ch, i+1)[i:]
		batch[0].Sender = sender
		if err := ch.Deliver(t.Context(), batch, &channeltest.Gate{}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]int{1, 2, 1}, conns(in)); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
}

func TestDeadKeptConnectionIsReplacedBeforeThePermit(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*inbox.Reply{
		"closed":   {DropBefore: true},
		"421":      {Code: 421, Text: "4.4.2 idle", DropAfter: true},
		"nonsense": {Raw: []byte("?\r\n")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, ch := relay(t, inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
				if c.Stage == inbox.Noop && c.Conn == 1 {
					return r
				}
				return nil
			}}, email.Config{})
			deliver(t, ch, 0, 1)
			deliver(t, ch, 1, 3)
			if diff := cmp.Diff([]int{1, 2, 2}, conns(in)); diff != "" {
				t.Errorf("connections (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDeathAtMail cuts a connection at MAIL, when nothing of the mail has left:
// it goes over a new one in the same flight.
func TestDeathAtMail(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*inbox.Reply{
		"closed":    {DropBefore: true},
		"421 4.3.2": {Code: 421, Text: "4.3.2 enough for one connection", DropAfter: true},
		"421":       {Code: 421, Text: "bye", DropAfter: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, ch := relay(t, inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
				if c.Stage == inbox.MailFrom && c.Mail == 4 {
					return r
				}
				return nil
			}}, email.Config{})
			g := deliver(t, ch, 0, 9)
			if diff := cmp.Diff([]int{9}, g.Flights()); diff != "" {
				t.Errorf("flights (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]int{1, 1, 1, 2, 2, 2, 3, 3, 3}, conns(in)); diff != "" {
				t.Errorf("connections (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRelayThatCutsEverything must not be asked for ever.
func TestRelayThatCutsEverything(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		stage inbox.Stage
		first []channels.ErrorKind
		conns int
	}{
		"at mail": {inbox.MailFrom, []channels.ErrorKind{temporary, untried, untried}, 2},
		"at data": {inbox.Data, []channels.ErrorKind{temporary, temporary, untried}, 2},
		"at dot":  {inbox.Dot, []channels.ErrorKind{unknown, unknown, untried}, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			seen := 0
			_, ch := relay(t, inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
				mu.Lock()
				seen = max(seen, c.Conn)
				mu.Unlock()
				if c.Stage == tt.stage {
					return &inbox.Reply{DropBefore: true}
				}
				return nil
			}}, email.Config{})
			g := &channeltest.Gate{}
			err := ch.Deliver(t.Context(), batchOf(t, ch, 60), g)
			if channels.KindOf(err) != temporary {
				t.Errorf("error %v", err)
			}
			if n := len(g.Flights()); n != 1 {
				t.Errorf("%d flights", n)
			}
			if diff := cmp.Diff(tt.first, g.Kinds()[:3]); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			mu.Lock()
			defer mu.Unlock()
			if seen != tt.conns {
				t.Errorf("%d connections, want %d", seen, tt.conns)
			}
		})
	}
}

func TestMailsPerConnection(t *testing.T) {
	t.Parallel()
	in, ch := relay(t, inbox.Options{}, email.Config{MaxMails: 3})
	g := deliver(t, ch, 0, 7)
	if diff := cmp.Diff([]int{3, 3, 1}, g.Flights()); diff != "" {
		t.Errorf("flights (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{1, 1, 1, 2, 2, 2, 3}, conns(in)); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
}

// ahead is the system's clock with a machine time that can be moved.
type ahead struct {
	andante.SystemClock
	mu sync.Mutex
	by time.Duration
}

func (a *ahead) Wall() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.SystemClock.Wall().Add(a.by)
}

func (a *ahead) move(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.by += d
}

func TestIdleConnectionIsNotUsed(t *testing.T) {
	t.Parallel()
	in, base := relay(t, inbox.Options{}, email.Config{})
	_ = base.Close()
	clock := &ahead{}
	cfg := email.Config{Server: email.Server{Host: "127.0.0.1", Port: portOf(in), TLS: email.NoTLS}, IdleTimeout: time.Hour, FlightTime: time.Hour}
	ch, err := email.New(cfg, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ch.Close() })
	deliver(t, ch, 0, 1)
	clock.move(59 * time.Minute)
	deliver(t, ch, 1, 2)
	clock.move(time.Hour)
	deliver(t, ch, 2, 3)
	if diff := cmp.Diff([]int{1, 1, 2}, conns(in)); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
}

// TestFlightTime: the clock leaps within the second flight; what is not written
// by then is untried, and the next flight is smaller.
func TestFlightTime(t *testing.T) {
	t.Parallel()
	in, base := relay(t, inbox.Options{}, email.Config{})
	_ = base.Close()
	clock := &ahead{}
	ch, err := email.New(email.Config{Server: email.Server{Host: "127.0.0.1", Port: portOf(in), TLS: email.NoTLS}, FlightTime: time.Hour}, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ch.Close() })
	n := 0
	g := &channeltest.Gate{OnDone: func(andante.TouchID, channels.Receipt, error) {
		if n++; n > 10 && n <= 14 {
			clock.move(15 * time.Minute)
		}
	}}
	if err := ch.Deliver(t.Context(), batchOf(t, ch, 100), g); err != nil {
		t.Fatal(err)
	}
	flights := g.Flights()
	if flights[0] != 10 || flights[1] != channels.FlightSize || flights[2] > 4 {
		t.Errorf("flights %v", flights)
	}
	for i, k := range g.Kinds() {
		want := ok
		if i >= 14 && i < 60 {
			want = untried
		}
		if k != want {
			t.Fatalf("mail %d: %q, want %q", i, k, want)
		}
	}
	if in.Count() != 100-46 {
		t.Errorf("%d mails arrived", in.Count())
	}
}

func TestManySendersAtOnce(t *testing.T) {
	t.Parallel()
	in, ch := relay(t, inbox.Options{NoRaw: true}, email.Config{Connections: 2})
	var wg sync.WaitGroup
	for w := range 8 {
		batch := batchOf(t, ch, (w+1)*25)[w*25:]
		for i := range batch {
			batch[i].Sender = fmt.Sprint(w % 3)
		}
		wg.Go(func() {
			if err := ch.Deliver(t.Context(), batch, &channeltest.Gate{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if in.Count() != 200 {
		t.Errorf("%d mails arrived", in.Count())
	}
}
