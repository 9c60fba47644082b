package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/andante-hq/andante"
)

// A Task is what a person has to do: an open touch, and what it says.
type Task struct {
	Touch   andante.TouchID
	Owner   string // key of the person
	Opened  time.Time
	Snoozed time.Time // until when its owner wants to hear nothing of it; zero: it is to be done now
	Title   string
	Body    string // the briefing
}

const taskColumns = "touch_id, owner, opened_at, snoozed_until_at, title, body"

func scanTask(r *sql.Rows) (t Task, err error) {
	var opened int64
	var snoozed sql.NullInt64
	err = r.Scan(&t.Touch, &t.Owner, &opened, &snoozed, &t.Title, &t.Body)
	t.Snoozed = instant(snoozed)
	t.Opened = time.UnixMilli(opened).UTC()
	return t, err
}

// PutTasks writes what tasks say. One that is there is replaced.
func (tx *Tx) PutTasks(ctx context.Context, list []Task) error {
	return insert(ctx, tx, "tasks", taskColumns, "ON CONFLICT (touch_id) DO UPDATE SET owner=excluded.owner, title=excluded.title, body=excluded.body", list,
		func(t Task) []any {
			return []any{string(t.Touch), t.Owner, ms(t.Opened), ms(t.Snoozed), t.Title, t.Body}
		})
}

// OpenTasks returns up to n tasks that nobody has done yet, of an owner or, if it is
// empty, of all, those that were opened first first.
func (tx *Tx) OpenTasks(ctx context.Context, owner string, n int) ([]Task, error) {
	return query(ctx, tx, "SELECT "+taskColumns+` FROM tasks WHERE ($1='' OR owner=$1)
		AND EXISTS (SELECT 1 FROM touches WHERE touches.id=tasks.touch_id AND touches.state='open') ORDER BY opened_at, touch_id LIMIT $2`,
		[]any{owner, n}, scanTask)
}

// Tasks returns what these tasks say, in no order.
func (tx *Tx) Tasks(ctx context.Context, ids []andante.TouchID) ([]Task, error) {
	return where(ctx, tx, "SELECT "+taskColumns+" FROM tasks WHERE touch_id", nil, ids, "", scanTask)
}

// GiveTasks gives the open tasks of accounts to another person and returns how many.
func (tx *Tx) GiveTasks(ctx context.Context, accounts []andante.AccountID, to string) (int, error) {
	return execIn(ctx, tx, "UPDATE tasks SET owner=$1 WHERE owner <> $1 AND touch_id IN (SELECT id FROM touches WHERE state='open' AND account_id", []any{to}, accounts, ")")
}

// CountTasksOf returns how many tasks of accounts are open.
func (tx *Tx) CountTasksOf(ctx context.Context, accounts []andante.AccountID) (n int, err error) {
	counts, err := where(ctx, tx, "SELECT count(*) FROM tasks JOIN touches ON touches.id=tasks.touch_id WHERE touches.state='open' AND touches.account_id", nil, accounts, "",
		func(r *sql.Rows) (k int, err error) { return k, r.Scan(&k) })
	for _, k := range counts {
		n += k
	}
	return n, err
}

// SnoozeTask has a task wait until an instant; the zero time: it is to be done now.
func (tx *Tx) SnoozeTask(ctx context.Context, id andante.TouchID, until time.Time) error {
	_, err := tx.exec(ctx, "UPDATE tasks SET snoozed_until_at=$2 WHERE touch_id=$1", string(id), ms(until))
	return err
}

// DropTasks forgets tasks that are over.
func (tx *Tx) DropTasks(ctx context.Context, ids []andante.TouchID) error {
	_, err := execIn(ctx, tx, "DELETE FROM tasks WHERE touch_id", nil, ids, "")
	return err
}
