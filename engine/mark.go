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
	"github.com/andante-hq/andante/internal/writable"
	"github.com/andante-hq/andante/store"
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

// gone tells of a store that was at dsn, as a file outside of it remembers, where there is
// none; nil: nothing is known of one. Whoever begins a new one in its place writes to
// everybody again.
func (e *Engine) gone(dsn string) *Refusal {
	dir, err := e.stateDir()
	if err != nil {
		return nil
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	for _, f := range files {
		n, err := markfile.Read(f)
		if err != nil || n.Of != calledStore(dsn) {
			continue
		}
		return &Refusal{
			fmt.Sprintf("the store is gone: %s was here, and stood at mark %d on %s", n.Of, n.Mark, n.At.Format("2006-01-02 15:04:05 MST")),
			"put a backup in its place and run `andante takeover`; to begin anew all the same, which forgets who was written to and who left, remove " + f,
		}
	}
	return nil
}

// checkMark refuses a store that has not come as far as the file says.
func (e *Engine) checkMark(s *Standing) error {
	if err := e.legible(s.unread); err != nil {
		return err
	}
	if r := s.Behind(); r != nil {
		return r
	}
	return nil
}

// readNote reads the file; the zero note if there is none.
func readNote(path string) (markfile.Note, error) {
	n, err := markfile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return n, err
}

// legible judges that the file could not be read: it must be, unless it is the folder
// beside the workspace, for which nobody asked, that can't be read at all.
func (e *Engine) legible(unread error) error {
	var refused *fs.PathError
	switch {
	case unread == nil:
		return nil
	case !errors.As(unread, &refused):
		return fmt.Errorf("look up how far the store had come: %w; if the file is spoiled, remove it: then only an older backup can't be told this time", unread)
	case e.Config.State == "":
		e.unnoted(unread)
		return nil
	}
	return fmt.Errorf("look up how far the store had come: %w; let it be read, or name another folder with `state:` or --state", unread)
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

// unnoted tells that the file is of no use, once until it is again.
func (e *Engine) unnoted(err error) {
	if e.forgetful.Swap(true) {
		return
	}
	e.log.Warn("an older backup of this store could not be told from it", "err", err)
}

// note writes a mark into the file.
func (e *Engine) note(ctx context.Context, mark int64) error {
	path, err := e.markPath(ctx)
	if err != nil {
		return err
	}
	if err := markfile.Raise(ctx, path, markfile.Note{Mark: mark, Of: calledStore(e.Store.Path()), At: e.Clock.Wall().UTC()}); err != nil {
		return fmt.Errorf("note how far the store has come: %w; let the folder be written, or name another with `state:` or --state", err)
	}
	e.forgetful.Store(false)
	return nil
}

// forgets tells what keeps the file from being read or written; nil: nothing does.
// needed: nothing is sent without it.
func (e *Engine) forgets(s *Standing) (what error, needed bool) {
	if what = s.unread; what == nil {
		what = writable.Folder(filepath.Dir(s.File))
	}
	var refused *fs.PathError
	return what, what != nil && (e.Config.State != "" || !errors.As(what, &refused))
}
