package reports

import (
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
	Phone    string            `json:"phone,omitempty"`
	Owner    string            `json:"owner"`
	Kind     andante.Kind      `json:"kind"`
	Sequence string            `json:"sequence,omitempty"`
	Step     string            `json:"step,omitempty"`
	Opened   time.Time         `json:"opened"`
	Title    string            `json:"title"`
	Briefing string            `json:"briefing"`
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
		for _, t := range open {
			x := touches[t.Touch]
			c := people[x.Contact]
			list = append(list, Task{
				Touch: t.Touch, Contact: c.ID, Name: nameOf(c), Phone: c.Phone, Owner: t.Owner, Kind: x.Kind, Sequence: x.Sequence, Step: x.Step,
				Opened: t.Opened, Title: t.Title, Briefing: t.Body,
			})
		}
		return err
	})
}
