package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/workspace"
)

func (a *app) adoptCommand() *cobra.Command {
	var r ops.AdoptRequest
	introduce := workspace.NewOwner
	c := a.withJSON(a.withYes(command("people", "adopt", "Give accounts another owner",
		"Gives the accounts of an owner who has left, or those that have none, to a colleague.\nTheir open tasks go along, what running sequences send as the owner comes from the\nnew one, and one contact of each account enters a sequence in which the new owner\nintroduces themselves, spread over days.",
		"andante adopt --from ana --to ben\nandante adopt --orphans --to ben --where 'account.country == \"DE\"' --introduce none --yes", nil)))
	c.Flags().StringVar(&r.From, "from", "", "the owner so far, by key; they need not be a person of andante.yaml any more")
	c.Flags().BoolVar(&r.Orphans, "orphans", false, "instead of --from: accounts without an owner, or whose owner is gone")
	c.Flags().StringVar(&r.To, "to", "", "the new owner, by key")
	c.Flags().StringVar(&r.Where, "where", "", "only accounts that match, such as 'account.tier == \"key\"'")
	c.Flags().StringVar(&introduce, "introduce", workspace.NewOwner, "the sequence by which the new owner introduces themselves; none: no introduction")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if r.Orphans == (r.From != "") {
			return usagef("name the accounts by --from OWNER or by --orphans, and only by one of them")
		}
		if r.To == "" || r.To == r.From {
			return usagef("--to names the new owner")
		}
		return a.reading(c.Context(), func(e *engine.Engine, rep *reports.Reports) error {
			if err := a.checkAccounts(rep, r.To, r.Where); err != nil {
				return err
			}
			if introduce == "none" {
				introduce = ""
			} else if rep.Workspace.Sequences[introduce] == nil {
				return usagef("there is no sequence %s to introduce %s by; name a published one with --introduce SEQUENCE, or write --introduce none", introduce, r.To)
			}
			return a.adopt(c.Context(), e, rep, r, introduce)
		})
	}
	return c
}

func (a *app) adopt(ctx context.Context, e *engine.Engine, rep *reports.Reports, r ops.AdoptRequest, introduce string) error {
	if !a.yes {
		r.DryRun = true
		would, err := e.Ops.Adopt(ctx, r)
		if err != nil {
			return err
		}
		if a.json {
			if err := a.printJSON(would); err != nil {
				return err
			}
		} else {
			a.adopted(would, r, "would go")
		}
		if would.N == 0 {
			return nil
		}
		if err := a.confirm(fmt.Sprintf("Give %s to %s?", count(would.N, "account"), r.To)); err != nil {
			return err
		}
		r.DryRun, a.yes = false, true
	}
	got, err := e.Ops.Adopt(ctx, r)
	if err != nil {
		return fmt.Errorf("adopt: %w; %s went before that, and it may be run again", err, count(got.N, "account"))
	}
	var turns []ops.Turn
	for _, id := range got.Accounts {
		if introduce != "" {
			turns = append(turns, ops.Turn{Account: id, Owner: r.To, Sequence: introduce})
		}
	}
	if a.json {
		introduced, err := e.Ops.Fill(ctx, turns, andante.CauseAdopted, false)
		return errors.Join(err, a.printJSON(adoption{got, append([]*ops.EnrollReport{}, introduced...)}))
	}
	if a.adopted(got, r, "went"); len(turns) == 0 {
		return nil
	}
	return a.enter(ctx, e, rep, turns, andante.CauseAdopted)
}

// adoption is what --json tells.
type adoption struct {
	*ops.Adopted
	Introduced []*ops.EnrollReport `json:"introduced"` // who enters the new owner's introduction
}

func (a *app) adopted(got *ops.Adopted, r ops.AdoptRequest, verb string) {
	if got.N == 0 {
		a.printf("No account %s to %s: none matches.\n", verb, r.To)
		return
	}
	a.printf("%s %s to %s, with %s and %s.\n", count(got.N, "account"), verb, r.To, count(got.Tasks, "open task"), count(got.Running, "running sequence"))
}

// noPerson is the answer to a key that no person has.
func noPerson(key string, c *workspace.Config) error {
	names := slices.Sorted(maps.Keys(c.People))
	return usagef("there is no person %s in what is published%s; there are: %s", key, didYouMean(key, names), strings.Join(names, ", "))
}
