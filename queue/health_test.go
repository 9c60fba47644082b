package queue_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/queue"
)

func TestHealthOfAVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"6.2.0": true, "6.2": true, "7.0.15": true, "10.0.0": true, "6.0.16": false, "5.0.7": false, "6": false, "": false, "x": false, "8": true,
	} {
		if got := (queue.Health{Version: version}).Suits(); got != want {
			t.Errorf("%q suits: %v", version, got)
		}
	}
}

func TestHealthOfTheMemory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		h    queue.Health
		want bool
	}{
		{queue.Health{Policy: "noeviction"}, false},
		{queue.Health{Policy: "allkeys-lru"}, false}, // nothing bounds it
		{queue.Health{Policy: "noeviction", MaxMemory: 1}, false},
		{queue.Health{Policy: "allkeys-lru", MaxMemory: 1}, true},
		{queue.Health{Policy: "volatile-ttl", MaxMemory: 1}, true},
	} {
		if got := c.h.Evicts(); got != c.want {
			t.Errorf("%+v evicts: %v", c.h, got)
		}
	}
}

// A real server tells what is asked.
func TestExamine(t *testing.T) {
	t.Parallel()
	got, err := queue.Examine(t.Context(), testdb.Redis(t), slog.New(slog.DiscardHandler))
	if err != nil || len(got) != 1 || !got[0].Suits() || got[0].Policy == "" || got[0].Evicts() {
		t.Errorf("%+v, error %v", got, err)
	}
}

func TestExamineFails(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	mini := miniredis.RunT(t) // it answers, and is no Redis
	for _, url := range []string{"redis://:canary@127.0.0.1:1/0", "redis://:can%zzary@x/0", "redis://" + mini.Addr()} {
		_, err := queue.Examine(ctx, url, slog.New(slog.DiscardHandler))
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: error %v", url, err)
		}
	}
}
