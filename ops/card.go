package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// ErrPosted tells that a batch is posted, so that nothing of it can be taken back.
var ErrPosted = errors.New("that batch is posted")

// CloseBatches closes off what waits to be printed: one batch for each kind and size. An
// empty kind stands for all. What is on hold, or whose contact wants a pause, waits on: held is
// how many pieces that are.
func (o *Ops) CloseBatches(ctx context.Context, kind andante.Kind) (closed []store.Batch, held int, err error) {
	return closed, held, o.Store.Write(ctx, func(tx *store.Tx) error {
		closed, held = nil, 0
		all, err := tx.UnprintedCards(ctx)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(c store.Card) bool { return kind != "" && c.Kind != kind })
		stays, err := o.heldCards(ctx, tx, all)
		if err != nil {
			return err
		}
		waiting := len(all)
		all = slices.DeleteFunc(all, func(c store.Card) bool { return stays[c.Touch] })
		held = waiting - len(all)
		closed, err = o.closeBatches(ctx, tx, all, "")
		return err
	})
}

// closeBatches puts pieces into batches, one of each kind and size, named by kind and day with
// something between them.
func (o *Ops) closeBatches(ctx context.Context, tx *store.Tx, list []store.Card, mark string) (closed []store.Batch, err error) {
	w, err := o.Workspace(ctx, tx)
	if len(list) == 0 || err != nil {
		return nil, err
	}
	sorts := map[sort][]andante.TouchID{}
	for _, c := range list {
		s := sort{c.Kind, c.Format}
		sorts[s] = append(sorts[s], c.Touch)
	}
	for _, s := range slices.SortedFunc(maps.Keys(sorts), sort.compare) {
		b := store.Batch{Kind: s.kind, Format: s.format, Closed: o.now()}
		if b.Name, err = freeName(ctx, tx, string(b.Kind)+"-"+mark+b.Closed.In(w.Config.Home()).Format(time.DateOnly)); err != nil {
			return nil, err
		}
		if b.Pieces, err = tx.CloseBatch(ctx, b, sorts[s]); err != nil {
			return nil, err
		}
		if b.Pieces > 0 {
			closed = append(closed, b)
		}
	}
	return closed, nil
}

// A sort is pieces that can be printed together.
type sort struct {
	kind   andante.Kind
	format string
}

func (s sort) compare(other sort) int {
	return cmp.Or(strings.Compare(string(s.kind), string(other.kind)), strings.Compare(s.format, other.format))
}

// heldCards returns those pieces that are not to be printed now: a hold covers them, or their
// contact wants a pause.
func (o *Ops) heldCards(ctx context.Context, tx *store.Tx, list []store.Card) (map[andante.TouchID]bool, error) {
	now := o.now()
	holds, err := tx.AllHolds(ctx)
	if err != nil {
		return nil, err
	}
	holds = slices.DeleteFunc(holds, func(h andante.Hold) bool { return h.Allow != "" || !h.Holds(now) })
	stays := map[andante.TouchID]bool{}
	for page := range slices.Chunk(cardIDs(list), postChunk) {
		touches, err := tx.Touches(ctx, page)
		if err != nil {
			return nil, err
		}
		people, err := tx.Contacts(ctx, unique(touches, func(t andante.Touch) andante.ContactID { return t.Contact }))
		if err != nil {
			return nil, err
		}
		contacts := byID(people, contactID)
		for _, t := range touches {
			c := contacts[t.Contact]
			stays[t.ID] = c.Choice.Pause.After(now) && t.Purpose != andante.Requested || slices.ContainsFunc(holds, func(h andante.Hold) bool { return h.Covers(t, c) })
		}
	}
	return stays, nil
}

// freeName returns a batch's name that none has: that which is wanted, or it with a number.
func freeName(ctx context.Context, tx *store.Tx, wanted string) (string, error) {
	name := wanted
	for n := 2; ; n++ {
		_, err := tx.Batch(ctx, name)
		if errors.Is(err, andante.ErrNotFound) {
			return name, nil
		}
		if err != nil {
			return "", err
		}
		name = fmt.Sprintf("%s-%d", wanted, n)
	}
}

// ReopenBatch has the pieces of a batch wait again, as if it had never been closed.
// [andante.ErrNotFound] if there is no such batch, [ErrPosted] if it is posted.
func (o *Ops) ReopenBatch(ctx context.Context, name string) error {
	return o.Store.Write(ctx, func(tx *store.Tx) error {
		b, err := tx.Batch(ctx, name)
		if err != nil {
			return err
		}
		if !b.Posted.IsZero() {
			return ErrPosted
		}
		back, err := tx.CardsIn(ctx, name, false, "", b.Pieces)
		if err != nil {
			return err
		}
		if ok, err := tx.ReopenBatch(ctx, name); err != nil || !ok { // it may be posted just now
			return cmp.Or(err, ErrPosted)
		}
		return tx.DropCards(ctx, cardIDs(back))
	})
}

