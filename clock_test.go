package andante_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/andante-hq/andante"
)

func TestSystemClock(t *testing.T) {
	t.Parallel()
	var c andante.SystemClock
	before := time.Now().Truncate(time.Millisecond)
	now, wall := c.Now(), c.Wall()
	after := time.Now()
	for name, got := range map[string]time.Time{"now": now, "wall": wall} {
		if got.Before(before) || got.After(after) {
			t.Errorf("%s is %s, between %s and %s", name, got, before, after)
		}
	}
	if now.Location() != time.UTC {
		t.Errorf("now is in %s", now.Location())
	}
	if !now.Equal(now.Truncate(time.Millisecond)) {
		t.Errorf("now is %s, finer than the store", now)
	}
	if wall.Round(0) == wall {
		t.Error("wall has no monotonic reading")
	}
}

func TestJumpClock(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 29, 2, 0, 0, 0, time.FixedZone("east", 3600))
	c := andante.NewJumpClock(start)
	stands := func(want time.Time) {
		t.Helper()
		for range 2 {
			if got := c.Now(); got != want.UTC() {
				t.Errorf("it stands at %s, want %s", got, want.UTC())
			}
		}
	}
	stands(start)
	c.Jump(start.Add(time.Hour))
	stands(start.Add(time.Hour))
	c.Jump(start) // never back
	stands(start.Add(time.Hour))
	before := time.Now()
	if wall := c.Wall(); wall.Before(before) || time.Since(wall) > time.Hour {
		t.Errorf("wall is %s at %s", wall, before)
	}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() { c.Jump(start.Add(time.Duration(n) * 24 * time.Hour)) })
	}
	wg.Wait()
	stands(start.Add(7 * 24 * time.Hour))
}

func TestSleep(t *testing.T) {
	t.Parallel()
	began := time.Now()
	if err := andante.Sleep(t.Context(), 20*time.Millisecond); err != nil || time.Since(began) < 20*time.Millisecond {
		t.Errorf("slept %s, error %v", time.Since(began), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if err := andante.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := andante.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context: error %v", err)
	}
}
