package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/ops"
)

func (a *app) publishCommand() *cobra.Command {
	var finish, stop []string
	c := a.withJSON(a.withYes(command("day", "publish", "Make the workspace what runs from now on",
		"Checks the workspace and puts it into the store as one revision. New words reach\neverybody who has not had that step; a new plan holds for those who enter from now on.",
		"andante publish\nandante publish --yes --finish old-sequence", nil)))
	c.Flags().StringArrayVar(&finish, "finish", nil, "a deleted sequence whose enrollments may go on to their end")
	c.Flags().StringArrayVar(&stop, "stop", nil, "a deleted sequence whose enrollments end now")
	c.RunE = func(c *cobra.Command, _ []string) error {
		for _, name := range finish {
			if slices.Contains(stop, name) {
				return usagef("--finish and --stop of %s exclude each other", name)
			}
		}
		e, err := a.begin(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		w, err := a.load(e)
		if err != nil {
			return err
		}
		plan, err := e.Ops.Publish(c.Context(), w, nil, true)
		if err != nil {
			return err
		}
		if len(plan.Renamed) > 0 {
			return a.refused(plan.Renamed)
		}
		if err := settleDeleted(plan, slices.Concat(finish, stop)); err != nil {
			return err
		}
		_, err = a.published(c.Context(), e)
		first := errors.Is(err, ops.ErrNothingPublished)
		if err := a.publishPlan(plan, first); err != nil || plan.Same {
			return err
		}
		rep, err := e.Ops.Publish(c.Context(), w, slices.Concat(finish, stop), false)
		if err != nil {
			return err
		}
		rep.Gone, rep.Silent, rep.Lacking = plan.Gone, plan.Silent, plan.Lacking
		for _, s := range stop {
			if _, err := e.Ops.Stop(c.Context(), ops.StopRequest{Sequence: s}); err != nil {
				return fmt.Errorf("published, but %s still runs: %w; run `andante stop --sequence %s`", s, err, s)
			}
		}
		if a.json {
			return a.printJSON(rep)
		}
		a.printf("Published revision %.12s.\n", rep.Revision)
		for _, name := range slices.Sorted(maps.Keys(rep.Entered)) {
			a.printf("%s entered %s, as its `enter:` says.\n", count(rep.Entered[name], "contact"), name)
		}
		if rep.Classified > 0 {
			a.printf("%d contacts and accounts have another persona or tier now.\n", rep.Classified)
		}
		return nil
	}
	return c
}

// settleDeleted takes the sequences off the list of the missing for which a flag
// says what becomes of them. A flag for any other is a slip that could end a
// sequence that is wanted.
func settleDeleted(plan *ops.PublishReport, named []string) error {
	for _, name := range named {
		if !slices.Contains(plan.Missing, name) {
			return usagef("--finish and --stop are for deleted sequences that still run, and %s is none", name)
		}
	}
	plan.Missing = slices.DeleteFunc(plan.Missing, func(name string) bool { return slices.Contains(named, name) })
	return nil
}

// publishPlan shows what a publish would change and asks.
func (a *app) publishPlan(plan *ops.PublishReport, first bool) error {
	switch {
	case !a.json:
		a.changes(plan, first)
	case plan.Same || !a.yes:
		if err := a.printJSON(plan); err != nil {
			return err
		}
	}
	if len(plan.Missing) > 0 {
		return usagef("publish needs --finish SEQUENCE (those on it go on to its end) or --stop SEQUENCE (they end now) for %s", strings.Join(plan.Missing, ", "))
	}
	if plan.Same {
		return nil
	}
	return a.confirm("Publish?")
}

func (a *app) changes(r *ops.PublishReport, first bool) {
	if r.Same {
		a.printf("Nothing differs from what runs.\n")
		return
	}
	say := func(list []string, text string) {
		if len(list) == 0 {
			return
		}
		a.printf("%s:\n", text)
		for _, name := range list {
			a.printf("  %s\n", name)
		}
	}
	if first {
		a.printf("This is the first publish: %s in %s.\n", count(len(r.Plans), "sequence"), count(len(r.Changed), "file"))
		say(r.Plans, "Sequences")
	} else {
		changed := slices.DeleteFunc(slices.Clone(r.Changed), func(name string) bool {
			return slices.Contains(r.Added, name) || slices.Contains(r.Deleted, name)
		})
		say(changed, "Files that differ")
		say(r.Added, "New files")
		say(r.Deleted, "Deleted files")
		say(r.Plans, "New plans, for those who enter from now on")
		say(r.Words, "New words, for everybody who has not had that step")
	}
	if r.Classify && !first {
		a.printf("Personas and tiers by rule are read again, for the rules differ.\n")
	}
	if r.Policy && !first {
		a.printf("What was put off is looked at again, for the policy differs.\n")
	}
	say(r.Missing, "Deleted, but still running")
	for _, g := range r.Gone {
		a.printf("%s/%s is gone, and %s who entered before still get it; `andante stop --sequence %s` would end that.\n", g.Sequence, g.Step, count(g.Contacts, "contact"), g.Sequence)
	}
	for _, key := range r.Silent {
		a.printf("%s is in andante.yaml no more: touches that wait to be sent as %[1]s go as `if_no_owner` says, or not at all.\n", key)
	}
	for _, l := range r.Lacking {
		a.printf("%s: %d of %s lack %s.\n", l.Sequence, l.Contacts, count(l.Of, "contact"), l.Field)
	}
	say(r.NoEffect, "Notes")
}
