package ops

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// settling is one transaction of [Ops.SettleUnknown].
type settling struct {
	*Ops
	tx  *store.Tx
	r   UnknownRequest
	now time.Time

	touches   map[andante.TouchID]andante.Touch
	last      map[andante.TouchID]andante.Attempt // the last of each
	doubted   map[andante.TouchID]andante.Attempt // the last of which nobody knows
	asked     map[andante.TouchID]store.StoredVerdict
	resending resending

	changes  []store.Change
	back     []Settled // resends that are taken back
	attempts []andante.Attempt
	verdicts []store.StoredVerdict
	settled  []SettledTouch
	left     []LeftTouch
}

func (s *settling) run(ctx context.Context, ids []andante.TouchID) error {
	list, err := s.lock(ctx, ids)
	if err != nil {
		return err
	}
	if err := s.load(ctx, list); err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.decide(ctx, id); err != nil {
			return err
		}
	}
	if s.r.DryRun {
		return nil
	}
	return s.write(ctx)
}

// lock reads the touches, with their accounts locked where something is to be changed.
func (s *settling) lock(ctx context.Context, ids []andante.TouchID) (list []andante.Touch, err error) {
	if s.r.DryRun {
		return s.tx.Touches(ctx, ids)
	}
	return list, Lock(ctx, s.tx, func() (_ []andante.AccountID, err error) {
		list, err = s.tx.Touches(ctx, ids)
		return unique(list, accountOfTouch), err
	})
}

// load reads what the ledger says of the touches, and their enrollments.
func (s *settling) load(ctx context.Context, list []andante.Touch) error {
	s.touches = byID(list, func(t andante.Touch) andante.TouchID { return t.ID })
	ids := unique(list, func(t andante.Touch) andante.TouchID { return t.ID })
	attempts, err := s.tx.AttemptsOf(ctx, ids)
	if err != nil {
		return err
	}
	s.last, s.doubted = map[andante.TouchID]andante.Attempt{}, map[andante.TouchID]andante.Attempt{}
	for _, a := range attempts {
		if a.Number >= s.last[a.Touch].Number {
			s.last[a.Touch] = a
		}
		if a.Outcome == andante.OutcomeUnknown && a.Number >= s.doubted[a.Touch].Number {
			s.doubted[a.Touch] = a
		}
	}
	verdicts, err := s.tx.VerdictsOf(ctx, ids)
	if err != nil {
		return err
	}
	s.asked = map[andante.TouchID]store.StoredVerdict{}
	for _, v := range verdicts {
		if v.Reason == andante.ReasonResend {
			s.asked[v.Touch] = v
		}
	}
	if s.r.Decision == DecideResend {
		return s.loadResending(ctx, list)
	}
	return nil
}

// decide says what becomes of one touch.
func (s *settling) decide(ctx context.Context, id andante.TouchID) error {
	t, ok := s.touches[id]
	switch {
	case !ok:
		s.leave(LeftTouch{Touch: id, Why: "there is no touch with this id"})
		return nil
	case t.State == andante.Planned && s.r.Decision == DecideSent && s.doubted[id].Number > 0:
		s.takeBack(t)
		return nil
	case t.State != andante.Unknown:
		s.leave(s.answer(t))
		return nil
	}
	t.Reason, t.Evidence = "", andante.Evidence{}
	switch s.r.Decision {
	case DecideSent:
		s.sent(t)
	case DecideFailed:
		t.Free()
		t.State, t.Reason = andante.Failed, andante.ReasonNotSent
		s.settle(t, andante.OutcomePermanent)
	case DecideResend:
		return s.resend(ctx, t)
	default:
		return fmt.Errorf("settle touch %s: there is no decision %q", id, s.r.Decision)
	}
	return nil
}

// slack is how far the clock of whoever noted a receipt may be behind ours, and how
// much it may have rounded.
const slack = time.Minute

// sent settles a touch as one that went. Without a receipt's instant it stays counted where it is,
// at the latest instant at which it can have landed.
func (s *settling) sent(t andante.Touch) {
	if !s.receivable(t, s.last[t.ID]) {
		return
	}
	t.State, t.NotAfter = andante.Sent, time.Time{}
	if at := s.r.At; !at.IsZero() {
		t.Counted, t.Settled = at, at
	}
	s.settle(t, andante.OutcomeSent)
}

