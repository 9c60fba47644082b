package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/examples"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"andante": program})
}

// program is andante with a calendar that stood at $NOW, if that is set, when the story first
// set it so, and goes on at the machine's pace: what one command plans for now is due in the next.
func program() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	if now := os.Getenv("NOW"); now != "" {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			fmt.Fprintln(os.Stderr, "NOW:", err)
			os.Exit(3)
		}
		a.clock = &shifted{at, begun(now)}
	}
	code := a.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// begun returns when a story first set $NOW to a value: a file remembers it.
func begun(now string) time.Time {
	path := filepath.Join(os.Getenv("WORK"), ".now-"+strings.ReplaceAll(now, ":", ""))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		f.Close()
	}
	info, err := os.Stat(path)
	if err != nil {
		return time.Now()
	}
	return info.ModTime()
}

// shifted is a clock whose calendar stood at `at` when it began.
type shifted struct{ at, began time.Time }

func (s *shifted) Now() time.Time  { return s.at.Add(time.Since(s.began)).UTC() }
func (s *shifted) Wall() time.Time { return time.Now() }

var _ andante.Clock = (*shifted)(nil)

// TestScript tells the stories of testdata/script. Each runs in a folder of its
// own, with $NOW on a Wednesday morning.
func TestScript(t *testing.T) {
	t.Parallel()
	workspace, err := filepath.Abs("testdata/workspace")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("NOW", "2026-03-04T09:00:00Z")
			e.Setenv("USER", "tess")
			return errors.Join(makeWorkspace(filepath.Join(e.WorkDir, "ws"), workspace), makeWorkspace(filepath.Join(e.WorkDir, "ws2"), workspace))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"inbox": cmdInbox, "unpack": cmdUnpack, "mails": cmdMails, "pick": cmdPick, "fill": cmdFill, "enrollment": cmdEnrollment,
			"glob": cmdGlob, "header": cmdHeader, "expand": cmdExpand, "gateway": cmdGateway,
		},
	})
}

// makeWorkspace copies the workspace of the stories and gives it keys of its own.
func makeWorkspace(dir, from string) error {
	if err := engine.Init(dir+".keys", examples.Quickstart); err != nil {
		return err
	}
	return errors.Join(os.CopyFS(dir, os.DirFS(from)), os.Rename(dir+".keys/secrets", dir+"/secrets"), os.RemoveAll(dir+".keys"))
}

// TestPages holds docs/ against the pages that the program writes.
func TestPages(t *testing.T) {
	t.Parallel()
	for name, want := range generated((&app{}).root()) {
		got, err := os.ReadFile(filepath.Join("../../docs", name))
		if err != nil {
			t.Errorf("%v; run `andante docs docs`", err)
			continue
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("docs/%s is not what the program says (-program +page); run `andante docs docs`:\n%s", name, diff)
		}
	}
}

// TestHelp wants of every command a sentence and an example that calls it.
func TestHelp(t *testing.T) {
	t.Parallel()
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "completion" {
			return
		}
		if c.HasParent() && !strings.Contains(c.Example, c.CommandPath()) {
			t.Errorf("%s --help has no example that calls it: %q", c.CommandPath(), c.Example)
		}
		if c.Short == "" || c.Long == "" {
			t.Errorf("%s --help says nothing", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	root := (&app{}).root()
	walk(root)
	if n := len(root.Commands()); n < 15 {
		t.Errorf("only %d commands were seen", n)
	}
}
