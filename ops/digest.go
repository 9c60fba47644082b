package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// keepNotices is how long notices are kept that are over.
const keepNotices = 90 * 24 * time.Hour

// digests writes the mails of the morning to those who have something to do.
func (o *Ops) digests(ctx context.Context, w *workspace.Workspace) (err error) {
	if !w.Config.Tasks.Mail {
		return nil
	}
	owners, seed := []string{}, andante.Seed("")
	if err := o.Store.Read(ctx, func(tx *store.Tx) error {
		if owners, err = tx.TaskOwners(ctx, o.now()); err != nil {
			return err
		}
		seed, err = tx.Seed(ctx)
		return err
	}); err != nil {
		return err
	}
	for _, owner := range owners {
		if _, known := w.Config.Person(owner); !known {
			continue
		}
		if day, open := o.morning(w, owner); open {
			id := andante.DeriveID[andante.TouchID](seed, day, "digest", owner, day.Format(time.DateOnly))
			err = errors.Join(err, o.Store.Write(ctx, func(tx *store.Tx) error { return o.digest(ctx, tx, w, owner, id) }))
		}
	}
	return err
}

// mornings are the hours of a person's mails of the morning.
func mornings(w *workspace.Workspace, person string) calendar.Hours {
	h := w.WorkingHours(person)
	h.Windows = append([]calendar.Window{w.Config.Tasks.Digest}, h.Windows[0].Days())
	return h
}

// morning tells whether it is morning for a person, and of which day.
func (o *Ops) morning(w *workspace.Workspace, person string) (day time.Time, open bool) {
	h := mornings(w, person)
	_, open = h.Open(o.now())
	day, _ = calendar.PeriodStart("day", o.now(), h.Zones[0])
	return day, open
}

// digest writes one, unless it is written.
func (o *Ops) digest(ctx context.Context, tx *store.Tx, w *workspace.Workspace, owner string, id andante.TouchID) error {
	written, err := tx.Notices(ctx, []andante.TouchID{id})
	if err != nil || len(written) > 0 {
		return err
	}
	if err := tx.DropNotices(ctx, o.now().Add(-keepNotices)); err != nil {
		return err
	}
	list, err := o.toDo(ctx, tx, w, owner)
	if err != nil || len(list) == 0 {
		return err
	}
	subject := fmt.Sprintf("%d things to do", len(list))
	if len(list) == 1 {
		subject = "To do: " + list[0].Title()
	}
	now := o.now()
	return tx.AddNotices(ctx, []store.Notice{{
		ID: id, Person: owner, Subject: andante.CleanText(subject), Body: digestText(list), Calendar: agendaOf(w, now, owner, list), State: andante.Planned, Due: now,
	}})
}

// mostToDo is how many tasks stand in one mail.
const mostToDo = 50

// toDo returns what a person has to do now, what has waited longest first.
func (o *Ops) toDo(ctx context.Context, tx *store.Tx, w *workspace.Workspace, owner string) (list []*Briefing, err error) {
	tasks, err := tx.OpenTasks(ctx, owner, 10*mostToDo)
	if err != nil {
		return nil, err
	}
	tasks = slices.DeleteFunc(tasks, func(t store.Task) bool { return t.Snoozed.After(o.now()) })
	tasks = tasks[:min(len(tasks), mostToDo)]
	touches, err := tx.Touches(ctx, unique(tasks, func(t store.Task) andante.TouchID { return t.Touch }))
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		i := slices.IndexFunc(touches, func(x andante.Touch) bool { return x.ID == t.Touch })
		if i < 0 {
			continue
		}
		b, err := o.Briefing(ctx, tx, w, t, touches[i])
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}

// digestText lists first, and tells then.
func digestText(list []*Briefing) string {
	var s strings.Builder
	if len(list) > 1 {
		for i, b := range list {
			fmt.Fprintf(&s, "%d. %s, since %s\n", i+1, b.Title(), b.Opened.Format("Mon 2 Jan"))
		}
		s.WriteString("\n")
	}
	for i, b := range list {
		if len(list) > 1 {
			fmt.Fprintf(&s, "---------- %d\n\n", i+1)
		}
		s.WriteString(b.Text() + "\n")
	}
	return s.String()
}

// NextReminder returns when somebody is to be told of something next; zero: never.
func (o *Ops) NextReminder(ctx context.Context, tx *store.Tx) (next time.Time, err error) {
	mind, err := tx.NextToMind(ctx)
	if err != nil {
		return next, err
	}
	notice, err := tx.NextNotice(ctx)
	if err != nil {
		return next, err
	}
	morning, err := o.nextMorning(ctx, tx)
	if err != nil {
		return next, err
	}
	for _, t := range []time.Time{mind, notice, morning} {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next, nil
}

// nextMorning returns the next morning of somebody who has something to do; zero: nobody has.
func (o *Ops) nextMorning(ctx context.Context, tx *store.Tx) (next time.Time, err error) {
	owners, err := tx.TaskOwners(ctx, o.now())
	if err != nil || len(owners) == 0 {
		return next, err
	}
	w, err := o.Workspace(ctx, tx)
	if err != nil || !w.Config.Tasks.Mail {
		return next, err
	}
	for _, owner := range owners {
		h, from := mornings(w, owner), o.now()
		if until, open := h.Open(from); open { // this morning's is written by now
			from = until
		}
		if at, _, ok := h.Next(from); ok && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, nil
}
