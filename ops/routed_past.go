package ops

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// farthestMorning is how far back a mail of the morning looks at most: over holidays and a weekend.
const farthestMorning = 15 * 24 * time.Hour

// A routedReply is one that went past the owner to a department.
type routedReply struct {
	owner string
	at    time.Time
	line  string
}

// routedPast returns what went past each owner between the beginnings of their last morning and of
// this one, a line each: every reply stands in one mail.
func (o *Ops) routedPast(ctx context.Context, tx *store.Tx, w *workspace.Workspace) (map[string][]string, error) {
	list, err := o.routedSince(ctx, tx, w, o.now().Add(-farthestMorning))
	past := map[string][]string{}
	for _, r := range list {
		if from, until, ok := betweenMornings(mornings(w, r.owner), o.now()); ok && !r.at.Before(from) && r.at.Before(until) {
			past[r.owner] = append(past[r.owner], r.line)
		}
	}
	return past, err
}

// betweenMornings returns when the last morning began and when this one did; false if it is none.
func betweenMornings(h calendar.Hours, now time.Time) (last, this time.Time, ok bool) {
	if _, open := h.Open(now); !open {
		return last, this, false
	}
	day, _ := calendar.PeriodStart("day", now, h.Zones[0])
	for d := day.Add(-farthestMorning); ; {
		at, _, found := h.Next(d)
		if !found || !at.Before(day) {
			this = at
			break
		}
		last = at
		d, _ = calendar.PeriodStart("day", at.In(h.Zones[0]).AddDate(0, 0, 1), h.Zones[0])
	}
	return last, this, !this.IsZero()
}

// routedSince returns the replies since an instant that departments got.
func (o *Ops) routedSince(ctx context.Context, tx *store.Tx, w *workspace.Workspace, since time.Time) (list []routedReply, err error) {
	if len(w.Config.Departments) == 0 {
		return nil, nil
	}
	touches, err := tx.Replies(ctx, since, o.now().Add(time.Hour))
	if err != nil || len(touches) == 0 {
		return nil, err
	}
	accounts, err := tx.Accounts(ctx, unique(touches, accountOfTouch))
	if err != nil {
		return nil, err
	}
	people, err := tx.Contacts(ctx, unique(touches, func(t andante.Touch) andante.ContactID { return t.Contact }))
	if err != nil {
		return nil, err
	}
	in, of := byID(accounts, accountID), byID(people, contactID)
	for _, t := range touches {
		d, ok := w.Config.Departments[t.Sender]
		owner := w.Config.DoerOf(in[t.Account], "", o.now())
		if !ok || owner == "" {
			continue
		}
		c := of[t.Contact]
		who := cmp.Or(c.Name(), c.Email)
		if a := in[t.Account]; a.Name != "" && a.Name != who {
			who += ", " + a.Name
		}
		_, about, _ := strings.Cut(t.Subject, ": ")
		list = append(list, routedReply{owner, t.FirstDue, fmt.Sprintf("%s: %s (%s, by %s)", who, about, t.Step, cmp.Or(d.Title, t.Sender))})
	}
	return list, nil
}

// pastText tells an owner what others answer for them.
func pastText(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "ANSWERED BY OTHERS FOR YOU\n" + strings.Join(lines, "\n") + "\n"
}
