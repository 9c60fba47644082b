package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrNotEmpty tells that a database has tables where it should have none.
var ErrNotEmpty = errors.New("the database is not empty")

// Scratch makes an empty database on the Postgres server that dsn names, for work that
// leaves nothing behind. It returns the database's URL, and drop, which drops it whoever
// is connected. Where the role may make none it returns dsn itself, which drop leaves as
// it is, or ErrNotEmpty.
func Scratch(ctx context.Context, dsn, prefix string) (own string, drop func(context.Context) error, err error) {
	name := prefix + strings.ToLower(rand.Text())
	if own, err = beside(dsn, name); err != nil {
		return "", nil, err
	}
	// Not cut short when ctx ends: nobody would know whether it was made.
	err = once(ctx, dsn, func(c *pgx.Conn) error { return exec(context.WithoutCancel(ctx), c, "CREATE DATABASE "+name) })
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42501" { // insufficient_privilege
		return dsn, func(context.Context) error { return nil }, bare(ctx, dsn)
	}
	if err != nil {
		return "", nil, fmt.Errorf("make a database: %w", err)
	}
	drop = func(ctx context.Context) error {
		err := once(ctx, dsn, func(c *pgx.Conn) error { return exec(ctx, c, "DROP DATABASE "+name+" WITH (FORCE)") })
		if err != nil {
			err = fmt.Errorf("drop the database %s: %w", name, err)
		}
		return err
	}
	return own, drop, nil
}

// beside returns the URL of another database on the same server. Its error is pgx's,
// which hides the password.
func beside(dsn, name string) (string, error) {
	if _, err := pgx.ParseConfig(dsn); err != nil {
		return "", err
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return "", err
	}
	u.Path, u.RawPath = "/"+name, ""
	q := u.Query()
	q.Del("dbname") // each would win over the path
	q.Del("database")
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// bare returns ErrNotEmpty if the database has tables.
func bare(ctx context.Context, dsn string) error {
	return once(ctx, dsn, func(c *pgx.Conn) error {
		var tables bool
		err := c.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname NOT IN ('pg_catalog','information_schema'))").Scan(&tables)
		if err == nil && tables {
			err = ErrNotEmpty
		}
		return err
	})
}

// once runs f on a connection of its own, which a server has ten seconds to give.
func once(ctx context.Context, dsn string, f func(*pgx.Conn) error) error {
	dial, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := pgx.Connect(dial, dsn)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	return f(c)
}

func exec(ctx context.Context, c *pgx.Conn, statement string) error {
	_, err := c.Exec(ctx, statement)
	return err
}
