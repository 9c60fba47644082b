package store

import (
	"context"

	"github.com/andante-hq/andante"
)

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

// Miscount has the store count nothing of a contact.
func Miscount(ctx context.Context, tx *Tx, id andante.ContactID) error {
	_, err := tx.exec(ctx, "DELETE FROM counted WHERE contact_id=$1", string(id))
	return err
}
