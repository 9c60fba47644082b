package worker

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// waitMore is when a touch is looked at again while the first mails of its import are not all
// gone yet.
const waitMore = time.Hour

// A trial is an import of which the first mails go alone: nobody knows yet whether its
// mailboxes are there.
type trial struct {
	list []store.Trial // that are taken
	last time.Time     // when the last of them was settled; zero: one is still on its way
}

// trials are the imports on trial, of those that a batch writes mails to.
type trials map[andante.ImportID]*trial

// loadTrials reads them. For a claim it locks them, so that no two workers take the same
// place. A rehearsal reaches no mailbox, so it shows nothing.
func (r *run) loadTrials(ctx context.Context, tx *store.Tx, items []*item, lock bool) (trials, error) {
	if r.o.Rehearsal {
		return nil, nil
	}
	var ids []andante.ImportID
	for _, it := range items {
		if it.fate == nil && it.touch.OnTrial() {
			ids = append(ids, it.contact.Import)
		}
	}
	if ids = compact(ids); len(ids) == 0 {
		return nil, nil
	}
	read := tx.OpenImports
	if lock {
		read = tx.LockImports
	}
	open, err := read(ctx, ids)
	if err != nil || len(open) == 0 {
		return nil, err
	}
	all := trials{}
	for _, id := range open {
		all[id] = &trial{}
	}
	list, err := tx.Trials(ctx, open)
	for _, t := range list {
		if t.Taken() {
			all[t.Import].add(t)
		}
	}
	for _, t := range all {
		if slices.ContainsFunc(t.list, func(x store.Trial) bool { return x.Settled.IsZero() }) {
			t.last = time.Time{}
		}
	}
	return all, err
}

func (t *trial) add(x store.Trial) {
	t.list = append(t.list, x)
	if x.Settled.After(t.last) {
		t.last = x.Settled
	}
}

// over tells whether the first mails are all gone and nothing more is waited for.
func (t *trial) over(now time.Time) bool {
	return len(t.list) >= ops.FirstMails && !t.last.IsZero() && !now.Before(t.last.Add(ops.TrialWait))
}

// wants tells whether the mail needs a place among the first; t may be nil. Who has had one
// needs none.
func (t *trial) wants(it *item, now time.Time) bool {
	return t != nil && it.touch.OnTrial() && !t.over(now) &&
		!slices.ContainsFunc(t.list, func(x store.Trial) bool { return x.Contact == it.contact.ID })
}

// goes puts a mail off that is none of the first of its import.
func (all trials) goes(it *item, now time.Time) *fate {
	t := all[it.contact.Import]
	if !t.wants(it, now) || len(t.list) < ops.FirstMails {
		return nil
	}
	until := now.Add(waitMore)
	if !t.last.IsZero() {
		until = t.last.Add(ops.TrialWait)
	}
	return putOff(andante.ReasonFirstMails, until, andante.Evidence{Rule: string(it.contact.Import), Detail: fmt.Sprintf("%d of them are on their way or gone", len(t.list)), Until: &until})
}

// take notes that a mail goes, and returns it if it is one of the first.
func (all trials) take(it *item, now time.Time) (store.Trial, bool) {
	t := all[it.contact.Import]
	if !t.wants(it, now) {
		return store.Trial{}, false
	}
	x := store.Trial{Contact: it.contact.ID, Import: it.contact.Import, Touch: it.touch.ID}
	t.list, t.last = append(t.list, x), time.Time{}
	return x, true
}

// pass ends the trials that are over.
func (all trials) pass(ctx context.Context, tx *store.Tx, now time.Time) error {
	for id, t := range all {
		if t.over(now) {
			if err := tx.PassImport(ctx, id, now); err != nil {
				return err
			}
		}
	}
	return nil
}
