package ops

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// together has changes that come at the same time share a transaction: a commit costs more than
// what is written. Each is told when it is durable. The accounts of all of them are locked first, in
// one order. One that fails is taken out and made alone; the others are made again without it.
type together struct {
	write func(context.Context, func(*store.Tx) error) error

	mu      sync.Mutex
	waiting []*joined
	busy    bool
}

// A change is made with the context of its transaction, not of whoever asked, and may be made more
// than once, of which one time is committed.
type change struct {
	// accounts are those that it locks, as far as is known; nil: none.
	accounts func(context.Context, *store.Tx) ([]andante.AccountID, error)
	make     func(context.Context, *store.Tx) error
}

type joined struct {
	change
	done chan error
}

// What one transaction holds at most, and how long it may take.
const (
	mostTogether = 100
	togetherTime = 20 * time.Second
)

// do makes a change, with whatever else comes meanwhile. Whoever stops waiting has asked all the
// same.
func (t *together) do(ctx context.Context, c change) error {
	j := &joined{change: c, done: make(chan error, 1)}
	t.mu.Lock()
	t.waiting = append(t.waiting, j)
	if !t.busy {
		t.busy = true
		go t.work(context.WithoutCancel(ctx))
	}
	t.mu.Unlock()
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// work makes changes until none waits.
func (t *together) work(ctx context.Context) {
	for {
		t.mu.Lock()
		batch := t.waiting[:min(len(t.waiting), mostTogether)]
		t.waiting = t.waiting[len(batch):]
		t.busy = len(batch) > 0
		t.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		t.commit(ctx, batch)
	}
}

// commit makes a batch. A refusal is the answer to one, and rolls nothing back: it comes before
// anything is written.
func (t *together) commit(ctx context.Context, batch []*joined) {
	within, cancel := context.WithTimeout(ctx, togetherTime)
	defer cancel()
	answers := make([]error, len(batch))
	bad := -1
	err := t.write(within, func(tx *store.Tx) error {
		bad = -1
		if err := lockAll(within, tx, batch); err != nil {
			return err
		}
		for i, j := range batch {
			answers[i] = safely(within, tx, j)
			if answers[i] != nil && !refusal(answers[i]) {
				bad = i
				return answers[i]
			}
		}
		return nil
	})
	if err != nil && bad >= 0 && len(batch) > 1 && within.Err() == nil {
		rest := append(append([]*joined(nil), batch[:bad]...), batch[bad+1:]...)
		t.commit(ctx, rest)
		t.commit(ctx, batch[bad:bad+1])
		return
	}
	for i, j := range batch {
		if err != nil {
			j.done <- err
			continue
		}
		j.done <- answers[i]
	}
}

// lockAll locks the accounts of a batch in one order, as claims and permits do.
func lockAll(ctx context.Context, tx *store.Tx, batch []*joined) error {
	if tx == nil || !tx.LocksRows() {
		return nil
	}
	return Lock(ctx, tx, func() (all []andante.AccountID, err error) {
		for _, j := range batch {
			if j.accounts == nil {
				continue
			}
			ids, err := j.accounts(ctx, tx)
			if err != nil && !refusal(err) {
				return nil, err
			}
			all = append(all, ids...)
		}
		return unique(all, func(id andante.AccountID) andante.AccountID { return id }), nil
	})
}

// safely makes a change; one that panics fails alone.
func safely(ctx context.Context, tx *store.Tx, j *joined) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a change broke: %v\n%s", p, debug.Stack())
		}
	}()
	return j.make(ctx, tx)
}

// refusal tells whether an error is an answer: nothing was written.
func refusal(err error) bool {
	for _, is := range []error{andante.ErrNotFound, ErrSeveral, ErrNobody, ErrBadToken, ErrNothingPublished} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}
