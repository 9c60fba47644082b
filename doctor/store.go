package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// storeAnswers looks whether the store can be used at all.
func storeAnswers(ctx context.Context, s *Subject) []Finding {
	switch {
	case s.NoStore && s.Gone != nil:
		return one(bad(s.Gone.Do, "%s", s.Gone.Found))
	case s.NoStore:
		return one(look("`andante publish` makes it; if there was one, see `store:` in andante.yaml and ANDANTE_STORE", "there is no store yet"))
	case errors.Is(s.StoreErr, store.ErrDamaged):
		return one(bad("put a backup in its place, without -wal and -shm files beside it, then `andante takeover`", "%v", s.StoreErr))
	case s.StoreErr != nil:
		return one(bad("is it running, and are `store:` or ANDANTE_STORE and the rights on it as they should be?", "the store can't be opened: %v", s.StoreErr))
	case s.Store == nil:
		return nil
	}
	if empty, err := s.Store.Empty(ctx); err == nil && empty {
		if s.Gone != nil {
			return one(bad(s.Gone.Do, "%s", s.Gone.Found))
		}
		return one(look("`andante publish` makes its tables", "the store is empty"))
	}
	pending, err := s.Store.Pending(ctx)
	if err != nil {
		return one(bad(s.mendStore(), "the store's schema can't be read: %v", err))
	}
	if pending {
		return one(bad("make a backup, then run `andante migrate`", "the store's schema is older than this program"))
	}
	s.usable = true
	if f := s.sameKeys(ctx); f != nil {
		return f
	}
	kind := "SQLite"
	if s.Store.Postgres() {
		kind = "Postgres"
	}
	return one(fine("%s answers, and its schema is this program's", kind))
}

// sameKeys holds the keys against those that the store was begun with.
func (s *Subject) sameKeys(ctx context.Context) []Finding {
	var print string
	found := s.read(ctx, func(tx *store.Tx) error {
		at, err := tx.Calendar(ctx)
		if err != nil {
			return err
		}
		if s.demo = !at.IsZero(); s.demo {
			s.Clock = andante.NewJumpClock(at)
		}
		print, err = tx.KeysPrint(ctx)
		return err
	})
	if found == nil && s.Keys != nil && print != "" && print != s.Keys.Print() {
		found = one(bad("copy "+s.KeysFile+" from the machine that has the right one: old opt-outs would not be recognised", "the store was begun with another address key"))
	}
	return found
}

// integrity has SQLite look at its file.
func integrity(ctx context.Context, s *Subject) []Finding {
	if !s.usable || s.Store.Postgres() {
		return nil
	}
	var damage []string
	err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		damage, err = tx.Damage(ctx)
		return err
	})
	const do = "stop `andante run`, keep the file, and restore a backup"
	if err != nil {
		return one(bad(do, "the database's file can't be checked: %v", err))
	}
	if len(damage) > 0 {
		return one(bad(do, "the database's file is damaged: %s", damage[0]))
	}
	return one(fine("the database's file is sound"))
}

// Room on the disk of an SQLite store: below the one it may be full tomorrow, below the
// other a migration or a copy has no place.
const (
	leastRoom  = 200 << 20
	ampleRoom  = 1 << 30
	roomAdvice = "make room: when the disk is full nothing can be recorded any more"
)

func disk(_ context.Context, s *Subject) []Finding {
	if s.Folder == "" || s.FreeDisk == nil {
		return nil
	}
	free, ok := s.FreeDisk(s.Folder)
	switch {
	case !ok:
		return nil
	case free < leastRoom:
		return one(bad(roomAdvice, "%s left on the store's disk", megabytes(free)))
	case free < ampleRoom:
		return one(look(roomAdvice, "%s left on the store's disk", megabytes(free)))
	}
	return one(fine("%s left on the store's disk", megabytes(free)))
}

func megabytes(n uint64) string {
	if n >= 10<<30 {
		return fmt.Sprintf("%d GB", n>>30)
	}
	return fmt.Sprintf("%d MB", n>>20)
}

// How far this machine's clock may be from the database's.
const (
	slightSkew = 2 * time.Second
	badSkew    = 30 * time.Second
)

// clock holds this machine's clock against that of the database, where it has one of its
// own. Leases go by the database's alone; due times, windows and limits go by the machine's.
func clock(ctx context.Context, s *Subject) []Finding {
	if !s.usable || !s.Store.Postgres() {
		return nil
	}
	var skew, trip time.Duration
	for i := range 3 { // the quickest answer is the most exact
		var before, theirs time.Time
		found := s.read(ctx, func(tx *store.Tx) (err error) {
			before = s.Clock.Wall()
			theirs, err = tx.Wall(ctx)
			return err
		})
		if found != nil {
			return found
		}
		if took := s.Clock.Wall().Sub(before); i == 0 || took < trip {
			skew, trip = before.Add(took/2).Sub(theirs), took
		}
	}
	return one(skewed(skew))
}

// skewed judges how far this machine is ahead.
func skewed(skew time.Duration) Finding {
	word := "ahead of"
	if skew < 0 {
		word, skew = "behind", -skew
	}
	const do = "have all machines set their clocks by NTP: due times, hours and limits go by this machine's"
	switch text := fmt.Sprintf("this machine's clock is %s %s the database's", skew.Round(100*time.Millisecond), word); {
	case skew > badSkew:
		return bad(do, "%s", text)
	case skew > slightSkew:
		return look(do, "%s", text)
	}
	return fine("this machine's clock agrees with the database's")
}

// published looks at what runs, by today's rules.
func published(ctx context.Context, s *Subject) []Finding {
	if !s.usable {
		return nil
	}
	err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		s.published, err = ops.NewRevisions().Current(ctx, tx)
		return err
	})
	switch {
	case errors.Is(err, ops.ErrNothingPublished):
		return one(bad("run `andante publish`", "nothing is published yet, so nothing can run"))
	case err != nil:
		s.published = nil
		return one(bad("mend the folder and run `andante publish`; until then nothing is sent", "what is published can't run: %v", err))
	}
	return one(fine("%s published, without errors by this program's rules", number(len(s.published.Sequences), "sequence")))
}

// number writes a number with its noun.
func number(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "ch") {
		noun += "e"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