func cardIDs(list []store.Card) []andante.TouchID {
	return unique(list, func(c store.Card) andante.TouchID { return c.Touch })
}

// Posted is what came of posting a batch.
type Posted struct {
	Batch store.Batch
	Sent  int               // pieces that are sent now
	Taken []andante.TouchID // taken back after the batch was closed: they should not have been posted
}

// postChunk is how many pieces are settled in one transaction.
const postChunk = 500

// PostBatch notes that a batch was posted: its pieces are sent, they count on the day on which
// they should land, and the next step of each counts from the posting. After an interruption
// it goes on where it was, with the instant that was told first. [andante.ErrNotFound] if
// there is no such batch.
func (o *Ops) PostBatch(ctx context.Context, name string, at time.Time) (p Posted, err error) {
	err = o.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SetPosted(ctx, name, at); err != nil {
			return err
		}
		p.Batch, err = tx.Batch(ctx, name)
		if err == nil && at.Before(p.Batch.Closed.Truncate(24*time.Hour).Add(-24*time.Hour)) && p.Batch.Posted.Equal(at) {
			return fmt.Errorf("%w: the batch was closed on %s", ErrTooEarly, p.Batch.Closed.Format(time.DateOnly))
		}
		return err
	})
	if err != nil {
		return p, err
	}
	for {
		n, err := o.postSome(ctx, p.Batch)
		if err != nil {
			return p, err
		}
		if n == 0 {
			break
		}
		p.Sent += n
	}
	return p, o.Store.Write(ctx, func(tx *store.Tx) error {
		taken, err := tx.CardsIn(ctx, name, false, "", p.Batch.Pieces)
		if p.Taken = cardIDs(taken); err != nil || len(taken) == 0 {
			return err
		}
		return tx.DropCards(ctx, p.Taken)
	})
}

// postSome settles the next pieces of a batch and returns how many there were.
func (o *Ops) postSome(ctx context.Context, b store.Batch) (n int, err error) {
	return n, o.Store.Write(ctx, func(tx *store.Tx) error {
		var touches []andante.Touch
		err := Lock(ctx, tx, func() ([]andante.AccountID, error) {
			cards, err := tx.CardsIn(ctx, b.Name, true, "", postChunk)
			if err != nil {
				return nil, err
			}
			touches, err = tx.Touches(ctx, cardIDs(cards))
			return unique(touches, accountOfTouch), err
		})
		if n = len(touches); err != nil || n == 0 {
			return err
		}
		return o.posted(ctx, tx, touches, b.Posted)
	})
}

// posted makes open pieces sent. Their accounts must be locked.
func (o *Ops) posted(ctx context.Context, tx *store.Tx, touches []andante.Touch, at time.Time) error {
	w, err := o.Workspace(ctx, tx)
	if err != nil {
		return err
	}
	accounts := unique(touches, accountOfTouch)
	people, err := tx.Contacts(ctx, unique(touches, func(t andante.Touch) andante.ContactID { return t.Contact }))
	if err != nil {
		return err
	}
	homes, err := tx.Accounts(ctx, accounts)
	if err != nil {
		return err
	}
	contacts, byID := map[andante.ContactID]andante.Contact{}, map[andante.AccountID]andante.Account{}
	for _, c := range people {
		contacts[c.ID] = c
	}
	for _, a := range homes {
		byID[a.ID] = a
	}
	var over []Settled
	var ids []andante.TouchID
	for _, t := range touches {
		facts := w.Facts(contacts[t.Contact], byID[t.Account])
		t.State, t.Settled, t.Counted = andante.Sent, at, w.Policy.Lands(&facts, t.Kind, at)
		over = append(over, Settled{Change: store.Change{Touch: t, Was: andante.Open, StateOnly: true}})
		ids = append(ids, t.ID)
	}
	if err := tx.RaiseVersion(ctx, accounts); err != nil {
		return err
	}
	if _, err := o.Settle(ctx, tx, over); err != nil {
		return err
	}
	if err := tx.DropCards(ctx, ids); err != nil {
		return err
	}
	return o.freed(ctx, tx, accounts)
}

// TokenOfCode returns what a code on a piece of post stands for. [ErrBadToken] if for nothing.
func (o *Ops) TokenOfCode(ctx context.Context, typed string) (t Token, err error) {
	code := CodeOf(typed)
	if code == "" {
		return t, ErrBadToken
	}
	err = o.Store.Read(ctx, func(tx *store.Tx) error {
		id, err := tx.TouchOfCode(ctx, code)
		if err != nil {
			return err
		}
		list, err := tx.Touches(ctx, []andante.TouchID{id})
		if err == nil && len(list) == 0 {
			err = andante.ErrNotFound
		}
		if err == nil {
			t = Token{Contact: list[0].Contact, Touch: id, Kind: list[0].Kind, Address: list[0].Address, Printed: true}
		}
		return err
	})
	if errors.Is(err, andante.ErrNotFound) {
		err = ErrBadToken
	}
	return t, err
}
