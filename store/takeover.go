package store

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
)

// A Doubt counts the touches that another process may have sent, if this store is a
// copy of one that went on.
type Doubt struct {
	Due    int `json:"due"`     // planned, and their time has come
	Held   int `json:"held"`    // planned for later because of a hold, which may have been released
	Leased int `json:"leased"`  // with a worker
	OnWire int `json:"on_wire"` // of these: claimed, or permitted already
}

// Doubt counts them. It reads every touch.
func (tx *Tx) Doubt(ctx context.Context, now time.Time) (d Doubt, err error) {
	one := func(condition string) string {
		return "coalesce(sum(CASE WHEN " + condition + " THEN 1 ELSE 0 END), 0)"
	}
	err = tx.row(ctx, "SELECT "+one("waits_at <= $1")+", "+one(waitsForHold)+", "+
		one("lease_id IS NOT NULL")+", "+one("state IN ('claimed', 'attempted')")+
		" FROM touches WHERE waits_at IS NOT NULL OR lease_id IS NOT NULL", []any{ms(now)}, &d.Due, &d.Held, &d.Leased, &d.OnWire)
	return d, err
}

// waitsForHold holds for the touches that a release makes due at once; see [Tx.WakeHeld].
const waitsForHold = "waits_at > $1 AND reason IN ('held', 'sender')"

// WaitingForHold returns up to n touches that wait for later because of a hold, in the
// order of their ids after the given one.
func (tx *Tx) WaitingForHold(ctx context.Context, now time.Time, after andante.TouchID, n int) ([]andante.Touch, error) {
	if after == "" {
		after = firstID
	}
	return query(ctx, tx, "SELECT "+touchColumns+" FROM touches WHERE "+waitsForHold+" AND id > $2 ORDER BY id LIMIT $3",
		[]any{ms(now), string(after), n}, scanTouch)
}
