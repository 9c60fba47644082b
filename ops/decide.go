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
		contacts, err := tx.Contacts(ctx, []andante.ContactID{s.Touch.Contact})
		if err != nil || len(contacts) == 0 {
			return err
		}
		if err := o.handOver(ctx, tx, contacts[0], s.Touch.ID, s.Touch.Sequence+"/"+s.Touch.Step+" found so"); err != nil {
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
