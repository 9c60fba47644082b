package ops

import (
	"context"
	"fmt"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/store"
)

// Choose keeps what a contact decided about what it gets, in place of what it decided
// before; the zero choice takes it back. It holds for everything that is not permitted
// yet, and the event tells who took it down.
func (o *Ops) Choose(ctx context.Context, id andante.ContactID, c andante.Choice) error {
	if c.Max > 0 {
		if _, err := governor.ParsePeriod(c.Per); err != nil {
			return err
		}
	}
	for _, k := range c.Only {
		if !k.Valid() || k == andante.Decide {
			return fmt.Errorf("there is no kind %q", k)
		}
	}
	return o.choose(ctx, id, func(*store.Tx, andante.Choice) (andante.Choice, error) { return c, nil })
}

// choose keeps what a contact chooses, which may depend on what it chose before.
func (o *Ops) choose(ctx context.Context, id andante.ContactID, next func(*store.Tx, andante.Choice) (andante.Choice, error)) error {
	return o.Store.Write(ctx, func(tx *store.Tx) error {
		find := func() ([]andante.Contact, error) { return behind(ctx, tx, id) }
		return o.changeContacts(ctx, tx, find, func(people []andante.Contact) error {
			if len(people) == 0 {
				return fmt.Errorf("contact %s: %w", id, andante.ErrNotFound)
			}
			id := people[0].ID
			c, err := next(tx, people[0].Choice)
			if err != nil {
				return err
			}
			c.At = o.now()
			if err := tx.PutChoice(ctx, id, c); err != nil {
				return err
			}
			if err := o.withdrawUnwanted(ctx, tx, id, c); err != nil {
				return err
			}
			if err := tx.Wake(ctx, []andante.ContactID{id}, c.At, andante.ReasonChoice); err != nil {
				return err
			}
			return o.Apply(ctx, tx, andante.Event{
				ID: andante.NewID[andante.EventID](c.At), Contact: id, Account: people[0].Account, Name: andante.EventChose, At: c.At, Detail: c.String(),
			})
		})
	})
}
