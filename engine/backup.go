package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/andante-hq/andante/store"
)

// Backup writes the store's state at one instant to a file that only its owner may
// read, while others work on, and returns its size. The file is whole or not there.
// force: a file that is there is replaced, unless it is the store itself.
// [store.ErrPostgres] for a store that is no file.
func (e *Engine) Backup(ctx context.Context, file string, force bool) (size int64, err error) {
	if e.Store.Postgres() {
		return 0, store.ErrPostgres
	}
	if err := e.mayReplace(file, force); err != nil {
		return 0, err
	}
	// SQLite takes an empty file for one that is not there; ours has the right mode.
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return 0, fmt.Errorf("%s can't be made: %w", file, cause(err))
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := e.Store.Backup(ctx, f.Name()); err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, fmt.Errorf("%s can't be written: %w", file, cause(err))
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return 0, fmt.Errorf("%s can't be made: %w", file, cause(err))
	}
	return info.Size(), nil
}

// cause is an error without the name of the file, which is one of ours that nobody knows.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}

func (e *Engine) mayReplace(file string, force bool) error {
	there, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	own, err := os.Stat(e.Store.Path())
	switch {
	case err != nil:
		return err
	case os.SameFile(there, own):
		return fmt.Errorf("%s is the store itself; name another file", file)
	case !there.Mode().IsRegular():
		return fmt.Errorf("%s is no file; name one", file)
	case !force:
		return fmt.Errorf("%s is there already: name another file, or replace it with --force", file)
	}
	return nil
}
