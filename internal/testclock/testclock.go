// Package testclock is a clock for tests of what happens between two instants. Only
// tests import it.
package testclock

import (
	"sync"
	"time"
)

// A Clock has two hands, calendar and machine, which only the test moves. Safe for
// concurrent use.
type Clock struct {
	mu        sync.Mutex
	now, wall time.Time
}

// New returns a clock whose hands stand at these instants.
func New(now, wall time.Time) *Clock { return &Clock{now: now, wall: wall} }

// Now returns the calendar's instant.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Wall returns the machine's instant.
func (c *Clock) Wall() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wall
}

// Tick moves both hands.
func (c *Clock) Tick(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.wall = c.now.Add(d), c.wall.Add(d)
}

// Calendar moves the calendar alone.
func (c *Clock) Calendar(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
