package reports

import (
	"context"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// Leaving is how many of the touches that were the n-th of their contact within 30 days were followed
// by an opt-out or a complaint, before the next touch and within 30 days.
type Leaving struct {
	Nth     int     `json:"nth"` // the last line stands for it and all above
	Touches int     `json:"touches"`
	Left    int     `json:"left"`
	Rate    float64 `json:"rate"` // of the touches
}

const (
	leavingSpan  = 30 * 24 * time.Hour
	leavingLines = 10
	leavingPage  = 500
)

// Leaving draws opt-outs against touches received since an instant.
func (r *Reports) Leaving(ctx context.Context, since time.Time) ([]Leaving, error) {
	lines := make([]Leaving, leavingLines)
	for i := range lines {
		lines[i].Nth = i + 1
	}
	for after, more := andante.ContactID(""), true; more; {
		err := r.Store.Read(ctx, func(tx *store.Tx) error {
			page, err := tx.ContactsAfter(ctx, after, leavingPage)
			if err != nil || len(page) == 0 {
				more = false
				return err
			}
			after, more = page[len(page)-1].ID, len(page) == leavingPage
			return leavingOf(ctx, tx, page, since, lines)
		})
		if err != nil {
			return nil, err
		}
	}
	for i, l := range lines {
		if l.Touches > 0 {
			lines[i].Rate = float64(l.Left) / float64(l.Touches)
		}
	}
	for len(lines) > 0 && lines[len(lines)-1].Touches == 0 {
		lines = lines[:len(lines)-1]
	}
	return lines, nil
}

// leavingOf adds what some contacts got and did to the lines.
func leavingOf(ctx context.Context, tx *store.Tx, page []andante.Contact, since time.Time, lines []Leaving) error {
	ids := make([]andante.ContactID, len(page))
	for i, c := range page {
		ids[i] = c.ID
	}
	touches, err := tx.TouchesOfContacts(ctx, ids)
	if err != nil {
		return err
	}
	events, err := tx.EventsSince(ctx, ids, since, []string{andante.EventOptedOut, andante.EventComplained})
	if err != nil {
		return err
	}
	got, left := map[andante.ContactID][]time.Time{}, map[andante.ContactID][]time.Time{}
	for _, t := range touches {
		if t.State == andante.Sent && t.Kind != andante.Other {
			got[t.Contact] = append(got[t.Contact], t.Settled)
		}
	}
	for _, e := range events {
		left[e.Contact] = append(left[e.Contact], e.At)
	}
	for id, at := range got {
		slices.SortFunc(at, time.Time.Compare)
		for i, t := range at {
			if t.Before(since) {
				continue
			}
			n := 1
			for j := i - 1; j >= 0 && at[j].After(t.Add(-leavingSpan)); j-- {
				n++
			}
			until := t.Add(leavingSpan)
			if i+1 < len(at) && at[i+1].Before(until) {
				until = at[i+1]
			}
			l := &lines[min(n, leavingLines)-1]
			l.Touches++
			if slices.ContainsFunc(left[id], func(e time.Time) bool { return !e.Before(t) && e.Before(until) }) {
				l.Left++
			}
		}
	}
	return nil
}
