package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/store"
)

func (a *app) resumeCommand() *cobra.Command {
	var sequence string
	c := command("people", "resume ENROLLMENT|CONTACT", "Have a sequence go on that a reply ended",
		"Has a sequence go on that a reply ended, for one that asked for nothing: a mere \"Thanks!\".\nIt goes on with the step that would have come next, and what was to be answered is over.\nA contact may be named instead, where one sequence alone ended so.",
		"andante resume ana@acme.example\nandante resume 019b8a2e-5c3d-7aaa-9bbb-0123456789ab", nil)
	c.Flags().StringVar(&sequence, "sequence", "", "which one, where several ended")
	c.RunE = func(c *cobra.Command, args []string) error {
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		id, err := a.resumable(c.Context(), e, args[0], sequence)
		if err != nil {
			return err
		}
		next, err := e.Ops.ResumeEnrollment(c.Context(), id, whoami())
		if errors.Is(err, ops.ErrNotResumed) {
			return usagef("%v", err)
		}
		if err != nil {
			return err
		}
		a.printf("%s goes on with %s, from %s on.\n", next.Sequence, next.Step, next.Due.In(zone(e.Config)).Format("Mon 2 Jan 2006 15:04"))
		return nil
	}
	return c
}

// resumable finds the enrollment that is meant.
func (a *app) resumable(ctx context.Context, e *engine.Engine, name, sequence string) (id andante.EnrollmentID, err error) {
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		if andante.IsID(name) {
			list, err := tx.Enrollments(ctx, []andante.EnrollmentID{andante.EnrollmentID(name)})
			if err != nil || len(list) > 0 {
				id = andante.EnrollmentID(name)
				return err
			}
		}
		who, err := reports.FindContact(ctx, tx, e.Ops.Keys.Hash, name)
		if errors.Is(err, andante.ErrNotFound) {
			return usagef("there is no enrollment and no contact %s; `andante why CONTACT` shows enrollments", name)
		}
		if err != nil {
			return err
		}
		list, err := tx.EnrollmentsOf(ctx, []andante.ContactID{who.ID})
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(x andante.Enrollment) bool {
			return !ops.EndedByReply(x) || sequence != "" && x.Sequence != sequence
		})
		switch len(list) {
		case 0:
			return usagef("no sequence of %s ended by a reply", name)
		case 1:
			id = list[0].ID
			return nil
		}
		var names []string
		for _, x := range list {
			names = append(names, x.Sequence)
		}
		return usagef("several sequences of %s ended by a reply; name one with --sequence: %s", name, strings.Join(names, ", "))
	})
	return id, err
}
