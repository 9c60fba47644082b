package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/reports"
)

// accountStatus prints one account.
func (a *app) accountStatus(ctx context.Context, key string) error {
	return a.reading(ctx, func(e *engine.Engine, r *reports.Reports) error {
		acc, err := r.Account(ctx, key)
		if errors.Is(err, andante.ErrNotFound) {
			return usagef("there is no account %s; name it by the key that its contacts were imported with", key)
		}
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(acc)
		}
		a.account(acc, zone(r.Workspace.Config))
		return nil
	})
}

func (a *app) account(acc *reports.Account, loc *time.Location) {
	about := []string{acc.Stage}
	if acc.Tier != "" {
		about = append(about, acc.Tier)
	}
	switch {
	case acc.Owner == "":
		about = append(about, "no owner: `andante adopt --orphans --to SOMEBODY`")
	case acc.Orphaned:
		about = append(about, "its owner "+acc.Owner+" is gone: `andante adopt --from "+acc.Owner+" --to SOMEBODY`")
	default:
		about = append(about, "owner "+acc.Owner)
	}
	a.printf("%s (%s): %s\n", acc.Name, acc.Key, strings.Join(about, ", "))
	for _, h := range acc.Holds {
		if h.Scope == andante.HoldContact {
			a.printf("%s: ", h.Name)
		}
		a.printf("%s\n", holdText(h, loc))
	}
	for _, d := range acc.People {
		a.decider(d, loc)
	}
	if c := acc.Cadence; c != nil {
		a.printf("\ncadence: %d a year; this year %d planned, %d given (%s by people), %d due; %s\n",
			c.PerYear, c.Planned, c.Given, byPeople(c), c.Due, standing(c, loc))
	} else {
		a.printf("\ncadence: cadence.yaml is not for it\n")
	}
	for _, u := range acc.Limits {
		what := "touches"
		if u.Points {
			what = "points"
		}
		coming := ""
		if u.Coming > 0 {
			coming = fmt.Sprintf(", and %g to come within another", u.Coming)
		}
		a.printf("limit %s: %g of %g %s in %s%s\n", u.Limit, u.Used, u.Max, what, per(u.Period), coming)
	}
}

// per says a period: the last 30d, or this month.
func per(period string) string {
	if strings.ContainsAny(period, "0123456789") {
		return "the last " + period
	}
	return "this " + period
}

func (a *app) decider(d reports.Decider, loc *time.Location) {
	const day = "Mon 2 Jan 2006"
	a.printf("\n%s", d.Name)
	for _, what := range []string{d.Role, d.Persona} {
		if what != "" {
			a.printf(", %s", what)
		}
	}
	a.printf("\n")
	last := "  last touch: none\n"
	if d.Last != nil {
		last = fmt.Sprintf("  last touch: %s on %s", d.Last.Kind, d.Last.At.In(loc).Format(day))
		if !d.Responded.IsZero() {
			last += ", last response on " + d.Responded.In(loc).Format(day)
		}
		last += "\n"
	}
	a.printf("%s", last)
	switch n := d.Next; {
	case n == nil:
		a.printf("  next touch: none\n")
	case n.Skipped != "":
		a.printf("  next touch: %s/%s (%s) will not go: %s\n", n.Sequence, n.Step, n.Kind, n.Skipped.Text())
	case n.At.IsZero():
		a.printf("  next touch: %s/%s (%s) waits\n", n.Sequence, n.Step, n.Kind)
	default:
		a.printf("  next touch: %s/%s (%s) on %s\n", n.Sequence, n.Step, n.Kind, n.At.In(loc).Format(day))
	}
	if len(d.Known)+len(d.Missing) == 0 {
		return
	}
	text := "  qualified"
	if !d.Qualified {
		text = "  not qualified yet"
	}
	if len(d.Known) > 0 {
		text += "; known: " + strings.Join(d.Known, ", ")
	}
	if len(d.Missing) > 0 {
		text += "; missing: " + strings.Join(d.Missing, ", ")
	}
	a.printf("%s\n", text)
}

func holdText(h reports.Hold, loc *time.Location) string {
	return reports.HoldText(h.Hold, func(t time.Time) string { return t.In(loc).Format("Mon 2 Jan 2006") })
}
