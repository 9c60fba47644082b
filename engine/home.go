package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/andante-hq/andante/store"
)

// admitted tells whether this process may work on the store: it is where it was, and
// has not been put back to an earlier state. A store that never ran gets its home here.
// Whoever is refused has changed nothing.
func (e *Engine) admitted(ctx context.Context, roles []Role) error {
	here, err := e.Store.Here(ctx)
	if err != nil {
		return fmt.Errorf("find out where the store is: %w", err)
	}
	home, mark, err := e.origin(ctx)
	if err != nil {
		return err
	}
	if home != (store.Home{}) {
		if differs := home.Differs(here); len(differs) > 0 {
			return fmt.Errorf("this store is a copy, or was moved, for it lives elsewhere (%s); nothing was changed and nothing sent; stop the original, or make sure that it is gone, then run `andante takeover`",
				strings.Join(differs, ", "))
		}
	}
	schedules := slices.Contains(roles, RoleScheduler)
	if schedules {
		if err := e.checkMark(ctx, mark); err != nil {
			return err
		}
	}
	if home == (store.Home{}) {
		err = e.Store.Write(ctx, func(tx *store.Tx) error { return tx.SetHome(ctx, here) })
	}
	if err != nil || !schedules {
		return err
	}
	return e.raiseMark(ctx)
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
