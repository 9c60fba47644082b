package main

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/store"
)

func (a *app) statusCommand() *cobra.Command {
	var next, account string
	c := a.withJSON(command("day", "status", "Show how things stand, and what goes out next",
		"Shows contacts, enrollments and touches by state, what was held back and why, and\nwith --next what goes out, to how many, by day and sequence, before it goes. With\n--account it shows who decides there, what they had and are to get, what is known\nof their qualification, and the account's cadence and limits.",
		"andante status\nandante status --next 7d\nandante status --account ACME", nil))
	c.Flags().StringVar(&account, "account", "", "one account, by its key")
	c.Flags().StringVar(&next, "next", "", "also what is due in a time such as 7d")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if account != "" {
			return a.accountStatus(c.Context(), account)
		}
		var span time.Duration
		if next != "" {
			o, err := calendar.ParseOffset(next)
			if err != nil {
				return usagef("--next: %w", err)
			}
			day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // any will do
			span = o.From(day, time.UTC, nil).Sub(day)
		}
		return a.reading(c.Context(), func(e *engine.Engine, r *reports.Reports) error {
			s, err := r.Status(c.Context(), span)
			if err != nil {
				return err
			}
			if s.Health, err = e.Ops.HealthNotices(c.Context()); err != nil {
				return err
			}
			if a.json {
				return a.printJSON(s)
			}
			a.status(s, span, zone(r.Workspace.Config))
			if st, err := e.Standing(c.Context()); err == nil && st.Copied() { // a demo has none
				a.printf("\n`andante run` refuses this store, and nothing is sent: `andante doctor` says why.\n")
			}
			return nil
		})
	}
	return c
}

func (a *app) status(s *reports.Status, span time.Duration, loc *time.Location) {
	a.printf("%s in %s", count(s.Contacts, "contact"), count(s.Accounts, "account"))
	if s.Revision == "" {
		a.printf("; nothing is published yet: run `andante publish`\n")
		return
	}
	a.printf("; revision %.12s\n", s.Revision)
	if !s.Calendar.IsZero() {
		a.printf("This is a demo; its calendar stands at %s.\n", s.Calendar.In(loc).Format(minute))
	}
	if len(s.Enrollments) == 0 {
		a.printf("Nobody is on a sequence yet: run `andante enroll SEQUENCE`.\n")
	} else {
		a.runs(s.Enrollments)
	}
	a.touches(s)
	for _, h := range s.Holds {
		a.printf("\n%s: %s\n", strings.TrimSpace(string(h.Scope)+" "+h.Name), holdText(h, loc))
		if h.Author == andante.HoldAuthor && h.Until.IsZero() {
			a.printf("  once that is mended: andante release --%s %s\n", h.Scope, h.Name)
		}
	}
	if len(s.Health) > 0 {
		a.printf("\n%s\n", strings.Join(s.Health, "\n"))
	}
	if len(s.Lost) > 0 {
		a.printf("\n%s to colleagues did not go, or nobody knows, the last one to %s on %s: %s\n", count(len(s.Lost), "notice"), s.Lost[0].Person, s.Lost[0].At.In(loc).Format(minute), s.Lost[0].Answer)
	}
	if len(s.Waiting) > 0 || !s.NextDue.IsZero() {
		a.printf("\n")
	}
	a.waiting(s, loc)
	switch {
	case s.NextDue.IsZero():
	case s.NextDue.After(s.Now):
		a.printf("next: %s\n", s.NextDue.In(loc).Format(minute))
	default:
		a.printf("next: due since %s; `andante run` sends what is due\n", s.NextDue.In(loc).Format(minute))
	}
	if span > 0 {
		a.next(s.Next, loc)
	}
}

// waiting tells what is due and waits for the pace of its sender.
func (a *app) waiting(s *reports.Status, loc *time.Location) {
	for _, w := range s.Waiting {
		a.printf("%8d  due and waiting until %s: %s (%s)\n", w.Touches, w.Until.In(loc).Format("Mon 2 Jan 15:04"), andante.ReasonThrottled.Text(), w.Sender)
	}
}

