package storetest

import (
	"context"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var unknownTests = []test{
	{"in the order in which they were tried", unknownInOrder},
	{"narrowed", unknownNarrowed},
	{"on the wire", attemptedCounted},
}

// unknown adds a touch of unknown fate whose last of two attempts began n minutes after
// the beginning.
func (s db) unknown(n, tried int, change func(*andante.Touch)) store.Unknown {
	s.t.Helper()
	t := touch(n)
	t.State, t.Attempts, t.Settled = andante.Unknown, 2, at(tried+1)
	if change != nil {
		change(&t)
	}
	first, last := attempt(2*n), attempt(2*n+1)
	first.Touch, first.Number, first.Started = t.ID, 1, at(tried-60)
	last.Touch, last.Number, last.Started, last.Code, last.Response = t.ID, 2, at(tried), 421, "421 closing "+text(n)
	s.add(t)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddAttempts(ctx, []andante.Attempt{first, last})
	})
	return store.Unknown{Touch: t.ID, Tried: last.Started, Code: last.Code, Words: andante.CleanText(last.Response)}
}

// allUnknown reads them in pages of two.
func (s db) allUnknown(f store.UnknownFilter) (all []store.Unknown) {
	s.t.Helper()
	n := read(s, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.CountUnknown(ctx, f) })
	var last store.Unknown
	for {
		page := read(s, func(ctx context.Context, tx *store.Tx) ([]store.Unknown, error) { return tx.Unknown(ctx, f, last, 2) })
		if len(page) == 0 {
			break
		}
		all, last = append(all, page...), page[len(page)-1]
	}
	if len(all) != n {
		s.t.Errorf("%d are counted, and %d listed", n, len(all))
	}
	return all
}

func unknownInOrder(_ *testing.T, s db) {
	s.same("in an empty store", []store.Unknown(nil), s.allUnknown(store.UnknownFilter{}))
	later, first := s.unknown(1, 30, nil), s.unknown(2, 10, nil)
	twin, same := s.unknown(4, 20, nil), s.unknown(3, 20, nil)
	s.unknown(5, 5, func(t *andante.Touch) { t.State = andante.Sent })
	bare := touch(6) // without a ledger
	bare.State, bare.Settled = andante.Unknown, at(40)
	s.add(bare)
	s.same("unknown touches", []store.Unknown{first, same, twin, later, {Touch: bare.ID, Tried: at(40)}}, s.allUnknown(store.UnknownFilter{}))
}

func unknownNarrowed(_ *testing.T, s db) {
	early := s.unknown(1, 10, nil)
	other := s.unknown(2, 20, func(t *andante.Touch) { t.Sequence = "o'ther" })
	sales := s.unknown(3, 30, func(t *andante.Touch) { t.Sender = "sales" })
	s.same("by sequence", []store.Unknown{other}, s.allUnknown(store.UnknownFilter{Sequence: "o'ther"}))
	s.same("by sender", []store.Unknown{sales}, s.allUnknown(store.UnknownFilter{Sender: "sales"}))
	s.same("by time", []store.Unknown{early}, s.allUnknown(store.UnknownFilter{Before: at(20)}))
	s.same("by all", []store.Unknown{early, other}, s.allUnknown(store.UnknownFilter{Sender: "news", Before: at(31)}))
	s.same("by what nothing is", []store.Unknown(nil), s.allUnknown(store.UnknownFilter{Sequence: "none", Sender: "news", Before: at(31)}))
}

func attemptedCounted(_ *testing.T, s db) {
	for n, state := range []andante.State{andante.Attempted, andante.Claimed, andante.Unknown, andante.Attempted} {
		t := touch(n)
		t.State = state
		s.add(t)
	}
	s.same("on the wire", 2, read(s, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.CountAttempted(ctx) }))
}
