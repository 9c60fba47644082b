package ops

import (
	"context"
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/store"
)

// withdrawBarred takes back what is in people's hands and may not be done any more, for its
// contact or its address is barred: a piece that waits to be printed or posted, a call, a
// message to be looked at. The accounts of the touches must be locked.
func (o *Ops) withdrawBarred(ctx context.Context, tx *store.Tx, ids []andante.TouchID) error {
	open, err := openOf(ctx, tx, ids)
	if err != nil || len(open) == 0 {
		return err
	}
	bars, err := tx.Suppressions(ctx, unique(open, func(t andante.Touch) andante.ContactID { return t.Contact }), unique(open, func(t andante.Touch) andante.AddressHash { return t.Address }))
	if err != nil {
		return err
	}
	for _, t := range open {
		if ownWork(t) {
			continue
		}
		i := slices.IndexFunc(bars, func(s andante.Suppression) bool {
			return (s.Contact == t.Contact || s.Address != "" && s.Address == t.Address) && s.Covers(t.Kind, t.Purpose)
		})
		if i < 0 {
			continue
		}
		s := bars[i]
		e := andante.Evidence{Rule: string(s.Reason), Detail: s.Source, Until: &s.At}
		if err := o.skipTask(ctx, tx, t, andante.ReasonSuppressed, e, ""); err != nil {
			return err
		}
	}
	return nil
}

// withdrawUnwanted takes back what is in people's hands and the contact chose not to get. Its
// account must be locked.
func (o *Ops) withdrawUnwanted(ctx context.Context, tx *store.Tx, id andante.ContactID, c andante.Choice) error {
	open, err := tx.OpenOf(ctx, []andante.ContactID{id}, nil)
	if err != nil {
		return err
	}
	running, err := tx.Enrollments(ctx, unique(open, func(t andante.Touch) andante.EnrollmentID { return t.Enrollment }))
	if err != nil {
		return err
	}
	plans := byID(running, enrollmentID)
	for _, t := range open {
		if ownWork(t) {
			continue
		}
		topic := ""
		if t.Enrollment != "" {
			plan, err := o.Revisions.Plan(ctx, tx, plans[t.Enrollment].Plan)
			if err != nil {
				return err
			}
			topic = plan.Topic
		}
		v, refused := governor.Refused(c, governor.Candidate{Kind: t.Kind, Purpose: t.Purpose, Topic: topic})
		if !refused {
			continue
		}
		if err := o.skipTask(ctx, tx, t, v.Reason, v.Evidence, ""); err != nil {
			return err
		}
	}
	return nil
}

// ownWork tells whether a task is a colleague's and nothing that reaches the contact: a lead that
// is handed over, what is to be done after a hold.
func ownWork(t andante.Touch) bool { return t.Enrollment == "" && t.Kind == andante.Other }

// openOf returns those of the touches that are in people's hands now.
func openOf(ctx context.Context, tx *store.Tx, ids []andante.TouchID) ([]andante.Touch, error) {
	list, err := tx.Touches(ctx, ids)
	return slices.DeleteFunc(list, func(t andante.Touch) bool { return t.State != andante.Open && t.State != andante.Review }), err
}

// inHands looks up what is in people's hands to contacts and addresses, and to whom it is who
// are not among the contacts: their accounts have to be locked as well.
func inHands(ctx context.Context, tx *store.Tx, people []andante.Contact, hashes []andante.AddressHash) (open []andante.TouchID, others []andante.Contact, err error) {
	touches, err := tx.OpenOf(ctx, unique(people, contactID), hashes)
	if err != nil {
		return nil, nil, err
	}
	known := byID(people, contactID)
	var strangers []andante.ContactID
	for _, t := range touches {
		open = append(open, t.ID)
		if _, ok := known[t.Contact]; !ok && !slices.Contains(strangers, t.Contact) {
			strangers = append(strangers, t.Contact)
		}
	}
	others, err = tx.Contacts(ctx, strangers)
	return open, others, err
}

// affected is what a bar on addresses is about.
type affected struct {
	people []andante.Contact // who has them
	open   []andante.TouchID // what is in hands to these, and to the addresses
}

// finder returns what looks both up and names everybody whose account is to be locked; who finds
// the people.
func (a *affected) finder(ctx context.Context, tx *store.Tx, hashes []andante.AddressHash, who func() ([]andante.Contact, error)) func() ([]andante.Contact, error) {
	return func() (all []andante.Contact, err error) {
		if a.people, err = who(); err != nil {
			return nil, err
		}
		a.open, all, err = inHands(ctx, tx, a.people, hashes)
		return append(all, a.people...), err
	}
}
