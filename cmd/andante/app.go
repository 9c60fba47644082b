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
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/nearest"
)

// app is what every command shares: where it works and where it writes.
type app struct {
	in       io.Reader
	out, err io.Writer
	dir      string
	json     bool
	yes      bool
	verbose  bool

	clock andante.Clock // nil: the machine's
}

// errFound says that a command did its work and found something: exit code 1
// without another word.
var errFound = errors.New("found")

// usageError is misuse of a command: exit code 2.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// laterError is what may go well another time: exit code 75, by which a mail server that pipes a
// mail to us knows that it is to keep it (sysexits.h: EX_TEMPFAIL).
type laterError struct{ error }

// run runs one command line and returns the exit code: 0, 1 for a finding or a
// failure, 2 for misuse, 75 for what may go well another time.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	var misuse usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFound):
		return 1
	case errors.As(err, &misuse):
		fmt.Fprintln(a.err, "andante:", err)
		return 2
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		err = interrupted(err)
	}
	fmt.Fprintln(a.err, "andante:", err)
	if later := (laterError{}); errors.As(err, &later) {
		return 75
	}
	return 1
}

// interrupted says of a command that was asked to end what it was about, if it said so.
func interrupted(err error) error {
	what := strings.TrimSuffix(strings.TrimSuffix(err.Error(), context.Canceled.Error()), ": ")
	if what == "" {
		return errors.New("interrupted")
	}
	return errors.New("interrupted: " + what)
}

func (a *app) root() *cobra.Command {
	c := &cobra.Command{
		Use: "andante", Args: known, RunE: help,
		Short: "Sequences of messages at a walking pace",
		Long: "Andante sends multi-step sequences, written in Markdown for a persona, and a\n" +
			"governor stops whatever would come too often.\n\nStart with `andante demo`, then `andante init my-workspace`.",
		SilenceUsage: true, SilenceErrors: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	c.PersistentFlags().StringVarP(&a.dir, "workspace", "w", ".", "folder of the workspace")
	c.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false, "log what happens, line by line")
	c.SetFlagErrorFunc(wrongFlag)
	c.Version = version()
	c.SetVersionTemplate("andante {{.Version}}\n")
	c.AddGroup(&cobra.Group{ID: "day", Title: "Every day:"}, &cobra.Group{ID: "people", Title: "People:"}, &cobra.Group{ID: "machine", Title: "Machinery:"})
	c.AddCommand(
		a.demoCommand(), a.initCommand(), a.checkCommand(), a.governorCommand(), a.previewCommand(), a.sendTestCommand(), a.importCommand(),
		a.publishCommand(), a.enrollCommand(), a.sendCommand(), a.stopCommand(), a.simulateCommand(), a.runCommand(), a.statusCommand(), a.whyCommand(), a.nextCommand(),
		a.cardsCommand(), a.taskCommand(), a.logCommand(), a.reportCommand(), a.cadenceCommand(), a.adoptCommand(), a.eventCommand(), a.receiveCommand(), a.routeCommand(), a.resumeCommand(), a.handoverCommand(), a.choiceCommand(), a.holdCommand(), a.releaseCommand(), a.suppressCommand(), a.mergeCommand(), a.exportCommand(), a.forgetCommand(), a.configCommand(), a.migrateCommand(), a.backupCommand(), a.takeoverCommand(),
		a.settleCommand(), a.reconcileCommand(), a.doctorCommand(), a.apikeyCommand(), a.hooksCommand(), a.healthCommand(), a.dkimCommand(), a.benchCommand(), a.docsCommand(),
	)
	return c
}

// wrongFlag says of a flag that is unknown, or does not fit, where to look.
func wrongFlag(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var wrong *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		err = fmt.Errorf("%w%s", err, didYouMean("--"+unknown.GetSpecifiedName(), names))
	case errors.As(err, &wrong):
		f := wrong.GetFlag()
		err = fmt.Errorf("--%s takes %s, not %q", f.Name, kinds[f.Value.Type()], wrong.GetValue())
		if kinds[f.Value.Type()] == "" {
			err = wrong
		}
	}
	return usagef("%w; see `%s --help`", err, c.CommandPath())
}

// kinds say in words what a flag takes.
var kinds = map[string]string{
	"int": "a number", "bool": "true or false", "duration": "a time such as 30s or 5m", "float64": "a number",
}

// version is what the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown origin"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = s.Value
		}
	}
	return v + ", built with " + info.GoVersion
}

// help is what a command does that only has commands under it.
func help(c *cobra.Command, _ []string) error { return c.Help() }

// known refuses what is no command under c.
func known(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return usagef("there is no command %q%s; see `%s --help`", args[0], didYouMean(args[0], names), c.CommandPath())
}

// didYouMean names what is written most like a word, if anything is.
func didYouMean(word string, names []string) string {
	if near := nearest.Name(word, names); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// command makes a command with its example. The capital words of use are the
// arguments that it takes.
func command(group, use, short, long, example string, run func(*cobra.Command, []string) error) *cobra.Command {
	_, want, _ := strings.Cut(use, " ")
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: "  " + strings.ReplaceAll(example, "\n", "\n  "), GroupID: group,
		Args: func(c *cobra.Command, got []string) error {
			switch n := len(strings.Fields(want)); {
			case len(got) == n:
				return nil
			case n == 0:
				return usagef("%s takes no argument, so %q means nothing; see `%s --help`", c.Name(), got[0], c.CommandPath())
			case len(got) < n:
				return usagef("%s lacks its %s; see `%s --help`", c.Name(), want, c.CommandPath())
			}
			return usagef("%s takes one %s, so %q is too much; see `%s --help`", c.Name(), want, got[len(got)-1], c.CommandPath())
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
		return usagef("nothing was changed: there is no terminal to ask %q; look at the above and add --yes", question)
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

// now is the calendar's time where no engine is open.
func (a *app) now() time.Time {
	if a.clock == nil {
		return andante.SystemClock{}.Now()
	}
	return a.clock.Now()
}
