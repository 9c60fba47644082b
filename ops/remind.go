package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// How far it has come that people are told of a task.
const (
	taskGiven    = iota // its owner is to be told
	taskTold            // to be reminded
	taskReminded        // it is to go to somebody else, or their manager to hear of it
	taskLeft            // nothing more comes but its end
)

// mindAtOnce is how many tasks are looked at in one go.
const mindAtOnce = 100

// mindAgain is when a task is looked at again about which something went wrong: it must not keep
// the others from their turn.
const mindAgain = time.Hour

// Remind tells people of tasks, and does what is to be done about those that nobody does: their
// owner is reminded, who stands in gets them or the manager hears of it, and at last if_undone
// of the step holds. It also writes the mails of the morning. Two that remind at once do no
// harm. It returns whether there are more tasks to look at.
func (o *Ops) Remind(ctx context.Context) (more bool, err error) {
	var due []store.Task
	var w *workspace.Workspace
	err = o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if due, err = tx.TasksToMind(ctx, o.now(), mindAtOnce); err != nil {
			return err
		}
		w, err = o.Workspace(ctx, tx)
		return err
	})
	if errors.Is(err, ErrNothingPublished) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, t := range due {
		failed := o.Store.Write(ctx, func(tx *store.Tx) error { return o.mind(ctx, tx, w, t.Touch) })
		if failed != nil && ctx.Err() == nil {
			t.Mind = o.now().Add(mindAgain)
			failed = errors.Join(fmt.Errorf("remind of task %s: %w", t.Touch, failed), o.Store.Write(ctx, func(tx *store.Tx) error { return tx.MindTask(ctx, t) }))
		}
		err = errors.Join(err, failed)
	}
	return len(due) == mindAtOnce, errors.Join(err, o.digests(ctx, w))
}

