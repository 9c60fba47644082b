package ops

import (
	"context"
	"testing"
)

// A page that fails is asked again; one that keeps failing must not keep the other sequences
// from being asked, nor the look from ending.
func TestLookLeavesWhatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"one", "two"} {
		w.sequence(name, `enter: {when: account.stage == "customer"}`)
	}
	w.publish()
	w.contact("ann")
	look, err := w.Daily(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	broken, cancel := context.WithCancel(t.Context())
	cancel()
	for try := range mostTries {
		if more, err := look.Page(broken); !more || err == nil {
			t.Fatalf("try %d: more %v, err %v", try, more, err)
		}
	}
	if look.now != nil || len(look.waiting) != 1 {
		t.Errorf("%d sequences left, now %v", len(look.waiting), look.now)
	}
	if more, err := look.Page(t.Context()); more || err != nil {
		t.Errorf("the last page: more %v, err %v", more, err)
	}
	if more, err := look.Page(t.Context()); more || err != nil {
		t.Errorf("after it: more %v, err %v", more, err)
	}
}
