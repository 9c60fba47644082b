package reports_test

import (
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/store"
)

// What is on the wire may be what a process that died had there: it is no unknown touch yet,
// and is told.
func TestUnknownSoon(t *testing.T) {
	t.Parallel()
	r := ledger(t, 3, map[int]andante.State{0: andante.Attempted, 1: andante.Attempted})
	list, err := r.Unknown(t.Context(), store.UnknownFilter{}, 0)
	if err != nil || list.Total != 0 || list.OnWire != 2 {
		t.Errorf("%+v, error %v", list, err)
	}
}

// A takeover doubts what was due, of which nothing was tried here, and what was on the wire,
// which was: only of the first it is told when it was due.
func TestUnknownOfATakeover(t *testing.T) {
	t.Parallel()
	r := ledger(t, 3, map[int]andante.State{0: andante.Unknown, 1: andante.Unknown, 2: andante.Unknown})
	at := func(n int) time.Time { return monday.Add(time.Duration(n) * time.Second) } // when touch n was settled
	attempt := func(n int, started time.Time, said string) andante.Attempt {
		return andante.Attempt{
			Touch: touchID(n), Contact: "c", Account: "a", Number: 1, Started: started, Ended: monday.Add(time.Hour), Outcome: andante.OutcomeUnknown, Response: said,
		}
	}
	err := r.Store.Write(t.Context(), func(tx *store.Tx) error {
		return tx.AddAttempts(t.Context(), []andante.Attempt{
			attempt(0, at(0), andante.TakenOver), attempt(1, at(1).Add(time.Minute), andante.TakenOver), attempt(2, at(2), "connection lost"),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.Unknown(t.Context(), store.UnknownFilter{}, 0)
	if err != nil || len(list.Touches) != 3 {
		t.Fatalf("%+v, error %v", list, err)
	}
	for _, u := range list.Touches {
		if first := u.Touch == touchID(0); first != u.Tried.IsZero() || first == u.Due.IsZero() || first && !u.Due.Equal(at(0)) {
			t.Errorf("%+v", u)
		}
	}
	got := reconcile(t, r, nil, reports.ReconcileOptions{})
	for _, f := range got.NotArrived.First {
		if first := f.Touch == touchID(0); first == f.Due.IsZero() {
			t.Errorf("%+v", f)
		}
	}
}
