package ops

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// A Takeover says where a store lives from now on that came from elsewhere.
type Takeover struct {
	Home store.Home
	Seen int64 // the highest mark of the store that is known outside of it
	// Moved says that nothing was sent from the place where it was since this state of
	// it: it was stopped, and then moved whole. Then nothing is in doubt.
	Moved bool
	// Left are the addresses of those who left since, and Source who says so: they are
	// suppressed before anybody may send.
	Left   []string
	Source string
	// Progress, if set, is called after each transaction with the touches that are
	// unknown by then.
	Progress func(unknown int)
}

// TakenOver says what a takeover did.
type TakenOver struct {
	Unknown    int   `json:"unknown"`    // touches that it made unknown
	Pieces     int   `json:"pieces"`     // of post that waited to be printed, and may have been since
	Suppressed int   `json:"suppressed"` // addresses that were not before
	Mark       int64 `json:"mark"`       // where the store stands now
}

// ErrBusy says that a store can't be taken over while somebody works on it.
var ErrBusy = errors.New("somebody else works on this store: stop every `andante run` on it, then run `andante takeover` again")

// ErrOnWire says that a store was not at rest when it was moved.
var ErrOnWire = errors.New("touches were with a worker when this state of the store was written, so it was not stopped before it was moved: leave out --moved, and say --suppressions FILE or --no-suppressions")

// TakeOver makes the store at hand the one that sends. The one that it was copied from
// may have sent whatever was due by now, and the steps that follow, so all of that
// becomes unknown: the next step counts from when each was due, for so early it may
// have gone, and limits count it now, for so late it may have come. That holds for what
// people carry out too: were a call left planned, the mail after it would come again.
// A task that is open already stays with whoever has it. A piece of post that waited to be
// printed waits in a batch of its own from now on, until somebody says whether it was.
//
// It works in transactions of a page each and writes the new home in the last, so one
// that is killed is simply done again.
func (o *Ops) TakeOver(ctx context.Context, r Takeover) (TakenOver, error) {
	t := &takeover{Ops: o, r: r, until: o.now()}
	if err := o.Store.Write(ctx, func(tx *store.Tx) error { return t.begin(ctx, tx) }); err != nil {
		return t.done, err
	}
	if !r.Moved {
		if err := t.doubtAll(ctx); err != nil {
			return t.done, err
		}
	}
	var err error
	if t.done.Suppressed, err = o.Suppress(ctx, r.Left, r.Source); err != nil {
		return t.done, err
	}
	return t.done, o.Store.Write(ctx, func(tx *store.Tx) error { return t.end(ctx, tx) })
}

// takeover is one on its way.
type takeover struct {
	*Ops
	r     Takeover
	until time.Time // what was due by then may have been sent
	left  time.Time // when a scheduler looked last: nothing that waited then had gone
	done  TakenOver
}

// begin makes void what is leased, so that nobody who still works here gets a permit.
func (t *takeover) begin(ctx context.Context, tx *store.Tx) error {
	d, err := tx.Doubt(ctx, t.until)
	if err != nil {
		return err
	}
	if t.r.Moved && d.OnWire > 0 {
		return ErrOnWire
	}
	if t.left, err = tx.LastSeen(ctx); err != nil {
		return err
	}
	_, err = tx.RaiseEpoch(ctx)
	return err
}

// doubtAll makes unknown what may have been sent.
func (t *takeover) doubtAll(ctx context.Context) error {
	if err := t.Store.Write(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.DoubtNotices(ctx, t.until, andante.TakenOver), tx.VoidDeliveries(ctx, t.until, andante.TakenOver))
	}); err != nil {
		return err
	}
	if err := t.pieces(ctx); err != nil {
		return err
	}
	if err := t.leases(ctx); err != nil {
		return err
	}
	if err := t.held(ctx); err != nil {
		return err
	}
	if err := t.follow(ctx); err != nil {
		return err
	}
	for {
		found, err := t.due(ctx)
		if err != nil || !found {
			return err
		}
	}
}

// end writes the new home, unless somebody has made new work meanwhile.
func (t *takeover) end(ctx context.Context, tx *store.Tx) (err error) {
	d, err := tx.Doubt(ctx, t.until)
	if err == nil && !t.r.Moved && d != (store.Doubt{}) {
		err = ErrBusy
	}
	if err != nil {
		return err
	}
	if t.done.Mark, err = tx.RaiseMark(ctx, t.r.Seen); err != nil {
		return err
	}
	return tx.SetHome(ctx, t.r.Home)
}

// pieces puts what waits to be printed into batches of their own: a batch is printed by itself
// no more, and `cards reopen` has it wait again.
func (t *takeover) pieces(ctx context.Context) error {
	return t.Store.Write(ctx, func(tx *store.Tx) error {
		all, err := tx.UnprintedCards(ctx)
		if err != nil {
			return err
		}
		closed, err := t.closeBatches(ctx, tx, all, "taken-over-")
		t.done.Pieces = 0
		for _, b := range closed {
			t.done.Pieces += b.Pieces
		}
		return err
	})
}

// leases doubts what is with a worker.
func (t *takeover) leases(ctx context.Context) error {
	var list []store.Lease
	err := t.Store.Write(ctx, func(tx *store.Tx) (err error) { // it locks them
		list, err = tx.Leases(ctx)
		return err
	})
	for _, l := range list {
		var touches []andante.Touch
		err = errors.Join(err, t.Store.Read(ctx, func(tx *store.Tx) (err error) {
			touches, err = tx.TouchesIn(ctx, l.ID)
			return err
		}))
		if err != nil {
			return err
		}
		if err := t.doubt(ctx, touches, dueTime); err != nil {
			return err
		}
		if err := t.Store.Write(ctx, func(tx *store.Tx) error { return tx.EndLease(ctx, l.ID) }); err != nil {
			return err
		}
	}
	return err
}

