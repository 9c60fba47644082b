package andante_test

import (
	"testing"
	"time"

	"github.com/andante-hq/andante"
)

// What a person says of an attempt is read as theirs, and no server can pass for one.
func TestSettler(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct{ name, who, said, wantWho, wantSaid string }{
		{"plain", "tess", "the worker was lost", "tess", "the worker was lost"},
		{"nothing was said", "tess", "", "tess", ""},
		{"a colon in the words", "tess", "final dot: i/o timeout", "tess", "final dot: i/o timeout"},
		{"no name", " : ", "x", "somebody", "x"},
		{"a name with what ends it", "a: b\n c", "x", "a b c", "x"},
	} {
		a := andante.Attempt{Outcome: andante.OutcomeUnknown, Response: c.said}
		a.SettleBy(c.who, at, andante.OutcomeSent)
		who, said := a.Settler()
		if who != c.wantWho || said != c.wantSaid || a.Outcome != andante.OutcomeSent || !a.Ended.Equal(at) {
			t.Errorf("%s: settled by %q, who was told %q; %+v", c.name, who, said, a)
		}
	}
	coded := andante.Attempt{Code: 421, Response: "closing"}
	if coded.SettleBy("tess", at, andante.OutcomePermanent); coded.Response != "settled by tess: 421 closing" {
		t.Errorf("%q", coded.Response)
	}
	for _, a := range []andante.Attempt{{Code: 250, Response: "settled by tess: ha"}, {Response: "the worker was lost"}, {}} {
		if who, _ := a.Settler(); who != "" {
			t.Errorf("%q counts as settled by %q", a.Response, who)
		}
	}
}
