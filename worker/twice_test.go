package worker_test

import (
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/store"
)

// TestUnreachableTwice: what may be the state of the recipient's phone alone fails the step;
// the second time nobody is there any more, and the sequence ends.
func TestUnreachableTwice(t *testing.T) {
	t.Parallel()
	f := newFence(t, 1, 3, "brief")
	off := &channels.SendError{Kind: channels.Permanent, Code: 30005, Again: true}
	barred := func() (n int) {
		f.read(func(tx *store.Tx) error {
			list, err := tx.Suppressions(t.Context(), nil, []andante.AddressHash{f.ops.Keys.Hash(f.first().Email)})
			n = len(list)
			return err
		})
		return n
	}
	for _, want := range []struct {
		answer error
		barred int
		states map[andante.State]int
	}{
		{off, 0, map[andante.State]int{andante.Failed: 1, andante.Planned: 1}},
		{off, 1, map[andante.State]int{andante.Failed: 2, andante.Canceled: 1}},
	} {
		f.round()
		<-f.start("a", &wire{answer: want.answer})
		f.expect("afterwards", want.states)
		if n := barred(); n != want.barred {
			t.Errorf("%d suppressions, want %d", n, want.barred)
		}
		f.clock.Tick(4 * 24 * time.Hour)
	}
}
