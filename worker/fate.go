package worker

import (
	"cmp"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
)

// A fate is why a touch goes no further in this batch, and what becomes of it.
type fate struct {
	state    andante.State    // planned: put off; skipped or failed: its step is over
	reason   andante.Reason   // why
	until    time.Time        // when put off
	end      andante.Reason   // when its step is over: finishes the enrollment
	do       sequences.Action // what a decision asks for
	kind     andante.Kind     // what it is switched to; empty: it stays what it is
	evidence andante.Evidence
	byHold   bool        // it waits for the end of a hold
	keep     bool        // what was known of why it waited stays
	task     *store.Task // of review: what somebody is to look at
}

func putOff(reason andante.Reason, until time.Time, e andante.Evidence) *fate {
	return &fate{state: andante.Planned, reason: reason, until: until, evidence: e}
}

// switched makes a touch of another kind, which is looked at from the beginning: it has its
// own channel, address, consent and limits.
func switched(kind andante.Kind, reason andante.Reason, now time.Time, e andante.Evidence) *fate {
	e.SwitchedTo = kind
	return &fate{state: andante.Planned, reason: reason, until: now, kind: kind, evidence: e}
}

func skipped(reason andante.Reason, e andante.Evidence) *fate {
	return &fate{state: andante.Skipped, reason: reason, evidence: e}
}

func ended(reason andante.Reason, e andante.Evidence) *fate {
	return &fate{state: andante.Skipped, reason: reason, end: reason, evidence: e}
}

// reviewed has a message wait until somebody has looked at it, as it is now: before is how it
// was looked at when it said something else.
func reviewed(t store.Task, before *store.Review) *fate {
	e := andante.Evidence{Scope: t.Owner}
	if before != nil {
		e.Detail = "it says something else than when " + cmp.Or(before.Person, "somebody") + " looked at it"
	}
	return &fate{state: andante.Review, reason: andante.ReasonReview, evidence: e, task: &t}
}

// failed is a failure by content: the step is over, the next one comes.
func failed(reason andante.Reason, err error) *fate {
	return &fate{state: andante.Failed, reason: reason, evidence: andante.Evidence{Detail: andante.CleanText(err.Error())}}
}

// change turns a fate into what is written of a leased or claimed touch.
func (f *fate) change(t andante.Touch, lease andante.LeaseID, was andante.State, now time.Time) ops.Settled {
	t.State = f.state
	if !f.keep {
		t.Reason, t.Evidence = f.reason, f.evidence
	}
	t.Free()
	if f.state == andante.Planned {
		t.Due = f.until
		if f.kind != "" {
			t.Kind, t.Address, t.MessageID, t.MessageHash, t.MessageSize, t.Subject = f.kind, "", "", "", 0, ""
		}
		if f.reason != andante.ReasonReturned { // what is only taken back was not put off
			t.Deferred++
		}
	} else if f.state != andante.Review {
		t.Settled = now
	}
	return ops.Settled{Change: store.Change{Touch: t, Was: was, Lease: lease, StateOnly: was == andante.Claimed}, End: f.end, Do: f.do}
}

// verdict is what `why` tells of the fate.
func (f *fate) verdict(t andante.Touch, policy string, now time.Time) store.StoredVerdict {
	v := store.StoredVerdict{
		ID: andante.NewID[andante.VerdictID](now), Touch: t.ID, At: now, Policy: policy,
		Verdict: andante.Verdict{Action: andante.Skip, Reason: f.reason, Until: f.until, Evidence: f.evidence},
	}
	switch {
	case f.state == andante.Planned || f.state == andante.Review:
		v.Action = andante.Defer
	case f.end != "":
		v.Action = andante.Finish
	}
	return v
}
