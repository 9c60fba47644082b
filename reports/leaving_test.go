package reports

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/store/storetest"
)

// TestLeaving: ann leaves after her third mail in a month, ben after his first, and cem's three are far
// apart.
func TestLeaving(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	clock := andante.NewJumpClock(begin)
	st := storetest.Migrated(t, filepath.Join(t.TempDir(), "andante.db"), clock)
	day := func(n int) time.Time { return begin.AddDate(0, 0, n) }
	account := andante.Account{ID: andante.NewID[andante.AccountID](begin), Key: "a"}
	add := func(name string, days []int, left ...int) {
		c := andante.Contact{ID: andante.NewID[andante.ContactID](begin), Account: account.ID, FirstName: name, Created: begin}
		err := st.Write(t.Context(), func(tx *store.Tx) error {
			ctx := t.Context()
			if err := tx.PutAccounts(ctx, begin, []andante.Account{account}); err != nil {
				return err
			}
			if err := tx.PutContacts(ctx, []store.HashedContact{{Contact: c}}); err != nil {
				return err
			}
			var touches []andante.Touch
			for _, d := range days {
				touches = append(touches, andante.Touch{
					ID: andante.NewID[andante.TouchID](day(d)), Contact: c.ID, Account: account.ID, Kind: andante.Email, Purpose: andante.Marketing,
					State: andante.Sent, Due: day(d), FirstDue: day(d), Counted: day(d), Settled: day(d),
				})
			}
			if err := tx.AddTouches(ctx, touches); err != nil {
				return err
			}
			for _, d := range left {
				e := andante.Event{ID: andante.NewID[andante.EventID](day(d)), Contact: c.ID, Account: account.ID, Name: andante.EventOptedOut, At: day(d)}
				if err := tx.AddEvents(ctx, []andante.Event{e}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	add("ann", []int{0, 7, 14}, 15)
	add("ben", []int{0}, 1)
	add("cem", []int{0, 40, 80}, 130) // long after
	r := &Reports{Store: st, Clock: clock}
	leaving := func(ctx context.Context, since time.Time) []Leaving {
		list, err := r.Leaving(ctx, since)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	want := []Leaving{{1, 5, 1, 0.2}, {2, 1, 0, 0}, {3, 1, 1, 1}}
	if diff := cmp.Diff(want, leaving(t.Context(), begin)); diff != "" {
		t.Errorf("since the beginning (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Leaving{{1, 2, 0, 0}, {2, 0, 0, 0}, {3, 1, 1, 1}}, leaving(t.Context(), day(10))); diff != "" {
		t.Errorf("since the tenth day (-want +got):\n%s", diff)
	}
}
