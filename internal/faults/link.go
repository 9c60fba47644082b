package faults

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/andante-hq/andante"
)

// A link is one client's connection through a [Proxy].
type link struct {
	p    *Proxy
	from [2]net.Conn // by the way that its bytes go: the client's end, the server's end
	talk *Talk       // nil: nobody notes it

	ctx    context.Context // ends with a reset: nothing waits for its time any more, nor says a polite goodbye
	cancel context.CancelFunc

	mu     sync.Mutex
	cutWay Way
	cutAt  int // how many bytes may pass that way; never: all
	passed [2]int
	deaf   [2]bool // what goes this way vanishes
	ended  bool    // cut: nothing passes any more
}

func (l *link) set(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

// run passes bytes both ways until both ends have ended.
func (l *link) run() {
	defer l.cancel()
	if l.cutAt == 0 {
		l.set(l.cut)
	}
	var both sync.WaitGroup
	for _, way := range []Way{ToServer, ToClient} {
		both.Go(func() { l.carry(way) })
	}
	both.Wait()
	for _, c := range l.from {
		_ = c.Close()
	}
}

// A piece is what was read at an instant of the machine.
type piece struct {
	bytes []byte
	at    time.Time
}

// carry reads one end and writes what it says to the other, each piece when it is
// due, until the reading end closes.
func (l *link) carry(way Way) {
	pieces := make(chan piece, 256)
	var writer sync.WaitGroup
	writer.Go(func() {
		for p := range pieces {
			if andante.Sleep(l.ctx, p.at.Sub(clock.Wall())) == nil {
				l.pass(way, p.bytes)
			}
		}
		if l.ctx.Err() == nil {
			halfClose(l.from[way.other()])
		}
	})
	for {
		b := make([]byte, 32<<10)
		n, err := l.from[way].Read(b)
		if n > 0 {
			if way == ToServer {
				l.p.note(l.talk, func(t *Talk) { t.Said = append(t.Said, b[:n]...) })
			}
			pieces <- piece{b[:n], clock.Wall().Add(l.p.lag(way))}
		}
		if err != nil {
			break
		}
	}
	close(pieces)
	writer.Wait()
}

var clock andante.SystemClock

// pass writes what may pass, and cuts the connection where it is to be cut.
func (l *link) pass(way Way, b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.deaf[way] {
		return
	}
	cut := l.cutAt != never && way == l.cutWay && l.passed[way]+len(b) >= l.cutAt
	if cut {
		b = b[:l.cutAt-l.passed[way]]
	}
	n, _ := l.from[way.other()].Write(b) // an end that is gone is told by its own Read
	l.passed[way] += n
	l.p.note(l.talk, func(t *Talk) {
		if way == ToServer {
			t.Passed += n
		} else {
			t.Heard = append(t.Heard, b[:n]...)
		}
	})
	if cut {
		l.cut()
	}
}

// cut ends both ways: the server is left, and the client is told that nothing more
// comes. It must be called with mu held.
func (l *link) cut() {
	l.ended = true
	_ = l.from[ToClient].Close()
	halfClose(l.from[ToServer])
}

func (l *link) reset() {
	l.cancel()
	for _, c := range l.from { // before mu is taken: who holds it may be writing
		reset(c)
	}
	l.set(func() { l.ended = true })
}

// halfClose says that nothing more comes.
func halfClose(c net.Conn) { _ = c.(*net.TCPConn).CloseWrite() }

// reset closes with an RST.
func reset(c net.Conn) {
	_ = c.(*net.TCPConn).SetLinger(0)
	_ = c.Close()
}
