package ops

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// A PostTold is what a printing house tells of a piece of post.
type PostTold struct {
	Provider string
	ID       string // of what is told: it counts once
	Touch    andante.TouchID
	What     string // in Lob's words: mailed, in_transit, delivered, returned_to_sender ...
	At       time.Time
}

// postEvents are what a printing house tells that is worth an event.
var postEvents = map[string]string{"mailed": andante.EventMailed, "delivered": andante.EventDelivered, "returned_to_sender": andante.EventReturned}

// TakePost takes in what a printing house tells, each once: a piece that comes back bars the postal
// address, and the owner is to find the right one.
func (o *Ops) TakePost(ctx context.Context, list []PostTold) error {
	return eachAtOnce(list, func(p PostTold) error {
		find := func(ctx context.Context, tx *store.Tx) ([]andante.AccountID, error) {
			touches, err := tx.Touches(ctx, nonEmpty(p.Touch))
			return unique(touches, accountOfTouch), err
		}
		return o.together.do(ctx, change{find, func(ctx context.Context, tx *store.Tx) error { return o.takePost(ctx, tx, p) }})
	})
}

func (o *Ops) takePost(ctx context.Context, tx *store.Tx, p PostTold) error {
	name, ok := postEvents[p.What]
	touches, err := tx.Touches(ctx, nonEmpty(p.Touch))
	if err != nil || !ok || len(touches) == 0 || !touches[0].Kind.Mailed() {
		return err
	}
	t := touches[0]
	find := func() ([]andante.Contact, error) { return tx.Contacts(ctx, []andante.ContactID{t.Contact}) }
	return o.changeContacts(ctx, tx, find, func(people []andante.Contact) error {
		if len(people) == 0 {
			return nil
		}
		seed, err := tx.Seed(ctx)
		if err != nil {
			return err
		}
		e := andante.Event{
			ID: andante.DeriveID[andante.EventID](seed, andante.PlannedAt(string(t.ID)), "post", string(t.ID), name), Contact: t.Contact, Account: people[0].Account, Touch: t.ID, Name: name, At: o.now(), Detail: p.Provider,
		}
		fresh, err := tx.AddEvent(ctx, e)
		if err != nil || !fresh {
			return err
		}
		if err := o.follows(ctx, tx, e); err != nil || name != andante.EventReturned {
			return err
		}
		return o.returned(ctx, tx, people[0], t, p)
	})
}

// returned bars a postal address at which nobody was found.
func (o *Ops) returned(ctx context.Context, tx *store.Tx, c andante.Contact, t andante.Touch, p PostTold) error {
	var list []andante.Suppression
	for _, k := range alike(t.Kind) {
		dead := DeadAddress(t, "returned to sender, says "+p.Provider, o.now())
		dead.Kind = k
		list = append(list, dead)
	}
	if err := tx.AddSuppressions(ctx, list); err != nil {
		return err
	}
	return o.plainTask(ctx, tx, c, plain{of: "returned", key: string(t.ID), title: "Where does " + c.Name() + " live now?", body: "A piece of post came back: " + t.Subject + ". Import the right address; post goes there then.", at: o.now()})
}
