package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

// A Lease is a batch of due touches of one kind and one sender, taken for a time
// of the machine. Its attempt is raised each time it is handed to the queue, and
// only the latest attempt is good.
type Lease struct {
	ID      andante.LeaseID
	Epoch   int64
	Attempt int
	Kind    andante.Kind
	Sender  string
	Urgent  bool // of high priority: it waits behind no other
	Size    int
	Touches []andante.TouchID // the most urgent first; [Tx.TouchIDsIn] reads them
	Worker  string            // empty until a worker picks it up
	Created time.Time
	Queued  time.Time // when it was handed to the queue last
	Expires time.Time
}

const leaseColumns = `id, epoch, attempt, kind, sender, urgent, size, worker, created_at, queued_at, expires_at`

func scanLease(r *sql.Rows) (l Lease, err error) {
	var created, queued, expires int64
	err = r.Scan(&l.ID, &l.Epoch, &l.Attempt, &l.Kind, &l.Sender, &l.Urgent, &l.Size, &l.Worker, &created, &queued, &expires)
	l.Created = time.UnixMilli(created).UTC()
	l.Queued, l.Expires = time.UnixMilli(queued).UTC(), time.UnixMilli(expires).UTC()
	return l, err
}

// AddLease appends a lease.
func (tx *Tx) AddLease(ctx context.Context, l Lease) error {
	return insert(ctx, tx, "leases", leaseColumns+", touches", "", []Lease{l}, func(l Lease) []any {
		return []any{string(l.ID), l.Epoch, l.Attempt, string(l.Kind), l.Sender, l.Urgent, l.Size, l.Worker, ms(l.Created), ms(l.Queued), ms(l.Expires), joinIDs(l.Touches)}
	})
}

func joinIDs(ids []andante.TouchID) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return strings.Join(list, ",")
}

// TouchIDsIn returns the ids of the touches that a lease was given, the most urgent first;
// none if it is over.
func (tx *Tx) TouchIDsIn(ctx context.Context, lease andante.LeaseID) ([]andante.TouchID, error) {
	var list string
	err := tx.row(ctx, "SELECT touches FROM leases WHERE id=$1", []any{string(lease)}, &list)
	if errors.Is(err, sql.ErrNoRows) || err == nil && list == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []andante.TouchID
	for id := range strings.SplitSeq(list, ",") {
		ids = append(ids, andante.TouchID(id))
	}
	return ids, nil
}

// Leases returns every lease and locks it, passing over those that somebody else
// holds at the moment.
func (tx *Tx) Leases(ctx context.Context) ([]Lease, error) {
	return query(ctx, tx, "SELECT "+leaseColumns+" FROM leases ORDER BY queued_at, id"+tx.d.skip, nil, scanLease)
}

// LostLeases returns and locks the leases that no worker has picked up since
// queued, and those whose time was over at expired, passing over those that somebody
// else holds. only names the one that is asked about; empty: all.
func (tx *Tx) LostLeases(ctx context.Context, queued, expired time.Time, only andante.LeaseID) ([]Lease, error) {
	text, args := "SELECT "+leaseColumns+" FROM leases WHERE (worker='' AND queued_at <= $1 OR worker<>'' AND expires_at <= $2)", []any{ms(queued), ms(expired)}
	if only != "" {
		text, args = text+" AND id=$3", append(args, string(only))
	}
	return query(ctx, tx, text+" ORDER BY queued_at, id"+tx.d.skip, args, scanLease)
}

// LeaseLoad returns how many touches are leased and in how many leases.
func (tx *Tx) LeaseLoad(ctx context.Context) (touches, leases int, err error) {
	err = tx.row(ctx, "SELECT coalesce(sum(size), 0), count(*) FROM leases", nil, &touches, &leases)
	return touches, leases, err
}

// A SenderLoad is what is leased of a sender.
type SenderLoad struct {
	Bulk, Urgent               int  // touches
	BulkWaiting, UrgentWaiting bool // a lease of that lane waits for a worker
}

