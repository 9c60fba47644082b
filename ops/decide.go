package ops

import (
	"context"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// handOverAll gives those to their owners for whom a decision asks that.
func (o *Ops) handOverAll(ctx context.Context, tx *store.Tx, list []Settled) error {
	for _, s := range list {
		if s.Do != sequences.Handover {
			continue
		}
		if err := o.handOver(ctx, tx, s.Touch); err != nil {
			return err
		}
	}
	return nil
}

// enrollAll enters those into other sequences for whom a decision asks that.
func (o *Ops) enrollAll(ctx context.Context, tx *store.Tx, list []Settled) error {
	for _, s := range list {
		to, ok := s.Do.Enrolls()
		if !ok {
			continue
		}
		if err := o.enterOne(ctx, tx, s.Touch, to); err != nil {
			return err
		}
	}
	return nil
}

// enterOne enters the contact of a decision into the sequence that it names. If it may not,
// the ledger says why.
func (o *Ops) enterOne(ctx context.Context, tx *store.Tx, t andante.Touch, sequence string) error {
	w, err := o.Workspace(ctx, tx)
	if err != nil {
		return err
	}
	if w.Sequences[sequence] == nil { // it was deleted since
		return o.notEntered(ctx, tx, w, t, sequence, andante.ReasonRetired)
	}
	contacts, err := tx.Contacts(ctx, []andante.ContactID{t.Contact})
	if err != nil || len(contacts) == 0 {
		return err
	}
	rep, err := o.enterNow(ctx, tx, EnrollRequest{Sequence: sequence, Cause: andante.CauseDecided}, contacts)
	if err != nil {
		return err
	}
	for reason := range rep.Refused { // of one contact there is one
		return o.notEntered(ctx, tx, w, t, sequence, reason)
	}
	return nil
}

// notEntered notes why a decision did not lead where it was to.
func (o *Ops) notEntered(ctx context.Context, tx *store.Tx, w *workspace.Workspace, t andante.Touch, sequence string, reason andante.Reason) error {
	now := o.now()
	seed, err := tx.Seed(ctx)
	if err != nil {
		return err
	}
	return tx.AddVerdicts(ctx, []store.StoredVerdict{{
		ID: andante.DeriveID[andante.VerdictID](seed, now, "not entered", string(t.ID)), Touch: t.ID, At: now, Policy: w.Policy.Hash,
		Verdict: andante.Verdict{Action: andante.Skip, Reason: reason, Evidence: andante.Evidence{Rule: string(sequences.Enroll(sequence))}},
	}})
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
	return o.plainTask(ctx, tx, contacts[0], plain{of: andante.EventHandedOver, key: string(t.ID), title: "Ready for you: " + contacts[0].Name(), body: body, at: o.now()})
}
