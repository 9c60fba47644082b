package worker

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// outcome is what became of one permitted touch.
type outcome struct {
	item    *item
	receipt channels.Receipt
	err     error
	at      time.Time // of the calendar
	took    time.Duration
	// guess: the permit was refused, or its answer was lost. Nothing was written by
	// us; what became of the touch in other hands nobody here knows.
	guess bool
}

func outcomeIDs(list []outcome) []andante.TouchID {
	ids := make([]andante.TouchID, len(list))
	for i, o := range list {
		ids[i] = o.item.touch.ID
	}
	return ids
}

// plainAfter is how many tries an outcome has to be recorded with all that follows
// from it, before the outcome alone is written and the enrollment marked for
// [ops.Ops.Resume]. A store that is away is waited for instead.
const plainAfter = 8

// answers tells whether the store can be read.
func (r *run) answers(ctx context.Context) bool {
	return r.store.Read(ctx, func(tx *store.Tx) error {
		_, err := tx.Seed(ctx)
		return err
	}) == nil
}

// flush records the outcomes in hand. A receipt is evidence that exists nowhere
// else, so it is tried until the store answers, whatever became of the lease.
func (g *gate) flush(ctx context.Context) error {
	wait := 50 * time.Millisecond
	for try := 1; len(g.outcomes) > 0; try++ {
		stuck := try >= plainAfter && g.r.answers(ctx)
		rec := newRecording(g.outcomes)
		err := g.r.store.Write(ctx, func(tx *store.Tx) error {
			if err := lockAccountsOf(ctx, tx, outcomeIDs(g.outcomes)); err != nil {
				return err
			}
			return g.r.record(ctx, tx, rec)
		})
		if err == nil {
			g.noteOutcomes(rec)
			return nil
		}
		toBlame := stuck || store.DataFault(err)
		if toBlame && len(g.outcomes) > 1 {
			return g.halve(ctx)
		}
		if toBlame && g.plain(ctx, rec) == nil {
			g.r.log.Error("only the outcome of a touch could be recorded, not what follows from it", "touch", g.outcomes[0].item.touch.ID, "err", err)
			g.bareTasks(ctx, rec.tasks)
			g.noteOutcomes(rec)
			return nil
		}
		g.r.log.Error("outcomes can't be recorded yet; they are kept and tried again", "touches", len(g.outcomes), "err", err)
		if err := andante.Sleep(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, 5*time.Second)
	}
	return nil
}

// halve records the two halves of the outcomes apart, so that one that the store
// refuses stands alone in the end.
func (g *gate) halve(ctx context.Context) error {
	all := g.outcomes
	for _, half := range [][]outcome{all[:len(all)/2], all[len(all)/2:]} {
		g.outcomes = half
		if err := g.flush(ctx); err != nil {
			return err
		}
	}
	g.outcomes = nil
	return nil
}

// bareTasks keeps tasks without their words, which may be what the store refuses.
func (g *gate) bareTasks(ctx context.Context, list []store.Task) {
	for _, t := range list {
		t.Title, t.Body = "a task whose text could not be kept", ""
		if err := g.r.store.Write(ctx, func(tx *store.Tx) error { return tx.PutTasks(ctx, []store.Task{t}) }); err != nil {
			g.r.log.Error("a task is open and can't be shown; settle it by hand", "touch", t.Touch, "err", err)
		}
	}
}

// plain writes what became of the touches, and marks the enrollments that something
// is still to follow for.
func (g *gate) plain(ctx context.Context, rec *recording) error {
	return g.r.store.Write(ctx, func(tx *store.Tx) error {
		if err := lockAccountsOf(ctx, tx, outcomeIDs(g.outcomes)); err != nil {
			return err
		}
		var open []andante.EnrollmentID
		for i, s := range rec.all {
			if rec.guess[i] {
				continue
			}
			done, err := tx.Change(ctx, []store.Change{s.Change})
			if err != nil {
				return err
			}
			if s.Touch.State.Settled() && done[s.Touch.ID] {
				open = append(open, s.Touch.Enrollment)
			}
			if err := g.r.used(ctx, tx, rec, done); err != nil {
				return err
			}
		}
		if err := tx.MarkUnfollowed(ctx, compact(open)); err != nil {
			return err
		}
		dead, err := twice(ctx, tx, rec.doubted)
		if err != nil {
			return err
		}
		for _, o := range append(dead, rec.bounces...) {
			if err := tx.AddSuppressions(ctx, []andante.Suppression{ops.DeadAddress(o.item.touch, responseOf(o.err), o.at)}); err != nil {
				return err
			}
		}
		for _, o := range rec.stopped {
			if err := g.r.ops.Stopped(ctx, tx, o.item.touch, responseOf(o.err)); err != nil {
				return err
			}
		}
		return tx.EndAttempts(ctx, rec.attempts)
	})
}

