package reports

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/cadence"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/store"
)

// Cadence is how accounts stand against the floor of cadence.yaml.
type Cadence struct {
	Now      time.Time      `json:"now"`
	Accounts []Cared        `json:"accounts"` // orphans first, then those that need a touch most
	Owners   []CadenceOwner `json:"owners"`
	Beside   int            `json:"beside"` // accounts that the plan is not for
}

// Cared is one account and how it stands.
type Cared struct {
	Account  andante.AccountID `json:"account"`
	Key      string            `json:"key"`
	Name     string            `json:"name"`
	Tier     string            `json:"tier"`
	Owner    string            `json:"owner"`
	Orphaned bool              `json:"orphaned"` // its owner is gone, or it has none
	PerYear  int               `json:"per_year"`
	FillWith string            `json:"fill_with,omitempty"`
	LastDay  string            `json:"last_day,omitempty"` // of the slot that runs, on the account's calendar: 2026-12-31
	cadence.Standing
}

// CadenceOwner sums up the accounts of one owner.
type CadenceOwner struct {
	Owner     string `json:"owner"`
	Accounts  int    `json:"accounts"`
	Behind    int    `json:"behind"`
	Neglected int    `json:"neglected"`
	Planned   int    `json:"planned"`
	Given     int    `json:"given"`
	ByPeople  int    `json:"by_people"`
	Due       int    `json:"due"`
}

// CadenceQuery says whose standing is asked for.
type CadenceQuery struct {
	Owner string // key of a person; empty: everybody's
	Where string // a condition on accounts; empty: all
}

const cadencePage = 500

// Cadence tells how the accounts stand.
func (r *Reports) Cadence(ctx context.Context, q CadenceQuery) (*Cadence, error) {
	out := &Cadence{Now: r.Clock.Now()}
	err := r.Store.Read(ctx, func(tx *store.Tx) error {
		out.Accounts, out.Beside = []Cared{}, 0
		for after := andante.AccountID(""); ; {
			page, err := tx.AccountsAfter(ctx, after, cadencePage)
			if err != nil || len(page) == 0 {
				return err
			}
			after = page[len(page)-1].ID
			asked := slices.DeleteFunc(page, func(a andante.Account) bool { return q.Owner != "" && a.Owner != q.Owner })
			if asked, err = r.Workspace.AccountsWhere(asked, q.Where, out.Now); err != nil {
				return err
			}
			cared, err := r.cared(ctx, tx, asked, out.Now)
			if err != nil {
				return err
			}
			out.Accounts, out.Beside = append(out.Accounts, cared...), out.Beside+len(asked)-len(cared)
		}
	})
	slices.SortFunc(out.Accounts, func(a, b Cared) int {
		return cmp.Or(compareBool(b.Orphaned, a.Orphaned), a.Standing.Compare(&b.Standing), strings.Compare(a.Key, b.Key))
	})
	out.sum()
	return out, err
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// cared tells how those accounts of a list stand that the plan is for.
func (r *Reports) cared(ctx context.Context, tx *store.Tx, accounts []andante.Account, now time.Time) (list []Cared, err error) {
	ids := make([]andante.AccountID, len(accounts))
	for i, a := range accounts {
		ids[i] = a.ID
	}
	given, err := r.given(ctx, tx, ids, now)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		t, n, ok := r.Workspace.TierFor(a, now)
		if !ok {
			continue
		}
		owner, has := r.Workspace.Config.Person(a.Owner)
		zones, _ := calendar.Zones(andante.Contact{}, a, owner, r.Workspace.Config.Company.Zone, r.Workspace.Config.Company.Country)
		began := a.Created
		if a.Signals.Staged.After(began) {
			began = a.Signals.Staged // they were no customer before
		}
		x := Cared{
			Account: a.ID, Key: a.Key, Name: a.Name, Tier: t.Name, Owner: a.Owner, Orphaned: !has, PerYear: n, FillWith: t.FillWith,
			Standing: r.Workspace.Cadence.Stand(t, n, began, given[a.ID], now, zones[0]),
		}
		if !x.DueBy.IsZero() {
			x.LastDay = x.DueBy.Add(-time.Second).In(zones[0]).Format(time.DateOnly)
		}
		list = append(list, x)
	}
	return list, nil
}

// given reads what accounts had, and what came from them.
func (r *Reports) given(ctx context.Context, tx *store.Tx, accounts []andante.AccountID, now time.Time) (map[andante.AccountID][]cadence.Given, error) {
	since := now.Add(-cadence.Memory)
	counted, err := tx.Counted(ctx, since, accounts, nil)
	if err != nil {
		return nil, err
	}
	given := map[andante.AccountID][]cadence.Given{}
	for _, c := range counted {
		if !c.Pending && !c.Waiting {
			given[c.Account] = append(given[c.Account], cadence.Given{At: c.At, Kind: c.Kind, Purpose: c.Purpose, Unanswered: c.Unanswered})
		}
	}
	people, err := tx.ContactsOf(ctx, accounts)
	if err != nil {
		return nil, err
	}
	ids := make([]andante.ContactID, len(people))
	for i, c := range people {
		ids[i] = c.ID
	}
	events, err := tx.EventsSince(ctx, ids, since, []string{andante.EventTalked, andante.EventMet})
	for _, e := range events {
		if e.Touch != "" {
			continue // it is the outcome of a task, which counts itself
		}
		g := cadence.Given{At: e.At, Kind: andante.Call, Inbound: true}
		if e.Name == andante.EventMet {
			g.Kind = andante.Visit
		}
		given[e.Account] = append(given[e.Account], g)
	}
	return given, err
}

// sum adds up by owner, those with most behind first.
func (c *Cadence) sum() {
	at := map[string]int{}
	c.Owners = []CadenceOwner{}
	for i := range c.Accounts {
		a := &c.Accounts[i]
		n, ok := at[a.Owner]
		if !ok {
			n = len(c.Owners)
			at[a.Owner], c.Owners = n, append(c.Owners, CadenceOwner{Owner: a.Owner})
		}
		o := &c.Owners[n]
		o.Accounts++
		o.Planned, o.Given, o.ByPeople, o.Due = o.Planned+a.Planned, o.Given+a.Given, o.ByPeople+a.ByPeople, o.Due+a.Due
		if a.Behind() {
			o.Behind++
		}
		if !a.Neglected.IsZero() {
			o.Neglected++
		}
	}
	slices.SortFunc(c.Owners, func(a, b CadenceOwner) int {
		return cmp.Or(cmp.Compare(b.Behind, a.Behind), strings.Compare(a.Owner, b.Owner))
	})
}
