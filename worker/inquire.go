package worker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// How the other side is asked about what a lost worker left.
const (
	inquireEvery = time.Minute
	inquireBack  = 24 * time.Hour // what is older is for people; so long Lob knows a request again
	inquireTries = 5              // of a process, for each touch
)

// Inquiries ask the other side about touches of which nobody knows whether they went, because
// their worker was lost: what it has is settled as sent. What it has not is sent again where it
// would recognise a message that it has seen, and else left to people. Not safe for concurrent
// use.
type Inquiries struct {
	w     *Worker
	tried map[andante.TouchID]int
	given map[string]andante.TouchID // what each receipt stands for: it is no other touch's
}

// Inquiries returns what asks through the worker's channels.
func (w *Worker) Inquiries() *Inquiries {
	return &Inquiries{w: w, tried: map[andante.TouchID]int{}, given: map[string]andante.TouchID{}}
}

// Run asks again and again until ctx ends.
func (q *Inquiries) Run(ctx context.Context) error {
	for {
		q.Once(ctx)
		if err := andante.Sleep(ctx, inquireEvery); err != nil {
			return err
		}
	}
}

// Once asks about each touch that has not been asked about often enough.
func (q *Inquiries) Once(ctx context.Context) {
	finders := map[andante.Kind]channels.Finder{}
	for k, c := range q.w.channels {
		if f, ok := c.(channels.Finder); ok && f.FarEnd() != "" {
			finders[k] = f
		}
	}
	if len(finders) == 0 {
		return
	}
	list, err := q.lost(ctx, finders)
	errs := map[andante.Kind]error{"": err}
	for _, l := range list {
		if errs[l.Kind] == nil && ctx.Err() == nil { // one that is away keeps nobody from the other
			errs[l.Kind] = q.ask(ctx, finders[l.Kind], l)
		}
	}
	if err := errors.Join(slices.Collect(maps.Values(errs))...); err != nil && ctx.Err() == nil {
		q.w.log.Warn("what a lost worker left can't be asked for yet", "err", andante.HideAddresses(err.Error()))
	}
}

// lost looks up what may be asked for.
func (q *Inquiries) lost(ctx context.Context, finders map[andante.Kind]channels.Finder) (list []channels.Lost, err error) {
	return list, q.w.store.Read(ctx, func(tx *store.Tx) error {
		unknown, err := tx.Unknown(ctx, store.UnknownFilter{Words: ops.WorkerLost}, store.Unknown{Tried: q.w.clock.Now().Add(-inquireBack)}, maxInquired)
		if err != nil {
			return err
		}
		for _, u := range unknown {
			if q.tried[u.Touch] >= inquireTries {
				continue
			}
			touches, err := tx.Touches(ctx, []andante.TouchID{u.Touch})
			if err != nil || len(touches) == 0 || finders[touches[0].Kind] == nil {
				continue
			}
			l, err := q.describe(ctx, tx, touches[0], u.Tried)
			if err != nil {
				return err
			}
			list = append(list, l)
		}
		return nil
	})
}

// maxInquired is how many unknown touches are looked at in one go.
const maxInquired = 1000

// describe says what is looked for, and which messages to the same address are known.
func (q *Inquiries) describe(ctx context.Context, tx *store.Tx, t andante.Touch, began time.Time) (channels.Lost, error) {
	l := channels.Lost{Touch: t.ID, Kind: t.Kind, Hash: t.MessageHash, Began: began}
	people, err := tx.Contacts(ctx, []andante.ContactID{t.Contact})
	if err != nil || len(people) == 0 || t.Kind.Mailed() { // a piece is found by its touch
		return l, err
	}
	if to := people[0].AddressFor(t.Kind); q.w.ops.Keys.Hash(to) == t.Address { // it has not changed since
		l.To = to
	}
	sharing, err := tx.ContactsByAddress(ctx, []andante.AddressHash{t.Address})
	if err != nil {
		return l, err
	}
	var ids []andante.ContactID
	for _, c := range sharing {
		ids = append(ids, c.ID)
	}
	touches, err := tx.TouchesOfContacts(ctx, ids)
	if err != nil {
		return l, err
	}
	var others []andante.TouchID
	for _, o := range touches {
		if o.ID != t.ID && o.Kind == t.Kind && o.State == andante.Sent {
			others = append(others, o.ID)
		}
	}
	attempts, err := tx.AttemptsOf(ctx, others)
	for _, a := range attempts {
		l.Known = append(l.Known, a.Response)
	}
	return l, err
}

// ask asks about one touch and settles it, if that tells.
func (q *Inquiries) ask(ctx context.Context, f channels.Finder, l channels.Lost) error {
	receipt, where, err := f.Find(ctx, l)
	if kind := channels.KindOf(err); err == nil || kind == channels.Permanent || kind == channels.Sender { // an outage is no answer
		q.tried[l.Touch]++
	}
	if err != nil {
		return fmt.Errorf("ask %s about touch %s: %w", f.FarEnd(), l.Touch, err)
	}
	if by, known := q.given[receipt.ProviderID]; where == channels.Taken && known && by != l.Touch {
		return nil // of two that are alike one was taken, and nobody knows which
	}
	if where == channels.Taken {
		q.given[receipt.ProviderID] = l.Touch
	}
	r := ops.UnknownRequest{Decision: ops.DecideSent, Touches: []andante.TouchID{l.Touch}, By: f.FarEnd()}
	switch {
	case where == channels.NotTaken && f.Features().Idempotent:
		r.Decision = ops.DecideResend
	case where != channels.Taken:
		return nil
	}
	_, err = q.w.ops.SettleUnknown(ctx, r)
	return err
}
