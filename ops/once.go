package ops

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// What counts once by a key that its sender gave.
const (
	byEventKey   = "told" // an event
	byRequestKey = "came" // a whole request
)

// Came tells whether a request with a key was carried out before.
func (o *Ops) Came(ctx context.Context, key string) (bool, error) {
	return o.happened(ctx, byRequestKey, key)
}

// HasTaken tells whether an event with a key has come before.
func (o *Ops) HasTaken(ctx context.Context, key string) (bool, error) {
	return o.happened(ctx, byEventKey, key)
}

// NoteCame notes that a request with a key was carried out, so that it counts once.
func (o *Ops) NoteCame(ctx context.Context, key string) error {
	return o.together.do(ctx, change{make: func(ctx context.Context, tx *store.Tx) error {
		id, err := onceID(ctx, tx, byRequestKey, key)
		if err != nil {
			return err
		}
		_, err = tx.AddArrival(ctx, store.Arrival{ID: id, Class: "request", At: o.now()})
		return err
	}})
}

func (o *Ops) happened(ctx context.Context, what, key string) (before bool, err error) {
	return before, o.Store.Read(ctx, func(tx *store.Tx) error {
		id, err := onceID(ctx, tx, what, key)
		if err == nil {
			before, err = tx.Happened(ctx, id)
		}
		return err
	})
}

// onceID is the id of what counts once by a key.
func onceID(ctx context.Context, tx *store.Tx, what, key string) (andante.EventID, error) {
	seed, err := tx.Seed(ctx)
	return andante.DeriveID[andante.EventID](seed, time.Unix(0, 0), what, key), err
}
