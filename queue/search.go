package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Search looks for texts in every key of Redis and in what it holds. It returns the keys with one of
// them, and in how many it looked.
func (q *Asynq) Search(ctx context.Context, texts []string) (found []string, keys int, err error) {
	cluster, ok := q.rdb.(*redis.ClusterClient)
	if !ok {
		return search(ctx, q.rdb, texts)
	}
	var mu sync.Mutex
	err = cluster.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error {
		some, n, err := search(ctx, c, texts)
		mu.Lock()
		defer mu.Unlock()
		found, keys = append(found, some...), keys+n
		return err
	})
	return found, keys, err
}

func search(ctx context.Context, c redis.Cmdable, texts []string) (found []string, keys int, err error) {
	for it := c.Scan(ctx, 0, "", 500).Iterator(); it.Next(ctx); {
		held, err := holds(ctx, c, it.Val())
		if err != nil {
			return found, keys, err
		}
		keys++
		if slices.ContainsFunc(append(held, it.Val()), func(s string) bool {
			return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(t)) })
		}) {
			found = append(found, it.Val())
		}
		if err := it.Err(); err != nil {
			return found, keys, err
		}
	}
	return found, keys, nil
}

// holds returns what a key holds, of any type. One that is gone meanwhile holds nothing.
func holds(ctx context.Context, c redis.Cmdable, key string) ([]string, error) {
	kind, err := c.Type(ctx, key).Result()
	if err != nil {
		return nil, err
	}
	switch kind {
	case "string":
		s, err := c.Get(ctx, key).Result()
		return []string{s}, gone(err)
	case "list":
		return c.LRange(ctx, key, 0, -1).Result()
	case "set":
		return c.SMembers(ctx, key).Result()
	case "zset":
		return c.ZRange(ctx, key, 0, -1).Result()
	case "hash":
		m, err := c.HGetAll(ctx, key).Result()
		var list []string
		for k, v := range m {
			list = append(list, k, v)
		}
		return list, err
	case "none":
		return nil, nil
	}
	return nil, fmt.Errorf("the key %s is of a kind that can't be looked into: %s", key, kind)
}

func gone(err error) error {
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}
