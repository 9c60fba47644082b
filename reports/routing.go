package reports

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// usualMinutes is what a reply costs its owner where a department does not say.
const usualMinutes = 10

// Routed is what went past owners to a department, or came to them.
type Routed struct {
	Department string         `json:"department"` // empty: the owners themselves
	Replies    int            `json:"replies"`
	Sorts      map[string]int `json:"sorts,omitempty"`
	Answered   int            `json:"answered"`
	Open       int            `json:"open"`
	Median     time.Duration  `json:"median_ns"` // from the reply to its answer, of those that are answered
	Late       int            `json:"late"`      // answered, or still open, after the department's time
	Minutes    int            `json:"minutes"`   // of owners' time that it saved
	ByOwner    map[string]int `json:"by_owner"`  // minutes by whose they are, by key
}

// Routing counts the replies since an instant by who was to answer them, departments first.
func (r *Reports) Routing(ctx context.Context, since time.Time) ([]Routed, error) {
	var touches []andante.Touch
	owners := map[andante.AccountID]string{}
	now := r.Clock.Now()
	err := r.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if touches, err = tx.Replies(ctx, since, now.Add(time.Hour)); err != nil {
			return err
		}
		ids := make([]andante.AccountID, len(touches))
		for i, t := range touches {
			ids[i] = t.Account
		}
		accounts, err := tx.Accounts(ctx, slices.Compact(slices.Sorted(slices.Values(ids))))
		for _, a := range accounts {
			owners[a.ID] = a.Owner
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	by, took := map[string]*Routed{}, map[string][]time.Duration{}
	for _, t := range touches {
		key := t.Sender
		if _, ok := r.Workspace.Config.Departments[key]; !ok {
			key = ""
		}
		d := by[key]
		if d == nil {
			d = &Routed{Department: key, Sorts: map[string]int{}, ByOwner: map[string]int{}}
			by[key] = d
		}
		r.countReply(d, t, owners[t.Account], now)
		if t.State == andante.Done {
			took[key] = append(took[key], t.Settled.Sub(t.FirstDue))
		}
	}
	for key, d := range by {
		d.Median = median(took[key])
	}
	list := make([]Routed, 0, len(by))
	for _, key := range slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		return cmp.Or(cmp.Compare(by[b].Replies, by[a].Replies), cmp.Compare(a, b))
	}) {
		if key != "" {
			list = append(list, *by[key])
		}
	}
	if own := by[""]; own != nil {
		list = append(list, *own)
	}
	return list, nil
}

// countReply adds a reply to what is counted of whoever was to answer it.
func (r *Reports) countReply(d *Routed, t andante.Touch, owner string, now time.Time) {
	d.Replies++
	d.Sorts[t.Step]++
	over := now
	switch {
	case t.State == andante.Open:
		d.Open++
	case t.State == andante.Done:
		d.Answered++
		over = t.Settled
	default: // passed over: nothing was to be answered
		over = t.FirstDue
	}
	department, ok := r.Workspace.Config.Departments[d.Department]
	if !ok {
		return
	}
	minutes := cmp.Or(department.Minutes, usualMinutes)
	d.Minutes += minutes
	d.ByOwner[owner] += minutes
	if within := department.Within; within != nil {
		hours := r.Workspace.WorkingHours(d.Department)
		if over.After(within.From(t.FirstDue, hours.Zones[0], hours.Holidays)) {
			d.Late++
		}
	}
}

func median(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[len(list)/2]
}
