package worker

import (
	"context"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// judge asks the governor about one touch and turns its verdict into a fate; nil
// means that it may go.
// past are the touches that count, later those of the batch that were put off just now.
func (r *run) judge(b *batch, it *item, past []governor.Touch, later []governor.Rival) *fate {
	facts := it.facts
	facts.Touches = past
	facts.Own = append(slices.Clip(facts.Own), it.allowances(b)...)
	facts.Rivals = append(slices.Clip(facts.Rivals), keep(later, func(x governor.Rival) bool { return x.Facts.Account == it.account.ID })...)
	v := b.w.Policy.Decide(facts, it.candidate, b.now)
	it.touch.NotAfter = v.NotAfter
	over := v.Reason != andante.ReasonYielded && slices.Contains(governor.OverLimit, v.Barrier)
	if it.touch.Yielded = it.candidate.Yielded; v.Reason == andante.ReasonYielded {
		if !it.yieldsStill(b, v.Evidence.YieldedTo) {
			it.touch.Yielded++
		}
		v.Evidence.Until = &v.Until
	}
	switch {
	case v.Action == andante.Go:
		it.counts = v.Counts
		return nil
	case v.Barrier == andante.ReasonHeld:
		return it.heldByAllowance(b, v)
	case over && it.step.OverLimit.Do == "skip":
		return skipped(v.Barrier, v.Evidence)
	case over && it.step.OverLimit.Do == "end":
		f := skipped(v.Barrier, v.Evidence)
		f.end = andante.ReasonOverLimit
		return f
	case over && it.step.OverLimit.Do == "switch" && it.touch.Kind == it.step.Kind: // once
		return switched(it.step.OverLimit.Kind, v.Barrier, b.now, v.Evidence)
	case v.Action == andante.Skip:
		return skipped(v.Reason, v.Evidence)
	}
	return putOff(v.Reason, r.spread(b, it, v.Until), v.Evidence)
}

// yieldsStill tells whether the touch waits for this one already and was woken before its
// time, because something about its reader has changed: that is no other yield.
func (it *item) yieldsStill(b *batch, to andante.TouchID) bool {
	was := it.touch.Evidence
	return it.touch.Reason == andante.ReasonYielded && was.YieldedTo == to && was.Until != nil && b.now.Before(*was.Until)
}

// spread moves a touch off the instant at which a window opens, where many wait.
// Other instants it leaves as they are.
func (r *run) spread(b *batch, it *item, opens time.Time) time.Time {
	hours := b.w.Policy.Hours(&it.facts, it.candidate)
	if _, open := hours.Open(opens.Add(-time.Millisecond)); open {
		return opens
	}
	at, ok := hours.Spread(opens, b.seed.Fraction("minute", string(it.enrollment.ID), it.touch.Step))
	stale := it.candidate.Stale
	if !ok || !stale.IsZero() && !at.Before(stale) {
		return opens
	}
	return at
}

// claim decides, with the accounts locked, and writes every fate of the batch. It
// returns the touches whose account has changed since they were loaded: they must
// be loaded again.
//
// Four steps, in this order: lock the keys; in a later statement read the facts;
// fold, so that each touch that goes joins the facts of the next; write.
func (r *run) claim(ctx context.Context, b *batch) (moved []andante.TouchID, err error) {
	defer r.timed("claim")()
	drafts := make([]*fate, len(b.items))
	for i, it := range b.items {
		drafts[i] = it.fate
	}
	err = r.store.Write(ctx, func(tx *store.Tx) error {
		for i, it := range b.items {
			it.fate = drafts[i] // the transaction may run again
		}
		moved = nil
		if err := r.lock(ctx, tx, b); err != nil {
			return err
		}
		still, err := r.unmoved(ctx, tx, b, &moved)
		if err != nil {
			return err
		}
		if err := r.fold(ctx, tx, b, still, &moved); err != nil {
			return err
		}
		return r.write(ctx, tx, b, still)
	})
	for _, it := range b.items {
		if err == nil && it.fate != nil && !it.fate.isMoved() {
			r.journal.Fate(it.touch, it.fate.state, it.fate.reason)
		}
	}
	return moved, err
}

func (r *run) lock(ctx context.Context, tx *store.Tx, b *batch) error {
	if err := r.hold(ctx, tx); err != nil {
		return err
	}
	accounts := make([]andante.AccountID, len(b.items))
	for i, it := range b.items {
		accounts[i] = it.account.ID
	}
	if err := tx.LockAccounts(ctx, accounts); err != nil {
		return err
	}
	if !b.w.Policy.ByAddress() {
		return nil
	}
	return tx.LockAddresses(ctx, b.addresses())
}

// hold checks that the lease is ours for the margin and more.
func (r *run) hold(ctx context.Context, tx *store.Tx) error {
	wall, err := tx.Wall(ctx)
	if err != nil || r.o.Breakage.NoFence {
		return err
	}
	return tx.HoldLease(ctx, r.lease, wall.Add(r.o.Margin))
}

// movedFate marks a touch whose account has changed; it stays leased.
var movedFate = &fate{}

func (f *fate) isMoved() bool { return f == movedFate }

// unmoved returns the items whose accounts are as they were loaded.
func (r *run) unmoved(ctx context.Context, tx *store.Tx, b *batch, moved *[]andante.TouchID) ([]*item, error) {
	changed, err := movedAccounts(ctx, tx, b.items)
	if err != nil {
		return nil, err
	}
	var still []*item
	for _, it := range b.items {
		if !changed[it.account.ID] {
			still = append(still, it)
			continue
		}
		it.fate = movedFate
		*moved = append(*moved, it.touch.ID)
	}
	return still, nil
}

// fold decides by priority, first due time and id; each touch that goes counts for the
// next.
func (r *run) fold(ctx context.Context, tx *store.Tx, b *batch, items []*item, moved *[]andante.TouchID) error {
	b.now = r.clock.Now()
	holds, err := tx.LockWideHolds(ctx)
	if err != nil {
		return err
	}
	b.holds, b.agreed = holds, holds
	if err := r.loadCounted(ctx, tx, b, items); err != nil { // what they let through says how far back
		return err
	}
	first, err := r.loadTrials(ctx, tx, items, true)
	if err != nil {
		return err
	}
	b.first = nil
	taken, err := loadTaken(ctx, tx, items)
	if err != nil {
		return err
	}
	order := slices.Clone(items)
	slices.SortFunc(order, func(a, c *item) int {
		if a.candidate.Before(&c.candidate) {
			return -1
		}
		return 1
	})
	var gone []governor.Touch
	var later []governor.Rival
	for _, it := range order { // what was put off before it came here waits too
		if f := it.fate; f != nil && f.state == andante.Planned && !f.byHold && f.reason != andante.ReasonReturned && it.touch.Kind != andante.Decide {
			later = append(later, rivalOf(it))
		}
	}
	for _, it := range order {
		held := notHeld(r, b, it)
		if it.fate != nil {
			if it.fate.byHold && held == nil { // released since it was loaded
				it.fate = movedFate
				*moved = append(*moved, it.touch.ID)
			}
			continue
		}
		if it.fate = held; it.fate != nil {
			continue
		}
		if taken.twice(it) {
			it.fate = movedFate
			*moved = append(*moved, it.touch.ID)
			continue
		}
		past := slices.Clip(it.facts.Touches)
		for _, g := range gone {
			if g.Account == it.account.ID || g.Address != "" && g.Address == it.touch.Address {
				past = append(past, g)
			}
		}
		it.fate = alone(andante.ReasonPrepare, func() *fate { return r.judge(b, it, past, later) })
		if it.fate == nil {
			it.fate = first.goes(it, b.now)
		}
		switch {
		case it.fate != nil && it.fate.state == andante.Planned:
			later = append(later, rivalOf(it))
		case it.fate == nil:
			if t, ok := first.take(it, b.now); ok {
				b.first = append(b.first, t)
			}
			taken.take(it)
			gone = append(gone, governor.Touch{
				ID: it.touch.ID, Contact: it.contact.ID, Account: it.account.ID, Address: it.touch.Address,
				Kind: it.touch.Kind, Purpose: it.touch.Purpose, At: it.counts, From: it.lands(b.now),
				Introduction: it.touch.Introduction,
			})
		}
	}
	return first.pass(ctx, tx, b.now)
}

// write puts the decisions down: claimed, put off, skipped or failed.
func (r *run) write(ctx context.Context, tx *store.Tx, b *batch, items []*item) error {
	claimed := make([]store.Change, 0, len(items))
	var back []store.Change
	var over []ops.Settled
	var verdicts []store.StoredVerdict
	var tasks []store.Task
	for _, it := range items {
		if it.fate.isMoved() {
			continue
		}
		if it.fate == nil {
			t := it.touch
			t.State, t.Counted, t.Reason, t.Evidence = andante.Claimed, it.counts, "", andante.Evidence{}
			it.touch = t
			claimed = append(claimed, store.Change{Touch: t, Was: andante.Leased, Lease: r.lease.ID})
			continue
		}
		s := it.fate.change(it.touch, r.lease.ID, andante.Leased, b.now)
		if s.Touch.State == andante.Planned {
			// An earlier try may yet turn out to have gone: whom it went to stays.
			s.StateOnly = it.touch.Sender == it.sender && !it.shifted && it.fate.kind == ""
			back = append(back, s.Change)
		} else if it.fate.task != nil {
			back, tasks = append(back, s.Change), append(tasks, *it.fate.task)
		} else {
			over = append(over, s)
		}
		verdicts = append(verdicts, it.fate.verdict(it.touch, b.w.Policy.Hash, b.now))
	}
	done, err := tx.Change(ctx, claimed)
	if err != nil {
		return err
	}
	if err := tx.PutNuggets(ctx, b.brought(done)); err != nil {
		return err
	}
	if err := tx.PutTrials(ctx, b.first); err != nil {
		return err
	}
	codes := map[string]andante.TouchID{}
	for _, it := range items {
		if it.fate == nil && !done[it.touch.ID] {
			it.fate = movedFate // canceled since it was loaded
		}
		if it.fate == nil && it.touch.Kind.Mailed() { // before the piece can be in anybody's hands
			codes[r.ops.Keys.Code(it.touch.ID)] = it.touch.ID
		}
	}
	if err := tx.PutCodes(ctx, codes); err != nil {
		return err
	}
	waiting, err := tx.Change(ctx, back)
	if err != nil {
		return err
	}
	if err := tx.PutTasks(ctx, keep(tasks, func(t store.Task) bool { return waiting[t.Touch] })); err != nil {
		return err
	}
	if _, err := r.ops.Settle(ctx, tx, over); err != nil {
		return err
	}
	return tx.AddVerdicts(ctx, verdicts)
}
