package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/workspace"
)

func (a *app) enrollCommand() *cobra.Command {
	var r ops.EnrollRequest
	c := a.withJSON(a.withYes(command("day", "enroll SEQUENCE", "Enter contacts into a sequence",
		"Enters every contact that matches and may enter, and says who may not and why. It\nmay be run again: nobody enters twice.",
		"andante enroll facility-benchmark --where 'contact.persona == \"facility-manager\"'\nandante enroll building-brief --per-day 100 --yes", nil)))
	c.Flags().StringVar(&r.Where, "where", "", "a condition, such as 'account.stage == \"prospect\"'")
	c.Flags().IntVar(&r.PerDay, "per-day", 0, "at most so many begin on a day of the company's calendar, with those of earlier calls")
	nameFlag(c, &r.Name)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := errors.Join(perDay(c, r.PerDay), named(r.Name)); err != nil {
			return err
		}
		if c.Flags().Changed("where") && strings.TrimSpace(r.Where) == "" {
			return usagef("--where is empty; leave it out to enroll everybody")
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		r.Sequence = args[0]
		return a.enroll(c.Context(), e, r)
	}
	return c
}

// nameFlag asks how many are named who may not enter.
func nameFlag(c *cobra.Command, n *int) {
	c.Flags().IntVar(n, "each", 3, "how many of those who may not are named for each reason")
}

func named(n int) error {
	if n < 1 {
		return usagef("--each is a number above 0, not %d", n)
	}
	return nil
}

// perDay wants a number that lets somebody in, if one is given.
func perDay(c *cobra.Command, n int) error {
	if n < 0 || n == 0 && c.Flags().Changed("per-day") {
		return usagef("--per-day is at least 1")
	}
	return nil
}

func (a *app) enroll(ctx context.Context, e *engine.Engine, r ops.EnrollRequest) error {
	w, err := a.enrollable(ctx, e, r.Sequence)
	if err != nil {
		return err
	}
	return a.enrollIn(ctx, e, w, r)
}

// enrollIn enters people, after it has shown who that would be.
func (a *app) enrollIn(ctx context.Context, e *engine.Engine, w *workspace.Workspace, r ops.EnrollRequest) error {
	if r.Where != "" {
		if err := w.CheckCondition(r.Where); err != nil {
			return usagef("%s: %w", flagOf(r), err)
		}
	}
	line := newProgress(a.err)
	r.Progress = func(seen int) { line.show("%s seen", count(seen, "contact")) }
	if !a.yes {
		r.DryRun = true
		rep, err := e.Ops.Enroll(ctx, r)
		line.done()
		if err != nil {
			return err
		}
		if err := a.enrolled(rep, zone(w.Config), "would enter"); err != nil || rep.Entered+rep.HeldOut == 0 {
			return err
		}
		ask := "Enter " + count(rep.Entered, "contact") + "?"
		if r.Once != nil {
			ask = "Send it to " + count(rep.Entered, "contact") + "?"
		}
		if err := a.confirm(ask); err != nil {
			return err
		}
		r.DryRun = false
	}
	rep, err := e.Ops.Enroll(ctx, r)
	line.done()
	if err != nil {
		return fmt.Errorf("enroll %s: %w; %s entered before that, and it may be run again: nobody enters twice", r.Sequence, err, count(rep.Entered, "contact"))
	}
	return a.enrolled(rep, zone(w.Config), "entered")
}

// barred names who may not enter for a reason.
func barred(r *ops.EnrollReport, reason andante.Reason) string {
	names := r.Barred[reason]
	if len(names) == 0 {
		return ""
	}
	more := ""
	if r.Refused[reason] > len(names) {
		more = ", ..."
	}
	return " (" + strings.Join(names, ", ") + more + ")"
}

// flagOf is the flag that says who enters.
func flagOf(r ops.EnrollRequest) string {
	if r.Once != nil {
		return "--to"
	}
	return "--where"
}

// enrollable returns what is published, if it has the sequence.
func (a *app) enrollable(ctx context.Context, e *engine.Engine, name string) (*workspace.Workspace, error) {
	w, err := a.published(ctx, e)
	if errors.Is(err, ops.ErrNothingPublished) {
		return nil, usageError{err}
	}
	if err != nil {
		return nil, err
	}
	if _, ok := w.Sequences[name]; ok {
		return w, nil
	}
	if now, _ := workspace.Load(e.FS()); now.Sequences[name] != nil {
		return nil, usagef("%s stands in the folder but is not published yet: run `andante publish`", name)
	}
	return nil, noSequence(name, w.Names(), "in what is published")
}

// enrolled tells who enters, who may not and why, times in the company's zone.
func (a *app) enrolled(r *ops.EnrollReport, loc *time.Location, verb string) error {
	if a.json {
		return a.printJSON(r)
	}
	switch {
	case r.Seen == 0:
		a.printf("There are no contacts yet: run `andante import FILE`.\n")
		return nil
	case r.Matched == 0 && r.Already > 0:
		a.printf("Nobody %s %s: somebody of each of %s is on it.\n", verb, r.Sequence, count(r.Already, "account"))
		return nil
	case r.Matched == 0:
		a.printf("None of %s matches, so nobody %s %s.\n", count(r.Seen, "contact"), verb, r.Sequence)
		return nil
	}
	a.printf("%s: %d of %s match, %d %s.\n", r.Sequence, r.Matched, count(r.Seen, "contact"), r.Entered, verb)
	if r.Entered > 0 {
		a.printf("The first of them is due %s", r.First.In(loc).Format(minute))
		if r.Last.After(r.First) {
			a.printf(", the last begins %s", r.Last.In(loc).Format(minute))
		}
		a.printf(".\n")
	}
	if r.HeldOut > 0 {
		a.printf("%8d  held out by the test: they get nothing\n", r.HeldOut)
	}
	for _, reason := range byCount(r.Refused) {
		a.printf("%8d  may not: %s%s\n", r.Refused[reason], reason.Text(), barred(r, reason))
		if reason != andante.ReasonNoConsent {
			continue
		}
		for _, need := range slices.Sorted(maps.Keys(r.Needs)) {
			a.printf("%8d    %s\n", r.Needs[need], need)
		}
	}
	if r.NoSender > 0 {
		a.printf("%8d  of those who enter have an account without an owner, and miss the steps that its owner sends\n", r.NoSender)
	}
	for _, what := range slices.Sorted(maps.Keys(r.Without)) {
		a.printf("%8d  of those who enter may not get %s; those steps pass them by\n", r.Without[what], what)
	}
	for _, path := range slices.Sorted(maps.Keys(r.Lacking)) {
		a.printf("%8d  of those who enter lack %s, and miss the steps that need it\n", r.Lacking[path], path)
	}
	return nil
}
