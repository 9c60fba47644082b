package main

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/workspace"
)

func (a *app) routeCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "route", Short: "See who takes a reply", GroupID: "people", Args: known, RunE: help,
		Long:    "A reply goes to a department if a rule or the words of routing.yaml say so, and to the\nowner of the account else. Where there is no routing.yaml the one that is shipped holds.",
		Example: "  andante route test reply.eml",
	}
	c.AddCommand(a.routeTestCommand(), a.routeShowCommand())
	return c
}

// sorted is what is shown of where a reply goes.
type sorted struct {
	File       string              `json:"file,omitempty"`
	Class      inbound.Class       `json:"class"`
	To         string              `json:"to,omitempty"` // sort, department or owner
	Department string              `json:"department,omitempty"`
	Rule       int                 `json:"rule,omitempty"`
	Words      []string            `json:"words,omitempty"`
	Beside     map[string][]string `json:"beside,omitempty"`
}

func (a *app) routeTestCommand() *cobra.Command {
	c := a.withJSON(command("", "test [FILE.eml ...]", "Say where mails would go, and why",
		"Says what mails are, and who would get those that are replies: by which rule, or by\nwhich words. It goes by the files of the folder, published or not, and by what the store\nknows of the writer. Nothing is taken in.",
		"andante route test reply.eml\nandante route test --json < reply.eml", nil))
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		e, err := a.begin(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		w, err := a.load(e)
		if err != nil {
			return err
		}
		if len(args) == 0 {
			args = []string{"-"}
		}
		for _, name := range args {
			raw, err := a.mail(name)
			if err != nil {
				return err
			}
			found, h, err := e.Ops.TryRoute(c.Context(), w, raw, inbound.Envelope{})
			if err != nil {
				return err
			}
			label := ""
			if len(args) > 1 {
				label = name
			}
			if err := a.routed(w, label, found, h); err != nil {
				return err
			}
		}
		return nil
	}
	return c
}

// routed says where a mail goes.
func (a *app) routed(w *workspace.Workspace, file string, found inbound.Finding, h ops.Handing) error {
	s := sorted{File: file, Class: found.Class}
	if found.Class == inbound.Reply {
		s = sorted{file, found.Class, h.To, h.Department, h.Rule, h.Words, h.Beside}
	}
	if a.json {
		return a.printJSON(s)
	}
	if file != "" {
		a.printf("%s: ", file)
	}
	if found.Class != inbound.Reply {
		a.printf("nowhere: it is no reply of a person, but %s (%s)\n", found.Class, found.Why)
		return nil
	}
	to := "the owner"
	if h.Department != "" {
		to = h.Department
		if d := w.Config.Departments[to]; d.Title != "" {
			to += " (" + d.Title + ", " + d.Email + ")"
		}
	}
	a.printf("%s: %s, by %s\n", to, h.To, h.Why())
	if !h.Known {
		a.printf("  nobody knows its writer: such a mail goes to whom tasks: unowned names\n")
	}
	if h.Department == "" && h.To != "owner" {
		a.printf("  no department answers %s; write answers: [%[1]s] into one that has an email\n", h.To)
	}
	for _, sort := range slices.Sorted(maps.Keys(h.Beside)) {
		a.printf("  also %s, by %s\n", sort, strings.Join(h.Beside[sort], ", "))
	}
	return nil
}

func (a *app) routeShowCommand() *cobra.Command {
	c := command("", "show", "Print the routing.yaml that is shipped",
		"Prints the rules and words by which replies are sorted where a workspace has no\nrouting.yaml of its own: something to begin with.",
		"andante route show > routing.yaml", nil)
	c.RunE = func(*cobra.Command, []string) error {
		a.printf("%s", workspace.Shipped()[workspace.RoutingFile])
		return nil
	}
	return c
}

func (a *app) reportRoutingCommand() *cobra.Command {
	c := a.withJSON(command("", "routing", "What went past the owners, and what that saved",
		"Counts the replies that departments got instead of the owner, how fast they were\nanswered, and the owner's minutes that were saved: those of the department's minutes: in\nandante.yaml, 10 where it does not say.",
		"andante report routing --since 90d", nil))
	return reportSince(a, c, (*reports.Reports).Routing, a.routing)
}

func (a *app) routing(list []reports.Routed, since string, _ *time.Location) {
	if len(list) == 0 {
		a.printf("Nobody replied in the last %s.\n", since)
		return
	}
	a.printf("%-20s %8s %9s %6s %6s %10s %8s\n", "who", "replies", "answered", "open", "late", "in (mid)", "minutes")
	saved := map[string]int{}
	for _, d := range list {
		minutes := "-"
		if d.Department != "" {
			minutes = strconv.Itoa(d.Minutes)
		}
		a.printf("%-20s %8d %9d %6d %6d %10s %8s\n", cut(cmp.Or(d.Department, "owners"), 20), d.Replies, d.Answered, d.Open, d.Late, soon(d.Median), minutes)
		for owner, n := range d.ByOwner {
			saved[owner] += n
		}
	}
	for _, owner := range slices.Sorted(maps.Keys(saved)) {
		a.printf("%s was saved %s.\n", nobody(owner), count(saved[owner], "minute"))
	}
}

// soon writes how long something took.
func soon(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < time.Hour:
		return d.Round(time.Minute).String()
	case d < 48*time.Hour:
		return strings.TrimSuffix(d.Round(time.Hour).String(), "0m0s")
	}
	return count(int(d.Hours()/24+0.5), "day")
}