// held doubts what waits for a hold: somebody may have released it since, and then it
// went at once.
func (t *takeover) held(ctx context.Context) error {
	left := t.left
	if left.IsZero() {
		left = t.until
	}
	for after := andante.TouchID(""); ; {
		var page []andante.Touch
		err := t.Store.Read(ctx, func(tx *store.Tx) (err error) {
			page, err = tx.WaitingForHold(ctx, t.until, after, enrollPage)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		if err := t.doubt(ctx, page, func(andante.Touch) time.Time { return left }); err != nil {
			return err
		}
		after = page[len(page)-1].ID
	}
}

// follow plans the steps that the store had refused: else a scheduler does so later, and
// they are due at once.
func (t *takeover) follow(ctx context.Context) error {
	for after := andante.EnrollmentID(""); ; {
		var ids []andante.EnrollmentID
		err := t.Store.Read(ctx, func(tx *store.Tx) (err error) {
			ids, err = tx.Unfollowed(ctx, after, enrollPage)
			return err
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := t.Store.Write(ctx, func(tx *store.Tx) error { return t.Resume(ctx, tx, id) }); err != nil {
				return fmt.Errorf("plan what follows in enrollment %s: %w", id, err)
			}
			after = id
		}
	}
}

// due doubts what is planned and whose time has come, a page of each sender and
// priority. What follows is planned with it and may be due too, so it is called until
// it finds nothing.
func (t *takeover) due(ctx context.Context) (found bool, err error) {
	var heads []store.Head
	err = t.Store.Read(ctx, func(tx *store.Tx) (err error) {
		heads, err = tx.Heads(ctx)
		return err
	})
	got := 0
	for _, h := range heads {
		if err != nil {
			return found, err
		}
		if h.Due.After(t.until) {
			continue
		}
		found = true
		var page []andante.Touch
		err = t.Store.Write(ctx, func(tx *store.Tx) (err error) { // it locks them
			due, err := tx.Due(ctx, t.until, h, enrollPage)
			if err == nil {
				page, err = tx.Touches(ctx, unique(due, func(d store.DueTouch) andante.TouchID { return d.ID }))
			}
			return err
		})
		if err == nil {
			err = t.doubt(ctx, page, dueTime)
		}
		got += len(page)
	}
	if err == nil && found && got == 0 {
		err = ErrBusy // somebody else has them locked
	}
	return found, err
}

func dueTime(x andante.Touch) time.Time { return x.Due }

// doubt makes touches unknown that are as they were when they were looked up. since
// tells how early each may have been sent. One that the store refuses stands alone in
// the end and is named.
func (t *takeover) doubt(ctx context.Context, list []andante.Touch, since func(andante.Touch) time.Time) error {
	if len(list) == 0 {
		return nil
	}
	n := 0
	err := t.Store.Write(ctx, func(tx *store.Tx) (err error) {
		n, err = t.doubtPage(ctx, tx, list, since)
		return err
	})
	switch {
	case err == nil:
		t.done.Unknown += n
		if t.r.Progress != nil {
			t.r.Progress(t.done.Unknown)
		}
		return nil
	case !store.DataFault(err):
		return err
	case len(list) == 1:
		return fmt.Errorf("touch %s, or what follows it: %w", list[0].ID, err)
	}
	half := len(list) / 2
	if err := t.doubt(ctx, list[:half], since); err != nil {
		return err
	}
	return t.doubt(ctx, list[half:], since)
}

func (t *takeover) doubtPage(ctx context.Context, tx *store.Tx, list []andante.Touch, since func(andante.Touch) time.Time) (int, error) {
	ids := unique(list, func(x andante.Touch) andante.TouchID { return x.ID })
	var now []andante.Touch
	err := Lock(ctx, tx, func() (_ []andante.AccountID, err error) {
		now, err = tx.Touches(ctx, ids)
		return unique(now, func(x andante.Touch) andante.AccountID { return x.Account }), err
	})
	if err != nil {
		return 0, err
	}
	var settled []Settled
	var pending, fresh []andante.Attempt
	for _, x := range now {
		if x.State.Settled() || !x.State.May(andante.Unknown) {
			continue // somebody else was first
		}
		s, a := t.unknown(x, since(x))
		settled = append(settled, s)
		if x.State == andante.Attempted {
			pending = append(pending, a)
		} else {
			fresh = append(fresh, a)
		}
	}
	done, err := t.Settle(ctx, tx, settled)
	if err != nil {
		return 0, err
	}
	if len(done) < len(settled) {
		return 0, ErrBusy // it moved though its account is locked
	}
	return len(done), errors.Join(tx.EndAttempts(ctx, pending), tx.AddAttempts(ctx, fresh))
}

// unknown is what becomes of a touch, with its entry in the ledger.
func (t *takeover) unknown(x andante.Touch, since time.Time) (Settled, andante.Attempt) {
	was := x.State
	if was != andante.Attempted {
		x.Attempts++
	}
	x.Free()
	x.State, x.Reason, x.Evidence = andante.Unknown, andante.ReasonTakenOver, andante.Evidence{}
	x.Settled, x.Counted = since, t.until
	return Settled{Change: store.Change{Touch: x, Was: was}}, andante.Attempt{
		Touch: x.ID, Contact: x.Contact, Account: x.Account, Number: x.Attempts,
		Sender: x.Sender, Started: since, Ended: t.until, Outcome: andante.OutcomeUnknown, Response: andante.TakenOver,
	}
}
