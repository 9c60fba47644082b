package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/internal/nearest"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

func (a *app) eventCommand() *cobra.Command {
	var at, detail string
	c := a.withYes(command("people", "event CONTACT NAME", "Note that something happened",
		"Notes what happened to a contact (by id, external id or address), and does what\nfollows from it: sequences end, cool-downs begin or end, conditions see it.\n\n"+
			"Some names mean something to the program: replied, handled (a colleague took care of\na reply), met, handed_over, opted_out, unreachable, clicked, answered, purchased and\nrequested. Any other is yours, such as form.benchmark.",
		"andante event ana@acme.example replied\nandante event C-1001 form.benchmark --at 2026-11-02T09:30", nil))
	c.Flags().StringVar(&at, "at", "", "when it happened, such as 2026-11-02T09:30"+inZone+"; now if not given")
	c.Flags().StringVar(&detail, "detail", "", "a few words that andante why shows")
	c.RunE = func(c *cobra.Command, args []string) error {
		if !andante.IsEventName(args[1]) {
			return usagef("an event has a name such as replied or form.benchmark, not %q", args[1])
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		who, err := a.contact(c.Context(), e, args[0])
		if err != nil {
			return err
		}
		ev := andante.Event{Contact: who.ID, Name: args[1], Detail: detail}
		if ev.At, err = instant("at", at, zone(e.Config)); err != nil {
			return err
		}
		if ev.At.After(e.Clock.Now().Add(time.Minute)) {
			return usagef("--at %s has not come yet", at)
		}
		heard, near, err := a.heard(c.Context(), e, ev.Name)
		if err != nil {
			return err
		}
		if near != "" {
			if err := a.confirm(fmt.Sprintf("Nothing that is published asks for %s; did you mean %s? Note %s all the same?", ev.Name, near, ev.Name)); err != nil {
				return err
			}
		}
		if err := e.Ops.Record(c.Context(), ev); err != nil {
			return err
		}
		a.printf("Noted: %s for %s.\n", args[1], args[0])
		if !heard && near == "" {
			a.printf("Nothing that is published asks for %s.\n", args[1])
		}
		return nil
	}
	return c
}

// heard tells whether anything asks for an event of a name, and if not, which name was
// perhaps meant.
func (a *app) heard(ctx context.Context, e *engine.Engine, name string) (heard bool, near string, err error) {
	var known []string
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		w, err := e.Ops.Workspace(ctx, tx)
		if err == nil {
			known = w.Events()
		}
		return err
	})
	if errors.Is(err, ops.ErrNothingPublished) {
		return true, "", nil // nobody can say
	}
	if err != nil || slices.Contains(known, name) {
		return err == nil, "", err
	}
	if near = nearest.Name(name, known); near == "" { // reply, say, for replied
		i := slices.IndexFunc(known, func(k string) bool { return len(name) >= 4 && strings.HasPrefix(k, name[:len(name)-1]) })
		if i >= 0 {
			near = known[i]
		}
	}
	return false, near, nil
}

func (a *app) handoverCommand() *cobra.Command {
	var note string
	c := command("people", "handover CONTACT", "Give a contact to its owner",
		"Gives a contact to the owner of its account, as a qualification does by itself: its\nsequences end, and the owner has a task with the story.",
		"andante handover ana@acme.example --note \"asked for a quote at the fair\"", nil)
	c.Flags().StringVar(&note, "note", "", "why, for the owner")
	c.RunE = func(c *cobra.Command, args []string) error {
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		who, err := a.contact(c.Context(), e, args[0])
		if err != nil {
			return err
		}
		if err := e.Ops.HandOver(c.Context(), who.ID, whoami(), note); err != nil {
			return err
		}
		a.printf("%s is the owner's now, with a task.\n", args[0])
		return nil
	}
	return c
}
