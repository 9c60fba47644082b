package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/reports"
)

func (a *app) reportOptOutsCommand() *cobra.Command {
	c := a.withJSON(command("", "opt-outs", "Draw opt-outs against touches received",
		"Of the touches that were somebody's first, second, third ... within 30 days: how many were\nfollowed by an opt-out or a complaint, before the next one came. So one sees from your own\npeople how often is too often. Few touches say little: look at the numbers beside the bars.",
		"andante report opt-outs --since 365d", nil))
	return reportSince(a, c, (*reports.Reports).Leaving, func(list []reports.Leaving, since string, _ *time.Location) { a.leaving(list, since) })
}

// leaving prints the lines with bars, the longest as long as the bar has room.
func (a *app) leaving(list []reports.Leaving, since string) {
	if len(list) == 0 {
		a.printf("Nobody got anything in the last %s.\n", since)
		return
	}
	most := 0.0
	for _, l := range list {
		most = max(most, l.Rate)
	}
	a.printf("%-26s %8s %8s\n", "touch within 30 days", "touches", "left")
	for _, l := range list {
		nth := fmt.Sprint(l.Nth)
		if l.Nth == 10 {
			nth = "10 and more"
		}
		length := int64(0)
		if most > 0 {
			length = int64(1000 * l.Rate / most)
		}
		a.printf("%-26s %8d %8d  %5.2f %%  %s\n", nth, l.Touches, l.Left, 100*l.Rate, bar(length, 1000))
	}
}
