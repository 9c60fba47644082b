package main

import (
	"cmp"
	"context"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/bench"
)

func (a *app) benchCommand() *cobra.Command {
	o := bench.Options{}
	c := a.withJSON(command("machine", "bench", "Measure what this machine can send",
		"Sends mails to a sink of its own, through the real pipeline with ledger and governor,\nand in turn through a bare loop over Go's net/smtp: the floor. Quote the ratio of the\ntwo rates and the CPU time, for the rates themselves depend on the machine.",
		"andante bench\nandante bench --messages 100000 --connections 8\nandante bench --enrolled 1000000\nandante bench --store postgres://localhost/postgres --redis redis://localhost:6379 --processes 2", nil))
	f := c.Flags()
	f.IntVar(&o.Messages, "messages", 10_000, "mails of each of five rounds")
	f.IntVar(&o.Enrolled, "enrolled", 0, "contacts on a sequence in each round; those who get no mail in it are due in a month; nobody else if not given")
	f.IntVar(&o.Connections, "connections", 4, "connections to the mail server, in all")
	f.IntVar(&o.Processes, "processes", 1, "worker processes; more than one need --redis and --store")
	f.StringVar(&o.Store, "store", "", storeUsage)
	f.StringVar(&o.Redis, "redis", "", "redis:// URL; a stand-in within the process if not given")
	f.StringVar(&o.Sink, "sink", "", "host:port of another mail server that takes everything in")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if o.Messages < 1 || o.Connections < 1 || o.Processes < 1 {
			return usagef("--messages, --connections and --processes are at least 1")
		}
		err := o.Check()
		if err != nil {
			return usageError{err}
		}
		if o.Part, err = partCommand(); err != nil {
			return err
		}
		line := newProgress(a.err)
		o.Progress = func(what string, done, of int) { line.show("%s %s", bar(int64(done), int64(of)), what) }
		r, err := bench.Run(c.Context(), o)
		line.done()
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(r)
		}
		a.benched(r)
		return nil
	}
	c.AddCommand(
		a.benchStepCommand("import", "Measure how fast contacts are taken in", bench.Import),
		a.benchStepCommand("enroll", "Measure how fast contacts enter a sequence", bench.Enroll),
		a.benchStepCommand("claim", "Measure what a touch costs that has fifty before it, under eight limits", bench.Claim),
		a.benchPartCommand(),
	)
	return c
}

const storeUsage = "postgres:// URL of a server on which bench makes a database and drops it again, or, where the role may make none, of an empty database; SQLite in a temporary folder if not given"

// benchStepCommand measures one step by itself.
func (a *app) benchStepCommand(name, short string, measure func(context.Context, bench.Options) (*bench.StepReport, error)) *cobra.Command {
	o := bench.Options{Connections: 4, Processes: 1}
	c := a.withJSON(command("", name, short, short+".", "andante bench "+name+" --contacts 100000", nil))
	c.Flags().IntVar(&o.Messages, "contacts", 10_000, "how many")
	c.Flags().StringVar(&o.Store, "store", "", storeUsage)
	c.RunE = func(c *cobra.Command, _ []string) (err error) {
		if o.Messages < 1 {
			return usagef("--contacts is at least 1")
		}
		if err := o.Check(); err != nil {
			return usageError{err}
		}
		if o.Part, err = partCommand(); err != nil {
			return err
		}
		line := newProgress(a.err)
		o.Progress = func(what string, done, of int) { line.show("%s %s", bar(int64(done), int64(of)), what) }
		r, err := measure(c.Context(), o)
		line.done()
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(r)
		}
		a.printf("%s: %d in %.1f s, %.0f a second, %.3f seconds of CPU per 1 000, %.0f MB of memory at most\n", r.Step, r.Rows, r.Seconds, r.Rate, r.CPU, r.PeakMB)
		for _, pass := range slices.Sorted(maps.Keys(r.Passes)) {
			a.printf("%10.1f  µs a touch: %s\n", r.Passes[pass], pass)
		}
		return nil
	}
	return c
}

// partCommand is how the bench starts its parts: this program, again.
func partCommand() ([]string, error) {
	self, err := os.Executable()
	return []string{self, "bench", "part"}, err
}

func (a *app) benchPartCommand() *cobra.Command {
	c := command("", "part", "Play a part of a measurement", "Started by `andante bench`.", "andante bench part", func(c *cobra.Command, _ []string) error {
		return bench.PlayPart(c.Context(), a.in, a.out)
	})
	c.Hidden = true
	return c
}

func (a *app) benched(r *bench.Report) {
	rounds := len(r.Ratios)
	a.printf("%d × %d mails of %d bytes, with %d contacts enrolled\n\n", rounds, r.Messages/rounds, r.MailBytes, r.Enrolled)
	a.printf("%10.0f  mails a second (median of %d rounds)\n", r.Rate, rounds)
	a.printf("%10.0f  the floor: a bare loop over net/smtp\n", r.FloorRate)
	a.printf("%10.2f  of the floor (median; %.2f to %.2f)\n", r.Ratio, slices.Min(r.Ratios), slices.Max(r.Ratios))
	a.printf("%10.3f  seconds of CPU per 1 000 mails\n", r.CPU)
	for _, name := range slices.Sorted(maps.Keys(r.CPUs)) {
		if len(r.CPUs) > 1 {
			a.printf("%10.3f    %s\n", r.CPUs[name], name)
		}
	}
	a.printf("%10.0f  MB of memory at most\n\nmilliseconds per 1 000 mails, by pass (passes overlap):\n", r.PeakMB)
	for _, pass := range slices.SortedFunc(maps.Keys(r.Passes), func(x, y string) int { return cmp.Compare(r.Passes[y], r.Passes[x]) }) {
		a.printf("%10.1f  %s\n", r.Passes[pass], pass)
	}
}
