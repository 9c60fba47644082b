package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/workspace"
)

func (a *app) taskCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "task", Short: "What people have to do", GroupID: "people",
		Long:    "Calls, visits and video calls are carried out by people: each is a task of the\naccount's owner, and its sequence goes on when it is done.",
		Example: "  andante task list --owner nora\n  andante task done 019b8a2e-5c3d-7aaa-9bbb-0123456789ab --outcome connected",
	}
	c.AddCommand(a.taskListCommand(), a.taskShowCommand(), a.taskDoneCommand(), a.taskSkipCommand(), a.taskSnoozeCommand(), a.taskEditCommand())
	return c
}

func (a *app) taskListCommand() *cobra.Command {
	var owner string
	var briefing, all bool
	c := command("", "list", "Show the tasks that are open", "Shows the tasks that nobody has done yet, those first that have waited longest.",
		"andante task list --owner nora --briefing", nil)
	c.Flags().StringVar(&owner, "owner", "", "of this person only")
	c.Flags().BoolVar(&all, "all", false, "those that are snoozed, too")
	c.Flags().BoolVar(&briefing, "briefing", false, "what each of them says, too")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.reading(c.Context(), func(e *engine.Engine, r *reports.Reports) error {
			list, err := r.Tasks(c.Context(), owner)
			if err != nil {
				return err
			}
			if now := e.Clock.Now(); !all {
				list = slices.DeleteFunc(list, func(t reports.Task) bool { return t.Snoozed.After(now) })
			}
			if _, known := r.Workspace.Config.Person(owner); owner != "" && !known && len(list) == 0 { // who is gone may still have some
				return noPerson(owner, r.Workspace.Config)
			}
			if a.json {
				return a.printJSON(list)
			}
			if len(list) == 0 {
				a.printf("Nothing to do.\n")
			}
			for _, t := range list {
				a.task(t, briefing, zone(e.Config))
			}
			return nil
		})
	}
	return a.withJSON(c)
}

// task prints one task.
func (a *app) task(t reports.Task, briefing bool, z *time.Location) {
	kind := string(t.Kind)
	if t.Review {
		kind = "your line for the " + kind + " to"
	}
	a.printf("%s  %s %s (%s)%s, since %s: %s\n", t.Touch, kind, t.Name, cmp.Or(t.Owner, "nobody"), reach(t), t.Opened.In(z).Format("Mon 2 Jan 15:04"), t.Title)
	if t.Snoozed.After(t.Opened) {
		a.printf("    waits until %s\n", t.Snoozed.In(z).Format("Mon 2 Jan 15:04"))
	}
	if !briefing {
		return
	}
	for line := range strings.Lines(t.Briefing) {
		a.printf("    %s\n", strings.TrimRight(line, "\n"))
	}
}

func reach(t reports.Task) string {
	if t.Place == "" {
		return ""
	}
	return ", " + t.Place
}

func (a *app) taskShowCommand() *cobra.Command {
	var calendar string
	c := a.withJSON(command("", "show TASK", "Show a task and the story of its contact",
		"Shows what a task says, what is known of whom it is about, and what happened last.",
		"andante task show 019b8a2e-5c3d-7aaa-9bbb-0123456789ab --ics call.ics", nil))
	c.Flags().StringVar(&calendar, "ics", "", "write it into this file for a calendar, too, with a reminder")
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.reading(c.Context(), func(e *engine.Engine, r *reports.Reports) error {
			id, err := a.taskID(c.Context(), e, args[0])
			if err != nil {
				return err
			}
			t, err := r.Task(c.Context(), id)
			if errors.Is(err, andante.ErrNotFound) {
				return noTask(args[0])
			}
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(t)
			}
			a.task(t.Task, true, zone(e.Config))
			if len(t.Known)+len(t.Missing) > 0 {
				a.printf("\nKnown: %s\nMissing: %s\n", cmp.Or(strings.Join(t.Known, ", "), "nothing"), cmp.Or(strings.Join(t.Missing, ", "), "nothing"))
			}
			if to := e.Ops.LogAddress(r.Workspace.Config, t.Contact); to != "" {
				a.printf("A mail that you write to them is noted if %s gets a blind copy.\n", to)
			}
			a.printf("\n")
			a.story(t.Story, "")
			return a.taskFile(c.Context(), e, r.Workspace, t.Touch, calendar)
		})
	}
	return c
}

