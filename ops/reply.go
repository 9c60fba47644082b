package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/mailaddr"
	"github.com/andante-hq/andante/store"
)

// What may be wrong with what somebody tells of a reply.
var (
	ErrNoReply = errors.New("that is no reply to answer")
	ErrUntil   = errors.New("not_now needs the day until which they are left alone")
	ErrRefer   = errors.New("whom they named is written as a name, or as Jo Park <jo@acme.example>")
)

// replySaid is the event that follows from what a reply says.
var replySaid = map[andante.Result]string{
	andante.Interested: andante.EventInterested, andante.NotNow: andante.EventNotNow, andante.WrongPerson: andante.EventWrongPerson,
	andante.Declined: andante.EventDeclined, andante.HasLeft: andante.EventLeft,
}

// checkReply refuses what can't be said of a task.
func (d *TaskDone) checkReply(t andante.Touch, now time.Time) error {
	ofReply := slices.Contains(andante.ReplyResults, d.Result)
	switch {
	case ofReply && t.Sequence != ReplyTask:
		return fmt.Errorf("%w: %s tells what a reply says", ErrNoReply, d.Result)
	case d.Result == andante.NotNow && !d.Until.After(now):
		return ErrUntil
	case d.Refer != "":
		_, err := referred(d.Refer)
		return err
	}
	return nil
}

// carryOut does what follows from what a colleague reads in a reply. The account must be locked.
func (o *Ops) carryOut(ctx context.Context, tx *store.Tx, t andante.Touch, d TaskDone) error {
	name, ok := replySaid[d.Result]
	if !ok {
		return nil
	}
	people, err := tx.Contacts(ctx, []andante.ContactID{t.Contact})
	if err != nil || len(people) == 0 {
		return err
	}
	c := people[0]
	err = o.Apply(ctx, tx, andante.Event{
		ID: andante.NewID[andante.EventID](d.At), Contact: c.ID, Account: c.Account, Touch: t.ID, Name: name, At: d.At, Detail: strings.TrimSpace(d.Note),
	})
	if err != nil {
		return err
	}
	switch d.Result {
	case andante.NotNow:
		return o.notNow(ctx, tx, c, d)
	case andante.WrongPerson:
		return errors.Join(o.onlyByHand(ctx, tx, c), o.refer(ctx, tx, c, d))
	case andante.Declined:
		return o.onlyByHand(ctx, tx, c)
	case andante.HasLeft:
		if err := o.hasLeft(ctx, tx, c, t.ID, "a reply says that they have left", d.At); err != nil {
			return err
		}
		return o.plainTask(ctx, tx, c, plain{of: "left", key: string(t.ID), title: "Who came after " + c.Name() + "?", body: "They no longer work there, a reply says.\n" + d.Note, at: d.At})
	}
	return nil
}

// notNow leaves somebody alone until the day that they named, and has the owner think of them then.
func (o *Ops) notNow(ctx context.Context, tx *store.Tx, c andante.Contact, d TaskDone) error {
	return tx.AddHold(ctx, andante.Hold{
		ID: andante.NewID[andante.HoldID](d.At), Scope: andante.HoldContact, Key: string(c.ID), Author: d.By,
		Reason: strings.TrimSpace("they wrote: not now. " + d.Note), From: d.At, Until: d.Until, Then: "task: " + c.Name() + " asked to be written to from now on",
	})
}

// onlyByHand ends the advertising that runs for somebody, and no rule begins any.
func (o *Ops) onlyByHand(ctx context.Context, tx *store.Tx, c andante.Contact) error {
	c.ByHand = true
	if err := o.putContacts(ctx, tx, []andante.Contact{c}); err != nil {
		return err
	}
	list, err := tx.EnrollmentsOf(ctx, []andante.ContactID{c.ID})
	if err != nil {
		return err
	}
	var out []andante.Enrollment
	for _, x := range list {
		if x.State == andante.EnrollmentFinished {
			continue
		}
		plan, err := o.Revisions.Plan(ctx, tx, x.Plan)
		if err != nil {
			return err
		}
		if plan.Purpose != andante.Requested {
			out = append(out, x)
		}
	}
	return o.endEnrollments(ctx, tx, out, andante.ReasonExit)
}

