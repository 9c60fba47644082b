package bench

import (
	"context"
	"errors"
	"strconv"

	"github.com/andante-hq/andante/engine"
)

// play has one process play a part, until ctx ends.
func (b *bench) play(ctx context.Context, p part) (r result, err error) {
	c, err := launch(b.o.Part, p)
	if err != nil {
		return r, err
	}
	defer c.kill()
	defer context.AfterFunc(ctx, func() { _ = c.cmd.Process.Kill() })()
	if err = errors.Join(c.ready(), c.signal()); err == nil {
		r, err = c.result()
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return r, err
}

// received asks the sink.
func (b *bench) received() (int, error) {
	if b.sink == nil {
		return 0, nil
	}
	if err := b.sink.signal(); err != nil {
		return 0, err
	}
	line, err := b.sink.hear()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(line)
}

// send has the engine send what is due and returns the seconds that it took.
func (b *bench) send(ctx context.Context) (float64, error) {
	all := part{
		Play: "engine", Address: b.target, Dir: b.place.dir, Store: b.place.store, Redis: b.place.redis,
		Connections: b.o.Connections, Roles: []engine.Role{engine.RoleScheduler, engine.RoleWorker}, UntilIdle: true,
	}
	if b.o.Processes > 1 {
		return b.sendByRoles(ctx, all)
	}
	took, err := b.play(ctx, all)
	if err != nil {
		return 0, err
	}
	b.count("andante", took)
	b.report.PeakMB = max(b.report.PeakMB, took.PeakMB)
	return took.Seconds, nil
}

// sendByRoles does it with a scheduler and workers in processes of their own.
func (b *bench) sendByRoles(ctx context.Context, all part) (float64, error) {
	scheduler, worker := all, all
	scheduler.Roles = []engine.Role{engine.RoleScheduler}
	worker.Roles, worker.UntilIdle = []engine.Role{engine.RoleWorker}, false
	workers := make([]*process, b.o.Processes)
	defer func() {
		for _, c := range workers {
			c.kill()
		}
	}()
	for i := range workers {
		worker.Connections = (b.o.Connections + i) / b.o.Processes // all of them together have as many as asked for
		var err error
		if workers[i], err = launch(b.o.Part, worker); err != nil {
			return 0, err
		}
		if err := errors.Join(workers[i].ready(), workers[i].signal()); err != nil {
			return 0, err
		}
	}
	took, err := b.play(ctx, scheduler)
	if err != nil {
		return 0, err
	}
	b.count("scheduler", took)
	peak := took.PeakMB
	for i, c := range workers {
		if err := c.stop(); err != nil {
			return 0, err
		}
		r, err := c.result()
		if err != nil {
			return 0, err
		}
		b.count("worker "+strconv.Itoa(i+1), r)
		peak += r.PeakMB
	}
	b.report.PeakMB = max(b.report.PeakMB, peak)
	return took.Seconds, nil
}

func (b *bench) count(name string, r result) {
	b.spent[name] += r.CPU
	for pass, s := range r.Passes {
		b.passes[pass] += s
	}
}
