package faults_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante/internal/faults"
	"github.com/andante-hq/andante/internal/harness"
)

// An echo is a server that says each line again, and keeps what it got.
type echo struct {
	door net.Listener
	mu   sync.Mutex
	got  []string // by connection
	ends []error
}

func newEcho(t *testing.T) *echo {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &echo{door: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			e.mu.Lock()
			n := len(e.got)
			e.got, e.ends = append(e.got, ""), append(e.ends, nil)
			e.mu.Unlock()
			go e.serve(c, n)
		}
	}()
	return e
}

func (e *echo) serve(c net.Conn, n int) {
	defer c.Close()
	for b := make([]byte, 1000); ; {
		k, err := c.Read(b)
		e.mu.Lock()
		e.got[n] += string(b[:k])
		e.ends[n] = err
		e.mu.Unlock()
		if err != nil {
			return
		}
		if _, err := c.Write(b[:k]); err != nil {
			return
		}
	}
}

// end waits until the server has seen the end of its nth connection.
func (e *echo) end(t *testing.T, n int) (got string, err error) {
	t.Helper()
	harness.Until(t, 10*time.Second, "the end of the connection", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.got) <= n || e.ends[n] == nil {
			return false
		}
		got, err = e.got[n], e.ends[n]
		return true
	})
	return got, err
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

