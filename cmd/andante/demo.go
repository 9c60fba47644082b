package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
)

func (a *app) demoCommand() *cobra.Command {
	var o engine.DemoOptions
	var keep, governor string
	c := command("day", "demo", "Play months of the example workspace in a minute",
		"Makes a workspace from the example, starts the whole engine in one process with a\n"+
			"mail server that really receives, enrolls 200 fictional contacts and lets the\n"+
			"calendar jump from one due time to the next. Nothing leaves this machine.",
		"andante demo\nandante demo --keep my-demo      # stop it and start it again: it goes on\nandante demo --governor off      # what the governor prevents", nil)
	c.Flags().StringVar(&keep, "keep", "", "folder in which the demo stays, and from which it goes on")
	c.Flags().StringVar(&governor, "governor", "on", "on, or off to see what it prevents")
	c.Flags().IntVar(&o.Days, "days", 120, "how many days are played")
	a.withJSON(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if governor != "on" && governor != "off" {
			return usagef("--governor is on or off, not %q", governor)
		}
		if o.Days < 1 || o.Days > 3660 {
			return usagef("--days lies between 1 and 3660")
		}
		o.Ungoverned, o.Dir, o.Log = governor == "off", keep, a.log()
		if keep == "" {
			dir, err := os.MkdirTemp("", "andante-demo-")
			if err != nil {
				return err
			}
			o.Dir = dir
		}
		return a.demo(c, o)
	}
	return c
}

func (a *app) demo(c *cobra.Command, o engine.DemoOptions) error {
	line := newProgress(a.err)
	o.Progress = func(d engine.DemoDay) {
		if !line.on && d.Day%10 != 0 {
			return
		}
		line.say("%s day %3d of %d, %s: %d sent, %d planned, %d were put off",
			bar(int64(d.Day), int64(d.Days)), d.Day, d.Days, d.Date.Format("2 Jan 2006"), d.Sent, d.Planned, d.Deferred)
	}
	r, err := engine.Demo(c.Context(), o)
	line.done()
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(r)
	}
	a.demoReport(c, r, o)
	return nil
}

func (a *app) demoReport(c *cobra.Command, r *engine.DemoReport, o engine.DemoOptions) {
	a.printf("%d days for %d contacts in %d accounts, played in %.1f seconds.\n\n", r.Days, r.Contacts, r.Accounts, r.Seconds)
	columns := []string{"sent", "done", "deferred", "skipped", "failed", "unknown", "planned"}
	a.printf("%-22s", "touches")
	for _, col := range columns {
		a.printf("%10s", col)
	}
	a.printf("\n")
	total := map[string]int{}
	for _, p := range slices.Sorted(maps.Keys(r.Personas)) {
		a.demoRow(p, r.Personas[p], columns)
		for col, n := range r.Personas[p] {
			total[col] += n
		}
	}
	a.demoRow("all", total, columns)
	a.printf("\nThey were %s.\n", kindWords(r.Kinds))
	a.demoAnswers(r)
	a.printf("\nEvery \"no\" and every \"not yet\" had a reason:\n")
	for _, reason := range byCount(r.Reasons) {
		a.printf("%8d  %-12s %s\n", r.Reasons[reason], reason, reason.Text())
	}
	if r.Example != "" {
		a.printf("\nOne touch that the governor put off:\n")
		a.demoExample(c, r)
	}
	a.printf("\nThe mail server received %d mails, and %d to colleagues: %s\n", r.Inbox, r.Received-r.Inbox, r.Dir+"/inbox/")
	a.printf("Counted again from the inbox alone, %s.\n", brokenWords(r))
	if o.Ungoverned {
		a.printf("The governor was off. Run it again without --governor off.\n")
	}
	a.printf("\nWhat to try next (go run ./cmd/andante, where andante is not installed):\n")
	a.printf("  andante -w %s why %s\n", r.Dir, r.ExampleContact)
	a.printf("  andante -w %s status\n", r.Dir)
	if !o.Ungoverned {
		a.printf("  andante demo --governor off\n")
	}
	a.printf("  andante init my-workspace\n")
}

// demoAnswers tells what came back, and what it changed.
func (a *app) demoAnswers(r *engine.DemoReport) {
	var list []string
	for _, x := range []struct{ event, one, many string }{
		{andante.EventReplied, "reply", "replies"},
		{andante.EventAway, "out-of-office notice", "out-of-office notices"},
		{andante.EventAutoReplied, "answer of a machine", "answers of machines"},
		{andante.EventBounced, "bounce", "bounces"},
		{andante.EventSoftBounced, "full mailbox", "full mailboxes"},
		{andante.EventComplained, "complaint", "complaints"},
		{andante.EventOptedOut, "opt-out", "opt-outs"},
		{andante.EventChose, "choice to get less", "choices to get less"},
	} {
		switch n := r.Answers[x.event]; n {
		case 0:
		case 1:
			list = append(list, "1 "+x.one)
		default:
			list = append(list, fmt.Sprintf("%d %s", n, x.many))
		}
	}
	if len(list) > 0 {
		a.printf("\nWhat came back, by SMTP and over the web: %s.\n%s were canceled for it.\n", strings.Join(list, ", "), count(r.Spared, "touch"))
	}
}

// kindWords counts what reached people, by kind.
func kindWords(kinds map[andante.Kind]int) string {
	var list []string
	for _, k := range andante.Kinds {
		if n := kinds[k]; n > 0 {
			name := string(k)
			switch k {
			case andante.SMS:
				name = "text message"
			case andante.Video:
				name = "video call"
			}
			list = append(list, count(n, name))
		}
	}
	return strings.Join(list, ", ")
}

func brokenWords(r *engine.DemoReport) string {
	switch r.Over {
	case 0:
		return "no limit was broken"
	case 1:
		return "1 limit was broken"
	}
	b := r.Broken[0]
	return fmt.Sprintf("limits were broken %d times, such as %s for %s: %g in its period, at most %g allowed", r.Over, b.Limit, b.Subject, b.Count, b.Max)
}

func (a *app) demoRow(name string, counts map[string]int, columns []string) {
	a.printf("%-22s", cmp.Or(name, "(no persona)"))
	for _, col := range columns {
		a.printf("%10d", counts[col])
	}
	a.printf("\n")
}

func byCount(m map[andante.Reason]int) []andante.Reason {
	list := slices.Collect(maps.Keys(m))
	slices.SortFunc(list, func(x, y andante.Reason) int {
		return cmp.Or(cmp.Compare(m[y], m[x]), strings.Compare(string(x), string(y)))
	})
	return list
}

// demoExample tells the story of one touch as `why` does.
func (a *app) demoExample(c *cobra.Command, r *engine.DemoReport) {
	b := &app{out: a.out, err: a.err, dir: r.Dir}
	e, err := b.open(c.Context(), nil)
	if err != nil {
		return
	}
	defer e.Close()
	rep, err := b.reports(c.Context(), e)
	if err != nil {
		return
	}
	if s, err := rep.Why(c.Context(), string(r.Example)); err == nil {
		b.story(s, "  ")
	}
}
