package main

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/store"
)

func (a *app) statusCommand() *cobra.Command {
	var next string
	c := a.withJSON(command("day", "status", "Show how things stand, and what goes out next",
		"Shows contacts, enrollments and touches by state, what was held back and why, and\nwith --next what goes out, to how many, by day and sequence, before it goes.",
		"andante status\nandante status --next 7d", 0, nil))
	c.Flags().StringVar(&next, "next", "", "also what is due in a time such as 7d")
	c.RunE = func(c *cobra.Command, _ []string) error {
		var span time.Duration
		if next != "" {
			o, err := calendar.ParseOffset(next)
			if err != nil {
				return usagef("--next: %w", err)
			}
			now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			span = o.From(now, time.UTC, nil).Sub(now)
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		r, err := a.reports(c.Context(), e)
		if err != nil {
			return err
		}
		s, err := r.Status(c.Context(), span)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(s)
		}
		a.status(s, span)
		return nil
	}
	return c
}

func (a *app) status(s *reports.Status, span time.Duration) {
	a.printf("%d contacts in %d accounts", s.Contacts, s.Accounts)
	if s.Revision == "" {
		a.printf("; nothing is published yet: run `andante publish`\n")
		return
	}
	a.printf("; revision %.12s\n", s.Revision)
	if !s.Calendar.IsZero() {
		a.printf("This is a demo; its calendar stands at %s.\n", s.Calendar.Format("Mon 2 Jan 2006 15:04 MST"))
	}
	a.printf("\n%-28s %-10s %8s\n", "enrollments", "state", "contacts")
	for _, c := range s.Enrollments {
		a.printf("%-28s %-10s %8d  %s\n", c.Sequence, c.State, c.N, c.Reason.Text())
	}
	a.printf("\ntouches\n")
	for _, st := range andante.States {
		if n := s.Touches[st]; n > 0 {
			a.printf("%8d  %s\n", n, st)
		}
	}
	if len(s.Reasons) > 0 {
		a.printf("\nheld back, and why\n")
		for _, reason := range byCount(s.Reasons) {
			a.printf("%8d  %-12s %s\n", s.Reasons[reason], reason, reason.Text())
		}
	}
	for _, h := range s.Holds {
		a.printf("\non hold: %s %s, by %s: %s\n", h.Scope, h.Key, h.Author, h.Reason)
	}
	if !s.NextDue.IsZero() {
		a.printf("\nnext: %s\n", s.NextDue.Format("Mon 2 Jan 2006 15:04 MST"))
	}
	if span > 0 {
		a.next(s)
	}
}

// next prints what goes out by day and sequence.
func (a *app) next(s *reports.Status) {
	byDay := map[int][]store.DueCount{}
	for _, d := range s.Next {
		byDay[d.Day] = append(byDay[d.Day], d)
	}
	if len(byDay) == 0 {
		a.printf("\nNothing goes out in this time.\n")
	}
	for _, day := range slices.Sorted(maps.Keys(byDay)) {
		total := 0
		var parts []string
		for _, d := range byDay[day] {
			total += d.N
			parts = append(parts, d.Sequence+"/"+d.Step)
		}
		a.printf("\nfrom %s: %d\n", s.Now.AddDate(0, 0, day).Format("Mon 2 Jan 15:04"), total)
		width := 0
		for _, p := range parts {
			width = max(width, len(p))
		}
		for i, d := range byDay[day] {
			a.printf("  %s%s %6d  %s\n", parts[i], strings.Repeat(" ", width-len(parts[i])), d.N, d.Kind)
		}
	}
}
