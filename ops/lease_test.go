package ops

import (
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// A worker is gone. What was permitted may have been sent: it is unknown, counts
// on, and the sequence goes on. Everything else provably never left.
func TestReturnLease(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		state             andante.State
		returned, unknown int
		touches           []string
	}{
		{andante.Leased, 1, 0, []string{"brief/one planned"}},
		{andante.Claimed, 1, 0, []string{"brief/one planned"}},
		{andante.Attempted, 0, 1, []string{"brief/one unknown unknown", "brief/two planned"}},
	} {
		t.Run(string(test.state), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.sequence("brief", "")
			w.publish()
			ann := w.contact("ann")
			w.enroll("brief")
			lease := w.bring(ann, test.state)
			claimed := w.clock.Now()
			w.clock.Jump(claimed.Add(10 * time.Minute))
			var told []andante.Touch
			w.Note = func(t andante.Touch) { told = append(told, t) }
			for i := range 2 { // the second time finds nothing
				var returned, unknown int
				w.write(func(tx *store.Tx) (err error) {
					returned, unknown, err = w.ReturnLease(t.Context(), tx, lease, time.Time{})
					return err
				})
				if i == 0 && (returned != test.returned || unknown != test.unknown) || i == 1 && returned+unknown > 0 {
					t.Errorf("time %d: %d returned, %d unknown", i+1, returned, unknown)
				}
			}
			if len(told) != test.unknown || len(told) > 0 && told[0].State != andante.Unknown {
				t.Errorf("told of %+v", told)
			}
			if got := w.touches(ann); !slices.Equal(got, test.touches) {
				t.Errorf("touches: %v", got)
			}
			w.read(func(tx *store.Tx) error {
				list, err := tx.TouchesOfContact(t.Context(), ann)
				if err != nil {
					return err
				}
				one := list[0]
				if one.Lease != "" {
					t.Error("it still belongs to the lease")
				}
				if test.state != andante.Attempted {
					if !one.Counted.IsZero() || !one.NotAfter.IsZero() || !one.Settled.IsZero() {
						t.Errorf("its place is not free: %+v", one)
					}
				} else if !one.Counted.Equal(w.clock.Now()) || !one.Settled.Equal(w.clock.Now()) || one.Attempts != 1 {
					t.Errorf("it counts at the latest instant at which it can have landed: %+v", one)
				}
				attempts, err := tx.AttemptsOf(t.Context(), []andante.TouchID{one.ID})
				if test.state == andante.Attempted && (len(attempts) != 1 || attempts[0].Outcome != andante.OutcomeUnknown) {
					t.Errorf("ledger: %+v", attempts)
				}
				leases, e := tx.Leases(t.Context())
				if len(leases) > 0 || e != nil {
					t.Errorf("%d leases are left, %v", len(leases), e)
				}
				return err
			})
		})
	}
}