// noteOutcomes tells log and metrics of outcomes that are recorded, and lets go of
// them.
func (g *gate) noteOutcomes(rec *recording) {
	for i, o := range g.outcomes {
		g.r.journal.Outcome(rec.all[i].Touch, rec.attempts[i].Outcome, rec.attempts[i].Code, o.took)
	}
	g.outcomes = nil
}

// record writes a flight's outcomes into the ledger and plans what follows. The
// accounts must be locked.
func (r *run) record(ctx context.Context, tx *store.Tx, rec *recording) error {
	if len(rec.all) == 0 {
		return nil
	}
	if err := tx.PutQuotes(ctx, rec.quotes); err != nil { // first: the end of an enrollment drops them
		return err
	}
	back, err := tx.Change(ctx, rec.back)
	if err != nil {
		return err
	}
	done, err := r.ops.Settle(ctx, tx, rec.over)
	if err != nil {
		return err
	}
	maps.Copy(done, back)
	if err := r.used(ctx, tx, rec, done); err != nil { // before the late ones: those are counted since they were lost
		return err
	}
	late, err := r.lateReceipts(ctx, tx, rec, done)
	if err != nil {
		return err
	}
	maps.Copy(done, late)
	if err := tx.PutTasks(ctx, keep(rec.tasks, func(t store.Task) bool { return done[t.Touch] })); err != nil {
		return err
	}
	if err := tx.PutCards(ctx, keep(rec.cards, func(c store.Card) bool { return done[c.Touch] })); err != nil {
		return err
	}
	// What was not ours to record any more has left nothing to write.
	attempts := keep(rec.attempts, func(a andante.Attempt) bool { return done[a.Touch] })
	if err := tx.EndAttempts(ctx, attempts); err != nil {
		return err
	}
	verdicts := keep(rec.verdicts, func(v store.StoredVerdict) bool { return done[v.Touch] })
	if err := tx.AddVerdicts(ctx, verdicts); err != nil {
		return err
	}
	if err := r.ops.CountSent(ctx, tx, rec.sent(done), r.o.Name); err != nil {
		return err
	}
	dead, err := twice(ctx, tx, rec.doubted)
	if err != nil {
		return err
	}
	for _, o := range append(dead, rec.bounces...) {
		if !done[o.item.touch.ID] {
			continue
		}
		if err := r.ops.Bounce(ctx, tx, o.item.touch, responseOf(o.err), o.item.step.EndsWithout(o.item.touch.Kind)); err != nil {
			return err
		}
	}
	for _, o := range rec.stopped {
		if !done[o.item.touch.ID] {
			continue
		}
		if err := r.ops.Stopped(ctx, tx, o.item.touch, responseOf(o.err)); err != nil {
			return err
		}
	}
	if rec.sender != nil && done[rec.senderOf] {
		return r.stopSender(ctx, tx, rec.sender)
	}
	return nil
}

// twice returns those whose address was answered for like this before: then nobody is there.
func twice(ctx context.Context, tx *store.Tx, list []outcome) (dead []outcome, err error) {
	for _, o := range list {
		var e *channels.SendError
		if !errors.As(o.err, &e) {
			continue
		}
		t := o.item.touch
		n, err := tx.CountAnswers(ctx, t.Contact, t.Address, e.Code)
		if err != nil {
			return nil, err
		}
		if n > 1 {
			dead = append(dead, o)
		}
	}
	return dead, nil
}

