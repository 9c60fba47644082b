package channels

import (
	"sync"
	"time"
)

// firstSize is the size of either when nothing has been measured yet: small
// enough that a slow server leaves little untried, large enough to measure.
const firstSize = 10

// A Pace remembers how long one message takes, so that the next flight, or the next
// chunk of touches that are claimed, is no larger than what its time allows. Safe for concurrent use; the zero value is
// ready.
type Pace struct {
	mu  sync.Mutex
	per time.Duration // for one message; 0: not measured
}

// Size returns how many messages fit well into the time t: at least 1, and no
// more than most. A quarter of the time is kept in reserve.
func (p *Pace) Size(t time.Duration, most int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.per <= 0 {
		return min(firstSize, most)
	}
	return int(min(max((t-t/4)/p.per, 1), time.Duration(most)))
}

// Paces remembers a pace for each sender. Safe for concurrent use; the zero value
// is ready.
type Paces struct {
	mu sync.Mutex
	of map[string]*Pace
}

// Of returns the pace of a sender.
func (p *Paces) Of(sender string) *Pace {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = map[string]*Pace{}
	}
	if p.of[sender] == nil {
		p.of[sender] = new(Pace)
	}
	return p.of[sender]
}

// Record takes in a flight that wrote n messages in d. A slower flight counts at
// once, a faster one by half, because too small a flight costs one more permit
// and too large a one costs untried touches.
func (p *Pace) Record(n int, d time.Duration) {
	if n <= 0 {
		return
	}
	per := max(d/time.Duration(n), 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.per > per {
		per = (p.per + per) / 2
	}
	p.per = per
}
