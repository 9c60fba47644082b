package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/filelock"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/worker"
)

// A Role is a part of the work that a process may take.
type Role string

// The roles.
const (
	RoleScheduler Role = "scheduler"
	RoleWorker    Role = "worker"
	RoleWeb       Role = "web"
)

// Roles lists every role.
var Roles = []Role{RoleScheduler, RoleWorker, RoleWeb}

// RunOptions say what a process does and when it ends.
type RunOptions struct {
	Roles     []Role        // empty: all
	Grace     time.Duration // for what is under way when ctx ends; default 30s
	UntilIdle bool          // end when nothing is due now
	Once      bool          // lease one round, work it and end
	// Begun, if set, is called once this process may work on the store.
	Begun func()
	// Ready, if set, is told the address of the web role as soon as it listens.
	Ready func(address string)
	// Mailroom, if set, is told the address at which mail is taken in, likewise.
	Mailroom func(address string)

	idle   func(context.Context, scheduler.Round) error
	demo   bool
	owned  bool               // the caller holds the store already
	opened func(*queue.Asynq) // told the queue, for tests
}

// errIdle ends a run that was to last until nothing is due.
var errIdle = errors.New("nothing is due")

// errGrace ends a run whose grace time was too short.
var errGrace = errors.New("not everything was finished within")

// Run works until ctx ends, then finishes what is permitted, returns the rest and
// ends within the grace time.
func (e *Engine) Run(ctx context.Context, r RunOptions) error {
	if len(r.Roles) == 0 {
		r.Roles = Roles
	}
	if r.Grace == 0 {
		r.Grace = 30 * time.Second
	}
	if err := e.checkCalendar(ctx, r.demo); err != nil {
		return err
	}
	if !r.owned {
		release, err := e.own(r.Roles)
		if err != nil {
			return err
		}
		defer release()
	}
	if err := e.begin(ctx, r); err != nil {
		return err
	}
	if r.Begun != nil {
		r.Begun()
	}
	err := e.work(ctx, r)
	return errors.Join(err, e.end(context.WithoutCancel(ctx), r, err))
}

// begin sees that this process may work on the store, and settles what an earlier one
// left: it provably is not running any more.
func (e *Engine) begin(ctx context.Context, r RunOptions) error {
	if !r.demo {
		if err := e.admitted(ctx, r.Roles); err != nil {
			return err
		}
	}
	if !e.embedded(r.Roles) {
		return nil
	}
	return e.settleOld(ctx)
}

// end leaves the store in order.
func (e *Engine) end(ctx context.Context, r RunOptions, failed error) error {
	if !r.demo && slices.Contains(r.Roles, RoleScheduler) && !scheduler.StoreChanged(failed) {
		e.markEnd(ctx)
	}
	if failed != nil || !e.embedded(r.Roles) {
		return nil
	}
	// Every part has ended, so what nobody has picked up comes back at once.
	return e.returnLeases(ctx, "returned what no worker had taken")
}

// work opens the queue and runs the parts until they end.
func (e *Engine) work(ctx context.Context, r RunOptions) error {
	q, err := queue.Open(e.Config.Redis, e.log)
	if err != nil {
		return err
	}
	if r.opened != nil {
		r.opened(q)
	}
	err = e.run(ctx, r, q)
	if !errors.Is(err, errGrace) { // what still runs may yet ask the queue
		q.Close()
	}
	return err
}

// own takes an SQLite store for this process alone.
func (e *Engine) own(roles []Role) (release func(), err error) {
	if !e.embedded(roles) {
		alone := slices.Contains(roles, RoleScheduler) != slices.Contains(roles, RoleWorker)
		if alone && e.Config.Redis == "" {
			return nil, errors.New("scheduler and worker in processes of their own meet on Redis: set `redis:` or ANDANTE_REDIS to a redis:// URL, or leave out --role")
		}
		return func() {}, nil
	}
	if !slices.Contains(roles, RoleScheduler) || !slices.Contains(roles, RoleWorker) {
		return nil, errors.New("scheduler and worker on an SQLite store must be one process: leave out --role, or set `store:` to a postgres:// URL")
	}
	return e.lock()
}

