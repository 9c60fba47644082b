package channeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// A Gate permits everything, unless a hook says otherwise, and records what it
// is asked. It notes each breach of the rules that hold for every driver. Safe
// for concurrent use, though a driver must not need that.
type Gate struct {
	OnPermit func(ids []andante.TouchID) ([]andante.TouchID, error) // nil: all of them
	OnOpen   func(id andante.TouchID) bool                          // nil: true
	OnDone   func(id andante.TouchID, r channels.Receipt, err error)

	mu       sync.Mutex
	asked    []andante.TouchID
	flights  []int
	pending  map[andante.TouchID]bool // permitted, not done
	done     map[andante.TouchID]Outcome
	order    []andante.TouchID
	opened   map[andante.TouchID]bool
	breaches []error
}

// An Outcome is what Done was told.
type Outcome struct {
	Receipt channels.Receipt
	Err     error
}

var _ channels.Gate = (*Gate)(nil)

func (g *Gate) breach(format string, args ...any) {
	g.breaches = append(g.breaches, fmt.Errorf(format, args...))
}

// Permit records the ids and asks the hook.
func (g *Gate) Permit(_ context.Context, ids []andante.TouchID) ([]andante.TouchID, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.pending) > 0 {
		g.breach("permit asked while %d touches of the last flight are not done", len(g.pending))
	}
	if len(ids) == 0 || len(ids) > channels.FlightSize {
		g.breach("permit asked for %d touches", len(ids))
	}
	for _, id := range ids {
		if slices.Contains(g.asked, id) {
			g.breach("permit asked twice for %s", id)
		}
	}
	g.asked = append(g.asked, ids...)
	g.flights = append(g.flights, len(ids))
	allowed := slices.Clone(ids)
	if g.OnPermit != nil {
		var err error
		if allowed, err = g.OnPermit(ids); err != nil {
			return nil, err
		}
	}
	if g.pending == nil {
		g.pending = map[andante.TouchID]bool{}
	}
	for _, id := range allowed {
		g.pending[id] = true
	}
	return allowed, nil
}

// Open records the id and asks the hook.
func (g *Gate) Open(id andante.TouchID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.pending[id] {
		g.breach("open asked for %s, which is not permitted or already done", id)
	}
	open := g.OnOpen == nil || g.OnOpen(id)
	if g.opened == nil {
		g.opened = map[andante.TouchID]bool{}
	}
	g.opened[id] = open
	return open
}

// Done records the outcome.
func (g *Gate) Done(id andante.TouchID, r channels.Receipt, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.pending[id] {
		g.breach("done for %s, which is not permitted or already done", id)
	}
	delete(g.pending, id)
	var e *channels.SendError
	if err != nil && !errors.As(err, &e) {
		g.breach("done with a %T: %v", err, err)
	}
	if channels.KindOf(err) != channels.Untried && !g.opened[id] {
		g.breach("%s was written though open was not asked, or said no", id)
	}
	if r.Response != andante.CleanText(r.Response) || e != nil && e.Response != andante.CleanText(e.Response) {
		g.breach("done with dirty words for %s", id)
	}
	if g.done == nil {
		g.done = map[andante.TouchID]Outcome{}
	}
	g.done[id] = Outcome{r, err}
	g.order = append(g.order, id)
	if g.OnDone != nil {
		g.OnDone(id, r, err)
	}
}

// Asked returns the touches that permits were asked for, in order.
func (g *Gate) Asked() []andante.TouchID {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.asked)
}

// Flights returns the number of touches in each permit.
func (g *Gate) Flights() []int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.flights)
}

// Order returns the touches that are done, in order.
func (g *Gate) Order() []andante.TouchID {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.order)
}

// Outcome returns what Done was told about the touch.
func (g *Gate) Outcome(id andante.TouchID) (Outcome, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	o, ok := g.done[id]
	return o, ok
}

// Kinds returns the kind of each outcome in order of Done; "" for accepted.
func (g *Gate) Kinds() []channels.ErrorKind {
	g.mu.Lock()
	defer g.mu.Unlock()
	kinds := make([]channels.ErrorKind, len(g.order))
	for i, id := range g.order {
		kinds[i] = channels.KindOf(g.done[id].Err)
	}
	return kinds
}

// Err returns the breaches so far, those of a Deliver that has returned
// included: a permitted touch without Done is one.
func (g *Gate) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := slices.Clone(g.breaches)
	for id := range g.pending {
		list = append(list, fmt.Errorf("%s was permitted and never done", id))
	}
	return errors.Join(list...)
}
