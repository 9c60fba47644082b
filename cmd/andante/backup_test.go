package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andante-hq/andante/internal/testdb"
)

// A backup of Postgres that was not made is no success, and the command that makes it
// shows no password.
func TestBackupOfPostgres(t *testing.T) {
	u, err := url.Parse(testdb.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), "hunter2") // where anybody is trusted, no password is wrong
	t.Setenv("ANDANTE_STORE", u.String())
	dir := filepath.Join(t.TempDir(), "ws")
	if err := makeWorkspace(dir, "testdata/workspace"); err != nil {
		t.Fatal(err)
	}
	var out, said strings.Builder
	a := &app{in: strings.NewReader(""), out: &out, err: &said}
	if code := a.run(t.Context(), []string{"-w", dir, "migrate"}); code != 0 {
		t.Fatal(said.String())
	}
	out.Reset()
	file := filepath.Join(dir, "kept.dump")
	if code := a.run(t.Context(), []string{"-w", dir, "backup", file}); code != 2 {
		t.Errorf("exit code %d", code)
	}
	if want := "pg_dump --format=custom --file='" + file + "' 'postgres://postgres@"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("printed %q", out.String())
	}
	if !strings.Contains(said.String(), "nothing was saved") || strings.Contains(out.String()+said.String(), "hunter2") {
		t.Errorf("printed %q, said %q", out.String(), said.String())
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("there is a file")
	}
}

func TestPgDump(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"postgres://andante:hunter2@db:5432/andante?sslmode=require": "pg_dump --format=custom --file='/b/it'\\''s.dump' 'postgres://andante@db:5432/andante?sslmode=require'",
		"postgres://db/andante?password=hunter2&user=andante":        "pg_dump --format=custom --file='/b/it'\\''s.dump' 'postgres://db/andante?user=andante'",
		"postgresql://a@h1,h2:6432/andante?sslpassword=hunter2":      "pg_dump --format=custom --file='/b/it'\\''s.dump' 'postgresql://a@h1,h2:6432/andante'",
	} {
		got, err := pgDump(dsn, "/b/it's.dump")
		if err != nil || got != want {
			t.Errorf("%s:\n got %s, %v\nwant %s", dsn, got, err, want)
		}
	}
}

func TestSizeOf(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{1: "1 kB", 1 << 20: "1024 kB", 10<<20 - 1: "10240 kB", 10 << 20: "10 MB", 35 << 30: "35 GB"} {
		if got := sizeOf(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
