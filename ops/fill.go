package ops

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// A Turn is an account that is to be enrolled, one contact of it.
type Turn struct {
	Account  andante.AccountID
	Owner    string
	Sequence string
	By       time.Time // not later than this, if it can be; zero: whenever
}

// fillDays is over how many business days at most beginnings are spread.
const fillDays = 20

// Fill enters one contact of each account into its sequence, those that come first in the
// list first. The beginnings of one owner's accounts are spread evenly over the business
// days until they are due, at most [fillDays], so that nobody is flooded.
func (o *Ops) Fill(ctx context.Context, turns []Turn, cause string, dryRun bool) (list []*EnrollReport, err error) {
	var w *workspace.Workspace
	err = o.Store.Read(ctx, func(tx *store.Tx) error {
		w, err = o.Workspace(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	days := o.businessDays(w)
	count, at := map[string]int{}, map[string]int{}
	for _, t := range turns {
		count[t.Owner]++
	}
	bySequence := map[string]map[andante.AccountID]time.Time{}
	for _, t := range turns {
		if bySequence[t.Sequence] == nil {
			bySequence[t.Sequence] = map[andante.AccountID]time.Time{}
		}
		within := len(days)
		if !t.By.IsZero() {
			within, _ = slices.BinarySearchFunc(days, t.By, time.Time.Compare)
		}
		bySequence[t.Sequence][t.Account] = days[max(within, 1)*at[t.Owner]/count[t.Owner]]
		at[t.Owner]++
	}
	names := make([]string, 0, len(bySequence))
	for name := range bySequence {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	for _, name := range names {
		rep, err := o.Enroll(ctx, EnrollRequest{Sequence: name, Accounts: bySequence[name], Cause: cause, DryRun: dryRun})
		if err != nil {
			return list, err
		}
		list = append(list, rep)
	}
	return list, nil
}

// businessDays returns today and the business days that follow, of the company's calendar.
func (o *Ops) businessDays(w *workspace.Workspace) []time.Time {
	zone := w.Config.Home()
	holidays := calendar.HolidaysOf(cmp.Or(w.Config.Company.Country, "US"))
	now := o.now()
	today, _ := calendar.PeriodStart("day", now, zone)
	days := []time.Time{now}
	for n := 1; n < fillDays; n++ {
		days = append(days, calendar.Offset{BusinessDays: n}.From(today, zone, holidays))
	}
	return days
}
