package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
)

func (a *app) mergeCommand() *cobra.Command {
	var accounts bool
	var by string
	c := a.withJSON(a.withYes(command("people", "merge KEEP DROP", "Make one of two contacts who are the same",
		"Makes one contact of two who are the same person. Everything of DROP becomes KEEP's: touches\nare counted together, what bars one bars both, of what they chose the stricter holds, and of\ntwo runs of a sequence the further goes on. Fields that KEEP lacks are filled. DROP's id and\naddress find KEEP from then on, in imports, links and answers. With --accounts it is two\ncompanies, by key: DROP's people go over to KEEP.",
		"andante merge ana@acme.example a.berg@acme.example\nandante merge --accounts A-1001 A-2002 --yes", nil)))
	c.Flags().BoolVar(&accounts, "accounts", false, "two accounts, by key")
	c.Flags().StringVar(&by, "by", "", "who says so; you if not given")
	c.RunE = func(c *cobra.Command, args []string) error {
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		by = cmp.Or(by, os.Getenv("USER"), "the command line")
		if accounts {
			return a.mergeAccounts(c.Context(), e, args[0], args[1])
		}
		keep, err := a.contact(c.Context(), e, args[0])
		if err != nil {
			return err
		}
		drop, err := a.contact(c.Context(), e, args[1])
		if err != nil {
			return err
		}
		would, err := e.Ops.Merge(c.Context(), keep.ID, drop.ID, by, true)
		if errors.Is(err, ops.ErrSame) {
			return usagef("%s and %s are one contact already", args[0], args[1])
		}
		if err != nil && !errors.Is(err, ops.ErrOnItsWay) {
			return err
		}
		if !a.json && err == nil {
			a.merged(would)
		}
		if err := a.confirm("Make " + cmp.Or(keep.Name(), keep.Email) + " <" + keep.Email + "> and " + cmp.Or(drop.Name(), drop.Email) + " <" + drop.Email + "> one?"); err != nil {
			return err
		}
		m, err := e.Ops.Merge(c.Context(), keep.ID, drop.ID, by, false)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(m)
		}
		a.printf("They are one: %s, %s.\n", cmp.Or(m.Name, keep.Email), m.Keep)
		return nil
	}
	return c
}

// mergeAccounts makes one account of two.
func (a *app) mergeAccounts(ctx context.Context, e *engine.Engine, keep, drop string) error {
	w, err := a.published(ctx, e)
	if err != nil {
		return err
	}
	if err := a.confirm("Have everybody of the account " + drop + " go over to " + keep + "?"); err != nil {
		return err
	}
	n, err := e.Ops.MergeAccounts(ctx, w, keep, drop)
	switch {
	case errors.Is(err, ops.ErrSame):
		return usagef("%s is %s", keep, drop)
	case errors.Is(err, andante.ErrNotFound):
		return usagef("%w; name accounts by their key, as in the column account of your import", err)
	case err != nil:
		return err
	case a.json:
		return a.printJSON(map[string]any{"keep": keep, "drop": drop, "contacts": n})
	}
	a.printf("%s of %s now belong to %s, and %[2]s is no more.\n", count(n, "contact"), drop, keep)
	return nil
}

// merged says what becomes of two contacts.
func (a *app) merged(m *ops.Merged) {
	a.printf("%s come along, and count with the others.\n", count(m.Touches, "touch"))
	if len(m.Filled) > 0 {
		a.printf("Filled: %s.\n", strings.Join(m.Filled, ", "))
	}
	if len(m.Ended) > 0 {
		a.printf("One of two runs ends, and the further goes on: %s.\n", strings.Join(m.Ended, ", "))
	}
	if m.Barred > 0 {
		a.printf("%s of the one hold for both.\n", count(m.Barred, "bar"))
	}
	if m.Choice != "" {
		a.printf("They get: %s.\n", m.Choice)
	}
	for _, l := range m.Left {
		a.printf("Left behind, for it was given at an address that does not stay: %s.\n", l)
	}
	if m.Account != "" {
		a.printf("The account %s goes: nobody is left in it.\n", m.Account)
	}
}
