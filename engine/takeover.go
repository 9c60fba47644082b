package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/andante-hq/andante/internal/filelock"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// A Standing is where a store says that it lives and how far it has come, beside where
// it is and how far it is known to have come.
type Standing struct {
	Home    store.Home  `json:"home"` // zero: it never ran
	Here    store.Home  `json:"here"`
	Differs []string    `json:"differs"`
	Mark    int64       `json:"mark"`
	Noted   int64       `json:"noted"` // the mark in the file; 0: there is none
	Last    string      `json:"last"`  // what the file says that the store was called; empty: there is none
	File    string      `json:"file"`
	Seen    time.Time   `json:"seen"`  // when a scheduler worked on it last; zero: never
	Doubt   store.Doubt `json:"doubt"` // what may have been sent since

	Contacts int `json:"contacts"`

	name   string    // what the store is called here
	noted  time.Time // when the file was written
	unread error     // why the file could not be read
}

// Copied tells whether the store is where it does not live, or was put back to an
// earlier state.
func (s *Standing) Copied() bool { return len(s.Differs) > 0 || s.Noted > s.Mark }

// Standing looks how the store stands. It changes nothing.
func (e *Engine) Standing(ctx context.Context) (*Standing, error) {
	if err := e.checkCalendar(ctx, false); err != nil {
		return nil, err
	}
	s, err := e.stands(ctx)
	if err == nil {
		err = e.legible(s.unread)
	}
	if err != nil {
		return nil, err
	}
	return s, e.Store.Read(ctx, func(tx *store.Tx) error {
		if s.Seen, err = tx.LastSeen(ctx); err != nil {
			return err
		}
		if s.Contacts, _, err = tx.CountContacts(ctx); err != nil {
			return err
		}
		s.Doubt, err = tx.Doubt(ctx, e.Clock.Now())
		return err
	})
}

// Moved tells why nobody may say that this store was stopped and moved whole; nil: they
// may.
func (s *Standing) Moved() error {
	switch {
	case s.Noted > s.Mark:
		return errors.New("this is an earlier state of the store, so it has worked since: leave out --moved, and say --suppressions FILE or --no-suppressions")
	case s.Doubt.OnWire > 0:
		return ops.ErrOnWire
	}
	return nil
}

// running returns the original's file if a process of this machine works on it just now.
func (s *Standing) running() string {
	for _, path := range []string{s.Home.Path, s.Last} {
		file, err := filepath.EvalSymlinks(path)
		if err != nil || path == s.Here.Path {
			continue // it is gone, or another machine's, or a database
		}
		if _, err := os.Stat(file + ".lock"); err != nil {
			continue // to ask for it would make it
		}
		l, err := filelock.Acquire(file + ".lock")
		if errors.Is(err, filelock.ErrHeld) {
			return path
		}
		if err == nil {
			l.Release()
		}
	}
	return ""
}

// TakeOver makes this store the one that sends; see [ops.Ops.TakeOver]. The new home and
// the mark that is known are found here. It may be called again after it was killed.
func (e *Engine) TakeOver(ctx context.Context, r ops.Takeover) (ops.TakenOver, error) {
	if !e.Store.Postgres() {
		release, err := e.lock()
		if err != nil {
			return ops.TakenOver{}, fmt.Errorf("%w: stop it first", err)
		}
		defer release()
	}
	s, err := e.Standing(ctx)
	if err != nil {
		return ops.TakenOver{}, err
	}
	if r.Moved {
		if err := s.Moved(); err != nil {
			return ops.TakenOver{}, err
		}
	}
	if path := s.running(); path != "" {
		return ops.TakenOver{}, fmt.Errorf("the original is at work: an andante runs on %s now; stop it first", path)
	}
	r.Home, r.Seen = s.Here, s.Noted
	done, err := e.Ops.TakeOver(ctx, r)
	if err != nil {
		return done, err
	}
	if err := e.note(ctx, done.Mark); err != nil {
		e.unnoted(err)
	}
	return done, nil
}
