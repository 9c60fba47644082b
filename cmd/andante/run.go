package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/engine"
)

func (a *app) runCommand() *cobra.Command {
	var roles []string
	var r engine.RunOptions
	var workers int
	c := command("day", "run", "Send what is due, as it becomes due",
		"Runs scheduler, workers and web in one process, or with --role one of them on a\nshared Redis and Postgres. It ends with Ctrl-C or SIGTERM: what is on the wire is\nfinished, the rest waits for the next run, and nothing is lost or sent twice.",
		"andante run\nandante run --until-idle\nandante run --role worker", 0, nil)
	f := c.Flags()
	f.StringSliceVar(&roles, "role", nil, "scheduler, worker or web; all if not given")
	f.DurationVar(&r.Grace, "grace", 30*time.Second, "time to finish what is on the wire")
	f.BoolVar(&r.UntilIdle, "until-idle", false, "end when nothing is due now")
	f.BoolVar(&r.Once, "once", false, "lease what is due one time, work it and end")
	f.IntVar(&workers, "concurrency", 4, "batches worked at a time; each uses one connection")
	c.RunE = func(c *cobra.Command, _ []string) error {
		for _, name := range roles {
			if !slices.Contains(engine.Roles, engine.Role(name)) {
				return usagef("--role is scheduler, worker or web, not %q", name)
			}
			r.Roles = append(r.Roles, engine.Role(name))
		}
		e, err := a.open(c.Context(), func(o *engine.Options) { o.Concurrency = workers })
		if err != nil {
			return err
		}
		defer e.Close()
		a.mode(e)
		r.Ready = func(addr string) { fmt.Fprintf(a.err, "web: http://%s\n", addr) }
		fmt.Fprintln(a.err, "Running; Ctrl-C ends it.")
		return e.Run(c.Context(), r)
	}
	return c
}

// mode says whether anything really leaves, and how to change that.
func (a *app) mode(e *engine.Engine) {
	d := e.Config.Deliver
	switch {
	case d.Mode == "sandbox":
		fmt.Fprintf(a.err, "Mode: sandbox. Nothing leaves; mails are written to %s. To send for real, write\n`deliver: {mode: live}` into andante.yaml.\n", d.To)
	case d.Mode == "redirect":
		fmt.Fprintf(a.err, "Mode: redirect. Every mail goes to %s.\n", d.To)
	case len(d.Only) > 0:
		fmt.Fprintf(a.err, "Mode: live, but only to %s; all others are written to outbox.\n", strings.Join(d.Only, ", "))
	default:
		fmt.Fprintf(a.err, "Mode: live, through %s.\n", e.Config.Channels.Email.Host)
	}
}
