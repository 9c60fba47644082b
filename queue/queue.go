package queue

import (
	"context"
	"sync"

	"github.com/andante-hq/andante"
)

// An Item tells a worker which lease waits.
type Item struct {
	Lease   andante.LeaseID
	Attempt int
}

// A Queue brings items to workers. Safe for concurrent use.
type Queue interface {
	// Put hands over items. After an error some of them may have arrived: the
	// scheduler puts a lease again that nobody picks up.
	Put(ctx context.Context, items []Item) error
	// Run calls handle for items, several at once, until ctx ends and the
	// running calls have returned. An item may come twice, late or never.
	Run(ctx context.Context, concurrency int, handle func(context.Context, Item)) error
	// Depth returns how many items wait.
	Depth(ctx context.Context) (int, error)
	// Ping tells whether the queue answers.
	Ping(ctx context.Context) error
	Close() error
}

// Inline is a queue inside the process.
type Inline struct{ items chan Item }

// NewInline returns a queue that holds up to n items.
func NewInline(n int) *Inline { return &Inline{make(chan Item, n)} }

// Put hands over items. It waits while the queue is full.
func (q *Inline) Put(ctx context.Context, items []Item) error {
	for _, it := range items {
		select {
		case q.items <- it:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Run calls handle until ctx ends.
func (q *Inline) Run(ctx context.Context, concurrency int, handle func(context.Context, Item)) error {
	var wg sync.WaitGroup
	for range concurrency {
		wg.Go(func() {
			for {
				select {
				case it := <-q.items:
					handle(ctx, it)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	wg.Wait()
	return nil
}

// Depth returns how many items wait.
func (q *Inline) Depth(context.Context) (int, error) { return len(q.items), nil }

// Ping never fails.
func (q *Inline) Ping(context.Context) error { return nil }

// Close does nothing.
func (q *Inline) Close() error { return nil }
