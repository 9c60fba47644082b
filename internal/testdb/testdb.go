// Package testdb gives tests a Postgres or Redis database of their own, where a
// server is named by the environment:
//
//	ANDANTE_TEST_POSTGRES=postgres://postgres@localhost:5432/postgres
//	ANDANTE_TEST_REDIS=redis://localhost:6379
//
// Without it the test is skipped. Only tests import this package.
package testdb

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver named pgx
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite" // the driver named sqlite

	"github.com/andante-hq/andante"
)

// The variables that name the servers. The Postgres role must be allowed to make
// databases.
const (
	PostgresVariable = "ANDANTE_TEST_POSTGRES"
	RedisVariable    = "ANDANTE_TEST_REDIS"
)

// limit for what is done around a test.
const limit = time.Minute

// Postgres makes an empty database and returns its URL. The database goes with
// the test. It skips the test where no server is named.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv(PostgresVariable)
	if server == "" {
		t.Skip(PostgresVariable + " is not set")
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s: %v", PostgresVariable, err)
	}
	name := "andante_" + strings.ToLower(rand.Text())
	execPostgres(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { execPostgres(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u.Path = "/" + name
	return u.String()
}

// Copy makes a copy of a database that nobody has open, as `createdb -T` does, and
// returns its URL. It goes with the test.
func Copy(t testing.TB, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	from, to := strings.TrimPrefix(u.Path, "/"), "andante_"+strings.ToLower(rand.Text())
	server := os.Getenv(PostgresVariable)
	execPostgres(t, server, "CREATE DATABASE "+to+" TEMPLATE "+from)
	t.Cleanup(func() { execPostgres(t, server, "DROP DATABASE "+to+" WITH (FORCE)") })
	u.Path = "/" + to
	return u.String()
}

// Role makes a role with these attributes, which is called after the database and may
// otherwise do what everybody may, and returns the database's URL as that role sees it.
// It goes with the test, which fails if the role still owns something.
func Role(t testing.TB, dsn, attributes string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	role, server := u.Path[1:]+"_role", os.Getenv(PostgresVariable)
	execPostgres(t, server, "CREATE ROLE "+role+" LOGIN "+attributes)
	t.Cleanup(func() { execPostgres(t, server, "DROP ROLE "+role) })
	u.User = url.User(role)
	return u.String()
}

// SQLite runs a statement on a database file beside whoever else has it open: to make
// it refuse what a test wants refused.
func SQLite(t testing.TB, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func execPostgres(t testing.TB, server, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

// Redis takes one of the server's numbered databases for the test, empties it and
// returns its URL. It skips the test where no server is named. Whoever uses it
// must not FLUSHALL: other tests run on the same server.
func Redis(t testing.TB) string {
	t.Helper()
	server := os.Getenv(RedisVariable)
	if server == "" {
		t.Skip(RedisVariable + " is not set")
	}
	o, err := redis.ParseURL(server)
	if err != nil {
		t.Fatalf("%s: %v", RedisVariable, err)
	}
	o.DB = 0 // where the claims stand
	claims := redis.NewClient(o)
	t.Cleanup(func() { claims.Close() })
	n := claim(t, claims)
	o.DB = n
	own := redis.NewClient(o)
	t.Cleanup(func() { own.Close() })
	empty := func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := own.FlushDB(ctx).Err(); err != nil {
			t.Errorf("empty Redis database %d: %v", n, err)
		}
	}
	empty()
	t.Cleanup(empty)
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s: %v", RedisVariable, err)
	}
	u.Path = "/" + strconv.Itoa(n)
	return u.String()
}

// claim takes a number that no other test has, in this process or in another. It
// is given back with the test; a killed test's claim ends by itself.
func claim(t testing.TB, rdb *redis.Client) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	token := cmp.Or(t.Name(), "test") + " " + rand.Text()
	for {
		for n := 1; n < 16; n++ {
			key := "andante-test-database-" + strconv.Itoa(n)
			ok, err := rdb.SetNX(ctx, key, token, 15*time.Minute).Result()
			if err != nil {
				t.Fatalf("claim a Redis database: %v", err)
			}
			if ok {
				t.Cleanup(func() { rdb.Del(context.Background(), key) })
				return n
			}
		}
		if err := andante.Sleep(ctx, 50*time.Millisecond); err != nil {
			t.Fatal("no Redis database came free")
		}
	}
}
