package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/andante-hq/andante/examples"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// gitignore keeps secrets, the store and mails out of Git.
const gitignore = "secrets/\noutbox/\ninbox/\n*.db\n*.db-*\n*.db.lock\n*.rejected.csv\n"

// Init makes a workspace from an example, with keys of its own.
func Init(dir, example string) error {
	src, err := examples.Open(example)
	if err != nil {
		return err
	}
	if err := copyFS(dir, src); err != nil {
		return fmt.Errorf("make workspace: %w", err)
	}
	if err := writeKeys(dir, ops.NewKeyring()); err != nil {
		return fmt.Errorf("make workspace: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(gitignore), 0o644)
}

// writeKeys puts a keyring where only its owner may read it.
func writeKeys(dir string, keys []byte) error {
	if err := os.MkdirAll(filepath.Join(dir, "secrets"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, KeysFile), keys, 0o600)
}

// Migrate brings the schema of a workspace's store up to date and returns what
// ran.
func Migrate(ctx context.Context, o Options) ([]string, error) {
	o = o.defaults()
	root, err := os.OpenRoot(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open workspace: %w", err)
	}
	defer root.Close()
	c, err := workspace.Machine(root.FS())
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, storeAt(o.Dir, c), store.Options{Clock: o.Clock})
	if err != nil {
		return nil, err
	}
	names, err := s.Migrate(ctx)
	return names, errors.Join(err, s.Close())
}
