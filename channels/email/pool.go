package email

import (
	"context"
	"slices"
	"sync"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// A pool keeps connections between batches, per sender, and each sender's pace.
type pool struct {
	cfg   Config
	clock andante.Clock
	paces channels.Paces

	mu      sync.Mutex
	kept    map[string][]*conn // the one used last stands last
	closed  bool
	sweeper context.CancelFunc // nil while nothing is kept
}

func newPool(cfg Config, clock andante.Clock) *pool {
	return &pool{cfg: cfg, clock: clock, kept: map[string][]*conn{}}
}

// take returns the sender's connection to a server that was used last, or nil. Those that
// were idle too long are closed; those to a server that is the sender's no more are soon.
func (p *pool) take(sender string, to Server) *conn {
	p.sweep()
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.kept[sender]
	for i, c := range slices.Backward(list) {
		if c.cfg.Server == to {
			p.kept[sender] = slices.Delete(list, i, i+1)
			return c
		}
	}
	return nil
}

// maxIdleBuffer is the most bytes for a mail that a connection keeps while it is idle.
const maxIdleBuffer = 256 << 10

// put keeps the connection, or ends it if there is no room or no life left.
func (p *pool) put(sender string, c *conn) {
	p.mu.Lock()
	if p.closed || c.mails >= p.cfg.MaxMails || len(p.kept[sender]) >= p.cfg.Connections {
		p.mu.Unlock()
		c.quit()
		return
	}
	if cap(c.data) > maxIdleBuffer {
		c.data = nil
	}
	p.kept[sender] = append(p.kept[sender], c)
	if p.sweeper == nil {
		ctx, cancel := context.WithCancel(context.Background())
		p.sweeper = cancel
		go p.sweepLater(ctx)
	}
	p.mu.Unlock()
}

// sweepLater closes what is idle too long, until nothing is kept any more: a
// relay should not have to cut our connections after the last batch of the day.
func (p *pool) sweepLater(ctx context.Context) {
	for andante.Sleep(ctx, p.cfg.IdleTimeout) == nil {
		if p.sweep() == 0 && p.rest() {
			return
		}
	}
}

// rest ends the sweeper if there is still nothing to sweep.
func (p *pool) rest() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, list := range p.kept {
		if len(list) > 0 {
			return false
		}
	}
	p.sweeper()
	p.sweeper = nil
	return true
}

// sweep closes the connections that were idle too long and returns how many are
// left.
func (p *pool) sweep() int {
	p.mu.Lock()
	var old []*conn
	left, now := 0, p.clock.Wall()
	for sender, list := range p.kept {
		var fresh []*conn
		for _, c := range list {
			if now.Sub(c.used) >= p.cfg.IdleTimeout {
				old = append(old, c)
			} else {
				fresh = append(fresh, c)
			}
		}
		p.kept[sender] = fresh
		left += len(fresh)
	}
	p.mu.Unlock()
	for _, c := range old {
		c.quit()
	}
	return left
}

// close ends all kept connections; from now on none is kept.
func (p *pool) close() {
	p.mu.Lock()
	kept := p.kept
	p.kept, p.closed = map[string][]*conn{}, true
	if p.sweeper != nil {
		p.sweeper()
	}
	p.mu.Unlock()
	var farewells sync.WaitGroup // at once: each may take its time
	for _, list := range kept {
		for _, c := range list {
			farewells.Go(c.quit)
		}
	}
	farewells.Wait()
}
