package main

import (
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
		"andante publish\nandante publish --yes --finish old-sequence", 0, nil)))
	c.Flags().StringArrayVar(&finish, "finish", nil, "a deleted sequence whose enrollments may go on to their end")
	c.Flags().StringArrayVar(&stop, "stop", nil, "a deleted sequence whose enrollments end now")
	c.RunE = func(c *cobra.Command, _ []string) error {
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		w, err := a.load(e)
		if err != nil {
			return err
		}
		plan, err := e.Ops.Publish(c.Context(), w, slices.Concat(finish, stop), true)
		if err != nil {
			return err
		}
		if !a.json {
			a.published(plan)
		}
		if plan.Same {
			if a.json {
				return a.printJSON(plan)
			}
			return nil
		}
		if err := a.confirm("Publish?"); err != nil {
			return err
		}
		for _, s := range stop {
			if _, err := e.Ops.Stop(c.Context(), ops.StopRequest{Sequence: s}); err != nil {
				return err
			}
		}
		rep, err := e.Ops.Publish(c.Context(), w, finish, false)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(rep)
		}
		a.printf("Published revision %.12s.\n", rep.Revision)
		return nil
	}
	return c
}

func (a *app) published(r *ops.PublishReport) {
	if r.Same {
		a.printf("Nothing differs from what runs.\n")
		return
	}
	say := func(list []string, text string) {
		if len(list) > 0 {
			a.printf("%s: %s\n", text, strings.Join(list, ", "))
		}
	}
	say(r.Changed, "files that differ")
	say(r.Plans, "new plans, for those who enter from now on")
	say(r.Words, "new words, for everybody who has not had that step")
	say(r.Missing, "deleted, but still running; add --finish or --stop for each")
	for _, n := range r.NoEffect {
		a.printf("note: %s\n", n)
	}
}

func (a *app) enrollCommand() *cobra.Command {
	var r ops.EnrollRequest
	c := a.withJSON(a.withYes(command("day", "enroll SEQUENCE", "Enter contacts into a sequence",
		"Enters every contact that matches and may enter, and says who may not and why. It\nmay be run again: nobody enters twice.",
		"andante enroll facility-benchmark --where 'contact.persona == \"cfo\"'\nandante enroll monthly-brief --per-day 100 --yes", 1, nil)))
	c.Flags().StringVar(&r.Where, "where", "", "a condition, such as 'account.stage == \"prospect\"'")
	c.Flags().IntVar(&r.PerDay, "per-day", 0, "at most so many begin on a day")
	c.RunE = func(c *cobra.Command, args []string) error {
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		r.Sequence = args[0]
		line := newProgress(a.err)
		r.Progress = func(seen int) { line.show("%d contacts seen", seen) }
		if !a.yes {
			dry := r
			dry.DryRun = true
			rep, err := e.Ops.Enroll(c.Context(), dry)
			line.done()
			if err != nil {
				return err
			}
			if !a.json {
				a.enrolled(rep, "would enter")
			}
			if err := a.confirm(fmt.Sprintf("Enter %d contacts?", rep.Entered)); err != nil {
				return err
			}
		}
		rep, err := e.Ops.Enroll(c.Context(), r)
		line.done()
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(rep)
		}
		a.enrolled(rep, "entered")
		return nil
	}
	return c
}

func (a *app) enrolled(r *ops.EnrollReport, verb string) {
	a.printf("%s: %d of %d contacts match, %d %s", r.Sequence, r.Matched, r.Seen, r.Entered, verb)
	if r.Entered > 0 {
		a.printf("; the first touch is due %s, the last first touch %s", r.First.Format("Mon 2 Jan 15:04 MST"), r.Last.Format("Mon 2 Jan 15:04 MST"))
	}
	a.printf("\n")
	if r.HeldOut > 0 {
		a.printf("%8d  held out by the test: they get nothing\n", r.HeldOut)
	}
	for _, reason := range byCount(r.Refused) {
		a.printf("%8d  may not: %s\n", r.Refused[reason], reason.Text())
	}
	for _, need := range slices.Sorted(maps.Keys(r.Needs)) {
		a.printf("%8d    %s\n", r.Needs[need], need)
	}
	for _, path := range slices.Sorted(maps.Keys(r.Lacking)) {
		a.printf("%8d  lack %s, which a step needs\n", r.Lacking[path], path)
	}
}
