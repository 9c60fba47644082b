package ops

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// A Decision is what a person says of touches whose fate nobody knows.
type Decision string

// The decisions.
const (
	DecideSent   Decision = "sent"   // it went
	DecideFailed Decision = "failed" // it did not go, and need not go any more
	DecideResend Decision = "resend" // it shall go, whether it went or not
)

// LeaseTime is how long a lease lasts unless it is renewed.
const LeaseTime = time.Minute

// LongestTrip is how long after its not_after a message that was begun by then may land: a
// relay has 10 minutes to answer the final dot (RFC 5321 section 4.5.3.2.6). So long a touch
// waits too, after the latest instant at which its lease can have ended, before it is sent
// again; an answer that comes takes the resend back.
const LongestTrip = 15 * time.Minute

// An UnknownRequest says what to do about touches whose fate nobody knows.
type UnknownRequest struct {
	Decision Decision
	Touches  []andante.TouchID
	By       string    // whose decision it is
	At       time.Time // when it was received, with DecideSent; zero: nobody knows
	DryRun   bool
}

// An UnknownReport is what became of them, or would.
type UnknownReport struct {
	Decision Decision       `json:"decision"`
	Settled  []SettledTouch `json:"settled"`
	Left     []LeftTouch    `json:"left,omitempty"`
}

// A SettledTouch is a touch that was settled.
type SettledTouch struct {
	Touch    andante.TouchID   `json:"touch"`
	Contact  andante.ContactID `json:"contact"`
	Sequence string            `json:"sequence"`
	Step     string            `json:"step"`
	Due      time.Time         `json:"due,omitzero"`       // of a resend: not before
	Reopened bool              `json:"reopened,omitempty"` // its sequence had come to its end, and goes on for it
	Moved    *MovedStep        `json:"moved,omitempty"`
}

// A MovedStep is the step after one that is sent again. It waits for as long after the
// resend as it would have after the first try.
type MovedStep struct {
	Touch andante.TouchID `json:"touch"`
	Step  string          `json:"step"`
	Due   time.Time       `json:"due"`
}

// An LeftTouch is a touch that was left as it is.
type LeftTouch struct {
	Touch andante.TouchID `json:"touch"`
	State andante.State   `json:"state,omitempty"` // empty: there is none
	By    string          `json:"by,omitempty"`    // who had settled it
	At    time.Time       `json:"at,omitzero"`     // when they had
	Why   string          `json:"why"`
	// Earliest is when it can have left at the earliest, and Now what time it is, if the
	// receipt is said to have come before the one or after the other.
	Earliest time.Time `json:"earliest,omitzero"`
	Now      time.Time `json:"now,omitzero"`
}

// unknownPage is how many touches are settled in a transaction.
const unknownPage = 100

// SettleUnknown carries out what a person has decided about touches whose fate nobody
// knows. It leaves alone, and names, what is not unknown any more, so that of two people
// the second hears of the first.
//
// Sent: it stays counted where it was, or counts at the instant of its receipt. Failed:
// its place in the limits is free. Either way nothing follows, for the next step was
// planned when it became unknown. A touch that was to be sent again, and that no worker has
// yet, is settled as sent too: the resend is taken back, for somebody has found out that it
// went. Resend: it is planned again and everything is asked
// anew, consent, suppressions, holds, limits and `valid_for` included; what may not be
// resent is told in resend.go.
func (o *Ops) SettleUnknown(ctx context.Context, r UnknownRequest) (*UnknownReport, error) {
	all := &UnknownReport{Decision: r.Decision, Settled: []SettledTouch{}}
	for page := range slices.Chunk(once(r.Touches), unknownPage) {
		s, err := o.settlePage(ctx, r, page)
		if err != nil {
			return all, err
		}
		all.Settled, all.Left = append(all.Settled, s.settled...), append(all.Left, s.left...)
	}
	return all, nil
}

// errTaken says that a worker has taken a step that was to be moved, or a resend that was
// to be taken back.
var errTaken = errors.New("a worker has just taken it, or the step after it")

// settlePage settles some touches in one transaction. Where a worker was faster it looks
// again.
func (o *Ops) settlePage(ctx context.Context, r UnknownRequest, ids []andante.TouchID) (s *settling, err error) {
	run := o.Store.Write
	if r.DryRun {
		run = o.Store.Read
	}
	for try := 1; try <= 3; try++ {
		err = run(ctx, func(tx *store.Tx) error {
			s = &settling{Ops: o, tx: tx, r: r, now: o.now()}
			return s.run(ctx, ids)
		})
		if !errors.Is(err, errTaken) {
			break
		}
	}
	return s, err
}

// once returns a list without what stands in it before, in its order.
func once[K comparable](list []K) (kept []K) {
	seen := make(map[K]bool, len(list))
	for _, k := range list {
		if !seen[k] {
			seen[k], kept = true, append(kept, k)
		}
	}
	return kept
}
