package ops

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/andante-hq/andante/store"
)

// TestTogetherHalves: what comes at once shares transactions, and one that fails fails alone.
func TestTogetherHalves(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad")
	var commits, made atomic.Int64
	const n = 100
	var once sync.Once
	var g *together
	g = &together{write: func(_ context.Context, f func(*store.Tx) error) error {
		err := f(nil)
		once.Do(func() {
			for waiting := 0; waiting+int(made.Load()) < n; runtime.Gosched() { // all the others
				g.mu.Lock()
				waiting = len(g.waiting)
				g.mu.Unlock()
			}
		})
		if err == nil {
			commits.Add(1)
		}
		return err
	}}
	var wg sync.WaitGroup
	done := make([]int, n)
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			errs[i] = g.do(t.Context(), func(*store.Tx) error {
				made.Add(1)
				if i == 42 {
					return bad
				}
				done[i]++
				return nil
			})
		})
	}
	wg.Wait()
	for i := range n {
		switch {
		case i == 42 && !errors.Is(errs[i], bad):
			t.Errorf("the bad one: %v", errs[i])
		case i != 42 && (errs[i] != nil || done[i] == 0):
			t.Errorf("%d: %v, done %d times", i, errs[i], done[i])
		}
	}
	if c := commits.Load(); c > 20 {
		t.Errorf("%d commits", c)
	}
	if g.busy || len(g.waiting) > 0 {
		t.Error("it has not come to rest")
	}
}

// TestTogetherOutlivesItsAsker: who hangs up has asked all the same.
func TestTogetherOutlivesItsAsker(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	made := make(chan struct{})
	g := &together{write: func(ctx context.Context, f func(*store.Tx) error) error {
		cancel()
		defer close(made)
		return errors.Join(ctx.Err(), f(nil))
	}}
	if err := g.do(ctx, func(*store.Tx) error { return nil }); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-made
}
