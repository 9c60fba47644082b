package ops

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// TestTogetherHalves: what comes at once shares transactions, and one that fails fails alone.
func TestTogetherHalves(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad")
	var commits atomic.Int64
	entered, began := make(chan struct{}), make(chan struct{})
	const n = 100
	var once sync.Once
	g := &together{write: func(_ context.Context, f func(*store.Tx) error) error {
		once.Do(func() { close(entered); <-began })
		err := f(nil)
		if err == nil {
			commits.Add(1)
		}
		return err
	}}
	var wg sync.WaitGroup
	done := make([]int, n)
	errs := make([]error, n)
	ask := func(i int) {
		wg.Go(func() {
			errs[i] = g.do(t.Context(), change{make: func(context.Context, *store.Tx) error {
				switch i {
				case 42:
					return bad
				case 43:
					panic("broken")
				case 44:
					return andante.ErrNotFound
				}
				done[i]++
				return nil
			}})
		})
	}
	ask(0)
	<-entered // and takes no others along
	for i := 1; i < n; i++ {
		ask(i)
	}
	for waiting := 0; waiting < n-1; runtime.Gosched() {
		g.mu.Lock()
		waiting = len(g.waiting)
		g.mu.Unlock()
	}
	close(began)
	wg.Wait()
	for i := range n {
		switch {
		case i == 42 && !errors.Is(errs[i], bad), i == 43 && (errs[i] == nil || !strings.Contains(errs[i].Error(), "broken")), i == 44 && !errors.Is(errs[i], andante.ErrNotFound):
			t.Errorf("the bad one %d: %v", i, errs[i])
		case (i < 42 || i > 44) && (errs[i] != nil || done[i] == 0):
			t.Errorf("%d: %v, done %d times", i, errs[i], done[i])
		}
	}
	if c := commits.Load(); c > 8 {
		t.Errorf("%d commits", c)
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
	if err := g.do(ctx, change{make: func(ctx context.Context, _ *store.Tx) error { return ctx.Err() }}); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-made
}