// used counts what left by its lane, or may have left, and keeps the lane's next message apart
// from this one.
func (r *run) used(ctx context.Context, tx *store.Tx, rec *recording, done map[andante.TouchID]bool) error {
	var went, rehearsed []andante.Touch
	for i, s := range rec.all {
		if !done[s.Touch.ID] || s.Touch.State != andante.Sent && s.Touch.State != andante.Unknown {
			continue
		}
		if words := rec.attempts[i].Response; strings.HasPrefix(words, andante.WrittenOnly) || strings.HasPrefix(words, andante.Redirected) {
			rehearsed = append(rehearsed, s.Touch)
		} else {
			went = append(went, s.Touch)
		}
	}
	if len(went)+len(rehearsed) == 0 {
		return nil
	}
	err := errors.Join(r.ops.CountUsed(ctx, tx, store.RateLane, went, r.o.Name), r.ops.CountUsed(ctx, tx, store.RateRehearsed, rehearsed, r.o.Name))
	if err != nil {
		return err
	}
	return r.ops.Apart(ctx, tx, store.Lane{Kind: rec.all[0].Touch.Kind, Sender: r.lease.Sender}, rec.at)
}

// lateReceipts settles touches that became unknown because the lease was lost before
// the answer came: the receipt is evidence all the same. What a person has asked to send
// again is taken back if it turns out to have gone; what a person has settled stays as it
// is. A guess is no evidence.
func (r *run) lateReceipts(ctx context.Context, tx *store.Tx, rec *recording, done map[andante.TouchID]bool) (map[andante.TouchID]bool, error) {
	now, err := othersHave(ctx, tx, rec, done)
	if err != nil {
		return nil, err
	}
	var late, resent []store.Change
	for i, s := range rec.all {
		is := now[s.Touch.ID]
		s.Touch.Contact, s.Touch.Account = is.Contact, is.Account // who may have become one with another meanwhile
		switch {
		case rec.guess[i]:
		case is.State == andante.Planned:
			resent = append(resent, s.Change)
		// An outcome says nothing about another attempt than its own.
		case is.State == andante.Unknown && is.Attempts == s.Attempt && s.Touch.State != andante.Unknown:
			late = append(late, s.Change)
		}
	}
	settled, err := settleLate(ctx, tx, late, rec.at)
	if err != nil {
		return nil, err
	}
	taken, err := r.ops.TakeBack(ctx, tx, resent)
	maps.Copy(settled, taken)
	return settled, err
}

// settleLate writes late outcomes of unknown touches. What provably did not go is planned
// again, if its contact is still on the sequence and has had no later step; the step after
// it is planned already and stays.
func settleLate(ctx context.Context, tx *store.Tx, late []store.Change, at time.Time) (map[andante.TouchID]bool, error) {
	goesOn, err := reopen(ctx, tx, late)
	if err != nil {
		return nil, err
	}
	for i := range late {
		c := &late[i]
		if c.Touch.State == andante.Planned && !goesOn(c.Touch) {
			c.Touch.State, c.Touch.Settled = andante.Failed, at
		}
		c.Was, c.Lease, c.StateOnly = andante.Unknown, "", false // an unknown touch is in no lease
	}
	return tx.Change(ctx, late)
}

// reopen opens enrollments again that had come to their end with a touch that is planned
// once more, and tells whose touch may go.
func reopen(ctx context.Context, tx *store.Tx, late []store.Change) (goesOn func(andante.Touch) bool, err error) {
	var all, ended []andante.EnrollmentID
	for _, c := range late {
		if c.Touch.State == andante.Planned {
			all = append(all, c.Touch.Enrollment)
		}
	}
	all = compact(all)
	passed, err := ops.PassedBy(ctx, tx, all)
	if err != nil {
		return nil, err
	}
	for _, c := range late {
		if c.Touch.State == andante.Planned && !passed(c.Touch) {
			ended = append(ended, c.Touch.Enrollment)
		}
	}
	if err := tx.ReopenEnrollments(ctx, compact(ended)); err != nil {
		return nil, err
	}
	running, err := tx.Enrollments(ctx, all)
	active := map[andante.EnrollmentID]bool{}
	for _, e := range running {
		active[e.ID] = e.State != andante.EnrollmentFinished
	}
	return func(t andante.Touch) bool { return active[t.Enrollment] && !passed(t) }, err
}

// othersHave returns, as they are now, the touches that were not ours to record any more.
func othersHave(ctx context.Context, tx *store.Tx, rec *recording, done map[andante.TouchID]bool) (map[andante.TouchID]andante.Touch, error) {
	var ids []andante.TouchID
	for _, s := range rec.all {
		if !done[s.Touch.ID] {
			ids = append(ids, s.Touch.ID)
		}
	}
	touches, err := tx.Touches(ctx, ids)
	now := make(map[andante.TouchID]andante.Touch, len(touches))
	for _, t := range touches {
		now[t.ID] = t
	}
	return now, err
}
