package storetest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var homeTests = []test{
	{"home", home},
	{"mark", mark},
	{"a mark is given once", markGivenOnce},
	{"what a copy can't know of", doubt},
}

func home(t *testing.T, s db) {
	look := func() store.Home {
		return read(s, func(ctx context.Context, tx *store.Tx) (store.Home, error) { return tx.Home(ctx) })
	}
	s.same("home of a new store", store.Home{}, look())
	here, err := s.Here(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if known := here.File != "" || here.OID != "" && here.System != "" && here.Address != ""; !known {
		t.Errorf("here: %+v", here)
	}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetHome(ctx, here) })
	s.same("home", here, look())
	s.same("in what it differs from where it is", []string(nil), look().Differs(here))
	other := here
	other.File, other.OID = here.File+"0", here.OID+"0"
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetHome(ctx, other) })
	s.same("another", other, look())
	if got := look().Differs(here); len(got) == 0 {
		t.Errorf("%s and %s are the same", look(), here)
	}
}

func mark(_ *testing.T, s db) {
	look := func() int64 {
		return read(s, func(ctx context.Context, tx *store.Tx) (int64, error) { return tx.Mark(ctx) })
	}
	s.same("of a new store", int64(0), look())
	want := int64(0)
	for _, seen := range []int64{0, 0, 1, 8, 3, 9, 99, 0, 1 << 40} { // past places where text and numbers sort differently
		var got int64
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			got, err = tx.RaiseMark(ctx, seen)
			return err
		})
		want = max(want, seen) + 1
		s.same("raised", want, got)
		s.same("mark", want, look())
	}
}

func markGivenOnce(t *testing.T, s db) {
	const each, takers = 20, 4
	var mu sync.Mutex
	var all []int64
	var wg sync.WaitGroup
	for range takers {
		wg.Go(func() {
			for range each {
				var got int64
				err := s.Write(t.Context(), func(tx *store.Tx) (err error) {
					got, err = tx.RaiseMark(t.Context(), 0)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				all = append(all, got)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(all)
	s.same("marks", list(each*takers, func(i int) int64 { return int64(i) + 1 }), all)
}

func doubt(_ *testing.T, s db) {
	now := at(10)
	planned := func(n int, due time.Time, reason andante.Reason) andante.Touch {
		t := touch(n)
		t.Due, t.Reason = due, reason
		return t
	}
	with := func(n int, state andante.State) andante.Touch {
		t := touch(n)
		t.State, t.Lease, t.Due = state, id[andante.LeaseID](n), at(0)
		return t
	}
	over := touch(20)
	over.State, over.Due = andante.Unknown, at(0)
	look := func() store.Doubt {
		return read(s, func(ctx context.Context, tx *store.Tx) (store.Doubt, error) { return tx.Doubt(ctx, now) })
	}
	s.same("of an empty store", store.Doubt{}, look())
	held := []andante.Touch{planned(3, at(11), andante.ReasonHeld), planned(4, at(12), andante.ReasonSender), planned(5, at(99), andante.ReasonHeld)}
	s.add(held...)
	s.add(
		planned(0, now, ""), planned(1, at(0), andante.ReasonHeld), planned(2, at(11), andante.ReasonLimit),
		with(6, andante.Leased), with(7, andante.Claimed), with(8, andante.Attempted), with(9, andante.Leased), over,
	)
	s.same("counted", store.Doubt{Due: 2, Held: 3, Leased: 4, OnWire: 2}, look())
	page := func(after andante.TouchID, n int) []andante.Touch {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
			return tx.WaitingForHold(ctx, now, after, n)
		})
	}
	s.same("the first that wait for a hold", held[:2], page("", 2))
	s.same("the rest", held[2:], page(held[1].ID, 2))
	s.same("no more", []andante.Touch(nil), page(held[2].ID, 2))
}
