package worker_test

import (
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/store"
)

// TestARefusedMailboxIsLeftAlone: a notice whose mailbox refuses the login waits longer each
// time, and is given up at last: who logs in every five minutes is locked out.
func TestARefusedMailboxIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := newFence(t, 0, 1, "brief")
	ctx := t.Context()
	n := store.Notice{ID: "01990000-0000-7000-8000-000000000001", Person: "nora", Subject: "To do", Body: "A call", State: andante.Planned, Due: f.clock.Now()}
	if err := f.store.Write(ctx, func(tx *store.Tx) error { return tx.AddNotices(ctx, []store.Notice{n}) }); err != nil {
		t.Fatal(err)
	}
	look := func() (got store.Notice) {
		f.read(func(tx *store.Tx) error {
			list, err := tx.Notices(ctx, []andante.TouchID{n.ID})
			got = list[0]
			return err
		})
		return got
	}
	began, logins := f.clock.Now(), 0
	for wait := time.Duration(0); look().State == andante.Planned && logins < 20; logins++ {
		f.round()
		<-f.start("a", &wire{refused: &channels.SendError{Kind: channels.Sender, Code: 535}})
		next := look().Due.Sub(f.clock.Now())
		if look().State == andante.Planned && next <= wait {
			t.Errorf("after try %d it waits %s, after the one before %s", logins+1, next, wait)
		}
		wait = next
		f.clock.Tick(max(wait, 0) + time.Minute)
	}
	if got := look(); got.State != andante.Failed || logins != 8 || f.clock.Now().Sub(began) < 12*time.Hour {
		t.Errorf("%s after %d logins in %s: %q", got.State, logins, f.clock.Now().Sub(began), got.Answer)
	}
}
