package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/reports"
)

func (a *app) whyCommand() *cobra.Command {
	var notSent bool
	var since string
	var each int
	c := a.withJSON(command("day", "why CONTACT|TOUCH|ENROLLMENT", "Tell what happened to somebody, and why",
		"Tells the story of a contact (by id, external id or address), a touch or an\nenrollment in order: what was sent, what was not, and why. With --not-sent it lists\neverything that did not go, by reason.",
		"andante why ana@acme.example\nandante why 019b8a2e-5c3d-7aaa-9bbb-0123456789ab\nandante why --not-sent --since 7d", nil))
	args := c.Args
	c.Args = func(c *cobra.Command, got []string) error {
		if notSent && len(got) == 0 {
			return nil
		}
		if notSent {
			return usagef("--not-sent is about everybody, so %q is too much", got[0])
		}
		return args(c, got)
	}
	c.Flags().BoolVar(&notSent, "not-sent", false, "everything that did not go, by reason")
	c.Flags().StringVar(&since, "since", "7d", "with --not-sent: how far back")
	c.Flags().IntVar(&each, "each", 5, "with --not-sent: how many of each reason are told")
	c.RunE = func(c *cobra.Command, args []string) error {
		back, err := backwards(since)
		if err != nil {
			return err
		}
		if each < 1 {
			return usagef("--each is a number above 0, not %d", each)
		}
		return a.reading(c.Context(), func(e *engine.Engine, r *reports.Reports) error {
			if notSent {
				list, err := r.NotSent(c.Context(), ago(e, back), each)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(list)
				}
				a.notSent(list, since, zone(e.Config))
				return nil
			}
			return a.why(c.Context(), r, args[0])
		})
	}
	return c
}

func (a *app) why(ctx context.Context, r *reports.Reports, name string) error {
	s, err := r.Why(ctx, name)
	if errors.Is(err, andante.ErrNotFound) {
		return usagef("nobody and nothing here is called %s; name a contact by address or by the id of your own system, a mail by its Message-ID, or anything by its id from --json", name)
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(s)
	}
	a.story(s, "")
	return nil
}

// notSent prints what did not go, times in the company's zone.
func (a *app) notSent(list *reports.NotSent, since string, z *time.Location) {
	if len(list.Groups) == 0 {
		a.printf("Everything went that was due in the last %s.\n", since)
	}
	for i, g := range list.Groups {
		if i > 0 {
			a.printf("\n")
		}
		a.printf("%s: %d not sent, %d waiting: %s\n", cmp.Or(g.Reason, "due"), g.Over, g.Waiting, g.Text)
		for _, t := range g.Touches {
			text := "not sent"
			if t.State == andante.Planned {
				text = "waits until then"
				if g.Reason == "" {
					text = "due since then"
				}
			}
			a.printf("  %s  %s/%s (%s) to %s: %s\n", t.At.In(z).Format("Mon 2 Jan 2006 15:04"), t.Sequence, t.Step, t.Kind, t.Name, text)
			for _, b := range t.Because {
				a.printf("                            %s\n", b)
			}
		}
		if more := g.Over + g.Waiting - len(g.Touches); more > 0 {
			a.printf("  and %d more: --each %d\n", more, g.Over+g.Waiting)
		}
	}
}

// story prints a story, times in the contact's zone.
func (a *app) story(s *reports.Story, indent string) {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		zone = time.UTC
	}
	a.printf("%s%s: %s\n", indent, s.Name, s.About)
	if len(s.Lines) == 0 {
		a.printf("%sNothing has happened yet: on no sequence, never written to.\n", indent)
	}
	for _, l := range s.Lines {
		a.printf("%s%s  %s: %s\n", indent, l.At.In(zone).Format("Mon 2 Jan 2006 15:04"), l.What, l.Text)
		for _, b := range l.Because {
			a.printf("%s                        %s\n", indent, b)
		}
	}
}