// lock keeps every other process from running on an SQLite store.
func (e *Engine) lock() (release func(), err error) {
	path, err := filepath.EvalSymlinks(e.Store.Path()) // one lock for all names of the file
	if err != nil {
		return nil, err
	}
	lock, err := filelock.Acquire(path + ".lock")
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("another andante runs on %s already", e.Store.Path())
	}
	if err != nil {
		return nil, err
	}
	return func() { lock.Release() }, nil
}

// embedded tells whether this process has the store's sending for itself.
func (e *Engine) embedded(roles []Role) bool {
	return !e.Store.Postgres() && !slices.Equal(roles, []Role{RoleWeb})
}

// settleOld raises the epoch and returns every lease of an earlier one.
func (e *Engine) settleOld(ctx context.Context) error {
	err := e.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.RaiseEpoch(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return e.returnLeases(ctx, "settled what an earlier run left")
}

// returnLeases settles every lease, each in a transaction of its own.
func (e *Engine) returnLeases(ctx context.Context, what string) error {
	var leases []store.Lease
	err := e.Store.Read(ctx, func(tx *store.Tx) (err error) {
		leases, err = tx.Leases(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range leases {
		back, unknown, e1 := e.Ops.ReturnLost(ctx, l.ID, nil)
		err = errors.Join(err, e1)
		e.log.Info(what, "returned", back, "unknown", unknown)
	}
	return err
}

func (e *Engine) run(ctx context.Context, r RunOptions, q *queue.Asynq) error {
	o := e.o.Scheduler
	o.Rehearsing, o.Quiet = e.Config.Deliver.Mode != "live", r.demo
	if !r.demo {
		o.Marked = e.marked
	}
	if e.Config.Deliver.Mode == "live" && !r.demo {
		o.Exchangers = exchangers
	}
	sched := scheduler.New(e.Ops, q, o, e.log)
	defer e.observe(q)()
	var w *worker.Worker
	if slices.Contains(r.Roles, RoleWorker) { // the others need no mail server, nor its password
		list, closeChannels, err := e.channels(e.published, e.log)
		if err != nil {
			return err
		}
		defer closeChannels()
		w = worker.New(worker.Config{Ops: e.Ops, Channels: list, Link: e.link, Follow: e.follow, Log: e.log, Journal: e.journal, Options: e.working(r), Done: sched.Wake})
	}
	g, gctx := errgroup.WithContext(ctx)
	if slices.Contains(r.Roles, RoleScheduler) {
		g.Go(func() error { return e.schedule(gctx, sched, r) })
	}
	if w != nil {
		ask := w.Inquiries()
		if r.UntilIdle || r.Once { // nobody asks later
			soon, enough := context.WithTimeout(ctx, inquireTime)
			ask.Once(soon)
			enough()
		}
		g.Go(func() error { return ask.Run(gctx) })
		g.Go(func() error { return q.Run(gctx, e.o.Concurrency, w.Handle) })
		if e.Config.Deliver.Mode == "live" && !r.demo && !r.UntilIdle && !r.Once {
			g.Go(func() error { return e.tellHooks(gctx) })
		}
	}
	if slices.Contains(r.Roles, RoleWeb) && !r.UntilIdle && !r.Once {
		g.Go(func() error { return e.serve(gctx, q, r) })
		if e.Config.Inbound.Listen != "" {
			g.Go(func() error { return e.takeMail(gctx, r) })
		}
		if len(e.Config.Inbound.Mailboxes) > 0 && e.Config.Deliver.Mode != "sandbox" {
			g.Go(func() error { return e.readMailboxes(gctx) })
		}
	}
	return e.await(gctx, g, r.Grace)
}

// inquireTime is how long a run that ends by itself asks what an earlier one left, at most.
const inquireTime = 20 * time.Second

// working are the worker's options for this run.
func (e *Engine) working(r RunOptions) worker.Options {
	o := e.o.Worker
	o.Rehearsal = e.Config.Deliver.Mode != "live"
	if o.Name == "" {
		host, _ := os.Hostname()
		o.Name = host + ":" + strconv.Itoa(os.Getpid())
	}
	o.Spread = !r.UntilIdle && !r.Once
	if o.Claim == 0 && !r.demo {
		o.Claim = time.Minute
	}
	return o
}

// schedule runs the scheduler as long as the options say.
func (e *Engine) schedule(ctx context.Context, s *scheduler.Scheduler, r RunOptions) error {
	switch {
	case r.Once:
		if _, err := s.Round(ctx); err != nil {
			return err
		}
		return cmp.Or(s.Drain(ctx), errIdle)
	case r.UntilIdle:
		return s.Run(ctx, e.untilIdle)
	}
	return s.Run(ctx, r.idle)
}

// untilIdle ends a run when nothing is due. What waits for its sender's throttle is
// due.
func (e *Engine) untilIdle(ctx context.Context, r scheduler.Round) error {
	if !r.Waiting {
		return errIdle
	}
	e.log.Info("touches that are due wait for their sender's throttle", "until", r.Next)
	if err := andante.Sleep(ctx, max(min(r.Next.Sub(e.Clock.Now()), time.Minute), 100*time.Millisecond)); err != nil {
		return errIdle
	}
	return nil
}

// await waits for the parts; after the end of ctx no longer than the grace time.
func (e *Engine) await(ctx context.Context, g *errgroup.Group, grace time.Duration) error {
	done := make(chan error, 1)
	go func() { done <- g.Wait() }()
	ok := func(err error) error {
		if errors.Is(err, errIdle) || errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	}
	select {
	case err := <-done:
		return ok(err)
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case err := <-done:
		return ok(err)
	case <-timer.C:
		return fmt.Errorf("%w %s; what a server has not answered will be unknown", errGrace, grace)
	}
}

// observe registers what is read from store and queue when somebody asks, until over is
// called.
func (e *Engine) observe(q queue.Queue) (over func()) {
	var gauges []prometheus.Collector
	ask := func(f func(context.Context) (float64, error)) func() float64 {
		return func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			v, err := f(ctx)
			if err != nil {
				return -1
			}
			return v
		}
	}
	gauge := func(name, help string, f func(context.Context) (float64, error)) {
		g := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, ask(f))
		e.Registry.MustRegister(g)
		gauges = append(gauges, g)
	}
	gauge("andante_queue_depth", "Leases that wait for a worker; -1: no answer.", func(ctx context.Context) (float64, error) {
		n, err := q.Depth(ctx)
		return float64(n), err
	})
	gauge("andante_lease_age_seconds", "Age of the oldest lease; -1: no answer.", func(ctx context.Context) (age float64, err error) {
		err = e.Store.Read(ctx, func(tx *store.Tx) error {
			age, err = tx.OldestLease(ctx)
			return err
		})
		return age, err
	})
	return func() {
		for _, g := range gauges {
			e.Registry.Unregister(g)
		}
	}
}

// serve answers browsers and monitors until ctx ends.
func (e *Engine) serve(ctx context.Context, q queue.Queue, r RunOptions) error {
	l, err := net.Listen("tcp", e.Config.Web.Listen)
	if err != nil {
		return fmt.Errorf("listen for the web role: %w; choose another address with web.listen or ANDANTE_LISTEN, or leave the role out with --role scheduler,worker", err)
	}
	if r.Ready != nil {
		r.Ready(l.Addr().String())
	}
	srv := &http.Server{
		Handler: e.handler(q), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
	down := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		down <- srv.Shutdown(end)
	})
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return err
	}
	return <-down // what somebody asked for is carried out before the store closes
}
