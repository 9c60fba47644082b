package faults

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"
)

// A Way is one of the two directions of a connection.
type Way int

// The directions.
const (
	ToServer Way = iota
	ToClient
)

func (w Way) other() Way { return 1 - w }

// never is where a connection is cut that is not cut.
const never = -1

// A Proxy passes the bytes of every connection on to a server, as long as nobody
// tells it otherwise. Its methods are safe for concurrent use and work at once. A
// server that resets a connection looks through it like one that closes it.
type Proxy struct {
	t      testing.TB
	server string
	addr   string
	over   sync.WaitGroup

	mu     sync.Mutex
	door   net.Listener // nil while nobody is let in
	delay  [2]time.Duration
	cuts   func(conn int) (Way, int) // nil: none is cut
	record bool
	open   map[*link]bool
	taken  int     // connections so far
	talks  []*Talk // if recorded
	ended  bool
}

// A Talk is what was said over one connection.
type Talk struct {
	Said   []byte // by the client, and taken from it: what it handed over
	Passed int    // how much of it the server got
	Heard  []byte // what the client got from the server
}

// NewProxy listens on loopback and connects whoever comes to the server. It ends with
// the test.
func NewProxy(t testing.TB, server string) *Proxy {
	t.Helper()
	p := &Proxy{t: t, server: server, open: map[*link]bool{}}
	if err := p.listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

// Addr is the host:port for clients.
func (p *Proxy) Addr() string { return p.addr }

// Delay has everything that goes one way arrive so much later. It costs latency and
// no throughput. It holds for what is read from now on.
func (p *Proxy) Delay(way Way, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay[way] = d
}

// Cut asks f about each new connection, which are numbered from 1: it ends once so
// many bytes have passed one way, with nothing more going either way. A negative
// number lets it live. What the client says afterwards is taken from it and thrown
// away, so that a [Talk] tells all that it handed over.
func (p *Proxy) Cut(f func(conn int) (Way, int)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cuts = f
}

// Swallow has what goes one way vanish from now on, on the connections that are
// there. Those to come are well.
func (p *Proxy) Swallow(way Way) {
	for _, l := range p.links() {
		l.set(func() { l.deaf[way] = true })
	}
}

// Reset ends every connection that is there with an RST to both sides: what is on its
// way is lost, wherever it is. It returns how many there were.
func (p *Proxy) Reset() int {
	links := p.links()
	for _, l := range links {
		l.reset()
	}
	return len(links)
}

// Refuse lets nobody in any more: who comes is refused by the machine. Connections
// that are there stay.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.door != nil {
		_ = p.door.Close()
		p.door = nil
	}
}

// Accept lets clients in again, on the same port.
func (p *Proxy) Accept() {
	p.t.Helper()
	p.Refuse()
	if err := p.listen(p.addr); err != nil {
		p.t.Fatal(err)
	}
}

// Record notes what is said over connections to come.
func (p *Proxy) Record() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.record = true
}

// Talks returns what was said so far, a copy for each connection, in their order.
func (p *Proxy) Talks() []Talk {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Talk, len(p.talks))
	for i, t := range p.talks {
		list[i] = Talk{append([]byte(nil), t.Said...), t.Passed, append([]byte(nil), t.Heard...)}
	}
	return list
}

// Connections returns how many were taken so far.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken
}

// Open returns how many connections are there now. What is recorded of the others is
// complete.
func (p *Proxy) Open() int { return len(p.links()) }

func (p *Proxy) links() (list []*link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.open {
		list = append(list, l)
	}
	return list
}

// listen opens the door.
func (p *Proxy) listen(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.door, p.addr = l, l.Addr().String()
	p.over.Go(func() { p.let(l) })
	return nil
}

// let takes connections in until the door closes.
func (p *Proxy) let(door net.Listener) {
	for {
		c, err := door.Accept()
		if err != nil {
			return
		}
		p.over.Go(func() { p.join(c) })
	}
}

// join connects a client to the server and serves both until they part.
func (p *Proxy) join(client net.Conn) {
	server, err := net.Dial("tcp", p.server)
	if err != nil { // as if the client had met it there
		reset(client)
		return
	}
	l := p.add(client, server)
	if l == nil {
		reset(client)
		reset(server)
		return
	}
	l.run()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, l)
}

// add numbers a connection; nil if it comes after the end.
func (p *Proxy) add(client, server net.Conn) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil
	}
	p.taken++
	l := &link{p: p, from: [2]net.Conn{client, server}, cutAt: never}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	if p.cuts != nil {
		l.cutWay, l.cutAt = p.cuts(p.taken)
	}
	if p.record {
		l.talk = &Talk{}
		p.talks = append(p.talks, l.talk)
	}
	p.open[l] = true
	return l
}

// note writes into a talk.
func (p *Proxy) note(t *Talk, f func(*Talk)) {
	if t == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f(t)
}

func (p *Proxy) lag(way Way) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.delay[way]
}

func (p *Proxy) close() {
	p.Refuse()
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	p.Reset()
	p.over.Wait()
}
