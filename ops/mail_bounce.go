package ops

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/inbound"
)

// What bounces that are none of a mailbox's end do, before somebody looks.
const (
	softBounces   = 4                   // so many on as many days, without a sign of life ...
	softSpan      = 10 * 24 * time.Hour // ... over so long ...
	softWindow    = 45 * 24 * time.Hour // ... within this time, and nobody is there
	refusalSpan   = 24 * time.Hour
	fewRefusals   = 3 // mails of a sender in that time ...
	fewRefusers   = 2 // ... by so many domains: it is the sender
	refusedAuthor = andante.HoldAuthor
)

// bounced does what follows when a mail did not arrive. Only what proves to be about a mail of
// ours counts; a mailbox is given up on evidence, a sender is stopped when several refuse it, and
// what was about the message alone is noted.
func (a *arriving) bounced(ctx context.Context) error {
	if a.touch.ID == "" || a.touch.Kind != andante.Email {
		a.did("nothing: it is about no mail of ours")
		return nil
	}
	f := a.failure()
	if ours, err := a.copyOfOurs(ctx, f); err != nil || ours {
		a.did("nothing: it is about the copy that went to one of us")
		return err
	}
	said := andante.HideAddresses(strings.TrimSpace(f.Status + " " + f.Words))
	switch f.Kind {
	case inbound.Hard:
		known, err := a.happened(ctx, andante.EventBounced)
		if err != nil || known {
			a.did("nothing: that is known of this mail")
			return err
		}
		a.did("the mailbox is given up: %s", f.Why)
		return a.dead(ctx, said)
	case inbound.Soft:
		return a.soft(ctx, said)
	case inbound.ByUs:
		return a.refused(ctx, said)
	}
	a.did("it is noted")
	return a.apply(ctx, andante.EventRefused, said)
}

// copyOfOurs tells whether a report is about a copy of the mail that went to a colleague.
func (a *arriving) copyOfOurs(ctx context.Context, f inbound.Failure) (bool, error) {
	w, err := a.Workspace(ctx, a.tx)
	if err != nil || slices.ContainsFunc(f.Named, a.isTouched) {
		return false, err
	}
	for _, p := range w.Config.People {
		if p.Email != "" && (strings.EqualFold(p.Email, f.Recipient) || slices.ContainsFunc(f.Named, func(n string) bool { return strings.EqualFold(n, p.Email) })) {
			return true, nil
		}
	}
	return false, nil
}

// dead gives up the mailbox of the touch. Whose step says so goes on by other kinds.
func (a *arriving) dead(ctx context.Context, said string) error {
	err := Lock(ctx, a.tx, func() ([]andante.AccountID, error) {
		list, err := a.tx.Contacts(ctx, []andante.ContactID{a.contact.ID})
		return unique(list, accountOf), err
	})
	if err != nil {
		return err
	}
	ends, err := a.endsWithout(ctx)
	if err != nil {
		return err
	}
	ends = ends && a.isTouched(a.contact.Email) // they may have another one by now
	return a.Bounce(ctx, a.tx, a.touch, said, ends)
}

// endsWithout tells whether the sequence of the touch ends for whoever can't be reached.
func (a *arriving) endsWithout(ctx context.Context) (bool, error) {
	list, err := a.tx.Enrollments(ctx, nonEmpty(a.touch.Enrollment))
	if err != nil || len(list) == 0 {
		return true, err
	}
	plan, err := a.Revisions.Plan(ctx, a.tx, list[0].Plan)
	if err != nil {
		return true, err
	}
	step, ok := plan.Step(a.touch.Step)
	return !ok || step.EndsWithout(andante.Email), nil
}

