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
	// Taken are those that were taken back since it was closed, such as after an opt-out; they
	// are forgotten when it is posted.
	Taken []TakenCard `json:"taken,omitempty"`
}

// A TakenCard is a piece that is not to be posted any more.
type TakenCard struct {
	Touch andante.TouchID `json:"touch"`
	Name  string          `json:"name"`
	Place string          `json:"place"` // in one line
}

// CardBatch returns a batch. [andante.ErrNotFound] if there is none of that name.
func (r *Reports) CardBatch(ctx context.Context, name string) (b CardBatch, err error) {
	err = r.Store.Read(ctx, func(tx *store.Tx) error {
		got, err := tx.Batch(ctx, name)
		if err != nil {
			return err
		}
		b, err = r.cardBatch(ctx, tx, got)
		return err
	})
	return b, err
}

func (r *Reports) cardBatch(ctx context.Context, tx *store.Tx, from store.Batch) (CardBatch, error) {
	b := CardBatch{Name: from.Name, Kind: from.Kind, Format: from.Format, Pieces: from.Pieces, Closed: from.Closed, Posted: from.Posted}
	cards, err := tx.CardsIn(ctx, b.Name, false, "", b.Pieces)
	if err != nil || len(cards) == 0 {
		return b, err
	}
	ids := make([]andante.TouchID, len(cards))
	for i, c := range cards {
		ids[i] = c.Touch
	}
	touches, people, err := touchesAndPeople(ctx, tx, ids)
	for _, id := range ids {
		c := people[touches[id].Contact]
		b.Taken = append(b.Taken, TakenCard{Touch: id, Name: nameOf(c), Place: c.Post(r.Workspace.Config.Company.Country).Line()})
	}
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
		if err != nil {
			return err
		}
		for _, from := range batches {
			b, err := r.cardBatch(ctx, tx, from)
			if err != nil {
				return err
			}
			c.Batches = append(c.Batches, b)
		}
		return nil
	})
	return c, err
}
