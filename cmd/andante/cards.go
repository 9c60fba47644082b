package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
)

func (a *app) cardsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "cards", Short: "Print what goes by post, and say when it was posted", GroupID: "day",
		Long: "Postcards, cards and letters wait until somebody has them printed: `cards batch`\ncloses off what waits and writes it for a printer, and `cards mailed` says that it was\n" +
			"posted. Until then it counts as promised, and the next step of each sequence waits.",
		Example: "  andante cards list\n  andante cards batch --out /srv/print\n  andante cards mailed postcard-2026-03-04",
	}
	c.AddCommand(a.cardsListCommand(), a.cardsBatchCommand(), a.cardsPrintCommand(), a.cardsReopenCommand(), a.cardsMailedCommand())
	return c
}

func (a *app) cardsListCommand() *cobra.Command {
	return a.withJSON(command("", "list", "Show what waits to be printed, and the last batches", "Shows what waits to be printed, and the last batches with the day on which they were posted.",
		"andante cards list", func(c *cobra.Command, _ []string) error {
			return a.reading(c.Context(), func(e *engine.Engine, r *reports.Reports) error {
				cards, err := r.Cards(c.Context())
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(cards)
				}
				a.cards(cards, zone(e.Config))
				return nil
			})
		}))
}

func (a *app) cards(c reports.Cards, z *time.Location) {
	if len(c.Waiting) == 0 {
		a.printf("Nothing waits to be printed.\n")
	}
	for _, w := range c.Waiting {
		a.printf("%6d %s (%s) to be printed, the oldest since %s\n", w.Pieces, plural(w.Kind, w.Pieces), w.Format, w.Oldest.In(z).Format("Mon 2 Jan"))
	}
	if len(c.Batches) > 0 {
		a.printf("\n%-26s %7s  %s\n", "batch", "pieces", "posted")
	}
	for _, b := range c.Batches {
		posted := "not yet: andante cards mailed " + b.Name
		if !b.Posted.IsZero() {
			posted = b.Posted.In(z).Format("Mon 2 Jan 2006")
		}
		a.printf("%-26s %7d  %s\n", b.Name, b.Pieces, posted)
		a.taken(b)
	}
}

// taken tells which pieces of a batch are not to be posted any more.
func (a *app) taken(b reports.CardBatch) {
	if n := len(b.Taken); n > 0 {
		them := "them"
		if n == 1 {
			them = "it"
		}
		a.printf("  %d %s taken back since, such as after an opt-out: take %s out of the stack, or run `andante cards print %s` and print it anew\n", n, pieces(n), them, b.Name)
	}
	for _, c := range b.Taken {
		a.printf("    %s, %s\n", c.Name, c.Place)
	}
}

func plural(k andante.Kind, n int) string {
	if n == 1 {
		return string(k)
	}
	return string(k) + "s"
}

func (a *app) cardsBatchCommand() *cobra.Command {
	var kind, out string
	c := command("", "batch", "Close off what waits, and write it for a printer",
		"Closes off what waits to be printed, one batch for each kind and size, and writes each\nbelow --out: its pages as PDF with trim and bleed boxes, the addresses as CSV, and a sheet\nfor the printer.",
		"andante cards batch\nandante cards batch --kind letter --out /srv/print", nil)
	c.Flags().StringVar(&kind, "kind", "", "postcard, card or letter; all if not given")
	outFlag(c, &out)
	c.RunE = func(c *cobra.Command, _ []string) error {
		k := andante.Kind(kind)
		if kind != "" && !k.Mailed() {
			return usagef("--kind is postcard, card or letter, not %q", kind)
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		closed, held, err := e.Ops.CloseBatches(c.Context(), k)
		if err != nil {
			return err
		}
		switch {
		case held > 0:
			a.printf("%d %s on hold, or to people who want a pause, and not printed: `andante status` shows the holds.\n", held, pieces(held))
		case len(closed) == 0:
			a.printf("Nothing waits to be printed.\n")
		}
		var errs []error
		for _, b := range closed {
			errs = append(errs, a.print(c.Context(), e, b.Name, out))
		}
		return errors.Join(errs...)
	}
	return c
}

func outFlag(c *cobra.Command, out *string) {
	c.Flags().StringVar(out, "out", "cards", "folder to write into; a batch gets a folder of its own there")
}

// print writes a batch and says where.
func (a *app) print(ctx context.Context, e *engine.Engine, batch, out string) error {
	files, n, err := e.PrintBatch(ctx, batch, a.inDir(out))
	switch {
	case errors.Is(err, andante.ErrNotFound):
		return noBatch(batch)
	case err != nil:
		return fmt.Errorf("batch %s is closed, and could not be written: %w; then run `andante cards print %s`", batch, err, batch)
	case n == 0:
		a.printf("%s: nothing of it is to be printed any more.\n", batch)
		return nil
	}
	a.printf("%s: %d %s.\n  %s\nOnce posted: andante cards mailed %s\n", batch, n, pieces(n), strings.Join(files, "\n  "), batch)
	return nil
}

func pieces(n int) string {
	if n == 1 {
		return "piece"
	}
	return "pieces"
}

func noBatch(name string) error {
	return usagef("there is no batch %s; `andante cards list` shows them", name)
}

func (a *app) cardsPrintCommand() *cobra.Command {
	var out string
	c := command("", "print BATCH", "Write a batch once more", "Writes a batch once more, without those pieces that were taken back since.",
		"andante cards print postcard-2026-03-04", nil)
	outFlag(c, &out)
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.withBatch(c.Context(), func(e *engine.Engine) error { return a.print(c.Context(), e, args[0], out) })
	}
	return c
}

