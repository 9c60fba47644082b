package scheduler

import (
	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// A batch is what one lease takes.
type batch struct {
	group
	touches []store.DueTouch
}

func (b batch) ids() []andante.TouchID {
	ids := make([]andante.TouchID, len(b.touches))
	for i, t := range b.touches {
		ids[i] = t.ID
	}
	return ids
}

// A group is what one lease may hold: touches of one lane, urgent or not.
type group struct {
	lane   store.Lane
	urgent bool
}

func groupOf(t store.DueTouch) group { return group{t.Lane, t.Priority == andante.High} }

// groups splits touches, which come in order, into leases of no more than size says of so
// many. The leases keep the order: a lane's throttle is spent on the most urgent.
func groups(due []store.DueTouch, size func(int) int) []batch {
	n := map[group]int{}
	for _, t := range due {
		n[groupOf(t)]++
	}
	var list []batch
	at := map[group]int{}
	for _, t := range due {
		g := groupOf(t)
		i, ok := at[g]
		if !ok || len(list[i].touches) == size(n[g]) {
			i = len(list)
			list = append(list, batch{group: g})
			at[g] = i
		}
		list[i].touches = append(list[i].touches, t)
	}
	return list
}

// leastShare is what a lease has at least: a permit's messages.
const leastShare = 50

// share returns the most touches of a lease where n are due, and more may be. Each lease is
// worked over a connection of its own, and a relay far away takes its time over each mail.
func (s *Scheduler) share(n int, more bool) int {
	if more {
		return s.o.Batch
	}
	return min(max((n+s.o.Shares-1)/s.o.Shares, leastShare), s.o.Batch)
}
