package ops

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// Came tells whether a request with a key was carried out before.
func (o *Ops) Came(ctx context.Context, key string) (before bool, err error) {
	return before, o.Store.Read(ctx, func(tx *store.Tx) error {
		id, err := cameID(ctx, tx, key)
		if err == nil {
			before, err = tx.Happened(ctx, id)
		}
		return err
	})
}

// NoteCame notes that a request with a key was carried out, so that it counts once.
func (o *Ops) NoteCame(ctx context.Context, key string) error {
	return o.together.do(ctx, change{make: func(ctx context.Context, tx *store.Tx) error {
		id, err := cameID(ctx, tx, key)
		if err != nil {
			return err
		}
		_, err = tx.AddArrival(ctx, store.Arrival{ID: id, Class: "request", At: o.now()})
		return err
	}})
}

func cameID(ctx context.Context, tx *store.Tx, key string) (andante.EventID, error) {
	seed, err := tx.Seed(ctx)
	return andante.DeriveID[andante.EventID](seed, time.Unix(0, 0), "came", key), err
}
