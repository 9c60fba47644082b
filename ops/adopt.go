package ops

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// AdoptRequest says whose accounts get which owner.
type AdoptRequest struct {
	From    string // key of the owner so far
	Orphans bool   // instead: accounts whose owner is gone, or that have none
	To      string // key of a person
	Where   string // a condition on accounts; empty: all
	DryRun  bool
}

// Adopted says what came of it.
type Adopted struct {
	Accounts []andante.AccountID `json:"-"`
	N        int                 `json:"accounts"`
	Tasks    int                 `json:"tasks"`             // open tasks that went along
	Running  int                 `json:"running"`           // sequences that go on, as the new owner where the owner sends
	Entered  map[string]int      `json:"entered,omitempty"` // whom a rule let in for it, by sequence
}

const adoptPage = 500

// Adopt gives accounts another owner. Their open tasks go along, and what their sequences
// send as the owner is sent as the new one from then on; a thread stays with who began it.
func (o *Ops) Adopt(ctx context.Context, r AdoptRequest) (*Adopted, error) {
	out := &Adopted{}
	for after, more := andante.AccountID(""), true; more; {
		var got *Adopted
		run := o.Store.Write
		if r.DryRun {
			run = o.Store.Read
		}
		var last andante.AccountID
		err := run(ctx, func(tx *store.Tx) (err error) {
			got, last, err = o.adoptPage(ctx, tx, r, after)
			return err
		})
		if err != nil {
			return out, err
		}
		out.Accounts, out.N = append(out.Accounts, got.Accounts...), out.N+got.N
		out.Tasks, out.Running = out.Tasks+got.Tasks, out.Running+got.Running
		out.Entered = add(out.Entered, got.Entered)
		after, more = last, last != ""
	}
	return out, nil
}

// adoptPage adopts those of the next accounts that match; last is empty when there are no
// more.
func (o *Ops) adoptPage(ctx context.Context, tx *store.Tx, r AdoptRequest, after andante.AccountID) (out *Adopted, last andante.AccountID, err error) {
	out = &Adopted{}
	w, err := o.Workspace(ctx, tx)
	if err != nil {
		return nil, "", err
	}
	page, err := tx.AccountsAfter(ctx, after, adoptPage)
	if err != nil || len(page) == 0 {
		return out, "", err
	}
	last = page[len(page)-1].ID
	fit := func(list []andante.Account) ([]andante.Account, error) { return r.those(w, list, o.now()) }
	if page, err = fit(page); err != nil || len(page) == 0 {
		return out, last, err
	}
	ids := unique(page, accountID)
	if !r.DryRun {
		if err := tx.LockAccounts(ctx, ids); err != nil {
			return nil, "", err
		}
		again, err := tx.Accounts(ctx, ids) // as they are now
		if err != nil {
			return nil, "", err
		}
		if page, err = fit(again); err != nil {
			return nil, "", err
		}
		ids = unique(page, accountID)
	}
	running, err := tx.ActiveInAccounts(ctx, "", ids)
	if err != nil {
		return nil, "", err
	}
	out.Accounts, out.N, out.Running = ids, len(ids), len(running)
	if r.DryRun {
		out.Tasks, err = tx.CountTasksOf(ctx, ids)
		return out, last, err
	}
	for i := range page {
		page[i].Owner = r.To
	}
	if err := tx.PutAccounts(ctx, o.now(), page); err != nil {
		return nil, "", err
	}
	people, err := tx.ContactsOf(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	if out.Entered, err = o.changed(ctx, tx, people, nil); err != nil {
		return nil, "", err
	}
	out.Tasks, err = tx.GiveTasks(ctx, ids, r.To, slices.Sorted(maps.Keys(w.Config.Departments)))
	return out, last, err
}

// those returns the accounts that the request is about, by id.
func (r *AdoptRequest) those(w *workspace.Workspace, list []andante.Account, now time.Time) ([]andante.Account, error) {
	list = slices.DeleteFunc(slices.Clone(list), func(a andante.Account) bool {
		_, known := w.Config.Person(a.Owner)
		return r.Orphans && known || !r.Orphans && a.Owner != r.From || a.Owner == r.To
	})
	slices.SortFunc(list, func(a, b andante.Account) int { return cmp.Compare(a.ID, b.ID) })
	return w.AccountsWhere(list, r.Where, now)
}
