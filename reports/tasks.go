package reports

import (
	"cmp"
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// A Task is what somebody has to do, and for whom.
type Task struct {
	Touch    andante.TouchID   `json:"touch"`
	Contact  andante.ContactID `json:"contact"`
	Name     string            `json:"name"`
	Place    string            `json:"place,omitempty"` // number to call, address to go to, or link to meet at
	Owner    string            `json:"owner"`
	Kind     andante.Kind      `json:"kind"`
	Sequence string            `json:"sequence,omitempty"`
	Step     string            `json:"step,omitempty"`
	Account  string            `json:"account,omitempty"`
	Opened   time.Time         `json:"opened"`
	Snoozed  time.Time         `json:"snoozed,omitzero"` // until when it waits
	Title    string            `json:"title"`
	Briefing string            `json:"briefing"`
	Review   bool              `json:"review,omitempty"` // a message that waits for a line of its owner's
}

// TaskStory is a task with what is known of whom it is about.
type TaskStory struct {
	Task
	Known   []string `json:"known,omitempty"`   // of the qualification, such as contact.need: lighting
	Missing []string `json:"missing,omitempty"` // fields of it that nobody has filled in
	Story   *Story   `json:"story"`             // the last that happened
}

// lastLines is how much of a contact's story stands beside a task.
const lastLines = 12

// Task returns an open task and the story of its contact. [andante.ErrNotFound] if there is
// no such task.
func (r *Reports) Task(ctx context.Context, id andante.TouchID) (*TaskStory, error) {
	out := &TaskStory{}
	err := r.Store.Read(ctx, func(tx *store.Tx) error {
		said, err := tx.Tasks(ctx, []andante.TouchID{id})
		if err != nil || len(said) == 0 {
			return cmp.Or(err, andante.ErrNotFound)
		}
		touches, people, err := touchesAndPeople(ctx, tx, []andante.TouchID{id})
		if err != nil {
			return err
		}
		c := people[touches[id].Contact]
		accounts, err := tx.Accounts(ctx, []andante.AccountID{c.Account})
		if err != nil || len(accounts) == 0 {
			return cmp.Or(err, andante.ErrNotFound)
		}
		out.Task = r.taskOf(said[0], touches[id], c, accounts[0])
		out.Known, out.Missing = r.Workspace.KnownOf(c, accounts[0])
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Story, err = r.Why(ctx, string(out.Contact))
	if err == nil && len(out.Story.Lines) > lastLines {
		out.Story.Lines = out.Story.Lines[len(out.Story.Lines)-lastLines:]
	}
	return out, err
}

func (r *Reports) taskOf(t store.Task, x andante.Touch, c andante.Contact, a andante.Account) Task {
	return Task{
		Touch: t.Touch, Contact: c.ID, Name: nameOf(c), Account: a.Name, Place: r.Workspace.PlaceOf(x.Kind, t.Owner, c, a), Owner: t.Owner, Kind: x.Kind, Sequence: x.Sequence, Step: x.Step,
		Opened: t.Opened, Snoozed: t.Snoozed, Title: t.Title, Briefing: t.Body, Review: x.State == andante.Review,
	}
}

// mostTasks is how many tasks are listed.
const mostTasks = 1000

// Tasks returns the open tasks of a person, or of all if owner is empty, those first that
// have waited longest.
func (r *Reports) Tasks(ctx context.Context, owner string) (list []Task, err error) {
	return list, r.Store.Read(ctx, func(tx *store.Tx) error {
		list = []Task{}
		open, err := tx.OpenTasks(ctx, owner, mostTasks)
		if err != nil {
			return err
		}
		ids := make([]andante.TouchID, len(open))
		for i, t := range open {
			ids[i] = t.Touch
		}
		touches, people, err := touchesAndPeople(ctx, tx, ids)
		if err != nil {
			return err
		}
		var accounts []andante.AccountID
		for _, x := range touches {
			accounts = append(accounts, x.Account)
		}
		known, err := tx.Accounts(ctx, accounts)
		homes := map[andante.AccountID]andante.Account{}
		for _, a := range known {
			homes[a.ID] = a
		}
		for _, t := range open {
			x := touches[t.Touch]
			list = append(list, r.taskOf(t, x, people[x.Contact], homes[x.Account]))
		}
		return err
	})
}
