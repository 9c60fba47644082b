package ops

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
)

// ending is the reason with which an event ends sequences by itself.
var ending = map[string]andante.Reason{
	andante.EventReplied:     andante.ReasonReplied,
	andante.EventMet:         andante.ReasonMet,
	andante.EventHandedOver:  andante.ReasonHandedOver,
	andante.EventOptedOut:    andante.ReasonOptedOut,
	andante.EventUnreachable: andante.ReasonUnreachable,
}

// barring are the events after which there is no more advertising, and why.
var barring = map[string]andante.Reason{andante.EventOptedOut: andante.ReasonOptedOut, andante.EventComplained: andante.ReasonComplained}

// bar suppresses a contact and its addresses for all advertising, as its event says.
func (o *Ops) bar(ctx context.Context, tx *store.Tx, c andante.Contact, e andante.Event, reason andante.Reason) error {
	hashes := []andante.AddressHash{o.Keys.Hash(c.Email)}
	if c.Phone != "" {
		hashes = append(hashes, o.Keys.Hash(c.Phone))
	}
	if err := o.optOut(ctx, tx, c.ID, hashes, "", reason, cmp.Or(e.Detail, e.Name), e.Touch); err != nil {
		return err
	}
	if e.Name == andante.EventOptedOut { // that has been written
		return nil
	}
	return o.Apply(ctx, tx, e)
}

// Apply writes an event and, in the same transaction, what follows from it: what the
// governor knows of the contact and its account, and the end of sequences that exit on
// it. The account must be locked.
func (o *Ops) Apply(ctx context.Context, tx *store.Tx, e andante.Event) error {
	fresh, err := tx.AddEvent(ctx, e)
	if err != nil || !fresh || e.Contact == "" { // what is told twice happened once
		return err
	}
	return o.follows(ctx, tx, e)
}

// follows does what follows from an event that has just been written.
func (o *Ops) follows(ctx context.Context, tx *store.Tx, e andante.Event) error {
	if err := o.noteSignals(ctx, tx, []andante.Event{e}); err != nil {
		return err
	}
	if err := o.noteHealth(ctx, tx, e); err != nil {
		return err
	}
	if err := tx.WakeIn(ctx, []andante.AccountID{e.Account}, o.now(), andante.ReasonWaiting); err != nil {
		return err
	}
	if err := o.endOn(ctx, tx, e); err != nil {
		return err
	}
	if err := o.deliver(ctx, tx, e); err != nil {
		return err
	}
	return o.enterOn(ctx, tx, e) // what has ended keeps nobody out
}

// before tells whether an event was over before an enrollment began: a meeting of last week that
// somebody logs today ends nothing of this week. Clocks differ, so an hour is nothing. Who wants
// or gets nothing more wants nothing of what came since, either.
func before(e andante.Event, x andante.Enrollment) bool {
	switch e.Name {
	case andante.EventOptedOut, andante.EventUnreachable, andante.EventHandedOver, andante.EventComplained:
		return false
	}
	return !e.At.IsZero() && e.At.Add(time.Hour).Before(x.Entered)
}

// endOn ends the sequences that exit on an event, for the colleagues too where they say so:
// also when the contact's own has come to its end, as it has when the last mail is answered.
func (o *Ops) endOn(ctx context.Context, tx *store.Tx, e andante.Event) error {
	all, err := tx.EnrollmentsOf(ctx, []andante.ContactID{e.Contact})
	if err != nil {
		return err
	}
	about, err := tx.Touches(ctx, []andante.TouchID{e.Touch})
	if err != nil {
		return err
	}
	var out, colleagues []andante.Enrollment
	reason := andante.ReasonExit
	if r, ok := ending[e.Name]; ok {
		reason = r
	}
	for _, x := range all {
		if before(e, x) {
			continue
		}
		running := x.State != andante.EnrollmentFinished
		if !running && (x.Reason != andante.ReasonFinished || len(about) > 0 && about[0].Enrollment != x.ID) {
			continue
		}
		plan, err := o.Revisions.Plan(ctx, tx, x.Plan)
		if err != nil {
			return err
		}
		if running && plan.Calendar() && exitsOn(plan, e.Name) {
			if err := o.skipYear(ctx, tx, x, plan, e); err != nil {
				return err
			}
		}
		if !exits(plan, e.Name) {
			continue
		}
		if running {
			out = append(out, x)
		}
		more, err := o.colleagues(ctx, tx, plan, x, e.Name)
		if err != nil {
			return err
		}
		colleagues = append(colleagues, more...)
	}
	if err := o.endEnrollments(ctx, tx, out, reason); err != nil {
		return err
	}
	return o.endEnrollments(ctx, tx, colleagues, andante.ReasonColleague)
}

