package channels

import (
	"sync"
	"time"
)

// firstSize is the size of a flight when nothing has been measured yet: small
// enough that a slow server leaves little untried, large enough to measure.
const firstSize = 10

// A Pace remembers how long one message takes, so that the next flight is no
// larger than what its time allows. Safe for concurrent use; the zero value is
// ready.
type Pace struct {
	mu  sync.Mutex
	per time.Duration // for one message; 0: not measured
}

// Size returns how many messages, 1 to FlightSize, fit well into a flight of
// length t. A quarter of it is kept in reserve.
func (p *Pace) Size(t time.Duration) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.per <= 0 {
		return firstSize
	}
	return int(min(max((t-t/4)/p.per, 1), FlightSize))
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
