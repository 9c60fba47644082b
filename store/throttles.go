package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

// A Lane is what shares a throttle, and one queue of what is due: the touches of a kind and
// a sender. What somebody mails does not hold up whom they call.
type Lane struct {
	Kind   andante.Kind `json:"kind"`
	Sender string       `json:"sender"`
}

// String writes it as the database does.
func (l Lane) String() string { return string(l.Kind) + " " + l.Sender }

func parseLane(s string) Lane {
	kind, sender, _ := strings.Cut(s, " ")
	return Lane{andante.Kind(kind), sender}
}

// FullLane stands for the domain where a throttle says until when a lane has sent what it may in
// an hour or on a day.
const FullLane = "*"

// A Throttle is the next instant at which a lane may send, towards a domain or, with an
// empty domain or [FullLane], at all.
type Throttle struct {
	Lane   Lane
	Domain string
	Next   time.Time
}

// Throttles returns the throttles that reach beyond now.
func (tx *Tx) Throttles(ctx context.Context, now time.Time) ([]Throttle, error) {
	return query(ctx, tx, "SELECT lane, domain, next_at FROM throttles WHERE next_at > $1", []any{ms(now)},
		func(r *sql.Rows) (t Throttle, err error) {
			var lane string
			var next int64
			err = r.Scan(&lane, &t.Domain, &next)
			t.Lane, t.Next = parseLane(lane), time.UnixMilli(next).UTC()
			return t, err
		})
}

// LockThrottle locks the throttle of a lane towards a domain, so that no other scheduler
// spends it too, and returns its next free instant; the zero time if it was never spent.
func (tx *Tx) LockThrottle(ctx context.Context, lane Lane, domain string) (time.Time, error) {
	_, err := tx.exec(ctx, "INSERT INTO throttles (lane, domain, next_at) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING", lane.String(), domain)
	if err != nil {
		return time.Time{}, err
	}
	var next int64
	err = tx.row(ctx, "SELECT next_at FROM throttles WHERE lane=$1 AND domain=$2"+tx.d.lock, []any{lane.String(), domain}, &next)
	if next == 0 {
		return time.Time{}, err
	}
	return time.UnixMilli(next).UTC(), err
}

// PutThrottle writes a throttle.
func (tx *Tx) PutThrottle(ctx context.Context, t Throttle) error {
	_, err := tx.exec(ctx, `INSERT INTO throttles (lane, domain, next_at) VALUES ($1, $2, $3)
		ON CONFLICT (lane, domain) DO UPDATE SET next_at=excluded.next_at`, t.Lane.String(), t.Domain, ms(t.Next))
	return err
}

// DelayThrottle has a lane wait until an instant at least.
func (tx *Tx) DelayThrottle(ctx context.Context, lane Lane, until time.Time) error {
	_, err := tx.exec(ctx, "UPDATE throttles SET next_at=$2 WHERE lane=$1 AND domain='' AND next_at < $2", lane.String(), ms(until))
	return err
}

// RefundThrottle gives back what was spent of a lane's throttle for touches that were not
// sent after all.
func (tx *Tx) RefundThrottle(ctx context.Context, lane Lane, spent time.Duration, now time.Time) error {
	_, err := tx.exec(ctx, `UPDATE throttles SET next_at = CASE WHEN next_at - $2 > $3 THEN next_at - $2 ELSE $3 END
		WHERE lane=$1 AND domain='' AND next_at > $3`, lane.String(), spent.Milliseconds(), ms(now))
	return err
}

// A Waiting is how many due touches wait for their lane's throttle, and until when.
type Waiting struct {
	Lane
	Touches int       `json:"touches"`
	Until   time.Time `json:"until"`
}

// freeLanes are the instants from which on lanes may send at all.
const freeLanes = "(SELECT lane, max(next_at) AS next_at FROM throttles WHERE domain='' OR domain='" + FullLane + "' GROUP BY lane)"

// Waiting counts the due touches that wait for a throttle, by lane.
func (tx *Tx) Waiting(ctx context.Context, now time.Time) ([]Waiting, error) {
	return query(ctx, tx, `SELECT w.lane, w.next_at, count(*) FROM `+freeLanes+` w JOIN touches t ON t.lane=w.lane
		WHERE w.next_at > $1 AND t.waits_at <= $1
		GROUP BY w.lane, w.next_at ORDER BY w.lane`, []any{ms(now)},
		func(r *sql.Rows) (w Waiting, err error) {
			var lane string
			var until int64
			err = r.Scan(&lane, &until, &w.Touches)
			w.Lane, w.Until = parseLane(lane), time.UnixMilli(until).UTC()
			return w, err
		})
}

// NextFree returns when the next planned touch may go: its due time, or the end of
// the throttle that it waits for. The zero time if nothing is planned. It reads
// every planned touch.
func (tx *Tx) NextFree(ctx context.Context) (time.Time, error) {
	var at sql.NullInt64
	err := tx.row(ctx, `SELECT min(CASE WHEN w.next_at > t.waits_at THEN w.next_at ELSE t.waits_at END)
		FROM touches t LEFT JOIN `+freeLanes+` w ON w.lane=t.lane WHERE t.waits_at IS NOT NULL`, nil, &at)
	return instant(at), err
}