// noteSignals keeps with contacts and accounts what events say of them.
func (o *Ops) noteSignals(ctx context.Context, tx *store.Tx, events []andante.Event) error {
	events = slices.DeleteFunc(slices.Clone(events), func(e andante.Event) bool { return !new(andante.Signals).Note(e.Name, e.At) })
	contacts, err := tx.Contacts(ctx, unique(events, func(e andante.Event) andante.ContactID { return e.Contact }))
	if err != nil || len(contacts) == 0 {
		return err
	}
	accounts, err := tx.Accounts(ctx, unique(contacts, accountOf))
	if err != nil {
		return err
	}
	of, in := map[andante.ContactID]*andante.Contact{}, map[andante.AccountID]*andante.Account{}
	for i := range contacts {
		of[contacts[i].ID] = &contacts[i]
	}
	for i := range accounts {
		in[accounts[i].ID] = &accounts[i]
	}
	for _, e := range events {
		if c := of[e.Contact]; c != nil && in[c.Account] != nil {
			c.Signals.Note(e.Name, e.At)
			in[c.Account].Signals.Note(e.Name, e.At)
		}
	}
	if err := tx.PutSignals(ctx, contacts, accounts); err != nil {
		return err
	}
	// What silence or ease had put off may come sooner now.
	return tx.WakeIn(ctx, unique(accounts, accountID), o.now(), andante.ReasonCoolDown, andante.ReasonEase)
}

// exits tells whether a sequence ends on an event.
func exits(q *sequences.Sequence, event string) bool {
	if slices.Contains(q.KeepOn, event) {
		return false
	}
	if event == andante.EventOptedOut && q.Purpose == andante.Requested {
		return false // an opt-out ends advertising; what was asked for goes on
	}
	if q.Calendar() { // it never ends but for those who can't get it any more; see [Ops.skipYear]
		return event == andante.EventOptedOut || event == andante.EventUnreachable
	}
	if _, ok := ending[event]; ok {
		return true
	}
	return exitsOn(q, event)
}

// exitsOn tells whether the sequence's own `exit:` names an event.
func exitsOn(q *sequences.Sequence, event string) bool {
	return slices.ContainsFunc(q.Exit, func(x sequences.Exit) bool { return x.Event == event })
}

// colleagues returns the enrollments of the same account and sequence that end
// together with x. A person who can't be reached takes nobody along.
func (o *Ops) colleagues(ctx context.Context, tx *store.Tx, q *sequences.Sequence, x andante.Enrollment, event string) ([]andante.Enrollment, error) {
	if event == andante.EventUnreachable {
		return nil, nil
	}
	accounts, err := tx.Accounts(ctx, []andante.AccountID{x.Account})
	if err != nil || len(accounts) == 0 {
		return nil, err
	}
	if !q.Account.EndsFor(accounts[0].Stage) {
		return nil, nil
	}
	all, err := tx.ActiveInAccounts(ctx, q.Name, []andante.AccountID{x.Account})
	return slices.DeleteFunc(all, func(c andante.Enrollment) bool { return c.ID == x.ID }), err
}

// Record takes in an event from outside in a transaction of its own. Its contact must
// exist; its account, and its id and time where they are empty, are set here.
func (o *Ops) Record(ctx context.Context, e andante.Event) error {
	if e.At.IsZero() {
		e.At = o.now()
	}
	if e.ID == "" {
		e.ID = andante.NewID[andante.EventID](e.At)
	}
	return o.Store.Write(ctx, func(tx *store.Tx) error {
		find := func() ([]andante.Contact, error) { return tx.Contacts(ctx, []andante.ContactID{e.Contact}) }
		return o.changeContacts(ctx, tx, find, func(people []andante.Contact) error {
			if len(people) == 0 {
				return fmt.Errorf("contact %s: %w", e.Contact, andante.ErrNotFound)
			}
			e.Account = people[0].Account
			if reason, ok := barring[e.Name]; ok {
				return o.bar(ctx, tx, people[0], e, reason)
			}
			return o.Apply(ctx, tx, e)
		})
	})
}
