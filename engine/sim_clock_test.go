package engine

import (
	"errors"
	"sync"
	"time"

	"github.com/andante-hq/andante"
)

// A skewedClock is what the program goes by in a story: the true calendar, which only
// jumps forward, or one that is wrong by some time, as a machine's clock may be.
type skewedClock struct {
	*andante.JumpClock // the truth, and the mail server's
	mu                 sync.Mutex
	skew               time.Duration // ahead of it; negative: behind
}

// Now is what the machine believes.
func (c *skewedClock) Now() time.Time { return c.True().Add(c.skewed()) }

// True is what a story's times mean.
func (c *skewedClock) True() time.Time { return c.JumpClock.Now() }

// believe moves the truth to where the machine believes that it is t.
func (c *skewedClock) believe(t time.Time) { c.Jump(c.trueOf(t)) }

// trueOf is when the machine believes that it is t.
func (c *skewedClock) trueOf(t time.Time) time.Time { return t.Add(-c.skewed()) }

func (c *skewedClock) skewed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skew
}

// doClock sets the machine's clock: ahead LENGTH, behind LENGTH, right.
func (w *simWorld) doClock(args []string) error {
	var skew time.Duration
	switch {
	case len(args) == 1 && args[0] == "right":
	case len(args) == 2 && (args[0] == "ahead" || args[0] == "behind"):
		var err error
		if skew, err = parseLength(args[1]); err != nil {
			return err
		}
		if args[0] == "behind" {
			skew = -skew
		}
	default:
		return errors.New("write clock ahead LENGTH, clock behind LENGTH or clock right")
	}
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	w.clock.skew = skew
	return nil
}
