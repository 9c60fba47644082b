package reports

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// Cards is what goes by post: what waits to be printed, and the last batches.
type Cards struct {
	Waiting []WaitingCards `json:"waiting"`
	Batches []CardBatch    `json:"batches"`
}

// WaitingCards are the pieces of a kind that no batch has yet.
type WaitingCards struct {
	Kind   andante.Kind `json:"kind"`
	Format string       `json:"format"`
	Pieces int          `json:"pieces"`
	Oldest time.Time    `json:"oldest"`
}

// A CardBatch is pieces that are printed together.
type CardBatch struct {
	Name   string       `json:"name"`
	Kind   andante.Kind `json:"kind"`
	Format string       `json:"format"`
	Pieces int          `json:"pieces"`
	Closed time.Time    `json:"closed"`
	Posted time.Time    `json:"posted,omitzero"`
}

// CardBatch returns a batch. [andante.ErrNotFound] if there is none of that name.
func (r *Reports) CardBatch(ctx context.Context, name string) (b CardBatch, err error) {
	err = r.Store.Read(ctx, func(tx *store.Tx) error {
		got, err := tx.Batch(ctx, name)
		b = CardBatch(got)
		return err
	})
	return b, err
}

// lastBatches is how many batches are told of.
const lastBatches = 20

// Cards tells of what goes by post.
func (r *Reports) Cards(ctx context.Context) (c Cards, err error) {
	c = Cards{Waiting: []WaitingCards{}, Batches: []CardBatch{}}
	err = r.Store.Read(ctx, func(tx *store.Tx) error {
		waiting, err := tx.CountCards(ctx)
		if err != nil {
			return err
		}
		for _, w := range waiting {
			c.Waiting = append(c.Waiting, WaitingCards{Kind: w.Kind, Format: w.Format, Pieces: w.Cards, Oldest: w.Oldest})
		}
		batches, err := tx.Batches(ctx, lastBatches)
		for _, b := range batches {
			c.Batches = append(c.Batches, CardBatch(b))
		}
		return err
	})
	return c, err
}
