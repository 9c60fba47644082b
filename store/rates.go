package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/andante-hq/andante"
)

// The scopes of what lanes have used up of what they may send in an hour or on a day; the key is
// the lane's. What went elsewhere than to its contact is counted apart: a rehearsal warms nobody
// up.
const (
	RateLane      andante.HoldScope = "lane"
	RateRehearsed andante.HoldScope = "rehearsed"
)

// A Rate counts what became of the mails of a sequence or a sender within an hour, or what
// left by a lane.
type Rate struct {
	Scope andante.HoldScope `json:"scope"` // sequence or sender, RateLane or RateRehearsed
	Key   string            `json:"key"`
	At    time.Time         `json:"-"` // any instant of the hour
	// Part keeps writers apart: those who count at the same time each have a row of
	// their own, so that none waits for another.
	Part       int `json:"-"`
	Sent       int `json:"sent"`
	Bounced    int `json:"bounced"`
	Complained int `json:"complained"`
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// AddRates adds to what was counted.
func (tx *Tx) AddRates(ctx context.Context, list []Rate) error {
	return insert(ctx, tx, "rates", "scope, key, hour, part, sent, bounced, complained", `ON CONFLICT (scope, key, hour, part) DO UPDATE SET
		sent=rates.sent+excluded.sent, bounced=rates.bounced+excluded.bounced, complained=rates.complained+excluded.complained`, list, func(r Rate) []any {
		return []any{string(r.Scope), r.Key, hourOf(r.At), r.Part, r.Sent, r.Bounced, r.Complained}
	})
}

// RateSince sums up what was counted in the hours that began at an instant or later.
func (tx *Tx) RateSince(ctx context.Context, scope andante.HoldScope, key string, since time.Time) (Rate, error) {
	r := Rate{Scope: scope, Key: key, At: since}
	err := tx.row(ctx, `SELECT coalesce(sum(sent), 0), coalesce(sum(bounced), 0), coalesce(sum(complained), 0) FROM rates
		WHERE scope=$1 AND key=$2 AND hour >= $3`, []any{string(scope), key, hourOf(since.Add(time.Hour - 1))}, &r.Sent, &r.Bounced, &r.Complained)
	return r, err
}

// SentBy returns how much left by a lane, by the hour, in the hour of an instant and since
// then. In a rehearsal, what was rehearsed too.
func (tx *Tx) SentBy(ctx context.Context, lane Lane, since time.Time, rehearsing bool) ([]Rate, error) {
	also := RateLane
	if rehearsing {
		also = RateRehearsed
	}
	return query(ctx, tx, `SELECT hour, sum(sent) FROM rates WHERE (scope=$1 OR scope=$2) AND key=$3 AND hour >= $4 GROUP BY hour ORDER BY hour`,
		[]any{string(RateLane), string(also), lane.String(), hourOf(since)}, func(r *sql.Rows) (Rate, error) {
			x := Rate{Scope: RateLane, Key: lane.String()}
			var hour int64
			err := r.Scan(&hour, &x.Sent)
			x.At = time.Unix(hour*3600, 0).UTC()
			return x, err
		})
}

// BestDay returns how much left on the best day before one that begins at an instant, in its zone.
// An hour that lies on both days, where zones have a half, is the later one's.
func BestDay(hours []Rate, today time.Time) (best int) {
	onDay := map[string]int{}
	for _, h := range hours {
		if !h.At.Add(time.Hour).After(today) {
			day := h.At.In(today.Location()).Format(time.DateOnly)
			onDay[day] += h.Sent
			best = max(best, onDay[day])
		}
	}
	return best
}

// Returned sums up, for each sequence and sender of which something came back, what was
// counted in the hours that began at an instant or later.
func (tx *Tx) Returned(ctx context.Context, since time.Time) ([]Rate, error) {
	return query(ctx, tx, `SELECT scope, key, sum(sent), sum(bounced), sum(complained) FROM rates WHERE hour >= $1
		GROUP BY scope, key HAVING sum(bounced) + sum(complained) > 0 ORDER BY scope, key`, []any{hourOf(since.Add(time.Hour - 1))}, func(r *sql.Rows) (x Rate, err error) {
		x.At = since
		return x, r.Scan(&x.Scope, &x.Key, &x.Sent, &x.Bounced, &x.Complained)
	})
}

// DropRates forgets what was counted before an instant.
func (tx *Tx) DropRates(ctx context.Context, before time.Time) error {
	_, err := tx.exec(ctx, "DELETE FROM rates WHERE hour < $1", hourOf(before))
	return err
}

// LastRelease returns when a hold of an author on a key was last released; the zero time
// if none was.
func (tx *Tx) LastRelease(ctx context.Context, scope andante.HoldScope, key, author string) (time.Time, error) {
	list, err := query(ctx, tx, "SELECT "+holdColumns+" FROM holds WHERE scope=$1 AND key=$2 AND author=$3 AND released_at IS NOT NULL ORDER BY released_at DESC LIMIT 1",
		[]any{string(scope), key, author}, scanHold)
	if err != nil || len(list) == 0 {
		return time.Time{}, err
	}
	return list[0].Released, nil
}

// A GmailRate is the share of spam complaints that Google's Postmaster Tools show for a
// domain of ours: Gmail tells it nowhere else.
type GmailRate struct {
	Domain string    `json:"domain"`
	Share  float64   `json:"share"` // 0.001 is 0.1 %
	At     time.Time `json:"at"`    // when somebody told us
}

// GmailRates returns the last one of each domain.
func (tx *Tx) GmailRates(ctx context.Context) (list []GmailRate, err error) {
	v, err := tx.meta(ctx, metaGmail)
	if err != nil || v == "" {
		return nil, err
	}
	return list, json.Unmarshal([]byte(v), &list)
}

// PutGmailRates replaces them.
func (tx *Tx) PutGmailRates(ctx context.Context, list []GmailRate) error {
	return tx.setMeta(ctx, metaGmail, toJSON(list))
}
