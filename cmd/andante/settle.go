package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// settleFlags are what the command line says of unknown touches.
type settleFlags struct {
	sent, failed, resend, all    bool
	sequence, sender, before, at string
	by                           string
	limit                        int
}

const settleLong = `Lists the touches of which nobody knows whether they went, oldest first, and settles
them as a person decides. Look for a Message-ID in the relay's log first. A touch is
named by its id or by its Message-ID.

- --sent: it went. It stays counted where it was, or with --at at its receipt.
- --failed: it did not go, and shall not. Its place in the limits is free.
- --resend: it shall go, whether it went or not. It is planned again, a quarter of an
  hour after its lease at the earliest, and everything is asked anew, limits, opt-outs
  and valid_for included. It may arrive twice, so this asks first. It keeps its
  Message-ID, so that one who gets it twice can see that it is one. An answer that
  comes late after all takes it back, and so does --sent as long as no worker has it.
  Nothing is resent by itself, ever.

With --sent and --failed the sequence goes on as it would have: its next step is planned
already. A touch is not resent when a later step went out, which it would follow in the
wrong order, or when its sequence has ended for the contact; one that had only come to
its last step goes on for it. A later step that is planned waits for the resent one.

What is settled is settled: who comes second is told who was first.`

func (a *app) settleCommand() *cobra.Command {
	var f settleFlags
	c := a.withJSON(a.withYes(command("day", "settle [TOUCH ...]", "List and settle touches of which nobody knows whether they went", settleLong,
		"andante settle\nandante settle 019b8a2e-5c3d-7aaa-9bbb-0123456789ab --sent --at 2027-01-15T13:30\nandante settle --all --sender news --before 2027-01-15T14:00 --failed", nil)))
	c.Args = cobra.ArbitraryArgs
	fl := c.Flags()
	fl.BoolVar(&f.sent, "sent", false, "they went")
	fl.BoolVar(&f.failed, "failed", false, "they did not go, and shall not")
	fl.BoolVar(&f.resend, "resend", false, "send them again, whether they went or not")
	fl.BoolVar(&f.all, "all", false, "settle all that --sequence, --sender and --before leave")
	fl.StringVar(&f.sequence, "sequence", "", "only those of a sequence")
	fl.StringVar(&f.sender, "sender", "", "only those of a sender or a person")
	fl.StringVar(&f.before, "before", "", "only those tried before a time such as 2027-01-15T13:30"+inZone)
	fl.StringVar(&f.at, "at", "", "with --sent of one touch: when it was received"+inZone)
	fl.StringVar(&f.by, "by", "", "whose decision it is; yours if not given")
	fl.IntVar(&f.limit, "limit", 50, "list at most so many; 0 for all")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := f.check(args); err != nil {
			return err
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		return a.settle(c.Context(), e, &f, args)
	}
	return c
}

// decision is the one that the flags name; empty without one.
func (f *settleFlags) decision() (d ops.Decision) {
	for _, flag := range []struct {
		on bool
		d  ops.Decision
	}{{f.sent, ops.DecideSent}, {f.failed, ops.DecideFailed}, {f.resend, ops.DecideResend}} {
		if flag.on {
			d = flag.d
		}
	}
	return d
}

// check wants one decision about what is named, or none about nothing.
func (f *settleFlags) check(ids []string) error {
	decisions := 0
	for _, on := range []bool{f.sent, f.failed, f.resend} {
		if on {
			decisions++
		}
	}
	narrowed := f.sequence != "" || f.sender != "" || f.before != ""
	switch {
	case decisions > 1:
		return usagef("--sent, --failed and --resend exclude each other")
	case f.all && len(ids) > 0:
		return usagef("name touches, or --all, not both")
	case decisions == 0 && (f.all || len(ids) > 0):
		return usagef("say what became of them: --sent, --failed or --resend")
	case decisions == 1 && !f.all && len(ids) == 0:
		return usagef("name the touches, or all of them with --all; `andante settle` lists them")
	case len(ids) > 0 && narrowed:
		return usagef("--sequence, --sender and --before narrow --all; touches that are named need none of them")
	case f.at != "" && (!f.sent || len(ids) != 1):
		return usagef("--at is the receipt of one touch: name it, with --sent")
	case f.limit < 0:
		return usagef("--limit is not negative")
	}
	for _, id := range ids {
		if !andante.IsID(string(touchNamed(id))) {
			return usagef("%q is no touch; `andante settle` lists their ids", id)
		}
	}
	return nil
}

