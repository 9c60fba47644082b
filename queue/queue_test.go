package queue_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/queue"
)

// eachQueue runs a test on every queue. url is where its Redis is reached; empty
// if it is inside the process.
func eachQueue(t *testing.T, run func(t *testing.T, q queue.Queue, url string)) {
	t.Parallel()
	for _, c := range []struct {
		name string
		open func(t *testing.T) (queue.Queue, string)
	}{
		{"inline", func(*testing.T) (queue.Queue, string) { return queue.NewInline(1000), "" }},
		{"embedded", func(t *testing.T) (queue.Queue, string) { return open(t, ""), "" }},
		{"miniredis", func(t *testing.T) (queue.Queue, string) {
			url := "redis://" + miniredis.RunT(t).Addr()
			return open(t, url), url
		}},
		{"redis", func(t *testing.T) (queue.Queue, string) {
			url := testdb.Redis(t)
			return open(t, url), url
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			q, url := c.open(t)
			run(t, q, url)
		})
	}
}

// eachRedis leaves the inline queue out.
func eachRedis(t *testing.T, run func(t *testing.T, q *queue.Asynq, url string)) {
	eachQueue(t, func(t *testing.T, q queue.Queue, url string) {
		if q, ok := q.(*queue.Asynq); ok {
			run(t, q, url)
		}
	})
}

