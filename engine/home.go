package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/andante-hq/andante/internal/markfile"
	"github.com/andante-hq/andante/store"
)

// admitted tells whether this process may work on the store: it is where it was, and
// has not been put back to an earlier state. A store that never ran gets its home here.
// Whoever is refused has changed nothing.
func (e *Engine) admitted(ctx context.Context, roles []Role) error {
	s, err := e.stands(ctx)
	if err != nil {
		return err
	}
	if r := s.Elsewhere(); r != nil {
		return r
	}
	schedules := slices.Contains(roles, RoleScheduler)
	if schedules {
		if err := e.checkMark(s); err != nil {
			return err
		}
	}
	home := s.Home
	if home == (store.Home{}) {
		home = s.Here
	}
	if home.Path = s.Here.Path; home != s.Home {
		err = e.Store.Write(ctx, func(tx *store.Tx) error { return tx.SetHome(ctx, home) })
	}
	if err != nil || !schedules {
		return err
	}
	if err := e.raiseMark(ctx); err != nil {
		return err
	}
	if s.Noted == 0 && s.Mark > 0 && !e.forgetful.Load() { // else it has been told of
		e.log.Warn("nothing on this machine remembers how far the store had come, so an older backup of it can't be told from it this time", "file", s.File)
	}
	return nil
}

// origin reads where the store says that it lives, and how far it has come.
func (e *Engine) origin(ctx context.Context) (home store.Home, mark int64, err error) {
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		if home, err = tx.Home(ctx); err != nil {
			return err
		}
		mark, err = tx.Mark(ctx)
		return err
	})
	return home, mark, err
}

// stands looks where the store is and what the file outside of it says. That the file
// can't be read is kept for whoever needs it.
func (e *Engine) stands(ctx context.Context) (*Standing, error) {
	s := &Standing{Differs: []string{}, name: calledStore(e.Store.Path())}
	var err error
	if s.Here, err = e.Store.Here(ctx); err != nil {
		return nil, fmt.Errorf("find out where the store is: %w", err)
	}
	if s.File, err = e.markPath(ctx); err != nil {
		return nil, err
	}
	// The file before the store, for another scheduler may just raise the mark of both: the
	// store's first.
	var n markfile.Note
	n, s.unread = readNote(s.File)
	s.Noted, s.Last, s.noted = n.Mark, n.Of, n.At
	if s.Home, s.Mark, err = e.origin(ctx); err != nil {
		return nil, err
	}
	if s.Home != (store.Home{}) {
		s.Differs = append(s.Differs, s.Home.Differs(s.Here)...)
	}
	return s, nil
}

// A Refusal says why nothing may be sent from a store, and what to do.
type Refusal struct{ Why, Do string }

func (r *Refusal) Error() string {
	return r.Why + "; nothing was changed and nothing sent; " + r.Do
}

// What to do about a store that is not where it was.
const (
	overCopy = "stop the original, or make sure that it is gone, for good, then run `andante takeover`"
	overMove = "if the original is stopped, or gone, for good: `andante takeover`; if this is no copy, but the store was stopped and moved whole: `andante takeover --moved`"
	overName = "if the server only goes by another name, and every `andante run` is stopped: `andante takeover --moved`; if it is a clone of the server, whose original is gone: `andante takeover`"
)

// Elsewhere tells of a store that is not where it lives; nil: it is, or never ran.
func (s *Standing) Elsewhere() *Refusal {
	switch {
	case len(s.Differs) == 0:
		return nil
	case s.Noted <= s.Mark && s.Home.Renamed(s.Here):
		return &Refusal{fmt.Sprintf("it is the address of the store's server that changed: %s instead of %s; database and server are the same", s.Here.Address, s.Home.Address), overName}
	}
	why := "this store is a copy, or was moved: it lived elsewhere (" + strings.Join(s.Differs, ", ") + ")"
	last := cmp.Or(s.Last, s.Home.Path)
	switch last {
	case "":
	case s.name:
		why = "this store is not the one that was at " + last + " last: a copy or a backup was put in its place"
	default:
		why = "this store is a copy of " + last + ", or was moved from there"
	}
	if s.Noted > s.Mark {
		return &Refusal{why + ", and that one has come further since", overCopy}
	}
	return &Refusal{why, overMove}
}

// Behind tells of a store that has not come as far as the file says; nil: it has.
func (s *Standing) Behind() *Refusal {
	if s.Noted <= s.Mark {
		return nil
	}
	return &Refusal{fmt.Sprintf("this is an earlier state of the store: it stands at mark %d, and %s has seen mark %d on %s, so a backup was restored, or a replica took over that lacks what was written last",
		s.Mark, s.File, s.Noted, s.noted.Format("2006-01-02 15:04:05 MST")), "run `andante takeover`"}
}
