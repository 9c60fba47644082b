package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"golang.org/x/sync/errgroup"

	"github.com/andante-hq/andante"
)

// The lanes are asynq's queues: one server works each, so that a lease of bulk mail
// that takes long keeps nothing urgent waiting.
const (
	bulkLane   = "andante"
	urgentLane = "andante-urgent"
	itemType   = "lease"
)

func lane(urgent bool) string {
	if urgent {
		return urgentLane
	}
	return bulkLane
}

// Asynq is a queue on Redis.
type Asynq struct {
	rdb      redis.UniversalClient
	client   *asynq.Client
	embedded *miniredis.Miniredis // nil with a Redis of its own
	check    time.Duration        // how often an idle worker looks
	log      *slog.Logger
	away     atomic.Bool  // Redis gives no answer, and that was said
	told     atomic.Int64 // when an error of asynq's was told last, in Unix seconds
}

// Open returns a queue on Redis: redis://, rediss://, redis-sentinel:// or
// redis-cluster://. The empty URL starts a stand-in inside the process, reached
// without a port.
func Open(redisURL string, log *slog.Logger) (*Asynq, error) {
	redis.SetLogger(quietLogger{log})
	q := &Asynq{check: 150 * time.Millisecond, log: log}
	var err error
	if redisURL == "" {
		err = q.embed()
	} else {
		q.rdb, err = connect(redisURL)
	}
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", withoutURL(err))
	}
	q.client = asynq.NewClientFromRedisClient(q.rdb)
	return q, nil
}

// withoutURL keeps a URL, and the password in it, out of an error.
func withoutURL(err error) error {
	var bad *url.Error
	if errors.As(err, &bad) {
		// What net/url says of a part may be a part of the password.
		return errors.New("the queue's URL can't be read: write redis://USER:PASSWORD@HOST:PORT/0, with %XX for special characters")
	}
	return err
}

// embed starts the stand-in. Its clock must run, or nothing would ever expire.
func (q *Asynq) embed() error {
	q.embedded = miniredis.NewMiniRedis()
	q.embedded.ClockTTL(true)
	if err := q.embedded.Start(); err != nil {
		return err
	}
	q.check = 2 * time.Millisecond
	q.rdb = redis.NewClient(&redis.Options{
		Dialer:   func(context.Context, string, string) (net.Conn, error) { return q.embedded.Dial() },
		Protocol: 2, DisableIdentity: true, PoolSize: poolSize,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	return nil
}

// poolSize stays above what workers and asynq's own loops need at once.
const poolSize = 64

func connect(redisURL string) (redis.UniversalClient, error) {
	quiet := &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	switch {
	case strings.HasPrefix(redisURL, "redis-sentinel://"):
		o, err := redis.ParseFailoverURL(strings.Replace(redisURL, "redis-sentinel://", "redis://", 1))
		if err != nil {
			return nil, err
		}
		o.PoolSize = poolSize
		return redis.NewFailoverClient(o), nil
	case strings.HasPrefix(redisURL, "redis-cluster://"):
		o, err := redis.ParseClusterURL(strings.Replace(redisURL, "redis-cluster://", "redis://", 1))
		if err != nil {
			return nil, err
		}
		o.PoolSize, o.MaintNotificationsConfig = poolSize, quiet
		return redis.NewClusterClient(o), nil
	}
	o, err := redis.ParseURL(redisURL)
	if err != nil {
		return nil, err
	}
	o.PoolSize, o.MaintNotificationsConfig = poolSize, quiet
	return redis.NewClient(o), nil
}

// Put hands over items. The task id is the lease and its attempt, so an item
// that waits already is not put twice.
func (q *Asynq) Put(ctx context.Context, items []Item) error {
	for _, it := range items {
		id := string(it.Lease) + ":" + strconv.Itoa(it.Attempt)
		_, err := q.client.EnqueueContext(ctx, asynq.NewTask(itemType, []byte(id)),
			asynq.Queue(lane(it.Urgent)), asynq.TaskID(id), asynq.MaxRetry(0), asynq.Timeout(24*time.Hour))
		if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
			return fmt.Errorf("queue lease %s: %w", it.Lease, err)
		}
	}
	return nil
}

// Run works both lanes until ctx ends and every handler has returned.
func (q *Asynq) Run(ctx context.Context, concurrency int, handle func(context.Context, Item)) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return q.serve(ctx, false, concurrency, handle) })
	g.Go(func() error { return q.serve(ctx, true, urgentWorkers(concurrency), handle) })
	return g.Wait()
}

