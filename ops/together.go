package ops

import (
	"context"
	"sync"
	"time"

	"github.com/andante-hq/andante/store"
)

// together has changes that come at the same time share a transaction: a commit costs more than
// what is written. Each is told when it is durable. When one fails, the others must not: the batch is
// halved until the bad one stands alone.
type together struct {
	write func(context.Context, func(*store.Tx) error) error

	mu      sync.Mutex
	waiting []*joined
	busy    bool
}

type joined struct {
	change func(*store.Tx) error
	done   chan error
}

// What one transaction holds at most, and how long it may take.
const (
	mostTogether = 200
	togetherTime = 30 * time.Second
)

// do makes a change, with whatever else comes meanwhile. The change may be made more than once, of
// which one time is committed. Whoever stops waiting has asked all the same.
func (t *together) do(ctx context.Context, change func(*store.Tx) error) error {
	j := &joined{change: change, done: make(chan error, 1)}
	t.mu.Lock()
	t.waiting = append(t.waiting, j)
	if !t.busy {
		t.busy = true
		go t.work(context.WithoutCancel(ctx))
	}
	t.mu.Unlock()
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// work makes changes until none waits.
func (t *together) work(ctx context.Context) {
	for {
		t.mu.Lock()
		batch := t.waiting[:min(len(t.waiting), mostTogether)]
		t.waiting = t.waiting[len(batch):]
		t.busy = len(batch) > 0
		t.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		t.commit(ctx, batch)
	}
}

func (t *together) commit(ctx context.Context, batch []*joined) {
	within, cancel := context.WithTimeout(ctx, togetherTime)
	err := t.write(within, func(tx *store.Tx) error {
		for _, j := range batch {
			if err := j.change(tx); err != nil {
				return err
			}
		}
		return nil
	})
	cancel()
	if err != nil && len(batch) > 1 {
		t.commit(ctx, batch[:len(batch)/2])
		t.commit(ctx, batch[len(batch)/2:])
		return
	}
	for _, j := range batch {
		j.done <- err
	}
}
