package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/store"
)

func (a *app) healthCommand() *cobra.Command {
	c := a.withJSON(command("machine", "health", "Show what came back within a week, and note what Gmail shows",
		"Shows of which senders and sequences mails came back within a week, as dead mailboxes or\nas complaints. Gmail tells complaints in its Postmaster Tools alone: look there each week,\nand note the spam rate here.",
		"andante health\nandante health gmail 0.08% --domain acme.example", nil))
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.reading(c.Context(), func(e *engine.Engine, r *reports.Reports) error {
			h, err := r.Health(c.Context())
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(h)
			}
			a.health(h, r)
			return nil
		})
	}
	c.AddCommand(a.gmailCommand())
	return c
}

func (a *app) health(h *reports.Health, r *reports.Reports) {
	if len(h.Returned) == 0 {
		a.printf("No mail came back within a week.\n")
	} else {
		a.printf("%-32s %8s %8s %10s\n", "within a week", "sent", "dead", "complained")
		for _, x := range h.Returned {
			a.printf("%-32s %8d %8d %10d\n", string(x.Scope)+" "+x.Key, x.Sent, x.Bounced, x.Complained)
		}
	}
	if len(h.Gmail) == 0 {
		a.printf("Nobody has noted what Gmail shows: see postmaster.google.com, and `andante health gmail RATE`.\n")
	}
	for _, g := range h.Gmail {
		a.printf("Gmail: complaints about %.2f %% of the mails from %s, noted on %s\n", 100*g.Share, g.Domain, g.At.In(zone(r.Workspace.Config)).Format("Mon 2 Jan 2006"))
	}
}

func (a *app) gmailCommand() *cobra.Command {
	var domain string
	c := a.withJSON(a.withYes(command("", "gmail RATE", "Note the spam rate that Gmail's Postmaster Tools show",
		"Notes the spam rate that Gmail's Postmaster Tools show for a domain. From 0.1 % on the\ndomain's senders are put on hold: Gmail begins to sort mails out then, and from 0.3 % it\nrefuses them.",
		"andante health gmail 0.08%", nil)))
	c.Flags().StringVar(&domain, "domain", "", "that mails come from; the only one there is, if not given")
	c.RunE = func(c *cobra.Command, args []string) error {
		share, err := percentage(args[0])
		if err != nil {
			return err
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		if domain, err = a.gmailDomain(c.Context(), e, domain); err != nil {
			return err
		}
		return a.noteGmail(c.Context(), e, domain, share)
	}
	return c
}

// gmailDomain is the one that was named, or the only one.
func (a *app) gmailDomain(ctx context.Context, e *engine.Engine, named string) (string, error) {
	w, err := a.published(ctx, e)
	if err != nil {
		return "", err
	}
	known := slices.Sorted(maps.Keys(ops.SenderDomains(w.Config)))
	named = strings.ToLower(named)
	switch {
	case named == "" && len(known) == 1:
		return known[0], nil
	case named == "":
		return "", usagef("mails come from several domains; name one with --domain: %s", strings.Join(known, ", "))
	case !slices.Contains(known, named):
		return "", usagef("no mails come from %s%s; there are: %s", named, didYouMean(named, known), cmp.Or(strings.Join(known, ", "), "none"))
	}
	return named, nil
}

// noteGmail asks before senders are stopped.
func (a *app) noteGmail(ctx context.Context, e *engine.Engine, domain string, share float64) error {
	if share >= ops.GmailHolds {
		if err := a.confirm("From 0.1 % on the senders of " + domain + " are put on hold. Note it?"); err != nil {
			return err
		}
	}
	held, err := e.Ops.NoteGmail(ctx, domain, share)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"gmail": store.GmailRate{Domain: domain, Share: share, At: e.Clock.Now()}, "held": held})
	}
	a.printf("Noted: Gmail shows complaints about %.2f %% of the mails from %s.\n", 100*share, domain)
	if len(held) > 0 {
		a.printf("On hold: %s; `andante release --sender NAME` when the rate is below 0.1 %%.\n", strings.Join(held, ", "))
	}
	return nil
}

// percentage reads a share such as 0.08%.
func percentage(s string) (float64, error) {
	number, ok := strings.CutSuffix(strings.TrimSpace(s), "%")
	x, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || err != nil || !(x >= 0 && x <= 100) {
		return 0, usagef("write the rate as Gmail shows it, such as 0.08%%, not %q", s)
	}
	return x / 100, nil
}