// mind does the next that is to be done about a task, if it is still time for it.
func (o *Ops) mind(ctx context.Context, tx *store.Tx, w *workspace.Workspace, id andante.TouchID) error {
	t, err := waitingTask(ctx, tx, id)
	if errors.Is(err, ErrTaskOver) || errors.Is(err, andante.ErrNotFound) { // it was done, or taken back, meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	list, err := tx.Tasks(ctx, []andante.TouchID{id})
	if err != nil || len(list) == 0 || list[0].Mind.IsZero() || list[0].Mind.After(o.now()) {
		return err
	}
	m := &minding{Ops: o, tx: tx, w: w, touch: t, task: list[0]}
	return m.run(ctx)
}

// minding is what is done about one task.
type minding struct {
	*Ops
	tx    *store.Tx
	w     *workspace.Workspace
	touch andante.Touch
	task  store.Task
	step  *sequences.Step // nil: it belongs to none
}

func (m *minding) run(ctx context.Context) error {
	if err := m.find(ctx); err != nil {
		return err
	}
	if end := m.ends(); m.step != nil && !end.IsZero() && !m.now().Before(end) {
		return m.undone(ctx)
	}
	var err error
	switch m.task.Stage {
	case taskGiven:
		if m.touch.Priority == andante.High {
			err = m.tell(ctx, m.task.Owner, "given", "To do now: ")
		}
	case taskTold:
		err = m.tell(ctx, m.task.Owner, "reminded", "Still to do: ")
	case taskReminded:
		err = m.escalate(ctx)
	}
	if err != nil {
		return err
	}
	m.goOn()
	return m.tx.MindTask(ctx, m.task)
}

// find looks up the step of the task.
func (m *minding) find(ctx context.Context) error {
	if m.touch.Enrollment == "" {
		return nil
	}
	list, err := m.tx.Enrollments(ctx, []andante.EnrollmentID{m.touch.Enrollment})
	if err != nil || len(list) == 0 {
		return err
	}
	plan, err := m.Revisions.Plan(ctx, m.tx, list[0].Plan)
	if err == nil {
		m.step, _ = plan.Step(m.touch.Step)
	}
	return err
}

// goOn has the task wait for the next that is to be done about it.
func (m *minding) goOn() {
	end := m.ends()
	m.task.Mind = time.Time{}
	for m.task.Mind.IsZero() && m.task.Stage < taskLeft {
		m.task.Stage++
		m.task.Mind = m.due(m.task.Stage)
	}
	if !end.IsZero() && (m.task.Mind.IsZero() || end.Before(m.task.Mind)) {
		m.task.Mind = end
	}
}

// from is when the owner's time begins: now, or when they wanted to hear of it again.
func (m *minding) from() time.Time { return calendar.Later(m.task.Opened, m.task.Snoozed) }

// due returns when a stage is to be done about; zero: never.
func (m *minding) due(stage int) time.Time {
	c := m.w.Config.Tasks
	remind := c.Remind
	if within := m.w.Config.Departments[m.task.Owner].Within; within != nil {
		remind = *within
	}
	switch reminded := m.after(m.from(), remind); {
	case stage == taskTold && !remind.IsZero():
		return reminded
	case stage == taskReminded && !c.Escalate.IsZero():
		return m.after(reminded, c.Escalate)
	}
	return time.Time{}
}

// after counts on the owner's calendar, and into their working hours.
func (m *minding) after(t time.Time, o calendar.Offset) time.Time {
	hours := m.w.WorkingHours(m.task.Owner)
	at := o.From(t, hours.Zones[0], hours.Holidays)
	if opens, _, ok := hours.Next(at); ok {
		return opens
	}
	return at
}

// ends returns when nobody need do the task any more; zero: never.
func (m *minding) ends() time.Time {
	switch {
	case m.step == nil:
		return time.Time{}
	case m.step.ValidFor != nil && m.step.IfUndone.Do != "wait":
		zones := m.w.WorkingHours(m.task.Owner).Zones
		return m.step.ValidFor.From(m.touch.FirstDue, zones[0], nil)
	case m.step.IfUndone.Do == "" || m.step.IfUndone.Do == "wait" || m.w.Config.Tasks.Undone.IsZero():
		return time.Time{}
	}
	return m.after(m.from(), m.w.Config.Tasks.Undone)
}

// undone does what the step says of a task that nobody does.
func (m *minding) undone(ctx context.Context) error {
	if m.touch.State == andante.Review {
		return m.skipTask(ctx, m.tx, m.touch, andante.ReasonStale, andante.Evidence{Detail: "nobody added a line"}, "")
	}
	u := m.step.IfUndone
	e := andante.Evidence{Detail: "given to " + m.task.Owner + " on " + m.task.Opened.Format(time.DateOnly), SwitchedTo: u.Kind}
	return m.skipTask(ctx, m.tx, m.touch, andante.ReasonUndone, e, u.Kind)
}

// escalate gives a task to whoever stands in for its owner, or tells their manager.
func (m *minding) escalate(ctx context.Context) error {
	owner := m.task.Owner
	people := m.w.Config.People
	if deputy := m.w.Config.Owners[owner].Deputy; deputy != "" && people[deputy].Name != "" {
		m.task.Owner = deputy
		return m.tell(ctx, deputy, "taken over", "Taken over from "+people[owner].Name+": ")
	}
	department := m.w.Config.Departments[owner]
	if manager := cmp.Or(people[owner].Manager, department.Manager); manager != "" {
		return m.tell(ctx, manager, "escalated", "Left undone by "+cmp.Or(people[owner].Name, department.Title, owner)+": ")
	}
	return nil
}

// tell writes a notice about the task.
func (m *minding) tell(ctx context.Context, person, what, subject string) error {
	return m.tellWith(ctx, person, what, subject, store.Notice{})
}

// tellWith writes a notice about the task with what else goes along.
func (m *minding) tellWith(ctx context.Context, person, what, subject string, n store.Notice) error {
	if _, ok := m.w.Config.Colleague(person); !ok || !m.w.Config.Tasks.Mail {
		return nil
	}
	b, err := m.Briefing(ctx, m.tx, m.w, m.task, m.touch)
	if err != nil {
		return err
	}
	seed, err := m.tx.Seed(ctx)
	if err != nil {
		return err
	}
	now := m.now()
	n.ID = andante.DeriveID[andante.TouchID](seed, now, "notice", what, person, string(m.touch.ID), m.task.Snoozed.Format(time.RFC3339))
	n.Contact, n.Person, n.State, n.Due = m.touch.Contact, person, andante.Planned, now
	if n.Subject != "" { // a reply, as it came
		n.Body = b.Answering(n.ReplyTo)
		return m.tx.AddNotices(ctx, []store.Notice{n})
	}
	n.Subject, n.Body = andante.CleanText(subject+b.Title()), b.Text()
	if m.touch.Sequence != ReplyTask { // an answer is no appointment
		n.Calendar = agendaOf(m.w, now, person, []*Briefing{b})
	}
	return m.tx.AddNotices(ctx, []store.Notice{n})
}