// minute is how times are printed.
const minute = "Mon 2 Jan 2006 15:04 MST"

// runs prints a line for each sequence, and under it why enrollments ended.
func (a *app) runs(list []store.RunCount) {
	byName := map[string][]store.RunCount{}
	wide := len("sequence")
	for _, c := range list {
		byName[c.Sequence] = append(byName[c.Sequence], c)
		wide = max(wide, len(c.Sequence))
	}
	a.printf("\n%-*s %9s %9s\n", wide, "sequence", "active", "finished")
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		n := map[andante.EnrollmentState]int{}
		for _, c := range byName[name] {
			n[c.State] += c.N
		}
		a.printf("%-*s %9d %9d\n", wide, name, n[andante.EnrollmentActive]+n[andante.EnrollmentHeld], n[andante.EnrollmentFinished])
		for _, c := range byName[name] {
			if c.State == andante.EnrollmentFinished {
				a.printf("%*s %9d  %s\n", wide+10, "", c.N, c.Reason.Text())
			}
		}
	}
}

// stateWords are for a state that does not say what it means for whoever looks.
var stateWords = map[andante.State]string{
	andante.Leased:    ": with a worker",
	andante.Claimed:   ": with a worker, and about to go",
	andante.Attempted: ": on the wire; if its worker died, it is settled within a minute of the next `andante run`",
}

// touches prints how many are in each state, and what was held back.
func (a *app) touches(s *reports.Status) {
	if len(s.Touches) > 0 {
		a.printf("\ntouches\n")
	}
	for _, st := range andante.States {
		if n := s.Touches[st]; n > 0 {
			a.printf("%8d  %s%s\n", n, st, stateWords[st])
		}
		if st == andante.Failed {
			for _, reason := range byCount(s.Failed) {
				a.printf("%18d  %-12s %s\n", s.Failed[reason], reason, reason.Text())
			}
		}
	}
	for i, id := range s.Unknown {
		if i == 0 {
			a.printf("\nunknown (%d of %d); `andante settle` tells what is known of them\n", len(s.Unknown), s.Touches[andante.Unknown])
		}
		a.printf("  %s\n", id)
	}
	if len(s.Reasons) == 0 {
		return
	}
	a.printf("\nhow often a touch was put off or not sent, and why\n")
	for _, reason := range byCount(s.Reasons) {
		a.printf("%8d  %-12s %s\n", s.Reasons[reason], reason, reason.Text())
	}
}

// next prints what goes out by day and sequence.
func (a *app) next(f *reports.Forecast, loc *time.Location) {
	byDay, wide := map[string][]reports.ForecastCount{}, 0
	for _, c := range f.Going {
		byDay[c.Date] = append(byDay[c.Date], c)
		wide = max(wide, len(c.Sequence+"/"+c.Step))
	}
	if len(byDay) == 0 {
		a.printf("\nNothing goes out before %s.\n", f.Until.In(loc).Format(minute))
	}
	for _, date := range slices.Sorted(maps.Keys(byDay)) {
		total := 0
		for _, c := range byDay[date] {
			total += c.N
		}
		day, _ := time.Parse(time.DateOnly, date)
		a.printf("\n%s: %d\n", day.Format("Mon 2 Jan 2006"), total)
		for _, c := range byDay[date] {
			a.printf("  %-*s %6d  %s\n", wide, c.Sequence+"/"+c.Step, c.N, c.Kind)
		}
	}
	if len(f.Over) > 0 {
		a.printf("\nMore is due than a sender sends on a day; what is over goes on the days after:\n")
	}
	for _, o := range f.Over {
		day, _ := time.Parse(time.DateOnly, o.Date)
		a.printf("  %s  %s: %d are due, %d go\n", day.Format("Mon 2 Jan 2006"), o.Sender, o.Due, o.Most)
	}
	if f.PutOff > 0 {
		a.printf("\n%d more are due by then, and are put off for want of a place or by a hold.\n", f.PutOff)
	}
	a.printf("Conditions, empty fields and replies may still take some away.\n")
}
