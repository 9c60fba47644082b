package ops

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// hookWaits are the waits between tries of a delivery: days in all, as Standard Webhooks advise.
var hookWaits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// A hook that has taken nothing for so long is left alone but for one try a day, until it does.
const hookPaused = 5 * 24 * time.Hour

// keepDeliveries is how long is kept what was sent, so that it can be sent again.
const keepDeliveries = 30 * 24 * time.Hour

// deliver has an event go to the hooks that want it.
func (o *Ops) deliver(ctx context.Context, tx *store.Tx, e andante.Event) error {
	if !o.Tells {
		return nil
	}
	w, err := o.Workspace(ctx, tx)
	if errors.Is(err, ErrNothingPublished) {
		return nil
	}
	if err != nil {
		return err
	}
	var list []store.Delivery
	for _, name := range w.Config.HooksFor(e.Name) {
		list = append(list, store.Delivery{ID: "msg_" + strings.ReplaceAll(string(e.ID), "-", "") + "_" + name, Hook: name, Event: e.ID, State: andante.Planned, Due: o.now()})
	}
	return tx.AddDeliveries(ctx, list)
}

// Payload is what a hook is told of an event.
type Payload struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		Event   andante.EventID `json:"event"`
		Detail  string          `json:"detail,omitempty"`
		Contact PayloadContact  `json:"contact"`
		Touch   *PayloadTouch   `json:"touch,omitempty"`
		Known   []string        `json:"known,omitempty"`   // of the qualification
		Missing []string        `json:"missing,omitempty"` // likewise
		Story   []string        `json:"story,omitempty"`   // what happened last, of a handover
	} `json:"data"`
}

// PayloadContact is whom an event is about.
type PayloadContact struct {
	ID         andante.ContactID `json:"id"`
	ExternalID string            `json:"external_id,omitempty"`
	Name       string            `json:"name,omitempty"`
	Email      string            `json:"email,omitempty"`
	Phone      string            `json:"phone,omitempty"`
	Account    string            `json:"account,omitempty"`
	Owner      string            `json:"owner,omitempty"`
	Stage      string            `json:"stage,omitempty"`
	Fields     map[string]string `json:"fields,omitempty"`
}

// PayloadTouch is what an event is about.
type PayloadTouch struct {
	ID       andante.TouchID `json:"id"`
	Sequence string          `json:"sequence,omitempty"`
	Step     string          `json:"step,omitempty"`
	Kind     andante.Kind    `json:"kind"`
	Subject  string          `json:"subject,omitempty"`
}

// A Dispatch is a delivery with what it says.
type Dispatch struct {
	store.Delivery
	Payload *Payload // nil: whom it was about is no more
}

// dispatchLease is how long somebody has for a batch, by the machine's clock.
const dispatchLease = 5 * time.Minute

// Dispatches takes up to n deliveries of a hook that are due.
func (o *Ops) Dispatches(ctx context.Context, hook string, n int) (list []Dispatch, err error) {
	return list, o.Store.Write(ctx, func(tx *store.Tx) error {
		list = nil
		wall, err := tx.Wall(ctx)
		if err != nil {
			return err
		}
		due, err := tx.LeaseDeliveries(ctx, hook, o.now(), wall, wall.Add(dispatchLease), n)
		if err != nil || len(due) == 0 {
			return err
		}
		w, err := o.Workspace(ctx, tx)
		if err != nil {
			return err
		}
		for _, d := range due {
			p, err := o.payload(ctx, tx, w, d)
			if err != nil && !errors.Is(err, andante.ErrNotFound) {
				return err
			}
			list = append(list, Dispatch{d, p})
		}
		return nil
	})
}

func (o *Ops) payload(ctx context.Context, tx *store.Tx, w *workspace.Workspace, d store.Delivery) (*Payload, error) {
	e, err := tx.EventByID(ctx, d.Event)
	if err != nil {
		return nil, err
	}
	people, err := tx.Contacts(ctx, []andante.ContactID{e.Contact})
	if err == nil && len(people) == 0 && e.Name == andante.EventForgotten { // others who know them have to hear of it
		p := &Payload{Type: e.Name, Timestamp: e.At}
		p.Data.Event, p.Data.Contact.ID = e.ID, e.Contact
		return p, nil
	}
	if err != nil || len(people) == 0 {
		return nil, cmp.Or(err, andante.ErrNotFound)
	}
	accounts, err := tx.Accounts(ctx, []andante.AccountID{people[0].Account})
	if err != nil || len(accounts) == 0 {
		return nil, cmp.Or(err, andante.ErrNotFound)
	}
	c, a := people[0], accounts[0]
	p := &Payload{Type: e.Name, Timestamp: e.At}
	p.Data.Event, p.Data.Detail = e.ID, e.Detail
	p.Data.Contact = PayloadContact{ID: c.ID, ExternalID: c.ExternalID, Name: c.Name(), Email: c.Email, Phone: c.Phone, Account: a.Name, Owner: a.Owner, Stage: a.StageOf(c), Fields: c.Fields}
	if touches, err := tx.Touches(ctx, nonEmpty(e.Touch)); err != nil {
		return nil, err
	} else if len(touches) > 0 {
		t := touches[0]
		p.Data.Touch = &PayloadTouch{t.ID, t.Sequence, t.Step, t.Kind, t.Subject}
	}
	if e.Name == andante.EventHandedOver {
		p.Data.Known, p.Data.Missing = w.KnownOf(c, a)
		if p.Data.Story, err = story(ctx, tx, c.ID, w.Config.Home()); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Dispatched notes what became of a try: it is over, or comes again after a longer wait. A hook that
// has taken nothing for days is asked once a day.
func (o *Ops) Dispatched(ctx context.Context, d store.Delivery, failed error) error {
	now := o.now()
	d.Attempts++
	return o.Store.Write(ctx, func(tx *store.Tx) error {
		d := d
		d.State, d.Settled, d.Answer = andante.Sent, now, "taken"
		if failed != nil {
			sent, failing, err := tx.LastSent(ctx, d.Hook)
			if err != nil {
				return err
			}
			d.State, d.Answer = andante.Failed, failed.Error()
			if d.Attempts <= len(hookWaits) {
				d.State, d.Settled, d.Due = andante.Planned, time.Time{}, now.Add(hookWaits[d.Attempts-1])
			}
			if !failing.IsZero() && now.Sub(failing) > hookPaused && sent.Before(failing) && d.State == andante.Planned {
				d.Due = now.Add(24 * time.Hour)
			}
		}
		if err := tx.EndDelivery(ctx, d); err != nil {
			return err
		}
		return tx.DropDeliveries(ctx, now.Add(-keepDeliveries))
	})
}

// ReplayHook has what failed, or everything, go to a hook again since an instant. It returns how
// many.
func (o *Ops) ReplayHook(ctx context.Context, hook string, since time.Time, all bool) (n int, err error) {
	return n, o.Store.Write(ctx, func(tx *store.Tx) error {
		n, err = tx.Replay(ctx, hook, since, o.now(), all)
		return err
	})
}

// Hooks returns the names of the hooks that are published.
func (o *Ops) Hooks(ctx context.Context) (names []string, err error) {
	return names, o.Store.Read(ctx, func(tx *store.Tx) error {
		w, err := o.Workspace(ctx, tx)
		if errors.Is(err, ErrNothingPublished) {
			return nil
		}
		if err != nil {
			return err
		}
		for name := range w.Config.Hooks {
			names = append(names, name)
		}
		slices.Sort(names)
		return nil
	})
}
