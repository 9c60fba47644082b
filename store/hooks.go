package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/andante-hq/andante"
)

// A Delivery is an event on its way to another program.
type Delivery struct {
	ID       string // webhook-id: the receiver knows by it what came before
	Hook     string // key in andante.yaml
	Event    andante.EventID
	State    andante.State // planned, sent or failed
	Due      time.Time
	Settled  time.Time
	Attempts int
	Leased   time.Time // until when somebody is sending it; zero: nobody is
	Answer   string    // what came of the last try
}

const deliveryColumns = "msg, hook, event_id, state, due_at, settled_at, attempts, leased_until, answer"

func scanDelivery(r *sql.Rows) (d Delivery, err error) {
	var due int64
	var settled, leased sql.NullInt64
	err = r.Scan(&d.ID, &d.Hook, &d.Event, &d.State, &due, &settled, &d.Attempts, &leased, &d.Answer)
	d.Due, d.Settled, d.Leased = time.UnixMilli(due).UTC(), instant(settled), instant(leased)
	return d, err
}

// AddDeliveries adds deliveries. One that is there already stays as it is.
func (tx *Tx) AddDeliveries(ctx context.Context, list []Delivery) error {
	return insert(ctx, tx, "deliveries", deliveryColumns, "ON CONFLICT (msg) DO NOTHING", list, func(d Delivery) []any {
		return []any{d.ID, d.Hook, string(d.Event), string(d.State), ms(d.Due), ms(d.Settled), d.Attempts, ms(d.Leased), d.Answer}
	})
}

// LeaseDeliveries takes up to n deliveries of a hook that are due, and in nobody's hands by the
// machine's clock, the earliest first.
func (tx *Tx) LeaseDeliveries(ctx context.Context, hook string, now, wall, until time.Time, n int) ([]Delivery, error) {
	list, err := query(ctx, tx, "SELECT "+deliveryColumns+" FROM deliveries WHERE state='planned' AND hook=$1 AND due_at <= $2 AND (leased_until IS NULL OR leased_until < $3) ORDER BY due_at, msg LIMIT $4"+tx.d.skip,
		[]any{hook, ms(now), ms(wall), n}, scanDelivery)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	_, err = execIn(ctx, tx, "UPDATE deliveries SET leased_until=$1 WHERE msg", []any{ms(until)}, ids, "")
	return list, err
}

// EndDelivery writes what became of a try.
func (tx *Tx) EndDelivery(ctx context.Context, d Delivery) error {
	_, err := tx.exec(ctx, "UPDATE deliveries SET state=$2, due_at=$3, settled_at=$4, attempts=$5, leased_until=NULL, answer=$6 WHERE msg=$1 AND state='planned' AND leased_until IS NOT NULL",
		d.ID, string(d.State), ms(d.Due), ms(d.Settled), d.Attempts, andante.CleanText(d.Answer))
	return err
}

// Deliveries returns up to n deliveries of a hook, or of all, since an instant, the latest first.
func (tx *Tx) Deliveries(ctx context.Context, hook string, since time.Time, n int) ([]Delivery, error) {
	return query(ctx, tx, "SELECT "+deliveryColumns+" FROM deliveries WHERE ($1='' OR hook=$1) AND due_at >= $2 ORDER BY due_at DESC, msg LIMIT $3", []any{hook, ms(since), n}, scanDelivery)
}

// LastSent returns when something last reached a hook, and since when it takes nothing: when the first
// delivery failed for good of those that are kept; zero: never.
func (tx *Tx) LastSent(ctx context.Context, hook string) (sent, failing time.Time, err error) {
	var a, b sql.NullInt64
	err = tx.row(ctx, "SELECT (SELECT max(settled_at) FROM deliveries WHERE hook=$1 AND state='sent'), (SELECT min(settled_at) FROM deliveries WHERE hook=$1 AND state='failed')", []any{hook}, &a, &b)
	return instant(a), instant(b), err
}

// Replay has deliveries of a hook since an instant go again, those that failed or all, and returns
// how many.
func (tx *Tx) Replay(ctx context.Context, hook string, since, now time.Time, all bool) (int, error) {
	only := " IN ('failed', 'planned')" // what waits for its next try goes now
	if all {
		only = " IN ('failed', 'planned', 'sent')"
	}
	res, err := tx.exec(ctx, "UPDATE deliveries SET state='planned', due_at=$3, settled_at=NULL, attempts=0, leased_until=NULL WHERE hook=$1 AND coalesce(settled_at, due_at) >= $2 AND leased_until IS NULL AND state"+only, hook, ms(since), ms(now))
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// DropDeliveries forgets what was over before an instant.
func (tx *Tx) DropDeliveries(ctx context.Context, before time.Time) error {
	_, err := tx.exec(ctx, "DELETE FROM deliveries WHERE coalesce(settled_at, due_at) < $1", ms(before))
	return err
}

// VoidDeliveries ends whatever is on its way: another store may have sent it.
func (tx *Tx) VoidDeliveries(ctx context.Context, at time.Time, answer string) error {
	_, err := tx.exec(ctx, "UPDATE deliveries SET state='failed', settled_at=$1, leased_until=NULL, answer=$2 WHERE state='planned'", ms(at), answer)
	return err
}