// taskFile writes a task for a calendar.
func (a *app) taskFile(ctx context.Context, e *engine.Engine, w *workspace.Workspace, id andante.TouchID, path string) error {
	if path == "" {
		return nil
	}
	text, err := e.Ops.TaskAgenda(ctx, w, id)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	a.printf("\nWritten to %s.\n", path)
	return nil
}

func (a *app) taskEditCommand() *cobra.Command {
	var line, by string
	var asIs bool
	c := command("", "edit TASK", "Add your line to a message, and let it go",
		"A step with `review: owner` writes a message that waits for its owner. What you add stands\nafter the greeting, as a paragraph of its own; `andante task show` shows the rest. It goes\nthen as soon as its hours and limits let it.",
		"andante task edit 019b8a2e-5c3d-7aaa-9bbb-0123456789ab --line \"I saw your new hall in the paper: congratulations.\"", nil)
	c.Flags().StringVar(&line, "line", "", "what you want to say yourself")
	c.Flags().BoolVar(&asIs, "as-is", false, "let it go as it is")
	c.Flags().StringVar(&by, "by", "", "who says so; you if not given")
	c.RunE = func(c *cobra.Command, args []string) error {
		if (strings.TrimSpace(line) == "") != asIs {
			return usagef("say what you want to add with --line, or --as-is if nothing")
		}
		return a.withTask(c.Context(), args[0], func(e *engine.Engine, id andante.TouchID) (andante.Touch, error) {
			t, err := e.Ops.AddLine(c.Context(), id, line, cmp.Or(by, whoami()))
			if errors.Is(err, ops.ErrReview) {
				err = usagef("that is something to do, and no message: `andante task done %s` closes it", id)
			}
			return t, err
		}, "It goes: %s.\n")
	}
	return c
}

// taskID finds a task by its id, by the end of it, or by the name of its contact, if there is one
// alone.
func (a *app) taskID(ctx context.Context, e *engine.Engine, name string) (andante.TouchID, error) {
	if andante.IsID(name) {
		return andante.TouchID(name), nil
	}
	w, err := a.published(ctx, e)
	if err != nil {
		return "", err
	}
	r := reports.Reports{Store: e.Store, Clock: e.Clock, Workspace: w}
	list, err := r.Tasks(ctx, "")
	if err != nil {
		return "", err
	}
	var found []string
	for _, t := range list {
		if len(name) >= 4 && strings.HasSuffix(string(t.Touch), strings.ToLower(name)) || strings.EqualFold(t.Name, name) {
			found = append(found, string(t.Touch))
		}
	}
	switch len(found) {
	case 0:
		return "", noTask(name)
	case 1:
		return andante.TouchID(found[0]), nil
	}
	return "", usagef("%d tasks are called %s; name one by its id: %s", len(found), name, strings.Join(found, ", "))
}

func noTask(name string) error {
	return usagef("there is no open task %s; `andante task list` shows them", name)
}

func (a *app) taskSkipCommand() *cobra.Command {
	var note, by string
	c := command("", "skip TASK", "Close a task that nobody will do",
		"Closes a task that nobody will do. It does not count, and its sequence goes on.",
		"andante task skip 019b8a2e-5c3d-7aaa-9bbb-0123456789ab --note \"they asked us by mail\"", nil)
	c.Flags().StringVar(&note, "note", "", "a few words that andante why shows")
	c.Flags().StringVar(&by, "by", "", "who says so; you if not given")
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.withTask(c.Context(), args[0], func(e *engine.Engine, id andante.TouchID) (andante.Touch, error) {
			return e.Ops.SkipTask(c.Context(), id, cmp.Or(by, whoami()), note)
		}, "Skipped: %s.\n")
	}
	return c
}

