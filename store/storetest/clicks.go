package storetest

import (
	"context"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var clickTests = []test{{"judged", clicks}}

func clicks(_ *testing.T, s db) {
	click := func(n, touch, when int) store.Click {
		return store.Click{
			ID: id[andante.EventID](n), Contact: id[andante.ContactID](touch), Touch: id[andante.TouchID](touch), Page: "c", Target: "https://a.example/" + text(n), Machine: sometimes(n, "says so"), At: at(when),
		}
	}
	all := []store.Click{click(1, 7, 1), click(2, 7, 2), click(3, 8, 1), click(4, 9, 5)}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		for _, c := range all {
			if err := tx.AddClick(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	due := func(until, n int) []andante.TouchID {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]andante.TouchID, error) {
			return tx.ClickedTouches(ctx, at(until), n)
		})
	}
	of := func(touch int) []store.Click {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.Click, error) {
			return tx.ClicksOf(ctx, id[andante.TouchID](touch))
		})
	}
	s.same("due", []andante.TouchID{id[andante.TouchID](7), id[andante.TouchID](8)}, due(4, 9))
	s.same("some", []andante.TouchID{id[andante.TouchID](7)}, due(9, 1))
	s.same("of a touch", all[:2], of(7))
	s.same("how many", 2, read(s, func(ctx context.Context, tx *store.Tx) (int, error) {
		return tx.CountClicks(ctx, id[andante.TouchID](7))
	}))
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.JudgedClicks(ctx, []andante.EventID{all[0].ID, all[1].ID})
	})
	all[0].Judged, all[1].Judged = true, true
	s.same("judged", all[:2], of(7))
	s.same("due then", []andante.TouchID{id[andante.TouchID](8)}, due(4, 9))
}