func open(t *testing.T, url string) *queue.Asynq {
	t.Helper()
	q, err := queue.Open(url, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	return q
}

func item(n, attempt int) queue.Item {
	return queue.Item{Lease: andante.DeriveID[andante.LeaseID]("queue", time.UnixMilli(0), fmt.Sprint(n)), Attempt: attempt}
}

func put(t *testing.T, q queue.Queue, items ...queue.Item) {
	t.Helper()
	if err := q.Put(t.Context(), items); err != nil {
		t.Fatal(err)
	}
}

func depth(t *testing.T, q queue.Queue) int {
	t.Helper()
	n, err := q.Depth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// running is a queue at work.
type running struct {
	t    *testing.T
	got  chan queue.Item
	stop context.CancelFunc
	done chan struct{}
}

// start runs a queue with a handler that passes on what it gets.
func start(t *testing.T, q queue.Queue, concurrency int) *running {
	t.Helper()
	r := &running{t: t, got: make(chan queue.Item, 1000), done: make(chan struct{})}
	return r.run(q, concurrency, func(_ context.Context, it queue.Item) { r.got <- it })
}

// startWith runs a queue. It ends with the test, or before.
func startWith(t *testing.T, q queue.Queue, concurrency int, handle func(context.Context, queue.Item)) *running {
	t.Helper()
	return (&running{t: t, done: make(chan struct{})}).run(q, concurrency, handle)
}

func (r *running) run(q queue.Queue, concurrency int, handle func(context.Context, queue.Item)) *running {
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() {
		defer close(r.done)
		if err := q.Run(ctx, concurrency, handle); err != nil {
			r.t.Errorf("run: %v", err)
		}
	}()
	r.t.Cleanup(func() { stop(); <-r.done })
	return r
}

// patience ends a wait for what does not come.
const patience = 30 * time.Second

// next returns n items as they come.
func (r *running) next(n int) (items []queue.Item) {
	r.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for range n {
		select {
		case it := <-r.got:
			items = append(items, it)
		case <-late.C:
			r.t.Fatalf("%d of %d items came", len(items), n)
		}
	}
	return items
}

func (r *running) want(items ...queue.Item) {
	r.t.Helper()
	if diff := cmp.Diff(items, r.next(len(items))); diff != "" {
		r.t.Errorf("items (-want +got):\n%s", diff)
	}
}

func TestEveryItemArrives(t *testing.T) {
	eachQueue(t, func(t *testing.T, q queue.Queue, _ string) {
		const n = 200
		want := map[queue.Item]int{}
		for i := range n {
			want[item(i, 1+i%3)]++
			if i < n/2 {
				put(t, q, item(i, 1+i%3))
			}
		}
		r := start(t, q, 4)
		for i := n / 2; i < n; i++ {
			put(t, q, item(i, 1+i%3))
		}
		got := map[queue.Item]int{}
		for _, it := range r.next(n) {
			got[it]++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("items (-want +got):\n%s", diff)
		}
	})
}

func TestAnItemWaitsOnce(t *testing.T) {
	eachQueue(t, func(t *testing.T, q queue.Queue, _ string) {
		a, again, z := item(1, 1), item(1, 2), item(2, 1)
		put(t, q, a, a)
		put(t, q, a, again)
		put(t, q, z)
		if n := depth(t, q); n != 3 {
			t.Errorf("%d items wait, want 3", n)
		}
		r := start(t, q, 1)
		r.want(a, again, z)
		put(t, q, z, item(3, 1)) // z may come again or not, but nothing stands in its way
		for _, it := range r.next(1) {
			if it == z {
				r.want(item(3, 1))
			} else if it != item(3, 1) {
				t.Errorf("item %v", it)
			}
		}
	})
}

func TestSoManyAtOnceAndNoMore(t *testing.T) {
	eachQueue(t, func(t *testing.T, q queue.Queue, _ string) {
		const n, concurrency = 5, 3
		for i := range n {
			put(t, q, item(i, 1))
		}
		began, release := make(chan struct{}, n), make(chan struct{})
		startWith(t, q, concurrency, func(context.Context, queue.Item) {
			began <- struct{}{}
			<-release
		})
		for range concurrency {
			<-began
		}
		select {
		case <-began:
			t.Errorf("more than %d at once", concurrency)
		case <-time.After(200 * time.Millisecond):
		}
		close(release)
		for range n - concurrency {
			<-began
		}
	})
}

// What is urgent waits behind nothing else, however busy the queue is with that.
func TestUrgentItemsHaveALane(t *testing.T) {
	eachQueue(t, func(t *testing.T, q queue.Queue, _ string) {
		put(t, q, item(1, 1), item(2, 1), item(3, 1))
		bulk, urgent, release := make(chan struct{}, 3), make(chan queue.Item, 3), make(chan struct{})
		startWith(t, q, 2, func(_ context.Context, it queue.Item) {
			if it.Urgent {
				urgent <- it
				return
			}
			bulk <- struct{}{}
			<-release
		})
		<-bulk
		<-bulk // nobody is free for the third
		want := item(4, 1)
		want.Urgent = true
		put(t, q, want)
		if got := <-urgent; got != want {
			t.Errorf("%+v came, want %+v", got, want)
		}
		if n := depth(t, q); n != 1 {
			t.Errorf("%d items wait, want one", n)
		}
		close(release)
		<-bulk
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	eachQueue(t, func(t *testing.T, q queue.Queue, _ string) {
		began, release := make(chan struct{}), make(chan struct{})
		var finished atomic.Bool
		put(t, q, item(1, 1), item(2, 1))
		r := startWith(t, q, 1, func(ctx context.Context, _ queue.Item) {
			close(began) // twice would panic: the second item must wait for the next run
			<-ctx.Done()
			<-release
			finished.Store(true)
		})
		<-began
		r.stop()
		select {
		case <-r.done:
			t.Error("it did not wait for a handler")
		case <-time.After(200 * time.Millisecond):
		}
		close(release)
		<-r.done
		if !finished.Load() {
			t.Error("it did not wait for the end of a handler")
		}
		start(t, q, 1).want(item(2, 1))
	})
}

func TestDepth(t *testing.T) {
	eachQueue(t, func(t *testing.T, q queue.Queue, _ string) {
		if n := depth(t, q); n != 0 {
			t.Errorf("%d items wait in a new queue", n)
		}
		put(t, q, item(1, 1), item(2, 1), item(3, 1))
		if n := depth(t, q); n != 3 {
			t.Errorf("%d items wait, want 3", n)
		}
		at, release := make(chan queue.Item), make(chan struct{})
		startWith(t, q, 1, func(_ context.Context, it queue.Item) { at <- it; <-release })
		for want := 2; want >= 0; want-- {
			<-at
			if n := depth(t, q); n != want {
				t.Errorf("%d items wait, want %d", n, want)
			}
			release <- struct{}{}
		}
	})
}

func TestFlushLosesWhatWaits(t *testing.T) {
	eachRedis(t, func(t *testing.T, q *queue.Asynq, _ string) {
		flush := func() {
			if err := q.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		put(t, q, item(1, 1), item(2, 1))
		flush()
		if n := depth(t, q); n != 0 {
			t.Errorf("%d items wait after a flush", n)
		}
		put(t, q, item(1, 1)) // once more under an id that was lost
		if n := depth(t, q); n != 1 {
			t.Errorf("%d items wait, want 1", n)
		}
		at, release := make(chan queue.Item), make(chan struct{})
		startWith(t, q, 1, func(_ context.Context, it queue.Item) { at <- it; <-release })
		want := func(it queue.Item) {
			t.Helper()
			if got := <-at; got != it {
				t.Errorf("item %v, want %v", got, it)
			}
		}
		want(item(1, 1))
		put(t, q, item(3, 1))
		flush() // under a handler at work
		put(t, q, item(4, 1), item(1, 1))
		release <- struct{}{}
		want(item(4, 1))
		release <- struct{}{}
		want(item(1, 1))
		release <- struct{}{}
	})
}

func TestGarbageIsDropped(t *testing.T) {
	eachRedis(t, func(t *testing.T, q *queue.Asynq, url string) {
		if url == "" {
			t.Skip("nobody else reaches it")
		}
		o, err := asynq.ParseRedisURI(url)
		if err != nil {
			t.Fatal(err)
		}
		client, inspect := asynq.NewClient(o), asynq.NewInspector(o)
		defer client.Close()
		defer inspect.Close()
		good := item(1, 7)
		for _, payload := range []string{
			"", "rubbish", ":", ":1", string(good.Lease), string(good.Lease) + ":", string(good.Lease) + ":x", strings.ToUpper(string(good.Lease)) + ":1",
			string(good.Lease) + ":99999999999999999999", "not an id:1", "\x00\xff:1", strings.Repeat("9", 100_000) + ":1",
		} {
			if _, err := client.Enqueue(asynq.NewTask("lease", []byte(payload)), asynq.Queue("andante")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := client.Enqueue(asynq.NewTask("another type", nil), asynq.Queue("andante")); err != nil {
			t.Fatal(err)
		}
		put(t, q, good)
		r := start(t, q, 1)
		r.want(good)
		r.stop()
		<-r.done
		info, err := inspect.GetQueueInfo("andante")
		if err != nil {
			t.Fatal(err)
		}
		if info.Size != 0 || info.Failed != 0 {
			t.Errorf("%d tasks are left, %d failed", info.Size, info.Failed)
		}
	})
}

func TestRedisGoes(t *testing.T) {
	t.Parallel()
	mini := miniredis.RunT(t)
	q := open(t, "redis://"+mini.Addr())
	if err := q.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := start(t, q, 2)
	put(t, q, item(1, 1))
	r.want(item(1, 1))

	mini.Close()
	if err := q.Ping(t.Context()); err == nil {
		t.Error("ping: no error without Redis")
	}
	if err := q.Put(t.Context(), []queue.Item{item(2, 1)}); err == nil {
		t.Error("put: no error without Redis")
	}
	if n, err := q.Depth(t.Context()); err == nil {
		t.Errorf("depth: %d and no error without Redis", n)
	}

	if err := mini.Restart(); err != nil {
		t.Fatal(err)
	}
	put(t, q, item(3, 1)) // the same run goes on
	for {
		if it := r.next(1)[0]; it == item(3, 1) {
			break
		} else if it != item(2, 1) { // a put that failed may have arrived
			t.Errorf("item %v", it)
		}
	}
}

func TestRedisIsFull(t *testing.T) {
	t.Parallel()
	mini := miniredis.RunT(t)
	q := open(t, "redis://"+mini.Addr())
	mini.SetError("OOM command not allowed when used memory > 'maxmemory'.")
	err := q.Put(t.Context(), []queue.Item{item(1, 1)})
	if err == nil || !strings.Contains(err.Error(), string(item(1, 1).Lease)) {
		t.Errorf("put: error %v, want one that names the lease", err)
	}
	mini.SetError("")
	put(t, q, item(1, 1))
	start(t, q, 1).want(item(1, 1))
}

func TestPutEndsWithItsContext(t *testing.T) {
	t.Parallel()
	q := queue.NewInline(1)
	put(t, q, item(1, 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.Put(ctx, []queue.Item{item(2, 1)}); err != context.Canceled {
		t.Errorf("put into a full queue: error %v", err)
	}
	r := start(t, q, 1)
	r.want(item(1, 1))
	put(t, q, item(2, 1)) // the one that did not get in does not stand in its way
	r.want(item(2, 1))
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"redis://:hunter2@127.0.0.1:port", "http://:hunter2@127.0.0.1", "redis-sentinel://:hunter2@127.0.0.1:port", "redis-cluster://:hunter2@127.0.0.1:port",
		"redis://:hunter2@127.0.0.1/database", "redis://:hunter2%zz@127.0.0.1", "hunter2",
	} {
		q, err := queue.Open(url, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err == nil {
			q.Close()
			t.Errorf("%s: no error", url)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error gives the password away: %v", url, err)
		}
	}
	// It connects when it must, not before.
	for _, url := range []string{"redis://127.0.0.1:1/3", "rediss://127.0.0.1:1", "redis-sentinel://127.0.0.1:1?master_name=andante", "redis-cluster://127.0.0.1:1"} {
		open(t, url)
	}
}
