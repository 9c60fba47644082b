package queue

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Health is what a Redis server says of itself.
type Health struct {
	Address   string // of a node of a cluster; empty otherwise
	Version   string // of Redis, or of the Redis that a Valkey stands for
	MaxMemory int64  // in bytes; 0: no bound
	Policy    string // what it does when that is full
	Used      int64  // of it
	Persists  bool   // it writes what it holds to a disk
	Unsaved   bool   // the last time it could not: most servers then refuse to be written to
	Replica   bool   // it can't be written to
}

// Examine asks the Redis servers behind a URL how they are, with a connection of its own.
// The errors hold no part of the URL.
func Examine(ctx context.Context, redisURL string, log *slog.Logger) ([]Health, error) {
	redis.SetLogger(quietLogger{log})
	rdb, err := connect(redisURL)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer rdb.Close()
	cluster, ok := rdb.(*redis.ClusterClient)
	if !ok {
		h, err := examine(ctx, rdb)
		return []Health{h}, err
	}
	var mu sync.Mutex
	var all []Health
	err = cluster.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error {
		h, err := examine(ctx, c)
		h.Address = c.Options().Addr
		mu.Lock()
		defer mu.Unlock()
		all = append(all, h)
		return err
	})
	return all, err
}

// examine reads what INFO says; CONFIG is closed on many hosted servers.
func examine(ctx context.Context, c redis.Cmdable) (Health, error) {
	info, err := c.Info(ctx).Result()
	if err != nil {
		return Health{}, err
	}
	return readInfo(info)
}

// readInfo reads the answer to INFO: lines of key:value.
func readInfo(info string) (h Health, err error) {
	values := map[string]string{}
	for line := range strings.Lines(info) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			values[key] = value
		}
	}
	h = Health{
		Version: values["redis_version"], Policy: values["maxmemory_policy"], Persists: values["aof_enabled"] == "1",
		Unsaved: values["rdb_last_bgsave_status"] == "err" || values["aof_last_write_status"] == "err",
		Replica: values["role"] == "slave",
	}
	if h.Version == "" {
		return h, errors.New("it does not tell its version, so it is no Redis")
	}
	for key, into := range map[string]*int64{"maxmemory": &h.MaxMemory, "used_memory": &h.Used} {
		if s := values[key]; s != "" && err == nil {
			*into, err = strconv.ParseInt(s, 10, 64)
		}
	}
	return h, err
}

// Full tells whether the server has no room for more.
func (h Health) Full() bool { return h.MaxMemory > 0 && h.Used >= h.MaxMemory }

// Suits tells whether the version is one that the queue runs on: 6.2 and later.
func (h Health) Suits() bool {
	major, rest, _ := strings.Cut(h.Version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, err := strconv.Atoi(major)
	if err != nil {
		return false
	}
	b, err := strconv.Atoi(minor)
	return a > 6 || a == 6 && err == nil && b >= 2
}

// Evicts tells whether the server may throw away what the queue has put there.
func (h Health) Evicts() bool { return h.MaxMemory > 0 && h.Policy != "noeviction" }