// withBatch opens the store.
func (a *app) withBatch(ctx context.Context, do func(*engine.Engine) error) error {
	e, err := a.open(ctx, nil)
	if err != nil {
		return err
	}
	defer e.Close()
	return do(e)
}

func (a *app) cardsReopenCommand() *cobra.Command {
	return command("", "reopen BATCH", "Have the pieces of a batch wait again",
		"Has the pieces of a batch wait again, as if it had never been closed: for one that was not\nprinted after all. A batch that was posted stays.",
		"andante cards reopen postcard-2026-03-04", func(c *cobra.Command, args []string) error {
			return a.withBatch(c.Context(), func(e *engine.Engine) error {
				switch err := e.Ops.ReopenBatch(c.Context(), args[0]); {
				case errors.Is(err, andante.ErrNotFound):
					return noBatch(args[0])
				case errors.Is(err, ops.ErrPosted):
					return fmt.Errorf("%s is posted, so nothing of it waits any more", args[0])
				case err != nil:
					return err
				}
				a.printf("The pieces of %s wait again.\n", args[0])
				return nil
			})
		})
}

func (a *app) cardsMailedCommand() *cobra.Command {
	var on string
	c := a.withYes(command("", "mailed BATCH", "Say that a batch was posted",
		"Says that a batch was posted: its pieces are sent, they count on the day on which they\nshould land, and the next steps are planned from the day of posting.",
		"andante cards mailed postcard-2026-03-04\nandante cards mailed postcard-2026-03-04 --on 2026-03-05", nil))
	c.Flags().StringVar(&on, "on", "", "when it was posted"+inZone+"; now if not given")
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.reading(c.Context(), func(e *engine.Engine, r *reports.Reports) error {
			b, err := r.CardBatch(c.Context(), args[0])
			if errors.Is(err, andante.ErrNotFound) {
				return noBatch(args[0])
			}
			if err != nil {
				return err
			}
			at, err := instant("on", on, zone(e.Config))
			if err != nil {
				return err
			}
			if at.IsZero() {
				at = e.Clock.Now()
			}
			if at.After(e.Clock.Now()) {
				return usagef("--on %s is still to come", on)
			}
			return a.mailed(c.Context(), e, b, at)
		})
	}
	return c
}

// mailed asks, and notes that a batch was posted.
func (a *app) mailed(ctx context.Context, e *engine.Engine, b reports.CardBatch, at time.Time) error {
	z := zone(e.Config)
	a.printf("%s: %d %s, closed on %s.\n", b.Name, b.Pieces, plural(b.Kind, b.Pieces), b.Closed.In(z).Format("Mon 2 Jan 2006"))
	a.taken(b)
	if err := a.confirm("Was it posted on " + at.In(z).Format("Mon 2 Jan 2006") + "? This can't be undone."); err != nil {
		return err
	}
	p, err := e.Ops.PostBatch(ctx, b.Name, at)
	switch {
	case errors.Is(err, ops.ErrTooEarly):
		return usagef("--on: %w", err)
	case err != nil:
		return err
	}
	a.printf("%d %s posted.\n", p.Sent, pieces(p.Sent))
	if n := len(p.Taken); n > 0 {
		a.printf("%d %s taken back after the batch was closed: not sent, if out of the stack.\n", n, pieces(n))
	}
	return nil
}
