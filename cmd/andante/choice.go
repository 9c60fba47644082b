package main

import (
	"cmp"
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/governor"
)

func (a *app) choiceCommand() *cobra.Command {
	var atMost, pause, source string
	var only, not []string
	var nothing bool
	c := command("people", "choice CONTACT", "Take down what a contact wants to get",
		"Takes down what a contact decided about what it gets: less often, a pause, only some\nkinds, nothing about a topic. It wins over everything else, and takes the place of\nwhat the contact decided before. Whoever wants nothing at all: andante suppress.",
		"andante choice ana@acme.example --at-most \"1 per 30d\" --source \"said so on the phone\"\nandante choice C-1001 --only postcard,letter\nandante choice C-1001 --none", nil)
	c.Flags().StringVar(&atMost, "at-most", "", "how many in which time, such as 1 per 30d or 2 per month")
	c.Flags().StringVar(&pause, "pause-until", "", "nothing before this day")
	c.Flags().StringSliceVar(&only, "only", nil, "no other kinds than these")
	c.Flags().StringSliceVar(&not, "not", nil, "nothing from sequences with these topics")
	c.Flags().BoolVar(&nothing, "none", false, "everything as usual again")
	c.Flags().StringVar(&source, "source", "", "who says so; you if not given")
	c.RunE = func(c *cobra.Command, args []string) error {
		var err error
		choice := andante.Choice{Not: not, Source: cmp.Or(source, os.Getenv("USER"), "the command line")}
		if atMost != "" {
			most, per, err := governor.ParseRate(atMost)
			if err != nil {
				return usagef("--at-most: %v", err)
			}
			choice.Max, choice.Per = most, per.Written
		}
		for _, k := range only {
			if !andante.Kind(k).Valid() || andante.Kind(k) == andante.Decide {
				return usagef("--only: there is no kind %s; there are %v", k, andante.Kinds[:len(andante.Kinds)-1])
			}
			choice.Only = append(choice.Only, andante.Kind(k))
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		if pause != "" {
			if choice.Pause, err = time.ParseInLocation(time.DateOnly, pause, zone(e.Config)); err != nil {
				return usagef("--pause-until is a date such as 2027-03-01, not %q", pause)
			}
			if !choice.Pause.After(e.Clock.Now()) {
				return usagef("--pause-until %s is over already", pause)
			}
		}
		if err := a.checkTopics(c.Context(), e, not); err != nil {
			return err
		}
		if choice.IsZero() != nothing {
			return usagef("say what the contact chose with --at-most, --pause-until, --only or --not, or --none to take it back")
		}
		who, err := a.contact(c.Context(), e, args[0])
		if err != nil {
			return err
		}
		if err := e.Ops.Choose(c.Context(), who.ID, choice); err != nil {
			return err
		}
		a.printf("%s gets from now on: %s.\n", args[0], choice)
		return nil
	}
	return c
}

// checkTopics wants topics that a published sequence has: a slip of the pen would refuse
// nothing.
func (a *app) checkTopics(ctx context.Context, e *engine.Engine, topics []string) error {
	if len(topics) == 0 {
		return nil
	}
	w, err := a.published(ctx, e)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, q := range w.Sequences {
		if q.Topic != "" {
			known[q.Topic] = true
		}
	}
	names := slices.Sorted(maps.Keys(known))
	for _, topic := range topics {
		if !known[topic] {
			return usagef("--not: no sequence has the topic %s%s; there are: %s", topic, didYouMean(topic, names), cmp.Or(strings.Join(names, ", "), "none"))
		}
	}
	return nil
}
