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
	text := "UPDATE counted SET packed=$2 WHERE contact_id=$1"
	args := []any{string(id), []byte("x")}
	switch how {
	case "none":
		text, args = "DELETE FROM counted WHERE contact_id=$1", args[:1]
	case "no address":
		text, args = "DELETE FROM addressed WHERE contact_id=$1", args[:1]
	case "no such word":
		var b []byte
		if err := tx.row(ctx, "SELECT packed FROM counted WHERE contact_id=$1", args[:1], &b); err != nil {
			return err
		}
		args[1] = append(b[:len(b)-3], 0, 0xff, 0)
	}
	_, err := tx.exec(ctx, text, args...)
	return err
}
