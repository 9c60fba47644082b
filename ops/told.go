package ops

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/store"
)

// What a provider may tell of a mail that it took from us.
const (
	ToldDelivered  = "delivered"
	ToldBounced    = "bounced"
	ToldComplained = "complained"
	ToldOptedOut   = "opted_out"
)

// A Told is what a provider tells of a mail that it took from us. What it tells is believed, for it
// is signed; which mail it is about stands in the envelope sender that we gave it, in the
// Message-ID, or else in the recipient, of whom the last mail is meant.
type Told struct {
	Provider  string
	ID        string // of what is told: it counts once
	What      string // one of those above
	Sender    string // envelope sender
	MessageID string // without angle brackets
	Recipient string
	Status    string          // enhanced code (RFC 3463)
	Words     string          // of the server that refused it
	Verdict   inbound.Verdict // the provider's own; holds where code and words say nothing
	At        time.Time
}

// TakeTold takes in what a provider tells, each once, with what follows from it, together with
// whatever else is told at the same time.
func (o *Ops) TakeTold(ctx context.Context, list []Told) error {
	return eachAtOnce(list, func(t Told) error {
		find := func(ctx context.Context, tx *store.Tx) ([]andante.AccountID, error) {
			a := o.toldOf(tx, t)
			err := a.ofTold(ctx, t)
			return unique([]andante.Contact{a.contact}, accountOf), err
		}
		return o.together.do(ctx, change{find, func(ctx context.Context, tx *store.Tx) error { return o.takeTold(ctx, tx, t) }})
	})
}

// eachAtOnce does something with each of a list, some at a time, and returns what went wrong.
func eachAtOnce[T any](list []T, do func(T) error) error {
	errs := make([]error, len(list))
	turn := make(chan struct{}, mostTogether)
	var all sync.WaitGroup
	for i, x := range list {
		turn <- struct{}{}
		all.Go(func() {
			errs[i] = do(x)
			<-turn
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// toldOf is what arrives with something that is told. It has no time: only the id is signed for sure.
func (o *Ops) toldOf(tx *store.Tx, t Told) *arriving {
	return &arriving{Ops: o, tx: tx, mail: &inbound.Mail{ID: t.ID}, key: t.Provider + " " + t.ID, to: t.Sender, at: o.now()}
}

func (o *Ops) takeTold(ctx context.Context, tx *store.Tx, t Told) error {
	a := o.toldOf(tx, t)
	if err := a.ofTold(ctx, t); err != nil || a.touch.ID == "" {
		return err
	}
	f := inbound.Failed(t.Recipient, t.Status, t.Words)
	if f.Kind == inbound.Undecided && t.Verdict != "" {
		f.Kind, f.Why = t.Verdict, "as "+t.Provider+" says"
	}
	a.found = inbound.Finding{Why: "as " + t.Provider + " tells", Failures: []inbound.Failure{f}}
	switch t.What {
	case ToldBounced:
		a.found.Class = inbound.Bounce
	case ToldComplained:
		a.found.Class = inbound.Complaint
	case ToldOptedOut:
		a.found.Class = inbound.OptOut
	case ToldDelivered:
		a.found.Class = inbound.Receipt
	default:
		return nil
	}
	fresh, err := a.arrive(ctx)
	switch {
	case err != nil || !fresh:
		return err
	case t.What == ToldDelivered:
		return a.apply(ctx, andante.EventDelivered, t.Provider)
	case t.What == ToldOptedOut:
		e := andante.Event{Contact: a.contact.ID, Touch: a.touch.ID, Name: andante.EventOptedOut, At: a.at, Detail: "told by " + t.Provider}
		return a.lockedBar(ctx, e, andante.ReasonOptedOut)
	}
	return a.follow(ctx)
}

// ofTold finds the touch that something is told of.
func (a *arriving) ofTold(ctx context.Context, t Told) error {
	if err := a.byBox(ctx); err != nil || a.touch.ID != "" {
		return err
	}
	if id, ok := touchOf(t.MessageID); ok {
		if err := a.about(ctx, id, t.MessageID); err != nil || a.touch.ID != "" {
			return err
		}
	}
	hash := a.Keys.Hash(t.Recipient)
	if hash == "" {
		return nil
	}
	people, err := a.tx.ContactsByAddress(ctx, []andante.AddressHash{hash})
	if err != nil || len(people) == 0 {
		return err
	}
	until := cmp.Or(t.At, a.at).Add(slack)
	a.contact, a.touch, err = lastReached(ctx, a.tx, people, func(x andante.Touch) (time.Time, bool) {
		return x.Settled, x.Kind == andante.Email && x.Address == hash && (x.State == andante.Sent || x.State == andante.Unknown) && !x.Settled.After(until)
	})
	a.proved = a.touch.ID != ""
	return err
}
