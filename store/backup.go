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
	_, err := s.write.ExecContext(ctx, "VACUUM INTO $1", file)
	return err
}
