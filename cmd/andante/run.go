package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/workspace"
)

func (a *app) runCommand() *cobra.Command {
	var roles []string
	var r engine.RunOptions
	var workers int
	var state string
	c := command("day", "run", "Send what is due, as it becomes due",
		"Runs scheduler, workers and web in one process, or with --role one of them on a\nshared Redis and Postgres. It ends with Ctrl-C or SIGTERM: what is on the wire is\nfinished, the rest waits for the next run, and nothing is lost or sent twice.",
		"andante run\nandante run --until-idle\nandante run --role worker", nil)
	f := c.Flags()
	f.StringSliceVar(&roles, "role", nil, "scheduler, worker or web; all if not given")
	f.DurationVar(&r.Grace, "grace", 30*time.Second, "time to finish what is on the wire")
	f.BoolVar(&r.UntilIdle, "until-idle", false, "end when nothing is due now")
	f.BoolVar(&r.Once, "once", false, "lease what is due one time, work it and end")
	f.IntVar(&workers, "concurrency", 4, "batches worked at a time, and half as many urgent ones besides; each uses one connection")
	f.StringVar(&state, "state", "", stateUsage)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if r.Once && r.UntilIdle {
			return usagef("--once and --until-idle exclude each other")
		}
		if workers < 1 {
			return usagef("--concurrency is at least 1")
		}
		for _, name := range roles {
			if !slices.Contains(engine.Roles, engine.Role(name)) {
				return usagef("--role is scheduler, worker or web, not %q", name)
			}
			r.Roles = append(r.Roles, engine.Role(name))
		}
		if (r.Once || r.UntilIdle) && len(r.Roles) > 0 && !slices.Contains(r.Roles, engine.RoleScheduler) {
			return usagef("--once and --until-idle need the scheduler's role")
		}
		if err := absolute(&state); err != nil {
			return err
		}
		if r.Grace < 0 {
			return usagef("--grace is not negative")
		}
		e, err := a.open(c.Context(), func(o *engine.Options) { o.Concurrency, o.Config = workers, remember(state) })
		if err != nil {
			return err
		}
		defer e.Close()
		return a.send(c.Context(), e, r)
	}
	return c
}

const stateUsage = "`folder` that remembers how far the store had come; state: in andante.yaml if not given"

// absolute reads --state from where the command was called.
func absolute(dir *string) (err error) {
	if *dir != "" {
		*dir, err = filepath.Abs(*dir)
	}
	return err
}

// remember has the engine use the folder of --state, if one is named.
func remember(dir string) func(*workspace.Config) {
	return func(c *workspace.Config) { c.State = cmp.Or(dir, c.State) }
}

// send runs the engine, with what a person at the terminal wants to know before
// and after.
func (a *app) send(ctx context.Context, e *engine.Engine, r engine.RunOptions) error {
	if _, err := a.published(ctx, e); err != nil {
		return err
	}
	before, err := a.tally(ctx, e)
	if err != nil {
		return err
	}
	if !before.Calendar.IsZero() {
		return fmt.Errorf("this is a demo, whose calendar stands at %s; it never sends for real, and `andante demo --keep %s` goes on with it",
			before.Calendar.Format(time.DateOnly), a.dir)
	}
	r.Begun = func() {
		a.mode(e)
		if len(before.Enrollments) == 0 {
			fmt.Fprintln(a.err, "Nobody is on a sequence yet: `andante enroll SEQUENCE` enters contacts.")
		}
		if !r.UntilIdle && !r.Once {
			fmt.Fprintln(a.err, "Running; Ctrl-C ends it.")
		}
	}
	r.Ready = func(addr string) { fmt.Fprintf(a.err, "web: http://%s\n", addr) }
	r.Mailroom = func(addr string) { fmt.Fprintf(a.err, "mail: %s\n", addr) }
	// Said when the process is asked to end, not when it ends by itself.
	said := context.AfterFunc(ctx, func() {
		fmt.Fprintf(a.err, "Ending: what is on the wire is finished, which takes %s at most; a second Ctrl-C ends at once.\n", r.Grace)
	})
	err = e.Run(ctx, r)
	said()
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	after, err := a.tally(ctx, e)
	if err == nil {
		a.ran(before, after, zone(e.Config))
	}
	return err
}

func (a *app) tally(ctx context.Context, e *engine.Engine) (*reports.Status, error) {
	r, err := a.reports(ctx, e)
	if err != nil {
		return nil, err
	}
	return r.Status(ctx, 0)
}

// ran tells what a run has done.
func (a *app) ran(before, after *reports.Status, loc *time.Location) {
	a.printf("%d sent", after.Touches[andante.Sent]-before.Touches[andante.Sent])
	if n := after.Touches[andante.Open] - before.Touches[andante.Open]; n > 0 {
		a.printf(", %d given to people or to be printed", n)
	}
	for _, s := range []andante.State{andante.Skipped, andante.Failed, andante.Unknown, andante.Canceled} {
		if n := after.Touches[s] - before.Touches[s]; n > 0 {
			a.printf(", %d %s", n, s)
		}
	}
	if after.NextDue.IsZero() {
		a.printf("; nothing else is planned.\n")
	} else {
		a.printf("; the next may go %s.\n", after.NextDue.In(loc).Format(minute))
	}
	a.waiting(after, loc)
	for _, reason := range byCount(after.Reasons) {
		// What is taken back at the end of a run is looked at again by the next.
		if n := after.Reasons[reason] - before.Reasons[reason]; n > 0 && reason != andante.ReasonReturned {
			a.printf("%8d  put off or not sent: %s\n", n, reason.Text())
		}
	}
}

// mode says whether anything really leaves, and how to change that.
func (a *app) mode(e *engine.Engine) {
	d := e.Config.Deliver
	switch {
	case d.Mode == "sandbox":
		fmt.Fprintf(a.err, "Mode: sandbox. Nothing leaves; mails are written to %s. To send for real, write\n`deliver: {mode: live}` into andante.yaml.\n", a.inDir(d.To))
	case d.Mode == "redirect":
		fmt.Fprintf(a.err, "Mode: redirect. Every mail goes to %s.\n", d.To)
	case len(d.Only) > 0:
		fmt.Fprintf(a.err, "Mode: live, but only to %s; all others are written to %s.\n", strings.Join(d.Only, ", "), a.inDir("outbox"))
	default:
		fmt.Fprintf(a.err, "Mode: live, through %s.\n", e.Config.Channels.Email.Host)
	}
}
