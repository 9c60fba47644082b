package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/store"
)

func (a *app) backupCommand() *cobra.Command {
	var force bool
	c := command("machine", "backup FILE", "Copy the store to a file while it is worked on",
		"Copies an SQLite store, as it is at one instant, to a file, also while `andante run`\nworks. For a Postgres store it prints the command that does so, and fails: nothing was\nsaved. A copy refuses to send until `andante takeover`.",
		"andante backup /backups/andante-2026-03-04.db", nil)
	c.Flags().BoolVar(&force, "force", false, "replace a file that is there")
	c.RunE = func(c *cobra.Command, args []string) error {
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		return a.backup(c.Context(), e, args[0], force)
	}
	return c
}

func (a *app) backup(ctx context.Context, e *engine.Engine, file string, force bool) error {
	size, err := e.Backup(ctx, file, force)
	if errors.Is(err, store.ErrPostgres) {
		command, err := pgDump(e.Store.Path(), file)
		if err != nil {
			return err
		}
		a.printf("%s\n", command)
		return usagef("nothing was saved: this store is a Postgres database, which the above copies; it asks for the password, or finds it in PGPASSWORD or ~/.pgpass")
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	a.printf("%s holds the store, %s. To restore it: stop `andante run`, remove %s and its -wal and -shm,\ncopy this in its place, and run `andante takeover`; it refuses to send before.\n", file, sizeOf(size), e.Store.Path())
	a.printf("Save too: %s (without it no opt-out in the backup is recognised), whatever else lies in secrets/,\nand the rest of the workspace's folder, best in Git.\n", engine.KeysFile)
	return nil
}

// sizeOf writes a size for people.
func sizeOf(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d kB", (n+1023)>>10)
}

// pgDump is the command that copies a Postgres store to a file, without its password.
func pgDump(dsn, file string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return "", errors.New("the URL of the store can't be read; see `andante config show`") // the error would show it
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	for key := range q {
		if strings.Contains(strings.ToLower(key), "password") {
			q.Del(key)
		}
	}
	u.RawQuery = q.Encode()
	return "pg_dump --format=custom --file=" + quoted(file) + " " + quoted(u.String()), nil
}

// quoted writes a word as a shell reads it.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
