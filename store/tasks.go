package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
)

// A Task is what a person has to do: an open touch, or a message that waits for a line of
// theirs, and what it says.
type Task struct {
	Touch   andante.TouchID
	Owner   string // key of the person
	Opened  time.Time
	Snoozed time.Time // until when its owner wants to hear nothing of it; zero: it is to be done now
	Mind    time.Time // when somebody is to be told of it next; zero: never
	Stage   int       // how far that has come
	Title   string
	Body    string // the briefing
}

const taskColumns = "touch_id, owner, opened_at, snoozed_until_at, mind_at, minded, title, body"

func scanTask(r *sql.Rows) (t Task, err error) {
	var opened int64
	var snoozed, mind sql.NullInt64
	err = r.Scan(&t.Touch, &t.Owner, &opened, &snoozed, &mind, &t.Stage, &t.Title, &t.Body)
	t.Snoozed, t.Mind = instant(snoozed), instant(mind)
	t.Opened = time.UnixMilli(opened).UTC()
	return t, err
}

// PutTasks writes what tasks say. One that is there is replaced.
func (tx *Tx) PutTasks(ctx context.Context, list []Task) error {
	return insert(ctx, tx, "tasks", taskColumns, "ON CONFLICT (touch_id) DO UPDATE SET owner=excluded.owner, title=excluded.title, body=excluded.body", list,
		func(t Task) []any {
			return []any{string(t.Touch), t.Owner, ms(t.Opened), ms(t.Snoozed), ms(t.Mind), t.Stage, t.Title, t.Body}
		})
}

// OpenTasks returns up to n tasks that nobody has done yet, of an owner or, if it is
// empty, of all, those that were opened first first.
func (tx *Tx) OpenTasks(ctx context.Context, owner string, n int) ([]Task, error) {
	return query(ctx, tx, "SELECT "+taskColumns+` FROM tasks WHERE ($1='' OR owner=$1)
		AND EXISTS (SELECT 1 FROM touches WHERE touches.id=tasks.touch_id AND touches.state IN ('open', 'review')) ORDER BY opened_at, touch_id LIMIT $2`,
		[]any{owner, n}, scanTask)
}

// Tasks returns what these tasks say, in no order.
func (tx *Tx) Tasks(ctx context.Context, ids []andante.TouchID) ([]Task, error) {
	return where(ctx, tx, "SELECT "+taskColumns+" FROM tasks WHERE touch_id", nil, ids, "", scanTask)
}

// GiveTasks gives the open tasks of accounts to another person and returns how many. Those of
// departments stay theirs.
func (tx *Tx) GiveTasks(ctx context.Context, accounts []andante.AccountID, to string, departments []string) (int, error) {
	args, but := []any{to}, ""
	for i, d := range departments {
		args, but = append(args, d), but+fmt.Sprintf(" AND owner <> $%d", i+2)
	}
	return execIn(ctx, tx, "UPDATE tasks SET owner=$1 WHERE owner <> $1"+but+" AND touch_id IN (SELECT id FROM touches WHERE state IN ('open', 'review') AND account_id", args, accounts, ")")
}

// CountTasksOf returns how many tasks of accounts are open.
func (tx *Tx) CountTasksOf(ctx context.Context, accounts []andante.AccountID) (n int, err error) {
	counts, err := where(ctx, tx, "SELECT count(*) FROM tasks JOIN touches ON touches.id=tasks.touch_id WHERE touches.state IN ('open', 'review') AND touches.account_id", nil, accounts, "",
		func(r *sql.Rows) (k int, err error) { return k, r.Scan(&k) })
	for _, k := range counts {
		n += k
	}
	return n, err
}

// SnoozeTask has a task wait until an instant, from which its owner is told of it anew.
func (tx *Tx) SnoozeTask(ctx context.Context, id andante.TouchID, until time.Time) error {
	_, err := tx.exec(ctx, "UPDATE tasks SET snoozed_until_at=$2, mind_at=$2, minded=0 WHERE touch_id=$1", string(id), ms(until))
	return err
}