// SenderLoads returns it for each sender of which something is leased.
func (tx *Tx) SenderLoads(ctx context.Context) (map[string]SenderLoad, error) {
	loads := map[string]SenderLoad{}
	_, err := query(ctx, tx, "SELECT sender, urgent, sum(size), sum(CASE WHEN worker='' THEN 1 ELSE 0 END) FROM leases GROUP BY sender, urgent", nil, func(r *sql.Rows) (struct{}, error) {
		var sender string
		var urgent bool
		var touches, waiting int
		err := r.Scan(&sender, &urgent, &touches, &waiting)
		l := loads[sender]
		if urgent {
			l.Urgent, l.UrgentWaiting = touches, waiting > 0
		} else {
			l.Bulk, l.BulkWaiting = touches, waiting > 0
		}
		loads[sender] = l
		return struct{}{}, err
	})
	return loads, err
}

// inEpoch holds for leases that no takeover has made void.
const inEpoch = ` AND epoch >= ` + currentEpoch

const currentEpoch = `coalesce((SELECT CAST(value AS BIGINT) FROM meta WHERE key='epoch'), 0)`

// Requeue raises a lease's attempt because nobody picked it up. Its touches are
// only leased, so it is good in today's epoch too.
func (tx *Tx) Requeue(ctx context.Context, id andante.LeaseID, queued, expires time.Time) error {
	_, err := tx.exec(ctx, "UPDATE leases SET attempt=attempt+1, epoch="+currentEpoch+", queued_at=$2, expires_at=$3 WHERE id=$1", string(id), ms(queued), ms(expires))
	return err
}

// PickLease gives a lease to a worker, once per attempt. [andante.ErrLeaseLost]
// if it is gone, taken, under a later attempt, or of an earlier epoch.
func (tx *Tx) PickLease(ctx context.Context, id andante.LeaseID, attempt int, worker string, expires time.Time) (Lease, error) {
	got, err := query(ctx, tx, "UPDATE leases SET worker=$3, expires_at=$4 WHERE id=$1 AND attempt=$2 AND worker=''"+inEpoch+" RETURNING "+leaseColumns,
		[]any{string(id), attempt, worker, ms(expires)}, scanLease)
	if err == nil && len(got) == 0 {
		err = andante.ErrLeaseLost
	}
	if err != nil {
		return Lease{}, err
	}
	return got[0], nil
}

// RenewLease moves a lease's end. [andante.ErrLeaseLost] if it is over, or no
// longer this worker's.
func (tx *Tx) RenewLease(ctx context.Context, l Lease, now, expires time.Time) error {
	res, err := tx.exec(ctx, "UPDATE leases SET expires_at=$4 WHERE id=$1 AND attempt=$2 AND worker=$3 AND expires_at > $5"+inEpoch,
		string(l.ID), l.Attempt, l.Worker, ms(expires), ms(now))
	return oneRow(res, err)
}

// HoldLease checks that a lease is this worker's beyond the given time (the zero
// time: at all) and keeps it from being returned until the transaction ends.
func (tx *Tx) HoldLease(ctx context.Context, l Lease, beyond time.Time) error {
	ids, err := query(ctx, tx, "SELECT id FROM leases WHERE id=$1 AND attempt=$2 AND worker=$3 AND epoch=$4 AND expires_at > $5"+inEpoch+tx.d.lock,
		[]any{string(l.ID), l.Attempt, l.Worker, l.Epoch, max(beyond.UnixMilli(), 0)}, scanString[string])
	if err == nil && len(ids) == 0 {
		err = andante.ErrLeaseLost
	}
	return err
}

// EndLease removes a lease whose touches are all settled or returned.
func (tx *Tx) EndLease(ctx context.Context, id andante.LeaseID) error {
	_, err := tx.exec(ctx, "DELETE FROM leases WHERE id=$1", string(id))
	return err
}

func oneRow(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = andante.ErrLeaseLost
	}
	return err
}

// A Throttle is the next instant at which a sender may send, towards a domain
// or, with an empty domain, at all.
type Throttle struct {
	Sender string
	Domain string
	Next   time.Time
}