// takeBack settles as sent what a person had asked to send again, before a worker has it.
// Without a receipt's instant it counts when it became unknown, the latest instant at which
// it can have left.
func (s *settling) takeBack(t andante.Touch) {
	a := s.doubted[t.ID]
	if !s.receivable(t, a) {
		return
	}
	went := a.Ended
	if !s.r.At.IsZero() {
		went = s.r.At
	}
	t.State, t.Counted, t.Settled = andante.Sent, went, went
	t.Reason, t.Evidence = "", andante.Evidence{}
	s.back = append(s.back, Settled{Change: store.Change{Touch: t, Was: andante.Planned, Attempt: t.Attempts}})
	a.SettleBy(s.r.By, s.now, andante.OutcomeSent)
	s.attempts = append(s.attempts, a)
	s.settled = append(s.settled, settledTouch(t))
}

// receivable tells whether an attempt can have been received when they say.
func (s *settling) receivable(t andante.Touch, a andante.Attempt) bool {
	switch at := s.r.At; {
	case at.IsZero():
		return true
	case at.After(s.now.Add(slack)):
		s.leave(LeftTouch{Touch: t.ID, State: t.State, Now: s.now, Why: "the time of its receipt is in the future"})
	case at.Before(a.Started.Add(-slack)):
		s.leave(LeftTouch{Touch: t.ID, State: t.State, Earliest: a.Started, Why: "the time of its receipt is before it can have left"})
	default:
		return true
	}
	return false
}

// settle notes that a touch is over, and in the ledger who says so.
func (s *settling) settle(t andante.Touch, o andante.Outcome) {
	s.changes = append(s.changes, store.Change{Touch: t, Was: andante.Unknown, Attempt: t.Attempts})
	if a, ok := s.last[t.ID]; ok {
		a.SettleBy(s.r.By, s.now, o)
		s.attempts = append(s.attempts, a)
	}
	s.settled = append(s.settled, settledTouch(t))
}

func settledTouch(t andante.Touch) SettledTouch {
	return SettledTouch{Touch: t.ID, Contact: t.Contact, Sequence: t.Sequence, Step: t.Step}
}

func (s *settling) leave(l LeftTouch) { s.left = append(s.left, l) }

// answer tells why a touch is not to be settled, and who was faster.
func (s *settling) answer(t andante.Touch) LeftTouch {
	l := LeftTouch{Touch: t.ID, State: t.State}
	v, asked := s.asked[t.ID]
	switch who, _ := s.last[t.ID].Settler(); {
	case who != "" && t.State.Settled():
		l.By, l.At, l.Why = who, s.last[t.ID].Ended, "it is settled as "+string(t.State)+" already"
	case asked && (t.State == andante.Leased || t.State == andante.Claimed || t.State == andante.Attempted):
		l.By, l.At, l.Why = v.Evidence.Scope, v.At, "it is being sent again just now; look again in a minute"
	case asked && !t.State.Settled():
		l.By, l.At, l.Why = v.Evidence.Scope, v.At, "it is to be sent again already"
	default:
		l.Why = "it is " + string(t.State) + ", and nothing about it is unknown"
	}
	return l
}

func (s *settling) write(ctx context.Context) error {
	all := slices.Clone(s.changes)
	for _, b := range s.back {
		all = append(all, b.Change)
	}
	accounts := unique(all, func(c store.Change) andante.AccountID { return c.Touch.Account })
	if err := s.tx.RaiseVersion(ctx, accounts); err != nil {
		return err
	}
	if err := s.tx.ReopenEnrollments(ctx, s.resending.reopened); err != nil {
		return err
	}
	done, err := s.tx.Change(ctx, s.changes)
	if err != nil {
		return err
	}
	taken, err := s.Settle(ctx, s.tx, s.back)
	if err != nil {
		return err
	}
	maps.Copy(done, taken)
	for _, c := range all {
		if !done[c.Touch.ID] {
			return fmt.Errorf("settle touch %s: %w", c.Touch.ID, errTaken)
		}
	}
	if s.r.Decision != DecideResend {
		s.note(s.tx, all, done)
	}
	if err := s.tx.EndAttempts(ctx, s.attempts); err != nil {
		return err
	}
	return s.tx.AddVerdicts(ctx, s.verdicts)
}
