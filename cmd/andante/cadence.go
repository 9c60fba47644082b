package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
)

// fewAccounts is how many accounts are listed unless --all is given.
const fewAccounts = 30

func (a *app) cadenceCommand() *cobra.Command {
	var q reports.CadenceQuery
	var all, fill bool
	c := a.withJSON(a.withYes(command("people", "cadence", "Show who hears from us too seldom",
		"Shows how accounts stand against cadence.yaml, the floor beside the governor's\nceilings: touches planned and given this year, what is due in the slot that runs,\nsince when an account is neglected, and how much was given by people. Accounts\nwithout an owner come first. With --fill it enrolls those who are behind into\ntheir tier's sequence, under the governor, spread over days for each owner.",
		"andante cadence\nandante cadence --owner ana --all\nandante cadence --fill --where 'account.tier == \"key\"' --yes", nil)))
	c.Flags().StringVar(&q.Owner, "owner", "", "only accounts of a person, by key")
	c.Flags().StringVar(&q.Where, "where", "", "only accounts that match, such as 'account.tier == \"key\"'")
	c.Flags().BoolVar(&all, "all", false, "list all accounts, also those that are well")
	c.Flags().BoolVar(&fill, "fill", false, "enroll those who are behind into the sequence that cadence.yaml names for them")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.reading(c.Context(), func(e *engine.Engine, r *reports.Reports) error {
			if err := a.checkAccounts(r, q.Owner, q.Where); err != nil {
				return err
			}
			got, err := r.Cadence(c.Context(), q)
			if err != nil {
				return err
			}
			loc := zone(r.Workspace.Config)
			switch {
			case fill:
				return a.fill(c.Context(), e, r, got)
			case a.json:
				return a.printJSON(got)
			}
			a.cadence(got, all, loc)
			return nil
		})
	}
	return c
}

// checkAccounts looks at an owner and a condition that somebody has just written.
func (a *app) checkAccounts(r *reports.Reports, owner, where string) error {
	if where != "" {
		if err := r.Workspace.CheckCondition(where); err != nil {
			return usagef("--where: %w", err)
		}
	}
	if _, ok := r.Workspace.Config.Person(owner); owner != "" && !ok {
		return noPerson(owner, r.Workspace.Config)
	}
	return nil
}

// cadence prints how accounts stand.
func (a *app) cadence(c *reports.Cadence, all bool, loc *time.Location) {
	if len(c.Accounts) == 0 {
		a.printf("cadence.yaml is for none of %s.\n", count(c.Beside, "account"))
		return
	}
	shown, left := 0, 0
	a.printf("%-24s %-12s %-10s %7s %6s %4s %9s %7s  %s\n", "account", "tier", "owner", "planned", "given", "due", "by people", "trend", "")
	for i := range c.Accounts {
		x := &c.Accounts[i]
		if !all && !x.Behind() && !x.Orphaned {
			continue
		}
		if !all && shown == fewAccounts {
			left++
			continue
		}
		shown++
		a.printf("%-24s %-12s %-10s %7d %6d %4d %9s %7s  %s\n", cut(x.Name, 24), x.Tier, cut(ownerOf(x), 10), x.Planned, x.Given, x.Due,
			byPeople(x), fmt.Sprintf("%d %s %d", x.Before, trend(x.Before, x.Lately), x.Lately), standing(x, loc))
	}
	if left > 0 {
		a.printf("and %d more: --all lists every account\n", left)
	}
	a.printf("\n%-12s %8s %7s %9s %8s %6s %10s %5s\n", "owner", "accounts", "behind", "neglected", "planned", "given", "by people", "due")
	for _, o := range c.Owners {
		name := o.Owner
		if name == "" {
			name = "(nobody)"
		}
		a.printf("%-12s %8d %7d %9d %8d %6d %10d %5d\n", cut(name, 12), o.Accounts, o.Behind, o.Neglected, o.Planned, o.Given, o.ByPeople, o.Due)
	}
	if c.Beside > 0 {
		a.printf("cadence.yaml is not for %s more.\n", count(c.Beside, "account"))
	}
}

