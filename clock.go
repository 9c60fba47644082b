package andante

import (
	"context"
	"sync"
	"time"
)

// A Clock tells the two times that the program lives by.
//
// Now is the calendar: due times, windows, limits, retries, throttles, Date
// headers. Wall is the machine: leases, network time-outs, metrics. They differ
// only in demo and simulation. Safe for concurrent use.
type Clock interface {
	Now() time.Time
	Wall() time.Time
}

// SystemClock is the clock of a live installation: calendar and machine agree.
type SystemClock struct{}

// Now returns the machine's time in UTC, in milliseconds: what the store keeps of an instant,
// so that two of them compare alike before and after.
func (SystemClock) Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Wall returns the machine's time; it carries the monotonic reading.
func (SystemClock) Wall() time.Time { return time.Now() }

// A JumpClock stands still until it is moved: the calendar of a demo or a
// simulation. Its Wall is the machine's.
type JumpClock struct {
	mu  sync.Mutex
	now time.Time
}

// NewJumpClock returns a clock whose calendar stands at t.
func NewJumpClock(t time.Time) *JumpClock { return &JumpClock{now: t.UTC()} }

// Now returns the instant at which the calendar stands.
func (c *JumpClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Wall returns the machine's time.
func (c *JumpClock) Wall() time.Time { return time.Now() }

// Jump moves the calendar to t. It never goes back.
func (c *JumpClock) Jump(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t.UTC()
	}
}

// Sleep waits for d of machine time. It returns early with the context's error.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
