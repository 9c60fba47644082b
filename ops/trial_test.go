package ops

import (
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// TestHoldOnce: what is held already is not held twice, and a hold on somebody's texts hides none
// on their mails.
func TestHoldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish()
	texts := andante.Hold{ID: andante.NewID[andante.HoldID](w.clock.Now()), Scope: andante.HoldSender, Key: "nora", Kind: andante.SMS, Author: andante.HoldAuthor, Reason: "refused", From: w.clock.Now()}
	w.write(func(tx *store.Tx) error { return tx.AddHold(t.Context(), texts) })
	for range 2 {
		w.write(func(tx *store.Tx) error {
			return w.holdOnce(t.Context(), tx, andante.HoldSender, "nora", "complaints")
		})
	}
	w.read(func(tx *store.Tx) error {
		list, err := tx.AllHolds(t.Context())
		kinds := map[andante.Kind]int{}
		for _, h := range list {
			kinds[h.Kind]++
		}
		if len(list) != 2 || kinds[andante.SMS] != 1 || kinds[andante.Email] != 1 {
			t.Errorf("held: %v", kinds)
		}
		return err
	})
}