func ownerOf(x *reports.Cared) string {
	switch {
	case x.Owner == "":
		return "(nobody)"
	case x.Orphaned:
		return x.Owner + "?"
	}
	return x.Owner
}

// byPeople tells how many people gave, and of how many that they are to give.
func byPeople(x *reports.Cared) string {
	if x.People == 0 {
		return strconv.Itoa(x.ByPeople)
	}
	return fmt.Sprintf("%d of %d", x.ByPeople, x.People)
}

func trend(before, lately int) string {
	switch {
	case lately > before:
		return "↗"
	case lately < before:
		return "↘"
	}
	return "→"
}

// standing says in words what is wrong with an account, if anything is.
func standing(x *reports.Cared, loc *time.Location) string {
	const day = "2 Jan 2006"
	var list []string
	switch {
	case x.Orphaned && x.Owner != "":
		list = append(list, "its owner is gone")
	case x.Orphaned:
		list = append(list, "has no owner")
	}
	switch {
	case !x.Neglected.IsZero():
		list = append(list, "neglected since "+x.Neglected.In(loc).Format(day))
	case x.Due > 0:
		if last, err := time.Parse(time.DateOnly, x.LastDay); err == nil {
			list = append(list, "due by "+last.Format(day))
		}
	}
	if x.Last.IsZero() {
		list = append(list, "no touch yet")
	} else {
		list = append(list, "last touch "+x.Last.In(loc).Format(day))
	}
	if x.Missed > 0 {
		list = append(list, fmt.Sprintf("%d missed", x.Missed))
	}
	return strings.Join(list, ", ")
}

// cut shortens a text for a column.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// fill enrolls those who are behind.
func (a *app) fill(ctx context.Context, e *engine.Engine, r *reports.Reports, c *reports.Cadence) error {
	var turns []ops.Turn
	missing := map[string]int{}
	for i := range c.Accounts {
		x := &c.Accounts[i]
		switch _, ok := r.Workspace.Sequences[x.FillWith]; {
		case !x.Behind():
		case x.FillWith == "":
			missing[x.Tier+": cadence.yaml has no fill_with for it"]++
		case !ok:
			missing[x.Tier+": its sequence "+x.FillWith+" is not published"]++
		default:
			turns = append(turns, ops.Turn{Account: x.Account, Owner: x.Owner, Sequence: x.FillWith, By: x.DueBy})
		}
	}
	for _, why := range slices.Sorted(maps.Keys(missing)) {
		fmt.Fprintf(a.err, "%s left out, %s\n", count(missing[why], "account"), why)
	}
	if len(turns) == 0 {
		if len(missing) > 0 {
			return usagef("nobody was enrolled: write the sequences, name them in cadence.yaml and `andante publish`")
		}
		if a.json {
			return a.printJSON([]*ops.EnrollReport{})
		}
		a.printf("Nobody is behind.\n")
		return nil
	}
	return a.enter(ctx, e, r, turns, andante.CauseCadence)
}

// enter enrolls accounts after asking.
func (a *app) enter(ctx context.Context, e *engine.Engine, r *reports.Reports, turns []ops.Turn, cause string) error {
	dryRun, verb := !a.yes, "entered"
	if dryRun {
		verb = "would enter"
	}
	for {
		list, err := e.Ops.Fill(ctx, turns, cause, dryRun)
		if err != nil {
			return err
		}
		entered := 0
		if a.json {
			if err := a.printJSON(list); err != nil {
				return err
			}
		}
		for _, rep := range list {
			entered += rep.Entered
			if a.json {
				continue
			}
			if err := a.enrolled(rep, zone(r.Workspace.Config), verb); err != nil {
				return err
			}
		}
		if !dryRun || entered == 0 {
			return nil
		}
		if err := a.confirm("Enter " + count(entered, "contact") + "?"); err != nil {
			return err
		}
		dryRun, verb = false, "entered"
	}
}