// TasksToMind returns up to n open tasks of which somebody is to be told by now, the earliest
// first.
func (tx *Tx) TasksToMind(ctx context.Context, now time.Time, n int) ([]Task, error) {
	return query(ctx, tx, "SELECT "+taskColumns+` FROM tasks WHERE mind_at <= $1
		AND EXISTS (SELECT 1 FROM touches WHERE touches.id=tasks.touch_id AND touches.state IN ('open', 'review')) ORDER BY mind_at, touch_id LIMIT $2`, []any{ms(now), n}, scanTask)
}

// NextToMind returns when somebody is to be told of a task next; zero: never.
func (tx *Tx) NextToMind(ctx context.Context) (time.Time, error) {
	var at sql.NullInt64
	err := tx.row(ctx, "SELECT min(mind_at) FROM tasks WHERE EXISTS (SELECT 1 FROM touches WHERE touches.id=tasks.touch_id AND touches.state IN ('open', 'review'))", nil, &at)
	return instant(at), err
}

// MindTask writes whose a task is now, when somebody is to be told of it next, and how far that
// has come.
func (tx *Tx) MindTask(ctx context.Context, t Task) error {
	_, err := tx.exec(ctx, "UPDATE tasks SET owner=$2, mind_at=$3, minded=$4 WHERE touch_id=$1", string(t.Touch), t.Owner, ms(t.Mind), t.Stage)
	return err
}

// TaskOwners returns whose open tasks there are that wait for nothing at an instant.
func (tx *Tx) TaskOwners(ctx context.Context, now time.Time) ([]string, error) {
	return query(ctx, tx, `SELECT DISTINCT owner FROM tasks WHERE coalesce(snoozed_until_at, 0) <= $1
		AND EXISTS (SELECT 1 FROM touches WHERE touches.id=tasks.touch_id AND touches.state IN ('open', 'review')) ORDER BY owner`, []any{ms(now)}, scanString[string])
}

// DropTasks forgets tasks that are over.
func (tx *Tx) DropTasks(ctx context.Context, ids []andante.TouchID) error {
	_, err := execIn(ctx, tx, "DELETE FROM tasks WHERE touch_id", nil, ids, "")
	return err
}

// A Review is a message that somebody has looked at.
type Review struct {
	Touch      andante.TouchID
	Enrollment andante.EnrollmentID
	Person     string // who it was
	At         time.Time
	Line       string // that they added; empty: it goes as it was
	Seen       string // hash of the words that they were shown: others go only when somebody has seen them
}

// Seen is the hash of what a task shows of a message.
func (t Task) Seen() string {
	sum := sha256.Sum256([]byte(t.Title + "\x00" + t.Body))
	return hex.EncodeToString(sum[:])
}

// PutReview notes that somebody has looked at a message.
func (tx *Tx) PutReview(ctx context.Context, r Review) error {
	return insert(ctx, tx, "reviews", "touch_id, enrollment_id, person, at, body, seen", "ON CONFLICT (touch_id) DO UPDATE SET person=excluded.person, at=excluded.at, body=excluded.body, seen=excluded.seen", []Review{r},
		func(r Review) []any {
			return []any{string(r.Touch), string(r.Enrollment), r.Person, ms(r.At), r.Line, r.Seen}
		})
}

// Reviews returns what is known of messages that were looked at, in no order.
func (tx *Tx) Reviews(ctx context.Context, ids []andante.TouchID) ([]Review, error) {
	return where(ctx, tx, "SELECT touch_id, enrollment_id, person, at, body, seen FROM reviews WHERE touch_id", nil, ids, "", func(r *sql.Rows) (v Review, err error) {
		var at int64
		err = r.Scan(&v.Touch, &v.Enrollment, &v.Person, &at, &v.Line, &v.Seen)
		v.At = time.UnixMilli(at).UTC()
		return v, err
	})
}