func (a *app) taskSnoozeCommand() *cobra.Command {
	var until string
	c := command("", "snooze TASK", "Have a task wait",
		"Has a task wait: it stays open, and is listed again from then on.",
		"andante task snooze 019b8a2e-5c3d-7aaa-9bbb-0123456789ab --until 2026-12-07", nil)
	c.Flags().StringVar(&until, "until", "", "when it is listed again: a time"+inZone+", or such as 2d")
	c.RunE = func(c *cobra.Command, args []string) error {
		if until == "" {
			return usagef("--until is missing: write a day such as 2026-12-07")
		}
		return a.withTask(c.Context(), args[0], func(e *engine.Engine, id andante.TouchID) (andante.Touch, error) {
			at, err := moment("until", until, e)
			if err != nil {
				return andante.Touch{}, err
			}
			if !at.After(e.Clock.Now()) {
				return andante.Touch{}, usagef("--until %s is over", until)
			}
			t, err := e.Ops.SnoozeTask(c.Context(), id, at)
			if errors.Is(err, ops.ErrNoUseThen) {
				return t, usagef("%w; name an earlier day, or `andante task skip` it", err)
			}
			return t, err
		}, "It waits: %s.\n")
	}
	return c
}

// withTask does something with a task and says so.
func (a *app) withTask(ctx context.Context, name string, do func(*engine.Engine, andante.TouchID) (andante.Touch, error), said string) error {
	e, err := a.open(ctx, nil)
	if err != nil {
		return err
	}
	defer e.Close()
	id, err := a.taskID(ctx, e, name)
	if err != nil {
		return err
	}
	t, err := do(e, id)
	if errors.Is(err, andante.ErrNotFound) {
		return noTask(name)
	}
	if err != nil {
		return err
	}
	a.printf(said, cmp.Or(t.Subject, t.Sequence+"/"+t.Step))
	return nil
}

func (a *app) taskDoneCommand() *cobra.Command {
	var outcome, at, next, note, by, until, refer string
	var answers []string
	var minutes, worth int
	c := command("", "done TASK", "Note that a task is done",
		"Notes that a task is done, and what came of it: connected, voicemail, no_answer, busy,\nwrong_number, gatekeeper, refused or met. A call that reached nobody gives its place in\nlimits back. Answers fill the fields that you declared, such as contact.need.\n\n"+
			"Of a reply it may say what they wrote: interested; not_now, with --until: they are left\nalone till then, and you are told; wrong_person, with --refer: no rule enrolls either;\nno: advertising ends, and no rule begins any; left: their mailbox is given up.",
		"andante task done 019b8a2e-5c3d-7aaa-9bbb-0123456789ab --outcome connected --answer need=lighting --note \"asks again in May\"\n"+
			"andante task done \"Ana Ruiz\" --outcome not_now --until 2027-03-01\nandante task done \"Ana Ruiz\" --outcome wrong_person --refer \"Jo Park <jo@acme.example>\"", nil)
	c.Flags().StringVar(&outcome, "outcome", "", "what came of it")
	nextFlag(c, &next)
	talkFlags(c, &minutes, &worth)
	c.Flags().StringArrayVar(&answers, "answer", nil, "what they said, such as need=lighting")
	c.Flags().StringVar(&until, "until", "", "with not_now: the day until which they are left alone, or such as 3mo")
	c.Flags().StringVar(&refer, "refer", "", "with wrong_person: whom they named")
	c.Flags().StringVar(&at, "at", "", "when it took place"+inZone+"; now if not given")
	c.Flags().StringVar(&note, "note", "", "a few words that andante why shows")
	c.Flags().StringVar(&by, "by", "", "who did it; you if not given")
	c.RunE = func(c *cobra.Command, args []string) error {
		d := ops.TaskDone{Result: andante.Result(outcome), Minutes: minutes, Worth: worth, Note: note, By: cmp.Or(by, whoami()), Refer: refer}
		if all := slices.Concat(andante.Results, andante.ReplyResults); outcome != "" && !slices.Contains(all, d.Result) {
			return usagef("there is no outcome %s; there are %v", outcome, all)
		}
		if d.Result == andante.NotNow && until == "" {
			return usagef("--outcome not_now needs --until: the day until which they are left alone")
		}
		if d.Result != andante.NotNow && until != "" {
			return usagef("--until belongs to --outcome not_now: the day until which they are left alone")
		}
		if refer != "" && d.Result != andante.WrongPerson {
			return usagef("--refer belongs to --outcome wrong_person: whom they named")
		}
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		if until != "" {
			if d.Until, err = moment("until", until, e); err != nil {
				return err
			}
			if !d.Until.After(e.Clock.Now()) {
				return usagef("--until %s is over already", until)
			}
		}
		return a.taskDone(c.Context(), e, args[0], at, next, answers, d)
	}
	return c
}

