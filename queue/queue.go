package queue

import (
	"context"
	"sync"

	"github.com/andante-hq/andante"
)

// An Item tells a worker which lease waits. What is urgent has a lane of its own.
type Item struct {
	Lease   andante.LeaseID
	Attempt int
	Urgent  bool
}

// A Queue brings items to workers. Safe for concurrent use.
type Queue interface {
	// Put hands over items. After an error some of them may have arrived: the
	// scheduler puts a lease again that nobody picks up.
	Put(ctx context.Context, items []Item) error
	// Run calls handle for items, several at once and half as many urgent ones besides,
	// until ctx ends and the running calls have returned. An item may come twice, late or
	// never.
	Run(ctx context.Context, concurrency int, handle func(context.Context, Item)) error
	// Depth returns how many items wait.
	Depth(ctx context.Context) (int, error)
	// Ping tells whether the queue answers.
	Ping(ctx context.Context) error
	Close() error
}

// urgentWorkers is how many take nothing but what is urgent, besides the others.
func urgentWorkers(concurrency int) int { return max(1, concurrency/2) }

// Inline is a queue inside the process.
type Inline struct {
	bulk, urgent chan Item
	mu           sync.Mutex
	waiting      map[Item]bool
}

// NewInline returns a queue that holds up to n items in each lane.
func NewInline(n int) *Inline {
	return &Inline{bulk: make(chan Item, n), urgent: make(chan Item, n), waiting: map[Item]bool{}}
}

func (q *Inline) lane(urgent bool) chan Item {
	if urgent {
		return q.urgent
	}
	return q.bulk
}

// Put hands over items; one that waits already is not put twice. It waits while
// its lane is full.
func (q *Inline) Put(ctx context.Context, items []Item) error {
	for _, it := range items {
		if !q.enter(it) {
			continue
		}
		select {
		case q.lane(it.Urgent) <- it:
		case <-ctx.Done():
			q.leave(it)
			return ctx.Err()
		}
	}
	return nil
}

func (q *Inline) enter(it Item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting[it] {
		return false
	}
	q.waiting[it] = true
	return true
}

func (q *Inline) leave(it Item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.waiting, it)
}

// Run calls handle until ctx ends. What waits then waits for the next Run.
func (q *Inline) Run(ctx context.Context, concurrency int, handle func(context.Context, Item)) error {
	var wg sync.WaitGroup
	work := func(lane chan Item) {
		for ctx.Err() == nil {
			select {
			case it := <-lane:
				q.leave(it)
				handle(ctx, it)
			case <-ctx.Done():
			}
		}
	}
	for range concurrency {
		wg.Go(func() { work(q.bulk) })
	}
	for range urgentWorkers(concurrency) {
		wg.Go(func() { work(q.urgent) })
	}
	wg.Wait()
	return nil
}

// Depth returns how many items wait.
func (q *Inline) Depth(context.Context) (int, error) { return len(q.bulk) + len(q.urgent), nil }

// Ping never fails.
func (q *Inline) Ping(context.Context) error { return nil }

// Close does nothing.
func (q *Inline) Close() error { return nil }
