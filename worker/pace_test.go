package worker

import (
	"testing"
	"time"

	"github.com/andante-hq/andante/store"
)

// A relay that takes two seconds a mail lets 22 out while a claim holds: to claim a
// hundred would be to claim most of them twice.
func TestChunkFollowsThePace(t *testing.T) {
	t.Parallel()
	w := &Worker{o: Options{Claim: time.Minute}.Defaults()}
	slow, other := &run{Worker: w, lease: store.Lease{Sender: "slow"}}, &run{Worker: w, lease: store.Lease{Sender: "other"}}
	if n := slow.size(); n != 10 {
		t.Errorf("nothing measured: a chunk of %d", n)
	}
	w.paces.Of("slow").Record(10, 20*time.Second)
	if n := slow.size(); n != 22 {
		t.Errorf("slow relay: a chunk of %d", n)
	}
	w.paces.Of("other").Record(10, 100*time.Millisecond)
	if n := other.size(); n != w.o.Chunk {
		t.Errorf("fast relay: a chunk of %d", n)
	}
	w.o.Claim = 0 // a demo's calendar stands still meanwhile
	if n := slow.size(); n != w.o.Chunk {
		t.Errorf("no end of the claim: a chunk of %d", n)
	}
}
