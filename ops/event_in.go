package ops

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// A Ref names a contact: by id, by the id of the user's own system, or by address.
type Ref struct {
	ID         andante.ContactID
	ExternalID string
	Email      string
}

// ErrSeveral says that several contacts have an address.
var ErrSeveral = errors.New("several contacts have this address; name one by id")

// ErrNobody says that a contact is not named.
var ErrNobody = errors.New("name a contact: id, external_id or email")

// Find returns the contact that a ref names, or named before it became one with another.
// [andante.ErrNotFound] if there is none.
func (o *Ops) Find(ctx context.Context, tx *store.Tx, r Ref) (list []andante.Contact, err error) {
	was := ""
	switch {
	case r.ID != "" && !andante.IsID(string(r.ID)):
	case r.ID != "":
		was = string(r.ID)
		list, err = tx.Contacts(ctx, []andante.ContactID{r.ID})
	case r.ExternalID != "":
		was = store.FormerID(r.ExternalID)
		list, err = tx.ContactsByExternalID(ctx, []string{r.ExternalID})
	case r.Email != "":
		was = string(o.Keys.Hash(r.Email))
		list, err = tx.ContactsByEmail(ctx, []string{andante.NormalizeEmail(r.Email)})
	default:
		return nil, ErrNobody
	}
	if err == nil && len(list) == 0 {
		var now map[string]andante.ContactID
		if now, err = tx.Former(ctx, nonEmpty(was)); err == nil {
			list, err = tx.Contacts(ctx, nonEmpty(now[was]))
		}
	}
	switch {
	case err != nil:
		return nil, err
	case len(list) == 0:
		return nil, fmt.Errorf("this contact is not known: %w", andante.ErrNotFound)
	case len(list) > 1:
		return nil, ErrSeveral
	}
	return list, nil
}

// An EventIn is something that a contact did, as another program tells it.
type EventIn struct {
	Ref
	Key    string // by which it counts once; empty: each time
	Name   string
	At     time.Time // now if zero
	Detail string
	Fields map[string]string // of one's own, by path, in their written form: what became known by it
}

// TakeEvent takes in what a contact did, with what follows from it, together with whatever else comes
// at the same time. It returns whether it is new. [andante.ErrNotFound] if the contact is not
// known.
func (o *Ops) TakeEvent(ctx context.Context, in EventIn) (contact andante.ContactID, fresh bool, err error) {
	at := in.At
	if at.IsZero() {
		at = o.now()
	}
	if at.After(o.now().Add(time.Minute)) {
		return "", false, fmt.Errorf("%w: %s is to come", ErrNotYet, at.Format(time.RFC3339))
	}
	id := andante.NewID[andante.EventID](at) // one, however often the change is made
	whose := func(ctx context.Context, tx *store.Tx) ([]andante.AccountID, error) {
		list, err := o.Find(ctx, tx, in.Ref)
		return unique(list, accountOf), err
	}
	return contact, fresh, o.together.do(ctx, change{whose, func(ctx context.Context, tx *store.Tx) error {
		contact, fresh = "", false
		find := func() ([]andante.Contact, error) { return o.Find(ctx, tx, in.Ref) }
		return o.changeContacts(ctx, tx, find, func(people []andante.Contact) (err error) {
			contact = people[0].ID
			fresh, err = o.takeEvent(ctx, tx, people[0], in, id, at)
			return err
		})
	}})
}

func (o *Ops) takeEvent(ctx context.Context, tx *store.Tx, c andante.Contact, in EventIn, id andante.EventID, at time.Time) (fresh bool, err error) {
	e := andante.Event{ID: id, Contact: c.ID, Account: c.Account, Name: in.Name, At: at, Detail: in.Detail}
	if in.Key != "" {
		if e.ID, err = onceID(ctx, tx, byEventKey, in.Key); err != nil {
			return false, err
		}
	}
	reason, bars := barring[in.Name]
	if bars { // what follows writes the event itself
		fresh, err = tx.AddArrival(ctx, store.Arrival{ID: e.ID, Contact: c.ID, Class: in.Name, Why: "told as an event", At: o.now()})
	} else {
		fresh, err = tx.AddEvent(ctx, e)
	}
	if err != nil || !fresh {
		return fresh, err
	}
	if bars { // first, so that what becomes known lets nobody in
		if err := o.bar(ctx, tx, c, e, reason); err != nil {
			return fresh, err
		}
	}
	if err := o.keepAnswers(ctx, tx, c.ID, TaskDone{Answers: in.Fields, At: at, Source: "event " + in.Name}); err != nil || bars {
		return fresh, err
	}
	return fresh, o.follows(ctx, tx, e)
}
