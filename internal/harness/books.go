package harness

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/store"
)

// Books are the store's side of a run and the mail server's.
type Books struct {
	Runs        []Run // what was planned
	Enrollments []andante.Enrollment
	Touches     []andante.Touch
	Attempts    []andante.Attempt
	Verdicts    []store.StoredVerdict
	Mails       []inbox.Mail
	Miscounted  []andante.ContactID // of whom the store counts other touches than they had
}

// An Audit is what a comparison of the books found.
type Audit struct {
	Planned  int // steps of all runs
	Touches  int
	Received int // mails
	Once     int // touches that were received exactly once
	Unknown  int // touches whose fate the store does not know
	Arrived  int // of these, received
	Waiting  int // touches that are still planned
	States   map[andante.State]int
	Breaches []string // every broken promise
}

// String sums the audit up in a line.
func (a Audit) String() string {
	return fmt.Sprintf("%d planned, %d touches, %d mails: %d received once, %d unknown (%d of them received), %d waiting, %d breaches",
		a.Planned, a.Touches, a.Received, a.Once, a.Unknown, a.Arrived, a.Waiting, len(a.Breaches))
}

// breachf notes a broken promise; the first few hundred tell enough.
func (a *Audit) breachf(format string, args ...any) {
	a.Breaches = append(a.Breaches, fmt.Sprintf(format, args...))
}

// Audit compares the books. What is sent was received once; what is unknown at
// most once; everything else never; nothing was received that nobody sent; each
// step of an enrollment is there once; and the ledger of attempts agrees.
func (b Books) Audit() Audit {
	a := Audit{Touches: len(b.Touches), Received: len(b.Mails), States: map[andante.State]int{}}
	mails := map[string][]inbox.Mail{}
	for _, m := range b.Mails {
		mails[m.MessageID] = append(mails[m.MessageID], m)
	}
	for _, t := range b.Touches {
		key := string(t.ID) + "@harness.example"
		a.touch(t, mails[key])
		delete(mails, key)
	}
	for _, id := range b.Miscounted {
		a.breachf("of contact %s other touches are counted than it had", id)
	}
	for id, list := range mails {
		a.breachf("%d mails %q belong to no touch", len(list), id)
	}
	a.steps(b)
	a.plan(b)
	a.ledger(b)
	return a
}

// plan checks that nothing of what was planned is gone: each run has its enrollment, and
// the touches of its first steps; all of them once it has come to its end.
func (a *Audit) plan(b Books) {
	is := map[andante.EnrollmentID]andante.Enrollment{}
	for _, e := range b.Enrollments {
		is[e.ID] = e
	}
	has := map[andante.EnrollmentID]map[string]bool{}
	for _, t := range b.Touches {
		if has[t.Enrollment] == nil {
			has[t.Enrollment] = map[string]bool{}
		}
		has[t.Enrollment][t.Step] = true
	}
	for _, r := range b.Runs {
		a.Planned += len(r.Steps)
		e, ok := is[r.Enrollment]
		if !ok {
			a.breachf("enrollment %s is gone", r.Enrollment)
			continue
		}
		whole := e.State == andante.EnrollmentFinished && e.Reason == andante.ReasonFinished
		for i, step := range r.Steps {
			later := slices.ContainsFunc(r.Steps[i:], func(s string) bool { return has[e.ID][s] })
			if !has[e.ID][step] && (i == 0 || later || whole) {
				a.breachf("enrollment %s is %s (%s) and lacks the touch of %s", e.ID, e.State, e.Reason, step)
			}
		}
	}
}

// touch compares one touch with the mails that carry its id.
func (a *Audit) touch(t andante.Touch, mails []inbox.Mail) {
	n := len(mails)
	a.States[t.State]++
	if n == 1 {
		a.Once++
	}
	switch t.State {
	case andante.Sent:
		if n != 1 {
			a.breachf("touch %s is sent and was received %d times", t.ID, n)
		}
	case andante.Unknown:
		a.Unknown++
		a.Arrived += n
		if n > 1 {
			a.breachf("touch %s is unknown and was received %d times", t.ID, n)
		}
	case andante.Planned, andante.Skipped, andante.Failed, andante.Canceled:
		if t.State == andante.Planned {
			a.Waiting++
		}
		if n != 0 {
			a.breachf("touch %s is %s (%s) and was received %d times", t.ID, t.State, t.Reason, n)
		}
	default:
		a.breachf("touch %s was left %s", t.ID, t.State)
	}
	for _, m := range mails {
		if sum := sha256.Sum256(m.Raw); m.Raw != nil && n == 1 && t.State == andante.Sent && hex.EncodeToString(sum[:]) != t.MessageHash {
			a.breachf("touch %s: the mail that was received is not the one that was sealed", t.ID)
		}
	}
}

