package storetest

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var metaTests = []test{
	{"schema", schema},
	{"seed", seed},
	{"epoch", epoch},
	{"calendar and demo", calendar},
	{"revisions and their parts", revisions},
	{"outages", outages},
	{"the day on which everybody was asked", daily},
}

func daily(_ *testing.T, s db) {
	look := func() time.Time {
		return read(s, func(ctx context.Context, tx *store.Tx) (time.Time, error) { return tx.Daily(ctx) })
	}
	s.same("at first", time.Time{}, look())
	for _, d := range []time.Time{time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)} {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetDaily(ctx, d) })
		s.same("the day", d, look())
	}
}

func schema(t *testing.T, s db) {
	pending, err := s.Pending(t.Context())
	if pending || err != nil {
		t.Errorf("pending %v, error %v", pending, err)
	}
	empty, err := s.Empty(t.Context())
	if empty || err != nil {
		t.Errorf("empty %v, error %v", empty, err)
	}
	before := read(s, seedOf)
	ran, err := s.Migrate(t.Context())
	if len(ran) > 0 || err != nil {
		t.Errorf("migrated again: ran %v, error %v", ran, err)
	}
	s.same("seed after migrating again", before, read(s, seedOf))
	if s.Postgres() != store.IsPostgres(s.Path()) {
		t.Errorf("Postgres %v, path %s", s.Postgres(), s.Path())
	}
}

func seedOf(ctx context.Context, tx *store.Tx) (andante.Seed, error) { return tx.Seed(ctx) }

func seed(t *testing.T, s db) {
	if got := read(s, seedOf); len(got) != 32 {
		t.Errorf("seed of a new store: %q", got)
	}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetKeysPrint(ctx, "0af3") })
	s.same("print of the keys", "0af3", read(s, func(ctx context.Context, tx *store.Tx) (string, error) { return tx.KeysPrint(ctx) }))
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetSeed(ctx, "demo 日本") })
	s.same("seed", andante.Seed("demo 日本"), read(s, seedOf))
}

func epoch(_ *testing.T, s db) {
	look := func() int64 {
		return read(s, func(ctx context.Context, tx *store.Tx) (int64, error) { return tx.Epoch(ctx) })
	}
	s.same("epoch of a new store", int64(0), look())
	for want := int64(1); want <= 11; want++ { // past the place where text and numbers sort differently
		var got int64
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			got, err = tx.RaiseEpoch(ctx)
			return err
		})
		s.same("raised", want, got)
		s.same("epoch", want, look())
	}
}

func calendar(_ *testing.T, s db) {
	look := func() time.Time {
		return read(s, func(ctx context.Context, tx *store.Tx) (time.Time, error) { return tx.Calendar(ctx) })
	}
	ready := func() bool {
		return read(s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.DemoReady(ctx) })
	}
	s.same("calendar of a live store", time.Time{}, look())
	s.same("ready", false, ready())
	for _, want := range []time.Time{at(0), at(1).Add(time.Nanosecond)} {
		s.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.SetCalendar(ctx, want.In(time.FixedZone("east", 3600)))
		})
		s.same("calendar", want, look())
	}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetDemoReady(ctx) })
	s.same("ready", true, ready())
}

func outages(t *testing.T, s db) {
	const after = 6 * time.Hour
	look := func(now time.Time) store.Outage {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.Seen(ctx, now, after) })
		return read(s, func(ctx context.Context, tx *store.Tx) (store.Outage, error) { return tx.Outage(ctx) })
	}
	none := store.Outage{}
	s.same("before anybody looked", none, read(s, func(ctx context.Context, tx *store.Tx) (store.Outage, error) { return tx.Outage(ctx) }))
	now := day
	s.same("at first", none, look(now))
	now = now.Add(after)
	s.same("after a while", none, look(now))
	s.same("at once again", none, look(now.Add(time.Second)))
	from := now
	now = now.Add(after + time.Millisecond)
	first := store.Outage{From: from, To: now}
	s.same("after an outage", first, look(now))
	s.same("a minute later", first, look(now.Add(time.Minute)))
	s.same("when the calendar went back", first, look(day))
	from, now = day, now.Add(48*time.Hour)
	s.same("after another", store.Outage{From: from, To: now}, look(now))
	for at, want := range map[time.Time]bool{
		first.From: false, first.From.Add(1): true, first.To.Add(-1): true, first.To: false, first.From.Add(-1): false, first.To.Add(1): false,
	} {
		if first.Covers(at, first.To) != want {
			t.Errorf("an outage from %s to %s covers %s: %v", first.From, first.To, at, !want)
		}
	}
}

func revisions(t *testing.T, s db) {
	current := func() string {
		return read(s, func(ctx context.Context, tx *store.Tx) (string, error) { return tx.Revision(ctx) })
	}
	missing := func(what string, f func(ctx context.Context, tx *store.Tx) error) {
		err := s.Read(t.Context(), func(tx *store.Tx) error { return f(t.Context(), tx) })
		if err != andante.ErrNotFound {
			t.Errorf("%s that is not there: error %v", what, err)
		}
	}
	s.same("revision of a new store", "", current())
	missing("part", func(ctx context.Context, tx *store.Tx) error { _, err := tx.Part(ctx, "nothing"); return err })
	missing("manifest", func(ctx context.Context, tx *store.Tx) error { _, err := tx.Manifest(ctx, "nothing"); return err })

	bodies := map[string][]byte{"empty": {}, "binary": {0, 0xff, 0xfe, '\n'}, "large": bytes.Repeat([]byte("日本"), 1<<18)}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		for hash, body := range bodies {
			if err := firstError(tx.PutPart(ctx, hash, body), tx.PutPart(ctx, hash, []byte("another"))); err != nil {
				return err
			}
		}
		return nil
	})
	for hash, body := range bodies {
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]byte, error) { return tx.Part(ctx, hash) })
		if !bytes.Equal(got, body) {
			t.Errorf("part %s: %d bytes, want %d", hash, len(got), len(body))
		}
	}
	rules := func() string {
		return read(s, func(ctx context.Context, tx *store.Tx) (string, error) { return tx.Rules(ctx) })
	}
	s.same("rules of a new store", "", rules())
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetRules(ctx, "b") })
	s.same("rules", "b", rules())
	policy := func() string {
		return read(s, func(ctx context.Context, tx *store.Tx) (string, error) { return tx.Policy(ctx) })
	}
	s.same("policy of a new store", "", policy())
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetPolicy(ctx, "c") })
	s.same("policy", "c", policy())
	put := func(hash, manifest string, n int) {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutRevision(ctx, hash, manifest, at(n)) })
	}
	put("one", `{"a": "größe"}`, 1)
	put("two", `{"b": ""}`, 2)
	s.same("revision", "two", current())
	put("one", "another", 3) // back to an earlier one, which is as it was
	s.same("revision", "one", current())
	for hash, want := range map[string]string{"one": `{"a": "größe"}`, "two": `{"b": ""}`} {
		s.same("manifest", want, read(s, func(ctx context.Context, tx *store.Tx) (string, error) { return tx.Manifest(ctx, hash) }))
	}
}