// Throttles returns the throttles that reach beyond now.
func (tx *Tx) Throttles(ctx context.Context, now time.Time) ([]Throttle, error) {
	return query(ctx, tx, "SELECT sender, domain, next_at FROM throttles WHERE next_at > $1", []any{ms(now)},
		func(r *sql.Rows) (t Throttle, err error) {
			var next int64
			err = r.Scan(&t.Sender, &t.Domain, &next)
			t.Next = time.UnixMilli(next).UTC()
			return t, err
		})
}

// LockThrottle locks the throttle of a sender, so that no other scheduler spends
// it too, and returns its next free instant; the zero time if it was never spent.
func (tx *Tx) LockThrottle(ctx context.Context, sender string) (time.Time, error) {
	_, err := tx.exec(ctx, "INSERT INTO throttles (sender, domain, next_at) VALUES ($1, '', 0) ON CONFLICT DO NOTHING", sender)
	if err != nil {
		return time.Time{}, err
	}
	var next int64
	err = tx.row(ctx, "SELECT next_at FROM throttles WHERE sender=$1 AND domain=''"+tx.d.lock, []any{sender}, &next)
	if next == 0 {
		return time.Time{}, err
	}
	return time.UnixMilli(next).UTC(), err
}

// PutThrottle writes a throttle.
func (tx *Tx) PutThrottle(ctx context.Context, t Throttle) error {
	_, err := tx.exec(ctx, `INSERT INTO throttles (sender, domain, next_at) VALUES ($1, $2, $3)
		ON CONFLICT (sender, domain) DO UPDATE SET next_at=excluded.next_at`, t.Sender, t.Domain, ms(t.Next))
	return err
}

// RefundThrottle gives back what was spent of a sender's throttle for touches that
// were not sent after all.
func (tx *Tx) RefundThrottle(ctx context.Context, sender string, spent time.Duration, now time.Time) error {
	_, err := tx.exec(ctx, `UPDATE throttles SET next_at = CASE WHEN next_at - $2 > $3 THEN next_at - $2 ELSE $3 END
		WHERE sender=$1 AND domain='' AND next_at > $3`, sender, spent.Milliseconds(), ms(now))
	return err
}

// A Waiting is how many due touches wait for their sender's throttle, and until
// when.
type Waiting struct {
	Sender  string    `json:"sender"`
	Touches int       `json:"touches"`
	Until   time.Time `json:"until"`
}

// Waiting counts the due touches that wait for a throttle, by sender.
func (tx *Tx) Waiting(ctx context.Context, now time.Time) ([]Waiting, error) {
	return query(ctx, tx, `SELECT w.sender, w.next_at, count(*) FROM throttles w JOIN touches t ON t.sender=w.sender
		WHERE w.domain='' AND w.next_at > $1 AND t.waits_at <= $1
		GROUP BY w.sender, w.next_at ORDER BY w.sender`, []any{ms(now)},
		func(r *sql.Rows) (w Waiting, err error) {
			var until int64
			err = r.Scan(&w.Sender, &until, &w.Touches)
			w.Until = time.UnixMilli(until).UTC()
			return w, err
		})
}

// NextFree returns when the next planned touch may go: its due time, or the end of
// the throttle that it waits for. The zero time if nothing is planned. It reads
// every planned touch.
func (tx *Tx) NextFree(ctx context.Context) (time.Time, error) {
	var at sql.NullInt64
	err := tx.row(ctx, `SELECT min(CASE WHEN w.next_at > t.waits_at THEN w.next_at ELSE t.waits_at END)
		FROM touches t LEFT JOIN throttles w ON w.sender=t.sender AND w.domain='' WHERE t.waits_at IS NOT NULL`, nil, &at)
	return instant(at), err
}

// OldestLease returns the age of the oldest lease that no worker has picked up, in
// seconds; 0 without one.
func (tx *Tx) OldestLease(ctx context.Context) (float64, error) {
	var at sql.NullInt64
	if err := tx.row(ctx, "SELECT min(created_at) FROM leases WHERE worker=''", nil, &at); err != nil || !at.Valid {
		return 0, err
	}
	wall, err := tx.Wall(ctx)
	return wall.Sub(instant(at)).Seconds(), err
}
