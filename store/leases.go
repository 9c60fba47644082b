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

// A LaneLoad is what is leased of a lane.
type LaneLoad struct {
	Bulk, Urgent               int  // touches
	BulkWaiting, UrgentWaiting bool // a lease of that urgency waits for a worker
}

// LaneLoads returns it for each lane of which something is leased.
func (tx *Tx) LaneLoads(ctx context.Context) (map[Lane]LaneLoad, error) {
	loads := map[Lane]LaneLoad{}
	_, err := query(ctx, tx, "SELECT kind, sender, urgent, sum(size), sum(CASE WHEN worker='' THEN 1 ELSE 0 END) FROM leases GROUP BY kind, sender, urgent", nil, func(r *sql.Rows) (struct{}, error) {
		var lane Lane
		var urgent bool
		var touches, waiting int
		err := r.Scan(&lane.Kind, &lane.Sender, &urgent, &touches, &waiting)
		l := loads[lane]
		if urgent {
			l.Urgent, l.UrgentWaiting = touches, waiting > 0
		} else {
			l.Bulk, l.BulkWaiting = touches, waiting > 0
		}
		loads[lane] = l
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
