package store

import "context"

// MigrateDown takes every migration back.
func (s *Store) MigrateDown(ctx context.Context) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	_, err = p.DownTo(ctx, 0)
	return err
}

// AddressOf is what a home remembers of a URL.
var AddressOf = addressOf
