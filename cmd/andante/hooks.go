package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/store"
)

func (a *app) hooksCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "hooks", Short: "What other programs were told", GroupID: "machine", Args: known, RunE: help,
		Long:    "Events go to the programs that hooks: in andante.yaml names, signed as Standard Webhooks\nsay. What one does not take is tried again for days, and can be sent again after that.",
		Example: "  andante hooks list\n  andante hooks replay crm --since 7d",
	}
	c.AddCommand(a.hooksListCommand(), a.hooksReplayCommand())
	return c
}

// told is a delivery, and of which event.
type told struct {
	store.Delivery
	Name string
}

func (a *app) hooksListCommand() *cobra.Command {
	var since string
	c := a.withJSON(command("", "list [HOOK]", "List what hooks were told, and what waits",
		"Lists the latest deliveries: what was taken, what waits for its next try, what failed, and\nwhat the other side said.", "andante hooks list crm --since 2d", nil))
	c.Args = cobra.MaximumNArgs(1)
	c.Flags().StringVar(&since, "since", "7d", "how far back")
	c.RunE = func(c *cobra.Command, args []string) error {
		back, err := backwards(since)
		if err != nil {
			return err
		}
		return a.reading(c.Context(), func(e *engine.Engine, _ *reports.Reports) error {
			var list []told
			err := e.Store.Read(c.Context(), func(tx *store.Tx) (err error) {
				all, err := tx.Deliveries(c.Context(), strings.Join(args, ""), ago(e, back), 200)
				for _, d := range all {
					ev, failed := tx.EventByID(c.Context(), d.Event)
					if failed != nil && !errors.Is(failed, andante.ErrNotFound) {
						return failed
					}
					list = append(list, told{d, ev.Name})
				}
				return err
			})
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(list)
			}
			if len(list) == 0 {
				a.printf("No hook was told anything in the last %s.\n", since)
			} else {
				a.printf("%-12s  %-12s %-16s %-8s %5s  %s\n", "due", "hook", "event", "state", "tries", "the other side said")
			}
			for _, d := range list {
				a.printf("%-12s  %-12s %-16s %-8s %5d  %s\n", d.Due.In(zone(e.Config)).Format("2 Jan 15:04"), cut(d.Hook, 12), cut(d.Name, 16), d.State, d.Attempts, cut(d.Answer, 60))
			}
			return nil
		})
	}
	return c
}

func (a *app) hooksReplayCommand() *cobra.Command {
	var since string
	var all bool
	c := command("", "replay HOOK", "Have what failed go again",
		"Has what a hook did not take, and what waits for its next try, go at once, under the same\nids; with --all what it took, too. What was sent is kept for 30 days.", "andante hooks replay crm --since 7d", nil)
	c.Flags().StringVar(&since, "since", "7d", "how far back")
	c.Flags().BoolVar(&all, "all", false, "what was taken, too")
	c.RunE = func(c *cobra.Command, args []string) error {
		back, err := backwards(since)
		if err != nil {
			return err
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		names, err := e.Ops.Hooks(c.Context())
		if err != nil {
			return err
		}
		if !slices.Contains(names, args[0]) {
			return usagef("there is no hook %s%s; there are: %s", args[0], didYouMean(args[0], names), strings.Join(names, ", "))
		}
		n, err := e.Ops.ReplayHook(c.Context(), args[0], ago(e, back), all)
		if err == nil {
			a.printf("%s to %s again.\n", count(n, "event"), args[0])
		}
		return err
	}
	return c
}
