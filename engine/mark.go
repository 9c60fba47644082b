package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/andante-hq/andante/internal/markfile"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// markPath returns the file, outside of the store, that remembers the store's mark. A
// folder that many stores share holds one for each.
func (e *Engine) markPath(ctx context.Context) (path string, err error) {
	var print string
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		seed, err := tx.Seed(ctx)
		sum := sha256.Sum256([]byte(seed))
		print = hex.EncodeToString(sum[:6])
		return err
	})
	if err != nil {
		return "", err
	}
	dir, err := e.stateDir()
	return filepath.Join(dir, print+".json"), err
}

// stateDir is the folder that andante.yaml names, or one beside the workspace: what is
// inside comes and goes with the workspace.
func (e *Engine) stateDir() (string, error) {
	home, err := filepath.EvalSymlinks(e.o.Dir)
	if err == nil {
		home, err = filepath.Abs(home)
	}
	switch dir := e.Config.State; {
	case dir == "":
		return home + ".state", err
	case filepath.IsAbs(dir):
		return dir, nil
	default:
		return filepath.Join(home, dir), err
	}
}

// checkMark refuses a store that has not come as far as the file says.
func (e *Engine) checkMark(ctx context.Context, mark int64) error {
	path, n, err := e.noted(ctx)
	switch {
	case err != nil:
		return err
	case n.Mark > mark:
		return fmt.Errorf("this is an earlier state of the store: it stands at mark %d, and %s has seen mark %d on %s, so a backup was restored, or a replica took over that lacks what was written last; nothing was changed and nothing sent; run `andante takeover`",
			mark, path, n.Mark, n.At.Format(time.DateTime))
	case n.Mark == 0 && mark > 0:
		e.log.Warn("nothing on this machine remembers how far the store had come, so an older backup of it can't be told from it this time", "file", path)
	}
	return nil
}

// noted reads the file; the zero note if there is none, or none that may be read where
// none was asked for.
func (e *Engine) noted(ctx context.Context) (path string, n markfile.Note, err error) {
	if path, err = e.markPath(ctx); err != nil {
		return path, n, err
	}
	n, err = markfile.Read(path)
	var refused *fs.PathError
	switch {
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return path, n, nil
	case !errors.As(err, &refused):
		return path, n, fmt.Errorf("look up how far the store had come: %w; if the file is spoiled, remove it: then only an older backup can't be told this time", err)
	case e.Config.State == "":
		e.unnoted(err)
		return path, n, nil
	}
	return path, n, fmt.Errorf("look up how far the store had come: %w; let it be read, or name another folder with `state:` or --state", err)
}

// raiseMark raises the store's mark, then the file's: a store is never behind a file
// that it wrote itself.
func (e *Engine) raiseMark(ctx context.Context) error {
	var mark int64
	err := e.Store.Write(ctx, func(tx *store.Tx) (err error) {
		mark, err = tx.RaiseMark(ctx, 0)
		return err
	})
	if err != nil {
		return err
	}
	err = e.note(ctx, mark)
	if err != nil && e.Config.State == "" {
		e.unnoted(err)
		return nil
	}
	return err
}

// markEnd raises the mark once more: a backup that was made while the process ran is
// older than what it leaves.
func (e *Engine) markEnd(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second) // the store may be away
	defer cancel()
	if err := e.raiseMark(ctx); err != nil {
		e.unnoted(err)
	}
}

// marked takes the mark that the scheduler has raised.
func (e *Engine) marked(ctx context.Context, mark int64) {
	if err := e.note(context.WithoutCancel(ctx), mark); err != nil {
		e.unnoted(err)
	}
}

func (e *Engine) unnoted(err error) {
	e.log.Warn("an older backup of this store could not be told from it", "err", err)
}

// note writes a mark into the file.
func (e *Engine) note(ctx context.Context, mark int64) error {
	path, err := e.markPath(ctx)
	if err != nil {
		return err
	}
	name := workspace.Hide(e.Store.Path())
	if !e.Store.Postgres() {
		if full, err := filepath.Abs(name); err == nil {
			name = full
		}
	}
	if err := markfile.Raise(ctx, path, markfile.Note{Mark: mark, Of: name, At: e.Clock.Wall().UTC()}); err != nil {
		return fmt.Errorf("note how far the store has come: %w; let the folder be written, or name another with `state:` or --state", err)
	}
	return nil
}
