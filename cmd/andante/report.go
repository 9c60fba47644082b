package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/reports"
)

func (a *app) reportCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "report", Short: "What came of it", GroupID: "people", Args: known, RunE: help,
		Long:    "Reports on what happened.",
		Example: "  andante report conversations --since 90d\n  andante report routing\n  andante report opt-outs --since 365d",
	}
	c.AddCommand(a.reportConversationsCommand(), a.reportRoutingCommand(), a.reportOptOutsCommand())
	return c
}

// reportSince has c read a report of the time since --since, and show it.
func reportSince[T any](a *app, c *cobra.Command, read func(*reports.Reports, context.Context, time.Time) ([]T, error), show func(list []T, since string, z *time.Location)) *cobra.Command {
	var since string
	c.Flags().StringVar(&since, "since", "90d", "how far back")
	c.RunE = func(c *cobra.Command, _ []string) error {
		back, err := backwards(since)
		if err != nil {
			return err
		}
		return a.reading(c.Context(), func(e *engine.Engine, r *reports.Reports) error {
			list, err := read(r, c.Context(), ago(e, back))
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(list)
			}
			show(list, since, zone(e.Config))
			return nil
		})
	}
	return c
}
