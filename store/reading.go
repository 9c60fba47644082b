package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/andante-hq/andante"
)

// A StateCount says how many touches of a persona and sequence are in a state
// with a reason.
type StateCount struct {
	Persona  string
	Sequence string
	Kind     andante.Kind
	State    andante.State
	Reason   andante.Reason
	N        int
}

// CountTouches counts touches that belong to an enrollment; a decision touches nobody.
func (tx *Tx) CountTouches(ctx context.Context) ([]StateCount, error) {
	return query(ctx, tx, `SELECT coalesce(c.persona, '') AS persona, t.sequence, t.kind, t.state, t.reason, count(*) FROM touches t LEFT JOIN contacts c ON c.id=t.contact_id
		WHERE t.enrollment_id IS NOT NULL AND t.kind <> 'decide' GROUP BY 1, t.sequence, t.kind, t.state, t.reason ORDER BY 1, 2, 3, 4, 5`, nil,
		func(r *sql.Rows) (c StateCount, err error) {
			err = r.Scan(&c.Persona, &c.Sequence, &c.Kind, &c.State, &c.Reason, &c.N)
			return c, err
		})
}

// A VerdictCount says how many verdicts of an action and reason were given, on
// how many touches.
type VerdictCount struct {
	Action  andante.Action
	Reason  andante.Reason
	N       int
	Touches int
}

// CountVerdicts counts every "no" and "not yet". That a decision was made is neither.
func (tx *Tx) CountVerdicts(ctx context.Context) ([]VerdictCount, error) {
	return query(ctx, tx, "SELECT action, reason, count(*), count(DISTINCT touch_id) FROM verdicts WHERE reason <> 'decided' GROUP BY action, reason ORDER BY 3 DESC, 2", nil,
		func(r *sql.Rows) (c VerdictCount, err error) {
			err = r.Scan(&c.Action, &c.Reason, &c.N, &c.Touches)
			return c, err
		})
}

// CountDeferred counts, by persona, the touches that were put off at least once
// for one of these reasons.
func (tx *Tx) CountDeferred(ctx context.Context, reasons []andante.Reason) (map[string]int, error) {
	counts := map[string]int{}
	_, err := where(ctx, tx, `SELECT coalesce(c.persona, ''), count(DISTINCT v.touch_id) FROM verdicts v JOIN touches t ON t.id=v.touch_id
		LEFT JOIN contacts c ON c.id=t.contact_id WHERE v.action='defer' AND v.reason`, nil, reasons, " GROUP BY 1",
		func(r *sql.Rows) (struct{}, error) {
			var persona string
			var n int
			err := r.Scan(&persona, &n)
			counts[persona] += n
			return struct{}{}, err
		})
	return counts, err
}

// OneDeferred returns a touch that was put off for a reason and sent later: the
// first of those that were put off least often. [andante.ErrNotFound] if there is none.
func (tx *Tx) OneDeferred(ctx context.Context, reason andante.Reason) (andante.TouchID, error) {
	var id andante.TouchID
	err := tx.row(ctx, `SELECT v.touch_id FROM verdicts v JOIN touches t ON t.id=v.touch_id
		WHERE v.action='defer' AND v.reason=$1 AND t.state='sent' ORDER BY t.deferred, v.at, v.id LIMIT 1`, []any{string(reason)}, &id)
	return id, notFound(err)
}

// DueBefore returns the touches that are planned, or with a worker, and due before t.
func (tx *Tx) DueBefore(ctx context.Context, t time.Time) ([]andante.Touch, error) {
	return query(ctx, tx, "SELECT "+touchColumns+" FROM touches WHERE state IN ('planned', 'leased', 'claimed', 'attempted') AND due_at < $1",
		[]any{ms(t)}, scanTouch)
}

// UnknownTouches returns the ids of up to n touches whose fate nobody knows.
func (tx *Tx) UnknownTouches(ctx context.Context, n int) ([]andante.TouchID, error) {
	return query(ctx, tx, "SELECT id FROM touches WHERE doubted_at IS NOT NULL ORDER BY doubted_at, id LIMIT $1", []any{n}, scanString[andante.TouchID])
}

// A RunCount says how many enrollments of a sequence are in a state with a reason.
type RunCount struct {
	Sequence string                  `json:"sequence"`
	State    andante.EnrollmentState `json:"state"`
	Reason   andante.Reason          `json:"reason,omitempty"`
	N        int                     `json:"n"`
}

// CountEnrollments counts enrollments.
func (tx *Tx) CountEnrollments(ctx context.Context) ([]RunCount, error) {
	return query(ctx, tx, "SELECT sequence, state, reason, count(*) FROM enrollments GROUP BY sequence, state, reason ORDER BY 1, 2, 3", nil,
		func(r *sql.Rows) (c RunCount, err error) {
			err = r.Scan(&c.Sequence, &c.State, &c.Reason, &c.N)
			return c, err
		})
}

// TouchByMessageID returns the touch of a mail, or [andante.ErrNotFound].
func (tx *Tx) TouchByMessageID(ctx context.Context, id string) (andante.Touch, error) {
	list, err := query(ctx, tx, "SELECT "+touchColumns+" FROM touches WHERE message_id <> '' AND message_id=$1", []any{id}, scanTouch)
	if err == nil && len(list) == 0 {
		err = andante.ErrNotFound
	}
	if err != nil {
		return andante.Touch{}, err
	}
	return list[0], nil
}