// serve works one lane. Handlers get ctx, not asynq's own context: when that ends,
// asynq lets go of a handler that still runs and no longer waits for it.
func (q *Asynq) serve(ctx context.Context, urgent bool, concurrency int, handle func(context.Context, Item)) error {
	check := q.check
	if urgent { // which is mostly empty, and a look costs something
		check = max(check, 50*time.Millisecond)
	}
	srv := asynq.NewServerFromRedisClient(q.rdb, asynq.Config{
		Concurrency: concurrency, Queues: map[string]int{lane(urgent): 1}, TaskCheckInterval: check,
		BaseContext: func() context.Context { return context.WithoutCancel(ctx) }, ShutdownTimeout: 24 * time.Hour,
		Logger: queueLogger{quietLogger{q.log}, q}, LogLevel: asynq.WarnLevel,
		HealthCheckFunc: q.health, HealthCheckInterval: time.Second,
	})
	var running sync.WaitGroup                // asynq may let go of a handler for other reasons too,
	slots := make(chan struct{}, concurrency) // and start another in its place
	err := srv.Start(asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error {
		running.Add(1)
		defer running.Done()
		lease, attempt, ok := strings.Cut(string(t.Payload()), ":")
		n, err := strconv.Atoi(attempt)
		if !ok || err != nil || !andante.IsID(lease) {
			return nil // not ours: dropping it harms nothing, the store knows what is due
		}
		slots <- struct{}{}
		defer func() { <-slots }()
		handle(ctx, Item{andante.LeaseID(lease), n, urgent})
		return nil
	}))
	if err != nil {
		return fmt.Errorf("start queue: %w", err)
	}
	<-ctx.Done()
	srv.Shutdown()
	running.Wait()
	return nil
}

// Depth returns how many items wait: asynq keeps them in a list for each queue. Its
// inspector would not find a queue again after a flush.
func (q *Asynq) Depth(ctx context.Context) (int, error) {
	all := 0
	for _, name := range []string{bulkLane, urgentLane} {
		n, err := q.rdb.LLen(ctx, "asynq:{"+name+"}:pending").Result()
		if err != nil {
			return 0, err
		}
		all += int(n)
	}
	return all, nil
}

// Ping tells whether Redis answers.
func (q *Asynq) Ping(ctx context.Context) error { return q.rdb.Ping(ctx).Err() }

// Flush empties the queue: everything that it carried comes again from the store.
func (q *Asynq) Flush(ctx context.Context) error { return q.rdb.FlushDB(ctx).Err() }

// Close ends the connection, and the stand-in with it. The clients that share
// the connection need no closing of their own.
func (q *Asynq) Close() error {
	err := q.rdb.Close()
	if q.embedded != nil {
		q.embedded.Close()
	}
	return err
}

// health is told once a second whether Redis answers, and says so when that changes.
func (q *Asynq) health(err error) {
	switch {
	case err != nil && !q.away.Swap(true):
		q.log.Warn("Redis gives no answer; nothing is lost, and the work goes on once it does", "err", err)
	case err == nil && q.away.Swap(false):
		q.log.Warn("Redis answers again")
	}
}

// queueLogger keeps asynq's errors back while it is known that Redis is away, and tells
// others, such as that it is full, once in ten seconds: each of its loops has several in
// one.
type queueLogger struct {
	quietLogger
	q *Asynq
}

func (l queueLogger) Error(args ...any) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	last, now := l.q.told.Load(), andante.SystemClock{}.Wall().Unix()
	if now-last < 10 || l.q.away.Load() || l.q.Ping(ctx) != nil || !l.q.told.CompareAndSwap(last, now) {
		l.Warn(args...)
		return
	}
	l.quietLogger.Error(args...)
}

// quietLogger passes asynq's warnings on.
type quietLogger struct{ log *slog.Logger }

func (l quietLogger) Debug(...any)      {}
func (l quietLogger) Info(...any)       {}
func (l quietLogger) Warn(args ...any)  { l.log.Debug("queue", "err", fmt.Sprint(args...)) }
func (l quietLogger) Error(args ...any) { l.log.Warn("queue", "err", fmt.Sprint(args...)) }
func (l quietLogger) Fatal(args ...any) { l.log.Error("queue", "err", fmt.Sprint(args...)) }

// Printf takes what the Redis client says of its connections: an outage is told once by
// whoever meets it, not several times a second.
func (l quietLogger) Printf(_ context.Context, format string, args ...any) {
	l.log.Debug("redis", "err", fmt.Sprintf(format, args...))
}
