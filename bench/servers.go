package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/store"
)

// patience is how long a server may take to answer for the first time.
const patience = 5 * time.Second

// reach sees that Redis is there. The engine waits for one that is away, as it should at
// night; who measures wants to know at once.
func reach(ctx context.Context, redisURL string) error {
	if redisURL == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := queue.Examine(ctx, redisURL, slog.New(slog.DiscardHandler)); err != nil {
		return fmt.Errorf("can't use Redis%s: %w; give another --redis, or none for a stand-in within the process", at(redisURL), err)
	}
	return nil
}

// database makes an empty database on the server of a Postgres URL.
func database(ctx context.Context, dsn string) (own string, drop func(context.Context) error, err error) {
	own, drop, err = store.Scratch(ctx, dsn, "andante_bench_")
	if errors.Is(err, store.ErrNotEmpty) {
		err = fmt.Errorf("%w: bench wants one of its own, which this role may not make; whoever may does it with `createdb --owner ROLE andante_bench`", err)
	}
	return own, drop, err
}

// at names the server of a URL, without user and password.
func at(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host+u.Path == "" {
		return ""
	}
	return " at " + cmp.Or(u.Host, u.Path)
}