func say(t *testing.T, c net.Conn, line string) {
	t.Helper()
	if _, err := io.WriteString(c, line); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, c net.Conn) string {
	t.Helper()
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestPasses(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	p := faults.NewProxy(t, e.door.Addr().String())
	p.Record()
	long := strings.Repeat("x", 300_000) + "\n"
	for range 2 {
		c := dial(t, p.Addr())
		go func() { _, _ = io.WriteString(c, long) }() // more than a socket holds: it ends while it is read
		if hear(t, c) != long {
			t.Error("it comes back changed")
		}
		c.Close()
	}
	for n := range 2 {
		if got, err := e.end(t, n); got != long || !errors.Is(err, io.EOF) {
			t.Errorf("the server got %d bytes, %v", len(got), err)
		}
	}
	harness.Until(t, 10*time.Second, "the end of both", func() bool { return p.Open() == 0 })
	for _, talk := range p.Talks() {
		if string(talk.Said) != long || talk.Passed != len(long) || string(talk.Heard) != long {
			t.Errorf("noted: %d said, %d passed, %d heard", len(talk.Said), talk.Passed, len(talk.Heard))
		}
	}
	if n := p.Connections(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

// TestDelay: each way costs its time, and no throughput: two lines on their way at once
// arrive together.
func TestDelay(t *testing.T) {
	t.Parallel()
	const up, down = 70 * time.Millisecond, 130 * time.Millisecond
	p := faults.NewProxy(t, newEcho(t).door.Addr().String())
	c := dial(t, p.Addr())
	p.Delay(faults.ToServer, up)
	p.Delay(faults.ToClient, down)
	began := time.Now()
	for range 20 {
		say(t, c, "hello\n")
	}
	if took := time.Since(began); took >= up {
		t.Errorf("saying it took %s", took)
	}
	for r, i := bufio.NewReader(c), 0; i < 20; i++ {
		if _, err := r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < up+down || took > 5*(up+down) {
		t.Errorf("it took %s, want %s", took, up+down)
	}
	p.Delay(faults.ToServer, 0)
	p.Delay(faults.ToClient, 0)
	began = time.Now()
	say(t, c, "hello\n")
	hear(t, c)
	if took := time.Since(began); took >= up {
		t.Errorf("without a delay it took %s", took)
	}
}

// TestCut: exactly so many bytes pass that way, both ends see an end, and what the
// client says afterwards is noted and goes nowhere.
func TestCut(t *testing.T) {
	t.Parallel()
	const line = "hello\n"
	for name, tt := range map[string]struct {
		way  faults.Way
		n    int
		want faults.Talk
	}{
		"at once":                 {faults.ToServer, 0, faults.Talk{Said: []byte(line)}},
		"the client's words":      {faults.ToServer, 3, faults.Talk{Said: []byte(line), Passed: 3}},
		"the answer, before":      {faults.ToClient, 0, faults.Talk{Said: []byte(line)}},
		"the answer":              {faults.ToClient, 4, faults.Talk{Said: []byte(line), Passed: 6, Heard: []byte("hell")}},
		"the answer's last":       {faults.ToClient, 6, faults.Talk{Said: []byte(line), Passed: 6, Heard: []byte(line)}},
		"it lives":                {faults.ToClient, -1, faults.Talk{Said: []byte(line), Passed: 6, Heard: []byte(line)}},
		"more than there will be": {faults.ToServer, 100, faults.Talk{Said: []byte(line), Passed: 6, Heard: []byte(line)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEcho(t)
			p := faults.NewProxy(t, e.door.Addr().String())
			p.Record()
			p.Cut(func(conn int) (faults.Way, int) {
				if conn == 1 {
					return tt.way, tt.n
				}
				return 0, -1
			})
			c := dial(t, p.Addr())
			say(t, c, line)
			if tt.n < 0 || tt.n > len(line) {
				if got := hear(t, c); got != line {
					t.Errorf("heard %q", got)
				}
				c.Close() // nobody else ends it
			} else if got, err := io.ReadAll(c); err != nil || string(got) != string(tt.want.Heard) {
				t.Errorf("heard %q, %v", got, err)
			}
			if got, _ := e.end(t, 0); got != line[:tt.want.Passed] {
				t.Errorf("the server got %q", got)
			}
			c.Close()
			harness.Until(t, 10*time.Second, "the end of the connection", func() bool { return p.Open() == 0 })
			if diff := cmp.Diff(tt.want, p.Talks()[0]); diff != "" {
				t.Errorf("noted (-want +got):\n%s", diff)
			}
			next := dial(t, p.Addr())
			say(t, next, line)
			if got := hear(t, next); got != line {
				t.Errorf("over the next connection: %q", got)
			}
		})
	}
}

// TestSwallow: one way goes deaf, the other does not, and a new connection is well.
func TestSwallow(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	p := faults.NewProxy(t, e.door.Addr().String())
	p.Record()
	c := dial(t, p.Addr())
	say(t, c, "one\n")
	hear(t, c)
	p.Swallow(faults.ToClient)
	say(t, c, "two\n")
	harness.Until(t, 10*time.Second, "the second line", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.got[0] == "one\ntwo\n"
	})
	next := dial(t, p.Addr())
	say(t, next, "three\n")
	hear(t, next)
	if err := c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 10)); n > 0 || !isTimeout(err) {
		t.Errorf("%d bytes came through, %v", n, err)
	}
	if talk := p.Talks()[0]; string(talk.Heard) != "one\n" || talk.Passed != 8 {
		t.Errorf("noted %q", talk.Heard)
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// TestReset: both sides see a reset, and the next connection is well.
func TestReset(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	p := faults.NewProxy(t, e.door.Addr().String())
	p.Delay(faults.ToClient, time.Hour) // what waits for its time does not keep it up
	c := dial(t, p.Addr())
	say(t, c, "one\n")
	harness.Until(t, 10*time.Second, "the line", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return len(e.got) == 1 && e.got[0] == "one\n"
	})
	if n := p.Reset(); n != 1 {
		t.Errorf("%d connections were reset", n)
	}
	if _, err := c.Read(make([]byte, 10)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client sees %v", err)
	}
	if _, err := e.end(t, 0); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the server sees %v", err)
	}
	p.Delay(faults.ToClient, 0)
	next := dial(t, p.Addr())
	say(t, next, "two\n")
	hear(t, next)
}

// TestRefuse: nobody is let in, who is in stays, and the door opens on the same port.
func TestRefuse(t *testing.T) {
	t.Parallel()
	p := faults.NewProxy(t, newEcho(t).door.Addr().String())
	c := dial(t, p.Addr())
	say(t, c, "one\n")
	hear(t, c)
	p.Refuse()
	if stranger, err := net.Dial("tcp", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("let in: %v, %v", stranger, err)
	}
	say(t, c, "two\n")
	hear(t, c)
	p.Accept()
	say(t, dial(t, p.Addr()), "three\n")
}

// TestServerGone: a server that is not there looks like a reset.
func TestServerGone(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	p := faults.NewProxy(t, e.door.Addr().String())
	e.door.Close()
	c, err := net.Dial("tcp", p.Addr())
	if err == nil {
		defer c.Close()
		_, err = c.Read(make([]byte, 10))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client sees %v", err)
	}
}