// touchNamed reads a touch's id, or a Message-ID as a relay's log has it: the id is what
// stands before the @.
func touchNamed(text string) andante.TouchID {
	text, _, _ = strings.Cut(strings.Trim(text, "<> "), "@")
	return andante.TouchID(text)
}

func (a *app) settle(ctx context.Context, e *engine.Engine, f *settleFlags, ids []string) error {
	r, err := a.reports(ctx, e)
	if err != nil {
		return err
	}
	loc := zone(r.Workspace.Config)
	if err := a.knows(ctx, e, f); err != nil {
		return err
	}
	narrow := store.UnknownFilter{Sequence: f.sequence, Sender: f.sender}
	if narrow.Before, err = instant("before", f.before, loc); err != nil {
		return err
	}
	req := ops.UnknownRequest{Decision: f.decision(), By: cmp.Or(f.by, os.Getenv("USER"), "the command line")}
	if req.At, err = instant("at", f.at, loc); err != nil {
		return err
	}
	if req.Decision == "" {
		list, err := r.Unknown(ctx, narrow, f.limit)
		if err != nil {
			return err
		}
		return a.unknown(list, loc)
	}
	for _, id := range ids {
		req.Touches = append(req.Touches, touchNamed(id))
	}
	if f.all {
		if req.Touches, err = r.UnknownIDs(ctx, narrow); err != nil {
			return err
		}
		if len(req.Touches) == 0 && !a.json {
			a.printf("No touch of unknown fate fits; nothing was changed.\n")
			return nil
		}
	}
	return a.settleThese(ctx, e, req, loc)
}

// knows checks that the sequence and the sender exist that touches are narrowed by. One that
// is published no more may still have unknown touches.
func (a *app) knows(ctx context.Context, e *engine.Engine, f *settleFlags) error {
	if f.sequence != "" {
		if err := a.running(ctx, e, f.sequence); err != nil {
			return err
		}
	}
	if f.sender == "" {
		return nil
	}
	w, err := a.published(ctx, e)
	if err != nil {
		return err
	}
	if _, ok := w.Config.Identity(f.sender); ok {
		return nil
	}
	return e.Store.Read(ctx, func(tx *store.Tx) error {
		n, err := tx.CountUnknown(ctx, store.UnknownFilter{Sender: f.sender})
		if err == nil && n == 0 {
			err = noSender(f.sender, w.Config)
		}
		return err
	})
}

// settleThese carries a decision out; about several touches, or a resend, it shows first
// what would become of them, and asks.
func (a *app) settleThese(ctx context.Context, e *engine.Engine, r ops.UnknownRequest, loc *time.Location) error {
	if (len(r.Touches) > 1 || r.Decision == ops.DecideResend) && !a.yes {
		r.DryRun = true
		plan, err := e.Ops.SettleUnknown(ctx, r)
		if err != nil {
			return err
		}
		if err := a.settled(plan, loc, true); err != nil {
			return err
		}
		if len(plan.Settled) == 0 {
			return errFound
		}
		if err := a.confirm(fmt.Sprintf(asking[r.Decision], count(len(plan.Settled), "touch"))); err != nil {
			return err
		}
		r.DryRun = false
	}
	rep, err := e.Ops.SettleUnknown(ctx, r)
	if err != nil {
		return fmt.Errorf("%w; %s settled before that, and the command may be given again", err, count(len(rep.Settled), "touch"))
	}
	if err := a.settled(rep, loc, false); err != nil {
		return err
	}
	if len(rep.Left) > 0 {
		return errFound
	}
	return nil
}
