package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// takeoverFlags are what the command line says of a store that came from elsewhere.
type takeoverFlags struct {
	file, state         string
	none, moved, anyway bool
	addresses           contacts.Options
}

func (a *app) takeoverCommand() *cobra.Command {
	var f takeoverFlags
	c := a.withJSON(a.withYes(command("machine", "takeover", "Make this store the one that sends, after it was copied or restored",
		"Makes a store the one that sends: a copy whose original is gone, or a restored backup.\nWhatever the original may have sent since becomes unknown and is never sent again by\nitself, with all the steps that would have followed by now. Stop the original first.",
		"andante takeover --suppressions left-since.csv\nandante takeover --no-suppressions --yes\nandante takeover --moved", nil)))
	fl := c.Flags()
	fl.StringVar(&f.file, "suppressions", "", "`file` of those who left since the backup: addresses, one a line, or a CSV file with a column email or phone")
	fl.BoolVar(&f.none, "no-suppressions", false, "nobody left since, or nobody knows who")
	fl.BoolVar(&f.moved, "moved", false, "nothing was sent since: the store was stopped, then moved whole; nothing becomes unknown")
	fl.BoolVar(&f.anyway, "anyway", false, "though nothing shows that it is a copy: you know that it is, or was restored")
	fl.StringVar(&f.addresses.Country, "country", "", "of phone numbers without a country code, such as US")
	fl.StringVar(&f.state, "state", "", stateUsage)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := f.check(); err != nil {
			return err
		}
		e, err := a.open(c.Context(), func(o *engine.Options) { o.Config = remember(f.state) })
		if err != nil {
			return err
		}
		defer e.Close()
		return a.takeover(c.Context(), e, &f)
	}
	return c
}

func (f *takeoverFlags) check() error {
	said := 0
	for _, is := range []bool{f.file != "", f.none, f.moved} {
		if is {
			said++
		}
	}
	switch {
	case said == 0:
		return usagef("who left since the backup must not be written to: name them with --suppressions FILE, or say --no-suppressions; or --moved if nothing was sent since")
	case said > 1:
		return usagef("--suppressions, --no-suppressions and --moved exclude each other")
	}
	return absolute(&f.state)
}

func (a *app) takeover(ctx context.Context, e *engine.Engine, f *takeoverFlags) error {
	left, err := f.read()
	if err != nil {
		return err
	}
	s, err := e.Standing(ctx)
	if err != nil {
		return err
	}
	if !s.Copied() && !f.anyway {
		return a.atHome(s, len(left))
	}
	if f.moved {
		if err := s.Moved(); err != nil {
			return err
		}
	}
	if !a.json {
		a.standing(s, f, len(left), zone(e.Config))
	} else if !a.yes {
		if err := a.standingJSON(s, len(left)); err != nil {
			return err
		}
	}
	if err := a.confirm("Is the original stopped, or gone for good, and shall this store send instead?"); err != nil {
		return err
	}
	line := newProgress(a.err)
	done, err := e.TakeOver(ctx, ops.Takeover{
		Moved: f.moved, Left: left, Source: filepath.Base(f.file), Progress: func(n int) { line.show("%s unknown", count(n, "touch")) },
	})
	line.done()
	if err != nil {
		return fmt.Errorf("take over: %w; %s became unknown, the store refuses to send as before, and `andante takeover` goes on from there", err, count(done.Unknown, "touch"))
	}
	return a.tookOver(len(left), done)
}

// read reads who left: all of them, or nothing is done.
func (f *takeoverFlags) read() ([]string, error) {
	if f.file == "" {
		return nil, nil
	}
	f.addresses.Bare = true
	r, err := os.Open(f.file)
	if err != nil {
		return nil, usageError{err}
	}
	defer r.Close()
	list, bad, err := contacts.Addresses(r, f.addresses)
	if err == nil && len(bad) > 0 {
		err = fmt.Errorf("line %d: %s (%s can't be read): mend the file, for whoever stands there left too", bad[0].Line, bad[0].Reason, count(len(bad), "line"))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; nothing was changed", f.file, err)
	}
	return list, nil
}

