package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/andante-hq/andante"
)

const enrollmentColumns = `id, contact_id, account_id, sequence, plan, state, reason, step, variant, held_out, exclusive, cause, entered_at, finished_at`

func scanEnrollment(r *sql.Rows) (e andante.Enrollment, err error) {
	var entered int64
	var finished sql.NullInt64
	err = r.Scan(&e.ID, &e.Contact, &e.Account, &e.Sequence, &e.Plan, &e.State, &e.Reason, &e.Step, &e.Variant, &e.HeldOut, &e.Exclusive, &e.Cause,
		&entered, &finished)
	e.Entered, e.Finished = time.UnixMilli(entered).UTC(), instant(finished)
	return e, err
}

// AddEnrollments appends enrollments.
func (tx *Tx) AddEnrollments(ctx context.Context, list []andante.Enrollment) error {
	return insert(ctx, tx, "enrollments", enrollmentColumns, "", list, func(e andante.Enrollment) []any {
		return []any{
			string(e.ID), string(e.Contact), string(e.Account), e.Sequence, e.Plan, string(e.State), string(e.Reason), e.Step,
			e.Variant, e.HeldOut, e.Exclusive, e.Cause, ms(e.Entered), ms(e.Finished),
		}
	})
}

// Enrollments returns the enrollments with these ids, in no order.
func (tx *Tx) Enrollments(ctx context.Context, ids []andante.EnrollmentID) ([]andante.Enrollment, error) {
	return where(ctx, tx, "SELECT "+enrollmentColumns+" FROM enrollments WHERE id", nil, ids, "", scanEnrollment)
}

// EnrollmentsOf returns every enrollment of these contacts, the oldest first.
func (tx *Tx) EnrollmentsOf(ctx context.Context, contacts []andante.ContactID) ([]andante.Enrollment, error) {
	return where(ctx, tx, "SELECT "+enrollmentColumns+" FROM enrollments WHERE contact_id", nil, contacts, " ORDER BY entered_at, id", scanEnrollment)
}

// ActiveInAccounts returns the unfinished enrollments of these accounts on a
// sequence; empty: on any.
func (tx *Tx) ActiveInAccounts(ctx context.Context, sequence string, accounts []andante.AccountID) ([]andante.Enrollment, error) {
	if sequence == "" {
		return where(ctx, tx, "SELECT "+enrollmentColumns+" FROM enrollments WHERE state <> 'finished' AND account_id", nil, accounts, "", scanEnrollment)
	}
	return where(ctx, tx, "SELECT "+enrollmentColumns+" FROM enrollments WHERE sequence=$1 AND state <> 'finished' AND account_id",
		[]any{sequence}, accounts, "", scanEnrollment)
}

// LastStarts returns, per account, when the latest of its contacts begins or
// began the first step of a sequence.
func (tx *Tx) LastStarts(ctx context.Context, sequence, step string, accounts []andante.AccountID) (map[andante.AccountID]time.Time, error) {
	last := map[andante.AccountID]time.Time{}
	_, err := where(ctx, tx, `SELECT e.account_id, max(t.first_due_at) FROM enrollments e
		JOIN touches t ON t.enrollment_id=e.id AND t.step=$2 AND t.state <> 'canceled' WHERE e.sequence=$1 AND e.account_id`,
		[]any{sequence, step}, accounts, " GROUP BY e.account_id", func(r *sql.Rows) (struct{}, error) {
			var id andante.AccountID
			var at int64
			err := r.Scan(&id, &at)
			last[id] = time.UnixMilli(at).UTC()
			return struct{}{}, err
		})
	return last, err
}

// Beginnings returns when the first step of a sequence is or was due, from an instant
// on, for those who take it or took it.
func (tx *Tx) Beginnings(ctx context.Context, sequence, step string, from time.Time) ([]time.Time, error) {
	return query(ctx, tx, `SELECT due_at FROM touches WHERE sequence=$1 AND step=$2 AND due_at >= $3 AND enrollment_id IS NOT NULL
		AND state NOT IN ('canceled', 'skipped') ORDER BY due_at`, []any{sequence, step, ms(from)}, func(r *sql.Rows) (at time.Time, err error) {
		var due int64
		err = r.Scan(&due)
		return time.UnixMilli(due).UTC(), err
	})
}

