package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

// Keys of the meta table.
const (
	metaSeed     = "seed"
	metaRevision = "revision"
	metaEpoch    = "epoch"
	metaCalendar = "calendar"
	metaDemo     = "demo"
	metaSeen     = "seen"
	metaOutage   = "outage"
	metaRules    = "rules"
	metaPolicy   = "policy"
	metaKeys     = "keys"
	metaHome     = "home"
	metaMark     = "mark"
	metaDaily    = "daily"
	metaGmail    = "gmail"
)

func (tx *Tx) meta(ctx context.Context, key string) (string, error) {
	var v string
	err := tx.row(ctx, "SELECT value FROM meta WHERE key=$1", []any{key}, &v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, err
}

func (tx *Tx) setMeta(ctx context.Context, key, value string) error {
	_, err := tx.exec(ctx, `INSERT INTO meta (key, value) VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET value=excluded.value`, key, value)
	return err
}

// ensureSeed gives a new store its seed, once.
func (s *Store) ensureSeed(ctx context.Context) error {
	return s.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO meta (key, value) VALUES ($1, $2)
			ON CONFLICT (key) DO NOTHING`, metaSeed, string(andante.NewSeed()))
		return err
	})
}

// Seed returns the seed of the store.
func (tx *Tx) Seed(ctx context.Context) (andante.Seed, error) {
	v, err := tx.meta(ctx, metaSeed)
	return andante.Seed(v), err
}

// SetSeed fixes the seed: for a demo, before anything is planned.
func (tx *Tx) SetSeed(ctx context.Context, s andante.Seed) error {
	return tx.setMeta(ctx, metaSeed, string(s))
}

// KeysPrint returns the print of the keys by which the store's addresses are hashed;
// empty if none was ever used.
func (tx *Tx) KeysPrint(ctx context.Context) (string, error) { return tx.meta(ctx, metaKeys) }

// SetKeysPrint notes it.
func (tx *Tx) SetKeysPrint(ctx context.Context, print string) error {
	return tx.setMeta(ctx, metaKeys, print)
}

// Epoch returns the number of times that the store was taken over.
func (tx *Tx) Epoch(ctx context.Context) (int64, error) {
	v, err := tx.meta(ctx, metaEpoch)
	if err != nil || v == "" {
		return 0, err
	}
	return strconv.ParseInt(v, 10, 64)
}

// RaiseEpoch makes every lease of an earlier epoch void and returns the new one.
func (tx *Tx) RaiseEpoch(ctx context.Context) (int64, error) {
	n, err := tx.Epoch(ctx)
	if err != nil {
		return 0, err
	}
	n++
	return n, tx.setMeta(ctx, metaEpoch, strconv.FormatInt(n, 10))
}

// Calendar returns the instant at which a demo's calendar stands; the zero time
// for a live store.
func (tx *Tx) Calendar(ctx context.Context) (time.Time, error) {
	v, err := tx.meta(ctx, metaCalendar)
	if err != nil || v == "" {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339Nano, v)
}

// SetCalendar marks the store as a demo whose calendar stands at t.
func (tx *Tx) SetCalendar(ctx context.Context, t time.Time) error {
	return tx.setMeta(ctx, metaCalendar, t.UTC().Format(time.RFC3339Nano))
}

// PutPart keeps a part of a revision under its hash.
func (tx *Tx) PutPart(ctx context.Context, hash string, body []byte) error {
	_, err := tx.exec(ctx, `INSERT INTO parts (hash, body) VALUES ($1, $2)
		ON CONFLICT (hash) DO NOTHING`, hash, body)
	return err
}

// Part returns a part of a revision, or [andante.ErrNotFound].
func (tx *Tx) Part(ctx context.Context, hash string) ([]byte, error) {
	var b []byte
	err := tx.row(ctx, "SELECT body FROM parts WHERE hash=$1", []any{hash}, &b)
	return b, notFound(err)
}

// PutRevision keeps a revision and makes it the current one. The manifest is
// JSON: file name to the hash of its part.
func (tx *Tx) PutRevision(ctx context.Context, hash, manifest string, at time.Time) error {
	_, err := tx.exec(ctx, `INSERT INTO revisions (hash, at, manifest) VALUES ($1, $2, $3)
		ON CONFLICT (hash) DO UPDATE SET at=excluded.at`, hash, ms(at), manifest)
	if err != nil {
		return err
	}
	return tx.setMeta(ctx, metaRevision, hash)
}

// Revision returns the hash of the current revision; empty before the first
// publish.
func (tx *Tx) Revision(ctx context.Context) (string, error) { return tx.meta(ctx, metaRevision) }

// Rules returns the hash of the rules for personas and tiers by which the contacts
// were last read; empty before the first time.
func (tx *Tx) Rules(ctx context.Context) (string, error) { return tx.meta(ctx, metaRules) }

// SetRules notes the rules by which every contact has been read.
func (tx *Tx) SetRules(ctx context.Context, hash string) error {
	return tx.setMeta(ctx, metaRules, hash)
}

// Policy returns the hash of the policy under which what was put off was last looked at;
// empty before the first time.
func (tx *Tx) Policy(ctx context.Context) (string, error) { return tx.meta(ctx, metaPolicy) }

// SetPolicy notes the policy under which everything that was put off is looked at again.
func (tx *Tx) SetPolicy(ctx context.Context, hash string) error {
	return tx.setMeta(ctx, metaPolicy, hash)
}

// Manifest returns a revision's manifest, or [andante.ErrNotFound].
func (tx *Tx) Manifest(ctx context.Context, hash string) (string, error) {
	var m string
	err := tx.row(ctx, "SELECT manifest FROM revisions WHERE hash=$1", []any{hash}, &m)
	return m, notFound(err)
}

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return andante.ErrNotFound
	}
	return err
}

// Empty tells whether the store has no tables of ours yet. It makes none.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	n := 0
	err := s.Read(ctx, func(tx *Tx) error { return tx.row(ctx, s.d.begun, nil, &n) })
	return n == 0, err
}

// DemoReady tells whether a demo has been set up, so that it may be continued.
func (tx *Tx) DemoReady(ctx context.Context) (bool, error) {
	v, err := tx.meta(ctx, metaDemo)
	return v != "", err
}

// SetDemoReady notes that a demo has been set up.
func (tx *Tx) SetDemoReady(ctx context.Context) error { return tx.setMeta(ctx, metaDemo, "ready") }

// An Outage is the last span of the calendar in which nobody looked at what was
// due. The zero Outage is none.
type Outage struct{ From, To time.Time }

// Covers tells whether t, which is past, lies in the outage.
func (o Outage) Covers(t, now time.Time) bool {
	return t.After(o.From) && t.Before(o.To) && !now.Before(o.To) // else a clock was wrong
}

// Outage returns the last outage.
func (tx *Tx) Outage(ctx context.Context) (o Outage, err error) {
	v, err := tx.meta(ctx, metaOutage)
	if err != nil || v == "" {
		return o, err
	}
	from, to, _ := strings.Cut(v, " ")
	a, err := strconv.ParseInt(from, 10, 64)
	if err != nil {
		return o, err
	}
	b, err := strconv.ParseInt(to, 10, 64)
	return Outage{time.UnixMilli(a).UTC(), time.UnixMilli(b).UTC()}, err
}

// Seen notes that a scheduler looks now. If nobody has looked for longer than
// `after`, the time since then becomes the outage. It is written once a minute.
func (tx *Tx) Seen(ctx context.Context, now time.Time, after time.Duration) error {
	last, err := tx.LastSeen(ctx)
	if err != nil {
		return err
	}
	if last.IsZero() {
		last = now
	} else if since := now.Sub(last); since >= 0 && since < time.Minute {
		return nil
	}
	if now.Sub(last) > after {
		if err := tx.setMeta(ctx, metaOutage, fmt.Sprintf("%d %d", last.UnixMilli(), now.UnixMilli())); err != nil {
			return err
		}
	}
	return tx.setMeta(ctx, metaSeen, strconv.FormatInt(now.UnixMilli(), 10))
}

// Daily returns the day on which everybody was last asked who enters by rule or date, as
// midnight in UTC; the zero time: never.
func (tx *Tx) Daily(ctx context.Context) (time.Time, error) {
	v, err := tx.meta(ctx, metaDaily)
	if err != nil || v == "" {
		return time.Time{}, err
	}
	return time.Parse(time.DateOnly, v)
}

// SetDaily notes that day.
func (tx *Tx) SetDaily(ctx context.Context, day time.Time) error {
	return tx.setMeta(ctx, metaDaily, day.Format(time.DateOnly))
}