func (a *app) taskDone(ctx context.Context, e *engine.Engine, name, at, next string, answers []string, d ops.TaskDone) error {
	w, err := a.published(ctx, e)
	if err != nil {
		return err
	}
	if d.Result.Unanswered() && len(answers) > 0 {
		return usagef("--answer: with --outcome %s nobody was reached who could have said it", d.Result)
	}
	if d.Answers, err = answered(w, answers); err != nil {
		return err
	}
	if d.At, err = instant("at", at, zone(e.Config)); err != nil {
		return err
	}
	if d.At.After(e.Clock.Now().Add(time.Minute)) {
		return usagef("--at %s has not come yet", at)
	}
	if d.Next, err = nextDay(next, d.Result, e); err != nil {
		return err
	}
	id, err := a.taskID(ctx, e, name)
	if err != nil {
		return err
	}
	t, err := e.Ops.DoneTask(ctx, id, d)
	if errors.Is(err, andante.ErrNotFound) {
		return noTask(name)
	}
	if errors.Is(err, ops.ErrNoTask) {
		return usagef("%w; `andante cards mailed` says that it was posted, `andante task skip` takes it back", err)
	}
	if errors.Is(err, ops.ErrReview) {
		return usagef("that is a message that waits for your line: `andante task edit %s --line ...` lets it go", name)
	}
	if errors.Is(err, ops.ErrNoOutcome) {
		return usagef("say what came of it: --outcome, one of %v", andante.Results)
	}
	if errors.Is(err, ops.ErrNoReply) || errors.Is(err, ops.ErrUntil) || errors.Is(err, ops.ErrRefer) {
		return usagef("--outcome: %w", err)
	}
	if errors.Is(err, ops.ErrTooEarly) {
		return usagef("--at: %w", err)
	}
	if errors.Is(err, ops.ErrWorth) {
		return usagef("--worth and --minutes: %w", err)
	}
	if err != nil {
		return err
	}
	a.printf("Done: %s.\n", cmp.Or(t.Subject, t.Sequence+"/"+t.Step))
	a.agreed(d.Next, zone(e.Config))
	return nil
}

func nextFlag(c *cobra.Command, next *string) {
	c.Flags().StringVar(next, "next", "", "when you agreed to speak again, a day or such as 2w: that is a task of its own")
}

// nextDay reads --next.
func nextDay(next string, r andante.Result, e *engine.Engine) (time.Time, error) {
	if next == "" {
		return time.Time{}, nil
	}
	at, err := moment("next", next, e)
	switch {
	case err != nil:
		return at, err
	case !at.After(e.Clock.Now()):
		return at, usagef("--next %s is over", next)
	case r == andante.Refused || r == andante.WrongNumber:
		return at, usagef("--next: with --outcome %s there is no next time", r)
	}
	return at, nil
}

func (a *app) agreed(next time.Time, z *time.Location) {
	if !next.IsZero() {
		a.printf("There is a task for the next time, from %s on.\n", next.In(z).Format("Mon 2 Jan 2006"))
	}
}

// answered reads need=lighting; need is contact.need or account.need, whichever is
// declared.
func answered(w *workspace.Workspace, list []string) (map[string]string, error) {
	answers := map[string]string{}
	for _, s := range list {
		name, value, ok := strings.Cut(s, "=")
		if !ok || strings.TrimSpace(value) == "" {
			return nil, usagef("--answer is written need=lighting, not %q", s)
		}
		i := slices.IndexFunc(w.Config.DeclaredFields(), func(f andante.Field) bool {
			return f.Path() == name || f.Name == name
		})
		if i < 0 {
			return nil, usagef("--answer: %s is no field of yours; declare contact.%s: text under fields: in andante.yaml and publish", name, name)
		}
		f := w.Config.DeclaredFields()[i]
		kept, err := contacts.ParseField(f.Type, value)
		if err != nil {
			return nil, usagef("--answer %s: %q: %v", name, value, err)
		}
		answers[f.Path()] = kept
	}
	return answers, nil
}

// whoami names who types; machines may have no name for them.
func whoami() string { return cmp.Or(os.Getenv("USER"), "the command line") }
