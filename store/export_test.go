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

// Miscount breaks what the store counts of a contact on purpose.
func Miscount(ctx context.Context, tx *Tx, how string, id andante.ContactID) error {
	text := map[string]string{
		"none":       "DELETE FROM counted WHERE contact_id=$1",
		"unreadable": "UPDATE counted SET packed='x' WHERE contact_id=$1",
		"no address": "DELETE FROM addressed WHERE contact_id=$1",
	}[how]
	_, err := tx.exec(ctx, text, string(id))
	return err
}