// soft counts a mailbox that took no mail today. One that takes none for long is given up.
func (a *arriving) soft(ctx context.Context, said string) error {
	if err := a.apply(ctx, andante.EventSoftBounced, said); err != nil {
		return err
	}
	events, err := a.tx.EventsOf(ctx, a.contact.ID)
	if err != nil {
		return err
	}
	days := map[string]bool{}
	var since time.Time
	for _, e := range events {
		if e.Name != andante.EventSoftBounced || e.At.Before(a.contact.Signals.Responded) || e.At.Before(a.at.Add(-softWindow)) {
			continue
		}
		if since.IsZero() {
			since = e.At
		}
		days[e.At.Format(time.DateOnly)] = true
	}
	if len(days) < softBounces || a.at.Sub(since) < softSpan {
		a.did("it is noted: the mailbox takes no mail just now")
		return nil
	}
	a.did("the mailbox is given up: it has taken no mail on %d days since %s", len(days), since.Format("2 Jan 2006"))
	return a.dead(ctx, fmt.Sprintf("it has taken no mail on %d days since %s; the last time: %s", len(days), since.Format(time.DateOnly), said))
}

// refused notes that a mail system does not want mail of ours. When several don't, the sender
// stops, and its contacts lose nothing.
func (a *arriving) refused(ctx context.Context, said string) error {
	if err := a.apply(ctx, andante.EventRefused, said); err != nil {
		return err
	}
	since, err := a.tx.LastRelease(ctx, andante.HoldSender, a.touch.Sender, refusedAuthor) // somebody has mended it
	if err != nil {
		return err
	}
	mails, domains, err := a.tx.RefusedAfter(ctx, a.touch.Sender, calendar.Later(since, a.at.Add(-refusalSpan)))
	if err != nil || mails < fewRefusals || domains < fewRefusers {
		a.did("it is noted: the mail system refuses the sender %s", a.touch.Sender)
		return err
	}
	holds, err := a.tx.WideHolds(ctx)
	if err != nil {
		return err
	}
	for _, h := range holds {
		if h.Scope == andante.HoldSender && h.Key == a.touch.Sender && h.Holds(a.at) {
			a.did("the sender %s is stopped already", a.touch.Sender)
			return nil
		}
	}
	h := andante.Hold{
		ID: andante.NewID[andante.HoldID](a.at), Scope: andante.HoldSender, Key: a.touch.Sender, Kind: andante.Email, Author: refusedAuthor, From: a.at,
		Reason: andante.CleanText(fmt.Sprintf("refused by %d mail systems within a day, the last said: %s", domains, andante.HideAddresses(said))),
	}
	a.did("the sender %s stops: %s", a.touch.Sender, h.Reason)
	if err := a.tx.AddHold(ctx, h); err != nil {
		return err
	}
	return a.TellOfHold(ctx, a.tx, h)
}

// complained takes the spam button for what it is: the wish to get no more advertising.
func (a *arriving) complained(ctx context.Context) error {
	if a.touch.ID == "" {
		a.did("nothing: it is about no mail of ours")
		return nil
	}
	known, err := a.happened(ctx, andante.EventComplained)
	if err != nil || known {
		a.did("nothing: that is known of this mail")
		return err
	}
	a.did("no more advertising for %s", a.whom())
	e := andante.Event{ID: a.event, Contact: a.contact.ID, Account: a.contact.Account, Touch: a.touch.ID, Name: andante.EventComplained, At: a.at, Detail: a.failure().Words}
	return a.lockedBar(ctx, e, andante.ReasonComplained)
}

// lockedBar bars the contact from all advertising, with its account locked.
func (a *arriving) lockedBar(ctx context.Context, e andante.Event, reason andante.Reason) error {
	find := func() ([]andante.Contact, error) { return a.tx.Contacts(ctx, []andante.ContactID{e.Contact}) }
	return a.changeContacts(ctx, a.tx, find, func(people []andante.Contact) error {
		if len(people) == 0 {
			return nil
		}
		e.Account = people[0].Account
		return a.bar(ctx, a.tx, people[0], e, reason)
	})
}