// referred reads whom somebody named: a name, an address, or both.
func referred(s string) (c andante.Contact, err error) {
	name, address, both := strings.Cut(strings.TrimSpace(s), "<")
	if !both && strings.Contains(name, "@") {
		name, address = "", name
	}
	if address = strings.TrimSuffix(strings.TrimSpace(address), ">"); address != "" {
		if address, err = mailaddr.Person(address); err != nil {
			return c, fmt.Errorf("%w: %w", ErrRefer, err)
		}
	}
	words := strings.Fields(name)
	if len(words) == 0 && address == "" || len(words) > 6 {
		return c, ErrRefer
	}
	if n := len(words); n > 0 {
		c.FirstName, c.LastName = strings.Join(words[:max(n-1, 1)], " "), strings.Join(words[max(n-1, 1):], " ")
	}
	c.Email = andante.NormalizeEmail(address)
	return c, nil
}

// refer makes a contact of whom somebody named, if nobody has that address yet, and has the owner
// decide what to do. Nothing goes to them by itself.
func (o *Ops) refer(ctx context.Context, tx *store.Tx, by andante.Contact, d TaskDone) error {
	if d.Refer == "" {
		return nil
	}
	c, err := referred(d.Refer)
	if err != nil {
		return err
	}
	seed, err := tx.Seed(ctx)
	if err != nil {
		return err
	}
	told := "Named by " + by.Name() + ", who is not who it is for. Call them, or enroll them by hand: no rule does."
	if c.Email != "" {
		known, err := tx.ContactsByEmail(ctx, []string{c.Email})
		if err != nil {
			return err
		}
		if len(known) > 0 {
			return o.plainTask(ctx, tx, by, plain{of: "referred", key: string(by.ID) + d.Refer, title: by.Name() + " named " + d.Refer, body: "They are known already.", at: d.At})
		}
	}
	if forgotten, err := o.forgottenAmong(ctx, tx, []string{c.Email}); err != nil || len(forgotten) > 0 {
		return errors.Join(err, o.plainTask(ctx, tx, by, plain{of: "referred", key: string(by.ID), title: by.Name() + " named somebody", body: "They asked to be forgotten, so that they are not kept.", at: d.At}))
	}
	c.ID = andante.DeriveID[andante.ContactID](seed, d.At, "referred", string(by.ID), d.Refer)
	c.Account, c.Created, c.Country, c.Language, c.Zone, c.PersonaByRule, c.ByHand = by.Account, d.At, by.Country, by.Language, by.Zone, true, true
	if err := o.putContacts(ctx, tx, []andante.Contact{c}); err != nil {
		return err
	}
	err = o.Apply(ctx, tx, andante.Event{
		ID: andante.DeriveID[andante.EventID](seed, d.At, "referred", string(c.ID)), Contact: c.ID, Account: c.Account, Name: andante.EventReferred, At: d.At, Detail: "by " + by.Name(),
	})
	if err != nil {
		return err
	}
	return o.plainTask(ctx, tx, c, plain{of: "referred", key: string(c.ID), title: "Get to know " + cmp.Or(c.Name(), c.Email), body: told, at: d.At})
}

// closeReplies ends the tasks to answer a contact. Its account must be locked.
func (o *Ops) closeReplies(ctx context.Context, tx *store.Tx, c andante.Contact, d TaskDone) error {
	open, err := tx.OpenOf(ctx, []andante.ContactID{c.ID}, nil)
	if err != nil {
		return err
	}
	for _, t := range open {
		if t.Sequence != ReplyTask {
			continue
		}
		if err := o.doneTask(ctx, tx, &t, d); err != nil {
			return err
		}
	}
	return nil
}