// atHome says that there is nothing to take over: whoever starts with this command every
// time must not lose what is due.
func (a *app) atHome(s *engine.Standing, left int) error {
	if a.json {
		return a.standingJSON(s, left)
	}
	if s.Home == (store.Home{}) {
		a.printf("Nothing to take over: this store never ran, and its first `andante run` gives it a home.\n")
		return nil
	}
	a.printf("Nothing to take over: the store is at home, at %s, and stands at its last mark, %d. `andante run` works.\n", s.Here, s.Mark)
	a.printf("If you know that it is a copy, or was restored, say --anyway.\n")
	return nil
}

// standingJSON is standing for a program.
func (a *app) standingJSON(s *engine.Standing, left int) error {
	return a.printJSON(struct {
		*engine.Standing
		Suppressions int `json:"suppressions"` // addresses in the file
	}{s, left})
}

// standing tells what a takeover will do.
func (a *app) standing(s *engine.Standing, f *takeoverFlags, left int, loc *time.Location) {
	why := "nothing shows that this store is a copy, or was restored"
	for _, r := range []*engine.Refusal{s.Behind(), s.Elsewhere()} {
		if r != nil {
			why = r.Why
		}
	}
	a.printf("%s.\n", strings.ToUpper(why[:1])+why[1:])
	if len(s.Differs) > 0 {
		a.printf("Its home was  %s,\nand will be   %s.\n", s.Home, s.Here)
	}
	if s.Seen.IsZero() {
		a.printf("No scheduler had worked on it yet.\n")
	} else {
		a.printf("A scheduler worked on it last %s.\n", s.Seen.In(loc).Format(minute))
	}
	if f.moved {
		a.printf("Nothing becomes unknown: you say that nothing was sent since.\n")
		return
	}
	a.doubt(s.Doubt)
	if f.file != "" {
		a.printf("%s, who left since, will be suppressed; the store has %s.\n", count(left, "address"), count(s.Contacts, "contact"))
	}
	a.printf("What was done to the original since can't be known: who was imported or enrolled, stopped or\n" +
		"held, who unsubscribed or bounced, what was published. Do it again before you run.\n")
}

// doubt tells what becomes unknown. What follows a step is planned when that is unknown,
// so it can't be counted before.
func (a *app) doubt(d store.Doubt) {
	if d.Due+d.Leased+d.Held == 0 {
		a.printf("Nothing that it plans is due by now: none of it can have been sent since.\n")
		return
	}
	a.printf("This may have been sent since, and becomes unknown:\n")
	for _, row := range []struct {
		n    int
		what string
	}{{d.Due, "due"}, {d.Leased, "with a worker"}, {d.Held, "waiting for a hold, which may have been released"}} {
		if row.n > 0 {
			a.printf("%8d  %s\n", row.n, row.what)
		}
	}
	a.printf("and the steps that would have followed them by now, which are counted as they are found.\n")
}

// tookOver tells what was done, and how to go on.
func (a *app) tookOver(left int, done ops.TakenOver) error {
	if a.json {
		return a.printJSON(done)
	}
	if left > 0 {
		a.printf("%d suppressed now, %d were already.\n", done.Suppressed, left-done.Suppressed)
	}
	a.printf("Taken over: %s became unknown. This store is the one that sends now.\n", count(done.Unknown, "touch"))
	if done.Unknown > 0 {
		a.printf("`andante settle` lists them and settles those that you can find out about, from the relay's log.\n")
	}
	if done.Pieces > 0 {
		a.printf("%d %s of post waited to be printed, and may have been since: `andante cards list` shows them; say `andante cards mailed BATCH`, or `andante cards reopen BATCH` if they were not.\n", done.Pieces, pieces(done.Pieces))
	}
	a.printf("Look at `andante status --next 7d`, then `andante run`.\n")
	return nil
}
