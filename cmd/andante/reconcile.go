package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/internal/messageid"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
)

type reconcileFlags struct {
	received     []string
	since, until string
	limit        int
	settle       bool
	by           string
}

func (a *app) reconcileCommand() *cobra.Command {
	var f reconcileFlags
	c := a.withJSON(a.withYes(command("day", "reconcile", "Compare the ledger with what was received",
		"Compares what the ledger says of every mail with the Message-IDs that somebody received:\n"+
			"a list from the relay's log, one a line or the first column of a CSV file, or a folder\n"+
			"of mails (.eml files, a maildir). Tells what is missing, what came twice, what came\n"+
			"though it is recorded as not sent, what became of unknown touches, and what is no mail\n"+
			"of ours. Exit code 1 if one of the first three is more than nothing.\n\n"+
			"Give --since and --until the times that the list covers, or older mails are missing and\n"+
			"so is what was sent after it was made.",
		"andante reconcile --received delivered.txt --since 2027-01-15 --until 2027-01-16\nandante reconcile --received Maildir --settle\ngrep -o 'message-id=<[^>]*>' mail.log | cut -d= -f2 | andante reconcile --received -", nil)))
	fl := c.Flags()
	fl.StringArrayVar(&f.received, "received", nil, "file of Message-IDs, folder of mails, or - for a list on standard input; repeat it")
	fl.StringVar(&f.since, "since", "", "expect only what is recorded from a time such as 2027-01-15T13:30 on"+inZone)
	fl.StringVar(&f.until, "until", "", "expect only what is recorded before a time"+inZone)
	fl.IntVar(&f.limit, "limit", 20, "name at most so many of each sort; 0 for all")
	fl.BoolVar(&f.settle, "settle", false, "settle unknown touches that were received as sent")
	fl.StringVar(&f.by, "by", "", "with --settle: whose decision it is; yours if not given")
	c.RunE = func(c *cobra.Command, _ []string) error {
		switch {
		case len(f.received) == 0:
			return usagef("--received is missing: a file of Message-IDs, a folder of mails, or -")
		case f.limit < 0:
			return usagef("--limit is not negative")
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		return a.reconcile(c.Context(), e, &f)
	}
	return c
}

func (a *app) reconcile(ctx context.Context, e *engine.Engine, f *reconcileFlags) error {
	r, err := a.reports(ctx, e)
	if err != nil {
		return err
	}
	loc := zone(r.Workspace.Config)
	o := reports.ReconcileOptions{List: f.limit}
	if o.Since, err = instant("since", f.since, loc); err != nil {
		return err
	}
	if o.Until, err = instant("until", f.until, loc); err != nil {
		return err
	}
	if !o.Until.IsZero() && !o.Until.After(o.Since) {
		return usagef("--until is not after --since")
	}
	in, err := a.received(f.received)
	if err != nil {
		return err
	}
	line := newProgress(a.err)
	o.Progress = func(n int) { line.show("%s compared", count(n, "touch")) }
	rec, err := r.Reconcile(ctx, in, o)
	line.done()
	if err != nil {
		return err
	}
	if lacking := rec.Missing.N + rec.NotArrived.N; rec.Received == 0 && lacking > 0 {
		return usagef("the list is empty: no Message-ID stands in %s, and %s would be missing; a list has one at the beginning of each line", strings.Join(f.received, ", "), count(lacking, "mail"))
	}
	req := ops.UnknownRequest{Decision: ops.DecideSent, Touches: rec.ToSettle, By: cmp.Or(f.by, os.Getenv("USER"), "the command line")}
	switch todo := f.settle && len(rec.ToSettle) > 0; {
	case a.json:
		err = a.reconciledJSON(ctx, e, rec, req, todo)
	default:
		a.reconciled(rec, loc, f)
		if todo {
			err = a.settleThese(ctx, e, req, loc)
		}
	}
	if err == nil && !rec.Sound() {
		err = errFound
	}
	return err
}

// reconciledJSON prints the comparison and, in the same document, what was settled by it.
func (a *app) reconciledJSON(ctx context.Context, e *engine.Engine, rec *reports.Reconciliation, r ops.UnknownRequest, settle bool) error {
	out := struct {
		*reports.Reconciliation
		Settled *ops.UnknownReport `json:"settled,omitempty"`
	}{Reconciliation: rec}
	var asked error
	if settle && len(r.Touches) > 1 {
		asked = a.confirm(fmt.Sprintf(asking[r.Decision], count(len(r.Touches), "touch")))
	}
	if settle && asked == nil {
		var err error
		if out.Settled, err = e.Ops.SettleUnknown(ctx, r); err != nil {
			return err
		}
	}
	return cmp.Or(a.printJSON(out), asked)
}

// received reads what was received, and says what in it is no Message-ID.
func (a *app) received(from []string) (reports.Received, error) {
	in := reports.Received{}
	var skipped []messageid.Skipped
	n := 0
	found := func(id string) { in[id]++ }
	skip := func(s messageid.Skipped) {
		if n++; n <= 3 {
			skipped = append(skipped, s)
		}
	}
	for _, name := range from {
		if err := readReceived(a.in, name, found, skip); err != nil {
			return nil, usagef("--received: %w", err)
		}
	}
	for _, s := range skipped {
		fmt.Fprintf(a.err, "%s: left out, for %s\n", s.Where, s.Why)
	}
	if more := n - len(skipped); more > 0 {
		fmt.Fprintf(a.err, "and %d more\n", more)
	}
	if len(in) == 0 && n > 0 {
		return nil, usagef("no Message-ID was found in %s; a list has one at the beginning of each line", strings.Join(from, ", "))
	}
	return in, nil
}

func readReceived(stdin io.Reader, name string, found func(string), skipped func(messageid.Skipped)) error {
	if name == "-" {
		return messageid.List(stdin, found, skipped)
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return messageid.Folder(name, found, skipped)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return messageid.List(f, found, skipped)
}
