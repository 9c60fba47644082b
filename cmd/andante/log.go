package main

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/workspace"
)

// logged are the kinds of conversation that can be logged, by what people call them.
var logged = map[string]andante.Kind{
	"call": andante.Call, "meeting": andante.Visit, "visit": andante.Visit, "video": andante.Video, "email": andante.Email, "letter": andante.Letter, "other": andante.Other,
}

func (a *app) logCommand() *cobra.Command {
	var at, next, note, by, outcome string
	var answers []string
	var minutes, worth int
	var inbound bool
	kinds := strings.Join(slices.Sorted(maps.Keys(logged)), ", ")
	c := command("people", "log KIND CONTACT", "Log a conversation that was not planned",
		"Logs a conversation that was not planned: "+kinds+".\nWhat you did counts in limits, as what a sequence does; what came from them (--inbound)\ncounts in the cadence alone. It ends silence after an introduction, and a meeting ends\nsequences.",
		"andante log call ana@acme.example --minutes 15 --worth 4 --note \"wants an offer in May\"\nandante log call C-1001 --inbound --minutes 5", nil)
	talkFlags(c, &minutes, &worth)
	nextFlag(c, &next)
	c.Flags().StringVar(&outcome, "outcome", "", "what came of it, as of a task, such as no_answer or refused")
	c.Flags().StringVar(&note, "note", "", "a few words that andante why shows")
	c.Flags().StringVar(&at, "at", "", "when it took place"+inZone+"; now if not given")
	c.Flags().StringVar(&by, "by", "", "which colleague; the account's owner if not given")
	c.Flags().StringArrayVar(&answers, "answer", nil, "what they said, such as need=lighting")
	c.Flags().BoolVar(&inbound, "inbound", false, "it came from them")
	c.RunE = func(c *cobra.Command, args []string) error {
		kind, ok := logged[args[0]]
		if !ok {
			return usagef("%s is nothing to log%s; there are: %s", args[0], didYouMean(args[0], slices.Sorted(maps.Keys(logged))), kinds)
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		w, err := a.published(c.Context(), e)
		if err != nil {
			return err
		}
		who, err := a.contact(c.Context(), e, args[1])
		if err != nil {
			return err
		}
		if _, known := w.Config.Person(by); by != "" && !known {
			return noPerson(by, w.Config)
		}
		l := ops.Logged{Contact: who.ID, Kind: kind, Inbound: inbound, TaskDone: ops.TaskDone{Result: andante.Result(outcome), Minutes: minutes, Worth: worth, Note: note, By: by}}
		if outcome != "" && !slices.Contains(andante.Results, l.Result) {
			return usagef("there is no outcome %s; there are %v", outcome, andante.Results)
		}
		if l.Next, err = nextDay(next, l.Result, e); err != nil {
			return err
		}
		if l.At, err = instant("at", at, zone(e.Config)); err != nil {
			return err
		}
		if l.At.After(e.Clock.Now().Add(time.Minute)) {
			return usagef("--at %s has not come yet", at)
		}
		if l.Answers, err = answered(w, answers); err != nil {
			return err
		}
		err = e.Ops.Log(c.Context(), l)
		if errors.Is(err, ops.ErrWorth) {
			return usagef("--worth and --minutes: %w", err)
		}
		if err != nil {
			return err
		}
		a.printf("Logged: %s with %s.\n", args[0], cmp.Or(who.Name(), args[1]))
		a.agreed(l.Next, zone(e.Config))
		return a.stillOpen(c.Context(), e, w, who, kind)
	}
	return c
}

// stillOpen tells of tasks of the kind that was logged: they stay open, for nobody said that this
// was one of them.
func (a *app) stillOpen(ctx context.Context, e *engine.Engine, w *workspace.Workspace, who andante.Contact, kind andante.Kind) error {
	r := reports.Reports{Store: e.Store, Clock: e.Clock, Workspace: w}
	list, err := r.Tasks(ctx, "")
	for _, t := range list {
		if t.Contact == who.ID && t.Kind == kind && !t.Review && !t.Snoozed.After(e.Clock.Now()) {
			a.printf("There is a task to %s them, too: %s. If this was it: andante task done %s --outcome connected\n", kind, t.Title, t.Touch)
		}
	}
	return err
}

// talkFlags ask how long a conversation was, and what it was worth.
func talkFlags(c *cobra.Command, minutes, worth *int) {
	c.Flags().IntVar(minutes, "minutes", 0, "how long it was")
	c.Flags().IntVar(worth, "worth", 0, "what it was worth, from 1 (nothing came of it) to 5")
}

func (a *app) reportConversationsCommand() *cobra.Command {
	c := a.withJSON(command("", "conversations", "How long people spoke, and what it was worth",
		"Adds up conversations by owner and account: their minutes, and the minutes of those that\nare worth 4 or 5, by which they are ranked. How many there were says little.",
		"andante report conversations --since 90d", nil))
	return reportSince(a, c, (*reports.Reports).Conversations, a.conversations)
}

func (a *app) conversations(list []reports.Owned, since string, z *time.Location) {
	if len(list) == 0 {
		a.printf("Nobody spoke with anybody in the last %s, as far as it was told: `andante log` and `andante task done --minutes`.\n", since)
		return
	}
	a.printf("%-16s %-28s %9s %9s %6s  %s\n", "owner", "account", "valuable", "minutes", "worth", "last")
	for _, o := range list {
		a.printf("%-16s %-28s %9d %9d %6s\n", cut(nobody(o.Owner), 16), "", o.Valuable, o.Minutes, worthOf(o.Worth))
		for _, s := range o.Accounts {
			a.printf("%-16s %-28s %9d %9d %6s  %s\n", "", cut(s.Name, 28), s.Valuable, s.Minutes, worthOf(s.Worth), s.Last.In(z).Format("2 Jan 2006"))
		}
	}
}

// worthOf writes an average.
func worthOf(w float64) string {
	if w == 0 {
		return "-"
	}
	return strconv.FormatFloat(w, 'f', 1, 64)
}
