package store

import (
	"context"
	"errors"
)

// ErrPostgres says that a Postgres store is copied by Postgres's own tools.
var ErrPostgres = errors.New("this store is a Postgres database")

// Backup writes the state of an SQLite store at one instant to a file, which is missing
// or empty, while others work on. [ErrPostgres] for any other store.
func (s *Store) Backup(ctx context.Context, file string) error {
	if s.Postgres() {
		return ErrPostgres
	}
	return s.vacuumInto(ctx, file, "")
}

// vacuumInto writes a file with pages of so many bytes; empty: as they are here.
func (s *Store) vacuumInto(ctx context.Context, file, page string) error {
	c, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if page != "" {
		var here string
		if err := c.QueryRowContext(ctx, "PRAGMA page_size").Scan(&here); err != nil {
			return err
		}
		if _, err := c.ExecContext(ctx, "PRAGMA page_size="+page); err != nil {
			return err
		}
		defer c.ExecContext(context.WithoutCancel(ctx), "PRAGMA page_size="+here)
	}
	_, err = c.ExecContext(ctx, "VACUUM INTO $1", file)
	return err
}
