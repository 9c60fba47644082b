package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// folder opens the workspace's folder, from which nothing outside can be read.
func (a *app) folder() (*os.Root, error) {
	root, err := os.OpenRoot(a.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("there is no folder %s; `andante init %s` makes a workspace of it", a.dir, a.dir)
	}
	if err != nil {
		return nil, usagef("open workspace: %w", err)
	}
	if _, err := root.Lstat(workspace.ConfigFile); errors.Is(err, fs.ErrNotExist) {
		full, _ := filepath.Abs(a.dir)
		root.Close()
		return nil, usagef("%s is no workspace, for it has no %s; name yours with --workspace, or make one with `andante init FOLDER`", full, workspace.ConfigFile)
	}
	return root, nil
}

// open opens the workspace's store, which must have been begun: of a path that is
// mistyped no empty store is made.
func (a *app) open(ctx context.Context, change func(*engine.Options)) (*engine.Engine, error) {
	return a.begin(ctx, func(o *engine.Options) {
		o.Begun = true
		if change != nil {
			change(o)
		}
	})
}

// begin opens the workspace's store, and makes it if there is none: for what a new
// workspace is begun with.
func (a *app) begin(ctx context.Context, change func(*engine.Options)) (*engine.Engine, error) {
	root, err := a.folder()
	if err != nil {
		return nil, err
	}
	root.Close()
	o := engine.Options{Dir: a.dir, Log: a.log(), Clock: a.clock}
	if change != nil {
		change(&o)
	}
	e, err := engine.Open(ctx, o)
	if err == nil {
		err = e.FollowDemo(ctx)
	}
	return e, err
}

// load reads the folder; with errors it prints them and fails.
func (a *app) load(e *engine.Engine) (*workspace.Workspace, error) {
	w, found := workspace.Load(e.FS())
	if bad := workspace.Errors(found); len(bad) > 0 {
		return w, a.refused(bad)
	}
	return w, nil
}

// refused prints the errors of a workspace that can't be used.
func (a *app) refused(bad []*andante.Finding) error {
	for _, f := range bad {
		fmt.Fprintln(a.err, f.Error())
	}
	return fmt.Errorf("the workspace has %s; see `andante check`", count(len(bad), "error"))
}

// published returns what runs.
func (a *app) published(ctx context.Context, e *engine.Engine) (w *workspace.Workspace, err error) {
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		w, err = e.Ops.Workspace(ctx, tx)
		return err
	})
	return w, err
}

// reports opens what reads. It uses the published revision, or the folder before
// the first publish.
func (a *app) reports(ctx context.Context, e *engine.Engine) (*reports.Reports, error) {
	w, err := a.published(ctx, e)
	if errors.Is(err, ops.ErrNothingPublished) {
		w, _ = workspace.Load(e.FS())
		err = nil
	}
	return &reports.Reports{Store: e.Store, Clock: e.Clock, Workspace: w, Hash: e.Ops.Keys.Hash, Plan: e.Ops.Revisions.Plan}, err
}

// contact finds a contact by id, external id or address.
func (a *app) contact(ctx context.Context, e *engine.Engine, name string) (c andante.Contact, err error) {
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		c, err = reports.FindContact(ctx, tx, e.Ops.Keys.Hash, name)
		return err
	})
	if errors.Is(err, andante.ErrNotFound) {
		err = usagef("there is no contact %s; name one by id, by the id of your own system or by address", name)
	}
	return c, err
}

// running checks that a sequence is published or still runs.
func (a *app) running(ctx context.Context, e *engine.Engine, name string) error {
	w, err := a.published(ctx, e)
	if err != nil {
		return err
	}
	names := w.Names()
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		counts, err := tx.CountEnrollments(ctx)
		for _, c := range counts {
			names = append(names, c.Sequence)
		}
		return err
	})
	if err != nil || slices.Contains(names, name) {
		return err
	}
	slices.Sort(names)
	return noSequence(name, slices.Compact(names), "in what is published")
}

// noSequence is the answer to a name that no sequence has.
func noSequence(name string, names []string, where string) error {
	return usagef("there is no sequence %s %s%s; there are: %s", name, where, didYouMean(name, names), strings.Join(names, ", "))
}

// noSender is the answer to a name that no sender and no person has.
func noSender(name string, c *workspace.Config) error {
	names := slices.Sorted(maps.Keys(c.Senders))
	names = append(names, slices.Sorted(maps.Keys(c.People))...)
	return usagef("there is no sender and no person %s in what is published%s; there are: %s", name, didYouMean(name, names), strings.Join(names, ", "))
}

// zone is where the company reads its clock.
func zone(c *workspace.Config) *time.Location { return c.Home() }

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "s") || strings.HasSuffix(noun, "ch") {
		noun += "e"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// reading opens the workspace and lets f read across its store.
func (a *app) reading(ctx context.Context, f func(*engine.Engine, *reports.Reports) error) error {
	e, err := a.open(ctx, nil)
	if err != nil {
		return err
	}
	defer e.Close()
	r, err := a.reports(ctx, e)
	if err != nil {
		return err
	}
	return f(e, r)
}