// steps checks that an enrollment has each step once, an open touch while it is
// active, and none when it is over.
func (a *Audit) steps(b Books) {
	open := map[andante.EnrollmentID]int{}
	seen := map[string]bool{}
	for _, t := range b.Touches {
		key := strings.Join([]string{string(t.Enrollment), t.Step, fmt.Sprint(t.Repeat)}, " ")
		if seen[key] {
			a.breachf("step %s stands twice", key)
		}
		seen[key] = true
		if !t.State.Settled() {
			open[t.Enrollment]++
		}
	}
	for _, e := range b.Enrollments {
		want := 1
		if e.State == andante.EnrollmentFinished || e.Reason == andante.ReasonNotFollowed {
			want = 0
		}
		if open[e.ID] != want {
			a.breachf("enrollment %s is %s and has %d open touches", e.ID, e.State, open[e.ID])
		}
	}
}

// ledger checks that the attempts tell the same story as the touches.
func (a *Audit) ledger(b Books) {
	sent, pending, unknown := map[andante.TouchID]int{}, map[andante.TouchID]int{}, map[andante.TouchID]int{}
	for _, x := range b.Attempts {
		switch x.Outcome {
		case andante.OutcomeSent:
			sent[x.Touch]++
		case andante.OutcomePending:
			pending[x.Touch]++
		case andante.OutcomeUnknown:
			unknown[x.Touch]++
		}
	}
	for _, t := range b.Touches {
		want := 0
		if t.State == andante.Sent {
			want = 1
		}
		if sent[t.ID] != want {
			a.breachf("touch %s is %s and has %d attempts that were sent", t.ID, t.State, sent[t.ID])
		}
		if pending[t.ID] > 0 {
			a.breachf("touch %s is %s and has an attempt without an outcome", t.ID, t.State)
		}
		if t.State == andante.Unknown && unknown[t.ID] != 1 {
			a.breachf("touch %s is unknown and has %d unknown attempts", t.ID, unknown[t.ID])
		}
	}
}

// AllTold wants the run to be over: at least the share of what was planned received exactly
// once, no more unknown than allowed, and nothing waiting.
func (a *Audit) AllTold(share float64, unknown int) {
	if float64(a.Once) < share*float64(a.Planned) {
		a.breachf("only %d of the %d mails that were planned were received exactly once", a.Once, a.Planned)
	}
	if a.Unknown > unknown {
		a.breachf("%d touches are unknown, more than %d", a.Unknown, unknown)
	}
	if a.Waiting > 0 {
		a.breachf("%d touches still wait", a.Waiting)
	}
}

// ReasonGiven checks that each touch that did not go has one reason, from the
// closed list, and that the last verdict on it says the same.
func (b Books) ReasonGiven() (breaches []string) {
	last := map[andante.TouchID]store.StoredVerdict{}
	for _, v := range b.Verdicts {
		last[v.Touch] = v
	}
	for _, t := range b.Touches {
		stopped := t.State == andante.Skipped || t.State == andante.Failed || t.State == andante.Canceled || t.State == andante.Unknown
		deferred := t.State == andante.Planned && t.Deferred > 0
		if !stopped && !deferred {
			continue
		}
		v, judged := last[t.ID]
		switch {
		case !t.Reason.Valid():
			breaches = append(breaches, fmt.Sprintf("touch %s is %s without a reason: %q", t.ID, t.State, t.Reason))
		case (t.State == andante.Skipped || deferred) && (!judged || v.Reason != t.Reason):
			breaches = append(breaches, fmt.Sprintf("touch %s is %s for %q, its last verdict says %q", t.ID, t.State, t.Reason, v.Reason))
		}
	}
	return breaches
}
