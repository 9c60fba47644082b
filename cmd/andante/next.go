package main

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/reports"
)

func (a *app) nextCommand() *cobra.Command {
	var n int
	c := command("day", "next CONTACT", "Tell what somebody is to get next",
		"Tells the next touches of a contact (by id, external id or address), when they are\nexpected to go, and what puts them off until then, if nobody replies, leaves or is\nadded. Conditions and missing fields are not asked, and calls, visits and\nprinted post take as long as people take.",
		"andante next ana@acme.example\nandante next C-1001 --touches 10", nil)
	c.Flags().IntVar(&n, "touches", 3, "how many")
	c.RunE = func(c *cobra.Command, args []string) error {
		if n < 1 || n > 1000 {
			return usagef("--touches is a number from 1 to 1000, not %d", n)
		}
		return a.reading(c.Context(), func(e *engine.Engine, r *reports.Reports) error {
			next, err := r.Next(c.Context(), args[0], n)
			if errors.Is(err, andante.ErrNotFound) {
				return usagef("there is no contact %s; name one by id, by the id of your own system or by address", args[0])
			}
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(next)
			}
			a.toCome(next)
			return nil
		})
	}
	return a.withJSON(c)
}

// toCome prints what is to come, times in the contact's zone.
func (a *app) toCome(n *reports.Next) {
	zone, err := time.LoadLocation(n.Zone)
	if err != nil {
		zone = time.UTC
	}
	when := func(t time.Time) string { return t.In(zone).Format("Mon 2 Jan 2006 15:04") }
	a.printf("%s: %s\n", n.Name, n.About)
	if len(n.Touches) == 0 {
		a.printf("Nothing is to come.\n")
	}
	for _, t := range n.Touches {
		what := strings.Trim(t.Sequence+"/"+t.Step, "/") + " (" + string(t.Kind) + ")"
		if t.Earliest {
			what += ", at the earliest"
		}
		switch {
		case t.Open && t.Kind.Mailed():
			a.printf("%s  %s: waits to be printed or posted; see andante cards list\n", when(t.Due), what)
		case t.Open:
			a.printf("%s  %s: waits for somebody; see andante task list\n", when(t.Due), what)
		case t.Skipped != "":
			a.printf("%s  %s: will not go: %s\n", when(t.Due), what, t.Skipped.Text())
		case t.At.IsZero():
			a.printf("%s  %s: waits\n", when(t.Due), what)
		case len(t.Verdicts) > 0:
			a.printf("%s  %s: due %s, and put off\n", when(t.At), what, when(t.Due))
		default:
			a.printf("%s  %s\n", when(t.At), what)
		}
		for _, v := range t.Verdicts {
			if !v.Until.IsZero() {
				a.printf("                        until %s: %s\n", when(v.Until), v.Reason.Text())
			}
			for _, b := range v.Because {
				a.printf("                          %s\n", b)
			}
		}
	}
	if n.More {
		a.printf("and more after that: andante next --touches 20\n")
	}
}
