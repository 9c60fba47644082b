package queue_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/andante-hq/andante/queue"
)

// TestSearch: a text is found in whatever Redis holds, and our own items hold none.
func TestSearch(t *testing.T) {
	eachRedis(t, func(t *testing.T, q *queue.Asynq, url string) {
		put(t, q, item(1, 1), item(2, 1))
		words := []string{"Anna@x.example"}
		look := func(want ...string) {
			t.Helper()
			found, keys, err := q.Search(t.Context(), words)
			slices.Sort(found)
			if diff := cmp.Diff(want, found); diff != "" || err != nil || keys < 3 {
				t.Errorf("in %d keys (-want +got), error %v:\n%s", keys, err, diff)
			}
		}
		look()
		if url == "" { // nobody else gets in
			return
		}
		o, err := redis.ParseURL(url)
		if err != nil {
			t.Fatal(err)
		}
		c := redis.NewClient(o)
		defer c.Close()
		ctx, word := t.Context(), "of anna@X.example"
		if err := errors.Join(
			c.Set(ctx, "a string", word, 0).Err(), c.RPush(ctx, "b list", "x", word).Err(), c.SAdd(ctx, "c set", word).Err(),
			c.ZAdd(ctx, "d sorted set", redis.Z{Member: word}).Err(), c.HSet(ctx, "e hash", "k", word).Err(), c.HSet(ctx, "f hash", word, "v").Err(),
			c.Set(ctx, "g "+word, "x", 0).Err(), c.Set(ctx, "h", "ben@x.example", 0).Err(),
		); err != nil {
			t.Fatal(err)
		}
		look("a string", "b list", "c set", "d sorted set", "e hash", "f hash", "g "+word)
	})
}
