package scheduler_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
)

func (w *world) mark() (mark int64) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *store.Tx) (err error) {
		mark, err = tx.Mark(ctx)
		return err
	})
	return mark
}

// The mark is raised once a minute of the machine while nothing is leased, and told when
// it is committed.
func TestMark(t *testing.T) {
	t.Parallel()
	var told []int64
	var w *world
	w = newWorld(t, scheduler.Options{Marked: func(_ context.Context, mark int64) {
		if at := w.mark(); at != mark {
			t.Errorf("told of %d while the store says %d", mark, at)
		}
		told = append(told, mark)
	}})
	for range 60 {
		w.round()
		w.clock.Tick(time.Second)
	}
	w.same("told within a minute", []int64(nil), told)
	for range 90 {
		w.round()
		w.clock.Tick(time.Second)
	}
	w.same("told within two more", []int64{1, 2}, told)
	w.clock.Calendar(time.Hour) // says nothing of how long we worked
	w.round()
	w.same("after a jump of the calendar", []int64{1, 2}, told)
	w.clock.Tick(-time.Hour) // the machine's clock was wrong
	w.round()
	w.same("after the clock went back", []int64{1, 2, 3}, told)
	w.round()
	w.same("and on", []int64{1, 2, 3}, told)
}

// A round that leases raises it too, and tells so before a worker can hear of the lease.
func TestMarkOfALease(t *testing.T) {
	t.Parallel()
	var told []int64
	var w *world
	w = newWorld(t, scheduler.Options{Marked: func(_ context.Context, mark int64) {
		if items := w.items(); items != nil {
			t.Errorf("a worker can have %v already", items)
		}
		told = append(told, mark)
	}})
	w.add(touch(1))
	w.round()
	w.same("told", []int64{1}, told)
	w.same("items", 1, len(w.items()))
	w.round()
	w.same("told of a round that leased nothing", []int64{1}, told)
	w.add(touch(2))
	w.round()
	w.same("told of the next lease", []int64{1, 2}, told)
}

func TestNoMarkUnasked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{})
	w.clock.Tick(time.Hour)
	w.round()
	w.same("mark", int64(0), w.mark())
}

// A scheduler that runs while the store is taken over leases nothing more and ends.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{})
	w.round()
	w.add(touch(1))
	w.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.RaiseEpoch(ctx)
		return err
	})
	if err := w.Run(t.Context(), nil); !errors.Is(err, scheduler.ErrTakenOver) {
		t.Errorf("error %v", err)
	}
	w.same("leases", []store.Lease(nil), w.leases())
	again := scheduler.New(w.ops, w.queue, scheduler.Options{}, slog.New(slog.DiscardHandler))
	if r, err := again.Round(t.Context()); err != nil || r.Leased != 1 {
		t.Errorf("one that begins afterwards: %+v, %v", r, err)
	}
}

// A store that is put back to an earlier state under a scheduler leases nothing more, and
// what waited for a worker is not queued again.
func TestPutBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{Marked: func(context.Context, int64) {}})
	w.add(touch(1))
	w.round()
	db, err := sql.Open("sqlite", w.store.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE meta SET value='0' WHERE key='mark'"); err != nil {
		t.Fatal(err)
	}
	w.add(touch(2))
	w.clock.Tick(11 * time.Second)
	w.items()
	if err := w.Run(t.Context(), nil); !errors.Is(err, scheduler.ErrPutBack) {
		t.Errorf("error %v", err)
	}
	w.same("leases", 1, len(w.leases()))
	w.same("queued", []queue.Item(nil), w.items())
}