// ActiveOn returns up to n unfinished enrollments on a sequence, in the order of
// their ids after the given one.
func (tx *Tx) ActiveOn(ctx context.Context, sequence string, after andante.EnrollmentID, n int) ([]andante.Enrollment, error) {
	if after == "" {
		after = firstID
	}
	return query(ctx, tx, "SELECT "+enrollmentColumns+" FROM enrollments WHERE sequence=$1 AND state <> 'finished' AND id > $2 ORDER BY id LIMIT $3",
		[]any{sequence, string(after), n}, scanEnrollment)
}

// MoveEnrollments writes the step at which active enrollments stand, and takes off the
// mark of [Tx.MarkUnfollowed].
func (tx *Tx) MoveEnrollments(ctx context.Context, list []andante.Enrollment) error {
	_, err := update(ctx, tx, "enrollments", "id, step, reason", "AND enrollments.state <> 'finished'", list,
		func(e andante.Enrollment) []any { return []any{string(e.ID), e.Step, ""} })
	return err
}

// unfollowed holds for the enrollments whose last step is settled and whose next one
// the store refused.
const unfollowed = `state <> 'finished' AND reason='not_followed'`

// MarkUnfollowed notes that something is still to follow for these enrollments.
func (tx *Tx) MarkUnfollowed(ctx context.Context, ids []andante.EnrollmentID) error {
	_, err := execIn(ctx, tx, "UPDATE enrollments SET reason='not_followed' WHERE state <> 'finished' AND id", nil, ids, "")
	return err
}

// Unfollowed returns up to n enrollments that are marked so, in the order of their ids
// after the given one.
func (tx *Tx) Unfollowed(ctx context.Context, after andante.EnrollmentID, n int) ([]andante.EnrollmentID, error) {
	if after == "" {
		after = firstID
	}
	return query(ctx, tx, "SELECT id FROM enrollments WHERE "+unfollowed+" AND id > $1 ORDER BY id LIMIT $2", []any{string(after), n}, func(r *sql.Rows) (id andante.EnrollmentID, err error) {
		err = r.Scan(&id)
		return id, err
	})
}

// FinishEnrollments ends those that are not finished yet and returns their ids.
// Reason and Finished are taken from the list.
func (tx *Tx) FinishEnrollments(ctx context.Context, list []andante.Enrollment) ([]andante.EnrollmentID, error) {
	ids, err := update(ctx, tx, "enrollments", "id, state, reason, finished_at",
		"AND enrollments.state <> 'finished'", list, func(e andante.Enrollment) []any {
			return []any{string(e.ID), string(andante.EnrollmentFinished), string(e.Reason), ms(e.Finished)}
		})
	done := make([]andante.EnrollmentID, len(ids))
	for i, id := range ids {
		done[i] = andante.EnrollmentID(id)
	}
	return done, err
}

// ReopenEnrollments makes enrollments active again that came to their last step, unless
// the contact has entered the sequence, or another of its exclusive group, anew.
func (tx *Tx) ReopenEnrollments(ctx context.Context, ids []andante.EnrollmentID) error {
	_, err := execIn(ctx, tx, `UPDATE enrollments SET state='active', reason='', finished_at=NULL WHERE state='finished' AND reason='finished'
		AND NOT EXISTS (SELECT 1 FROM enrollments o WHERE o.contact_id=enrollments.contact_id AND o.state <> 'finished'
			AND (o.sequence=enrollments.sequence OR enrollments.exclusive <> '' AND o.exclusive=enrollments.exclusive))
		AND id`, nil, ids, "")
	return err
}

// ResumeEnrollment makes one that has ended active again, at a step.
func (tx *Tx) ResumeEnrollment(ctx context.Context, e andante.Enrollment) error {
	_, err := tx.exec(ctx, "UPDATE enrollments SET state='active', reason='', finished_at=NULL, step=$2 WHERE state='finished' AND id=$1", string(e.ID), e.Step)
	return err
}

// DropQuotes forgets the texts that were kept for quoting, and what was added to messages.
func (tx *Tx) DropQuotes(ctx context.Context, enrollments []andante.EnrollmentID) error {
	if _, err := execIn(ctx, tx, "DELETE FROM quotes WHERE enrollment_id", nil, enrollments, ""); err != nil {
		return err
	}
	_, err := execIn(ctx, tx, "DELETE FROM reviews WHERE enrollment_id", nil, enrollments, "")
	return err
}

// PlansOf returns the plans by which somebody ever entered a sequence.
func (tx *Tx) PlansOf(ctx context.Context, sequence string) ([]string, error) {
	return query(ctx, tx, "SELECT DISTINCT plan FROM enrollments WHERE sequence=$1 ORDER BY plan", []any{sequence}, scanString[string])
}
