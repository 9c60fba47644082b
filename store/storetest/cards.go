package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var cardTests = []test{
	{"batches", batches},
	{"batches reopened", reopened},
	{"codes", codes},
}

// pieces adds three postcards and a letter that wait to be printed.
func (s db) pieces() (touches []andante.Touch, all []store.Card) {
	touches = list(4, touch)
	for i := range touches {
		touches[i].State, touches[i].Kind, touches[i].Lease = andante.Open, andante.Postcard, ""
	}
	touches[3].Kind = andante.Letter
	s.add(touches...)
	all = list(4, func(n int) store.Card {
		return store.Card{Touch: touches[n].ID, Kind: touches[n].Kind, Format: []string{"a6", "a4"}[n/3], Opened: at(9 - n), Body: text(n)}
	})
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutCards(ctx, all) })
	return touches, all
}

// waiting counts what waits to be printed.
func (s db) waiting() []store.CardCount {
	return read(s, func(ctx context.Context, tx *store.Tx) ([]store.CardCount, error) { return tx.CountCards(ctx) })
}

// batches tells of three postcards and a letter; one postcard is taken back before the batch
// is closed, and one after.
func batches(_ *testing.T, s db) {
	touches, all := s.pieces()
	again := all[0]
	again.Body = text(7)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutCards(ctx, []store.Card{again}) })
	s.same("waiting", []store.CardCount{{Kind: andante.Letter, Format: "a4", Cards: 1, Oldest: at(6)}, {Kind: andante.Postcard, Format: "a6", Cards: 3, Oldest: at(7)}}, s.waiting())

	cancel := func(i int) {
		to := touches[i]
		to.State, to.Settled = andante.Canceled, at(20)
		to.Free()
		s.change(andante.Open, to, true)
	}
	cancel(0)
	s.same("the oldest first", []store.Card{all[3], all[2], all[1]}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Card, error) { return tx.WaitingCards(ctx, 9) }))
	s.same("one is taken back", []store.CardCount{{Kind: andante.Letter, Format: "a4", Cards: 1, Oldest: at(6)}, {Kind: andante.Postcard, Format: "a6", Cards: 2, Oldest: at(7)}}, s.waiting())

	first := store.Batch{Name: "postcard-1", Kind: andante.Postcard, Format: "a6", Closed: at(30)}
	n := 0
	closeIt := func(b store.Batch) int {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = tx.CloseBatch(ctx, b, []andante.TouchID{touches[0].ID, touches[1].ID, touches[2].ID})
			return err
		})
		return n
	}
	s.same("closed", 2, closeIt(first))
	s.same("nothing is left to close", 0, closeIt(store.Batch{Name: "postcard-2", Kind: andante.Postcard, Format: "a6", Closed: at(31)}))
	first.Pieces = 2
	s.same("the batch", []store.Batch{first}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Batch, error) { return tx.Batches(ctx, 9) }))
	cancel(1)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.DropWaitingCards(ctx, []andante.TouchID{touches[0].ID, touches[1].ID})
	})
	in := func(open bool, after andante.TouchID) []store.Card {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.Card, error) {
			return tx.CardsIn(ctx, first.Name, open, after, 9)
		})
	}
	inBatch := func(i int) store.Card {
		c := all[i]
		c.Batch = first.Name
		return c
	}
	s.same("to be posted", []store.Card{inBatch(2)}, in(true, ""))
	s.same("of a touch", []store.Card{inBatch(2)}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Card, error) {
		return tx.Cards(ctx, []andante.TouchID{touches[2].ID, id[andante.TouchID](99)})
	}))
	s.same("after the last", []store.Card(nil), in(true, touches[2].ID))
	s.same("printed, and taken back", []store.Card{inBatch(1)}, in(false, ""))

	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetPosted(ctx, first.Name, at(40)) })
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetPosted(ctx, first.Name, at(50)) })
	first.Posted = at(40)
	s.same("posted, once", first, read(s, func(ctx context.Context, tx *store.Tx) (store.Batch, error) { return tx.Batch(ctx, first.Name) }))
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.DropCards(ctx, []andante.TouchID{touches[1].ID})
	})
	s.same("dropped", []store.Card(nil), in(false, ""))
}

func codes(_ *testing.T, s db) {
	a, b := id[andante.TouchID](1), id[andante.TouchID](2)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutCodes(ctx, map[string]andante.TouchID{"K7QM2XWB9T": a})
	})
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutCodes(ctx, map[string]andante.TouchID{"K7QM2XWB9T": b, "0000000001": b})
	})
	find := func(code string) (t andante.TouchID, err error) {
		err = s.Read(context.Background(), func(tx *store.Tx) error {
			t, err = tx.TouchOfCode(context.Background(), code)
			return err
		})
		return t, err
	}
	got, err := find("K7QM2XWB9T")
	s.same("what was printed first stays", a, got)
	if err != nil {
		s.t.Error(err)
	}
	if _, err := find("K7QM2XWB9S"); !errors.Is(err, andante.ErrNotFound) {
		s.t.Errorf("an unknown code: %v", err)
	}
}

// reopened tells of two batches: one that is posted stays, and one that was never printed waits
// again.
func reopened(_ *testing.T, s db) {
	touches, all := s.pieces()
	first := store.Batch{Name: "postcard-1", Kind: andante.Postcard, Format: "a6", Closed: at(30)}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.CloseBatch(ctx, first, []andante.TouchID{touches[0].ID, touches[1].ID, touches[2].ID})
		return errors.Join(err, tx.SetPosted(ctx, first.Name, at(40)))
	})
	reopen := func(name string) (ok bool) {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			ok, err = tx.ReopenBatch(ctx, name)
			return err
		})
		return ok
	}
	s.same("what is posted stays", false, reopen(first.Name))
	letters := []store.Card{{Touch: all[3].Touch, Kind: andante.Letter, Format: "a4", Opened: at(6)}}
	s.same("not printed yet", letters, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Card, error) { return tx.UnprintedCards(ctx) }))
	second := store.Batch{Name: "letter-1", Kind: andante.Letter, Format: "a4", Closed: at(60)}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.CloseBatch(ctx, second, []andante.TouchID{all[3].Touch})
		return err
	})
	s.same("all in batches", []store.CardCount(nil), s.waiting())
	s.same("not printed after all", true, reopen(second.Name))
	s.same("waiting again", []store.CardCount{{Kind: andante.Letter, Format: "a4", Cards: 1, Oldest: at(6)}}, s.waiting())
	gone := s.Read(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Batch(context.Background(), second.Name)
		return err
	})
	if !errors.Is(gone, andante.ErrNotFound) {
		s.t.Errorf("a forgotten batch: %v", gone)
	}
}
