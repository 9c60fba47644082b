package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// app is what every command shares: where it works and where it writes.
type app struct {
	in       io.Reader
	out, err io.Writer
	dir      string
	json     bool
	yes      bool
	verbose  bool
}

// errFound says that a command did its work and found something: exit code 1
// without another word.
var errFound = errors.New("found")

// usageError is misuse of a command: exit code 2.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run runs one command line and returns the exit code: 0, 1 for a finding or a
// failure, 2 for misuse.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	a := &app{in: in, out: out, err: errOut}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	var misuse usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFound):
		return 1
	case errors.As(err, &misuse):
		fmt.Fprintln(errOut, "andante:", err)
		return 2
	}
	fmt.Fprintln(errOut, "andante:", err)
	return 1
}

func (a *app) root() *cobra.Command {
	c := &cobra.Command{
		Use:   "andante",
		Short: "Sequences of messages at a walking pace",
		Long: "Andante sends multi-step sequences, written in Markdown for a persona, and a\n" +
			"governor stops whatever would come too often.\n\nStart with `andante demo`, then `andante init my-workspace`.",
		SilenceUsage: true, SilenceErrors: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	c.PersistentFlags().StringVarP(&a.dir, "workspace", "w", ".", "folder of the workspace")
	c.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false, "log what happens, line by line")
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	c.AddGroup(&cobra.Group{ID: "day", Title: "Every day:"}, &cobra.Group{ID: "people", Title: "People:"}, &cobra.Group{ID: "machine", Title: "Machinery:"})
	c.AddCommand(
		a.demoCommand(), a.initCommand(), a.checkCommand(), a.previewCommand(), a.sendTestCommand(), a.importCommand(),
		a.publishCommand(), a.enrollCommand(), a.stopCommand(), a.runCommand(), a.statusCommand(), a.whyCommand(),
		a.holdCommand(), a.releaseCommand(), a.suppressCommand(), a.configCommand(), a.migrateCommand(), a.docsCommand(),
	)
	return c
}

// command makes a command with its example; args is how many arguments it takes.
func command(group, use, short, long, example string, args int, run func(*cobra.Command, []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: "  " + strings.ReplaceAll(example, "\n", "\n  "), GroupID: group,
		Args: func(c *cobra.Command, got []string) error {
			if len(got) != args {
				return usagef("%s takes %d argument(s), not %d; see `%s --help`", c.CommandPath(), args, len(got), c.CommandPath())
			}
			return nil
		},
		RunE: run,
	}
}

func (a *app) withJSON(c *cobra.Command) *cobra.Command {
	c.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return c
}

func (a *app) withYes(c *cobra.Command) *cobra.Command {
	c.Flags().BoolVarP(&a.yes, "yes", "y", false, "do it without asking")
	return c
}

func (a *app) printf(format string, args ...any) { fmt.Fprintf(a.out, format, args...) }

func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// terminal tells whether somebody is there to read and answer.
func terminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// confirm asks before people's mail changes. Without a terminal it never asks:
// --yes must be given.
func (a *app) confirm(question string) error {
	if a.yes {
		return nil
	}
	if !terminal(a.in) {
		return usagef("%s Add --yes to do it", question)
	}
	fmt.Fprint(a.err, question, " [y/N] ")
	answer, _ := bufio.NewReader(a.in).ReadString('\n')
	if strings.EqualFold(strings.TrimSpace(answer), "y") || strings.EqualFold(strings.TrimSpace(answer), "yes") {
		return nil
	}
	return errors.New("nothing was changed")
}

func (a *app) log() *slog.Logger {
	level := slog.LevelWarn
	if a.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: level}))
}

// open opens the workspace's store.
func (a *app) open(ctx context.Context, change func(*engine.Options)) (*engine.Engine, error) {
	o := engine.Options{Dir: a.dir, Log: a.log()}
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
		for _, f := range bad {
			fmt.Fprintln(a.err, f.Error())
		}
		return w, fmt.Errorf("the workspace has %d error(s); see `andante check`", len(bad))
	}
	return w, nil
}

// reports opens what reads. It uses the published revision, or the folder before
// the first publish.
func (a *app) reports(ctx context.Context, e *engine.Engine) (*reports.Reports, error) {
	r := &reports.Reports{Store: e.Store, Clock: e.Clock}
	err := e.Store.Read(ctx, func(tx *store.Tx) (err error) {
		r.Workspace, err = e.Ops.Workspace(ctx, tx)
		return err
	})
	if errors.Is(err, ops.ErrNothingPublished) {
		r.Workspace, _ = workspace.Load(e.FS())
		err = nil
	}
	return r, err
}

// contact finds a contact by id, external id or address.
func (a *app) contact(ctx context.Context, e *engine.Engine, name string) (c andante.Contact, err error) {
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		c, err = reports.FindContact(ctx, tx, name)
		return err
	})
	return c, err
}
