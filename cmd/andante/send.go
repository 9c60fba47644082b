package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

func (a *app) sendCommand() *cobra.Command {
	var r ops.EnrollRequest
	var corrected bool
	c := a.withJSON(a.withYes(command("day", "send FILE", "Send something once, under the governor",
		"Sends the one step of a file to everybody who matches and may get it: news, an\ninvitation, an apology. The file is written as a sequence is and is not published; the\nsame checks, consent, limits and hours hold for it, and it counts as everything does. It\nmay be run again: nobody gets it twice.",
		"andante send news/office-move.md --to 'account.stage == \"customer\"'\nandante send news/office-move.md --to true --per-day 200 --yes", nil)))
	c.Flags().StringVar(&r.Where, "to", "", "who gets it: a condition, such as 'account.stage == \"customer\"'; true: everybody")
	c.Flags().IntVar(&r.PerDay, "per-day", 0, "at most so many on a day of the company's calendar, with those of earlier calls")
	nameFlag(c, &r.Name)
	c.Flags().BoolVar(&corrected, "corrected", false, "the file was sent before, and is mended since: it goes to those who have not had it")
	c.RunE = func(c *cobra.Command, args []string) error {
		if strings.TrimSpace(r.Where) == "" {
			return usagef("--to is missing: say who gets it, such as --to 'account.stage == \"customer\"', or --to true for everybody")
		}
		if err := errors.Join(perDay(c, r.PerDay), named(r.Name)); err != nil {
			return err
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
		if r.Once, err = a.once(w, args[0]); err != nil {
			return err
		}
		r.Sequence = r.Once.Sequence.Name
		if err := anotherSent(c.Context(), e, r.Once.Sequence); err != nil && !corrected {
			return err
		}
		return a.enrollIn(c.Context(), e, w, r)
	}
	return c
}

// anotherSent tells that something else was sent under a name: who had that would get nothing.
func anotherSent(ctx context.Context, e *engine.Engine, q *sequences.Sequence) error {
	var plans []string
	err := e.Store.Read(ctx, func(tx *store.Tx) (err error) {
		plans, err = tx.PlansOf(ctx, q.Name)
		return err
	})
	if err != nil || len(plans) == 0 || slices.Contains(plans, q.Hash) {
		return err
	}
	return usagef("another text was sent as %s before, and who had that one would get nothing now: give this one another name under sequence:, or say --corrected if it is the same with mistakes mended", q.Name)
}

// once reads the file of something that is sent once, and checks it with what is published.
func (a *app) once(published *workspace.Workspace, file string) (*ops.Once, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usagef("there is no file %s", file)
	}
	if err != nil {
		return nil, err
	}
	q, _ := sequences.Parse(file, text)
	switch {
	case q.Name == "":
		return nil, usagef("%s has no sequence: in its front matter: it names what is sent, such as office-move-2026", file)
	case published.Sequences[q.Name] != nil:
		return nil, usagef("%s is a published sequence: `andante enroll %[1]s` enters people, or give the file another name under sequence:", q.Name)
	}
	at := "sequences/" + filepath.Base(file)
	w, found := published.With(at, text)
	found = slices.DeleteFunc(found, func(f *andante.Finding) bool { return f.File != at })
	for _, f := range found {
		f.File = file
		fmt.Fprintln(a.err, f.Error())
	}
	if len(workspace.Errors(found)) > 0 {
		return nil, errFound
	}
	q = w.Sequences[q.Name]
	if len(q.Steps) != 1 || q.Steps[0].Kind == andante.Decide {
		return nil, usagef("%s has %d steps; what is sent once has one, and more of them are a sequence: put it into sequences/ and publish it", file, len(q.Steps))
	}
	if q.Enter != nil {
		return nil, usagef("%s says who enters by itself; leave enter: out, --to says who gets it", file)
	}
	if q.Reenter != nil || q.Calendar() {
		return nil, usagef("%s would come again; what is sent once has no reenter: and no on: each ..., and more of it is a sequence", file)
	}
	return &ops.Once{Sequence: q, Text: text}, nil
}
