package reports

import (
	"context"
	"time"

	"github.com/andante-hq/andante/store"
)

// Health is what came back, and what others say of it.
type Health struct {
	Returned []store.Rate      `json:"returned"` // within a week, by sender and sequence
	Gmail    []store.GmailRate `json:"gmail"`    // as it was noted last, by domain
}

// Health reads what came back within a week.
func (r *Reports) Health(ctx context.Context) (*Health, error) {
	h := &Health{}
	return h, r.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if h.Returned, err = tx.Returned(ctx, r.Clock.Now().Add(-7*24*time.Hour)); err != nil {
			return err
		}
		h.Gmail, err = tx.GmailRates(ctx)
		return err
	})
}
