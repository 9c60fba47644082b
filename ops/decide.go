package ops

import (
	"context"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// carryOut does what decisions ask for besides the next step.
func (o *Ops) carryOut(ctx context.Context, tx *store.Tx, list []Settled) error {
	for _, s := range list {
		to, enrolls := strings.CutPrefix(s.Do, "enroll ")
		switch {
		case enrolls:
			if err := o.enterOne(ctx, tx, s.Touch.Contact, strings.TrimSpace(to)); err != nil {
				return err
			}
		case s.Do == "handover":
			if err := o.handOver(ctx, tx, s.Touch); err != nil {
				return err
			}
		}
	}
	return nil
}

// enterOne enters one contact into a sequence that a decision names, if it may.
func (o *Ops) enterOne(ctx context.Context, tx *store.Tx, id andante.ContactID, sequence string) error {
	w, err := o.Workspace(ctx, tx)
	if err != nil || w.Sequences[sequence] == nil { // it was deleted since
		return err
	}
	contacts, err := tx.Contacts(ctx, []andante.ContactID{id})
	if err != nil || len(contacts) == 0 {
		return err
	}
	_, err = o.enterNow(ctx, tx, EnrollRequest{Sequence: sequence, Cause: andante.CauseDecided}, contacts)
	return err
}

// handOver gives the contact to its owner: sequences end, and the owner has a task.
func (o *Ops) handOver(ctx context.Context, tx *store.Tx, t andante.Touch) error {
	seed, err := tx.Seed(ctx)
	if err != nil {
		return err
	}
	err = o.Apply(ctx, tx, andante.Event{
		ID: andante.DeriveID[andante.EventID](seed, o.now(), "handover", string(t.ID)), Contact: t.Contact, Account: t.Account, Touch: t.ID,
		Name: andante.EventHandedOver, At: o.now(), Detail: t.Sequence + "/" + t.Step,
	})
	if err != nil {
		return err
	}
	contacts, err := tx.Contacts(ctx, []andante.ContactID{t.Contact})
	if err != nil || len(contacts) == 0 {
		return err
	}
	body := "Its sequences have ended: " + t.Sequence + "/" + t.Step + " found that it is time to talk."
	return o.plainTask(ctx, tx, contacts[0], andante.EventHandedOver, string(t.ID), "Ready for you: "+contacts[0].Name(), body, o.now())
}
