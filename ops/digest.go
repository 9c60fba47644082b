package ops

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
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
func (o *Ops) digests(ctx context.Context, w *workspace.Workspace) error {
	if !w.Config.Tasks.Mail {
		return nil
	}
	var ids map[string]andante.TouchID
	err := o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		ids, err = o.unwritten(ctx, tx, w)
		return err
	})
	if err == nil && len(ids) > 0 {
		err = o.Store.Write(ctx, func(tx *store.Tx) error { return tx.DropNotices(ctx, o.now().Add(-keepNotices)) })
	}
	for _, owner := range slices.Sorted(maps.Keys(ids)) {
		err = errors.Join(err, o.Store.Write(ctx, func(tx *store.Tx) error { return o.digest(ctx, tx, w, owner, ids[owner]) }))
	}
	return err
}

// unwritten returns whose morning it is, and the ids of their mails, of those that are not
// written yet.
func (o *Ops) unwritten(ctx context.Context, tx *store.Tx, w *workspace.Workspace) (map[string]andante.TouchID, error) {
	owners, err := tx.TaskOwners(ctx, o.now())
	if err != nil {
		return nil, err
	}
	past, err := o.routedPast(ctx, tx, w)
	if err != nil {
		return nil, err
	}
	for owner := range past {
		if !slices.Contains(owners, owner) {
			owners = append(owners, owner)
		}
	}
	seed, err := tx.Seed(ctx)
	if err != nil {
		return nil, err
	}
	ids := map[string]andante.TouchID{}
	for _, owner := range owners {
		if _, known := w.Config.Person(owner); !known {
			continue
		}
		if day, open := o.morning(w, owner); open {
			ids[owner] = andante.DeriveID[andante.TouchID](seed, day, "digest", owner, day.Format(time.DateOnly))
		}
	}
	written, err := tx.Notices(ctx, slices.Collect(maps.Values(ids)))
	for _, n := range written {
		delete(ids, n.Person)
	}
	return ids, err
}

// mornings are the hours of a person's mails of the morning.
func mornings(w *workspace.Workspace, person string) calendar.Hours {
	h := w.WorkingHours(person)
	h.Windows = []calendar.Window{w.Config.Tasks.Digest, h.Windows[0].Days()}
	return h
}

// morning tells whether it is morning for a person, and of which day.
func (o *Ops) morning(w *workspace.Workspace, person string) (day time.Time, open bool) {
	h := mornings(w, person)
	_, open = h.Open(o.now())
	day, _ = calendar.PeriodStart("day", o.now(), h.Zones[0])
	return day, open
}

// digest writes one, unless another scheduler has.
func (o *Ops) digest(ctx context.Context, tx *store.Tx, w *workspace.Workspace, owner string, id andante.TouchID) error {
	written, err := tx.Notices(ctx, []andante.TouchID{id})
	if err != nil || len(written) > 0 {
		return err
	}
	list, all, err := o.toDo(ctx, tx, w, owner)
	if err != nil {
		return err
	}
	past, err := o.routedPast(ctx, tx, w)
	if err != nil || len(list)+len(past[owner]) == 0 {
		return err
	}
	subject := fmt.Sprintf("%d things to do", all)
	switch all {
	case 0:
		subject = "Nothing to do; handed on: " + strconv.Itoa(len(past[owner]))
	case 1:
		subject = "To do: " + list[0].Title()
	}
	now := o.now()
	return tx.AddNotices(ctx, []store.Notice{{
		ID: id, Person: owner, Subject: andante.CleanText(subject), Body: digestText(list, all, owner) + pastText(past[owner]), Calendar: agendaOf(w, now, owner, list), State: andante.Planned, Due: now,
	}})
}

// mostToDo is how many tasks stand in one mail, and allToDo how many are counted.
const (
	mostToDo = 50
	allToDo  = 10_000
)

// toDo returns what a person has to do now, what has waited longest first, and how much it is
// in all. Half of the mail is for what has come last: what nobody does must not hide it.
func (o *Ops) toDo(ctx context.Context, tx *store.Tx, w *workspace.Workspace, owner string) (list []*Briefing, all int, err error) {
	tasks, err := tx.OpenTasks(ctx, owner, allToDo)
	if err != nil {
		return nil, 0, err
	}
	tasks = slices.DeleteFunc(tasks, func(t store.Task) bool { return t.Snoozed.After(o.now()) })
	if all = len(tasks); all > mostToDo {
		tasks = slices.Concat(tasks[:mostToDo/2], tasks[all-mostToDo/2:])
	}
	touches, err := tx.Touches(ctx, unique(tasks, func(t store.Task) andante.TouchID { return t.Touch }))
	if err != nil {
		return nil, 0, err
	}
	for _, t := range tasks {
		i := slices.IndexFunc(touches, func(x andante.Touch) bool { return x.ID == t.Touch })
		if i < 0 {
			continue
		}
		b, err := o.Briefing(ctx, tx, w, t, touches[i])
		if err != nil {
			return nil, 0, err
		}
		list = append(list, b)
	}
	return list, all, nil
}

// digestText lists first, and tells then.
func digestText(list []*Briefing, all int, owner string) string {
	var s strings.Builder
	if all > len(list) {
		fmt.Fprintf(&s, "These are the oldest and the latest of %d; `andante task list --owner %s` has all of them.\n\n", all, owner)
	}
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

// NextMorning returns the next morning of somebody who has something to do now; zero: nobody
// has.
func (o *Ops) NextMorning(ctx context.Context) (next time.Time, err error) {
	var owners []string
	var w *workspace.Workspace
	err = o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if owners, err = tx.TaskOwners(ctx, o.now()); err != nil {
			return err
		}
		if w, err = o.Workspace(ctx, tx); err != nil {
			return err
		}
		coming, err := o.routedSince(ctx, tx, w, o.now().Add(-farthestMorning))
		for _, r := range coming {
			owners = append(owners, r.owner)
		}
		return err
	})
	if errors.Is(err, ErrNothingPublished) {
		return next, nil
	}
	if err != nil || len(owners) == 0 || !w.Config.Tasks.Mail {
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
