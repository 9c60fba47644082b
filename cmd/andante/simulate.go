package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/simulation"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// simulateFlags are what is written on the command line.
type simulateFlags struct {
	days                             int
	where, policy, compare           string
	replay, respond, html, seedWords string
	sequences                        []string
}

func (a *app) simulateCommand() *cobra.Command {
	var f simulateFlags
	c := a.withJSON(command("day", "simulate", "Play a year in seconds, and send nothing",
		"Plays the folder as it is on a copy of the real contacts, their history and what runs,\non a calendar that jumps, through the same scheduler, worker and governor. Nothing is\nsent and the store stays as it is. Without --sequence what runs goes on, and a sequence\nthat nobody has entered yet is entered by everybody who may.",
		"andante simulate\nandante simulate --days 90 --sequence facility-benchmark --where 'account.stage == \"prospect\"'\nandante simulate --respond rates.yaml --html report.html\nandante simulate --compare governor-new.yaml\nandante simulate --replay 365d --policy governor-new.yaml", nil))
	c.Flags().IntVar(&f.days, "days", 365, "how many days are played")
	c.Flags().StringVar(&f.where, "where", "", "a condition on contacts: who enters, and who is counted; the others fill limits")
	c.Flags().StringSliceVar(&f.sequences, "sequence", nil, "a sequence that contacts enter at the beginning; may be given several times")
	c.Flags().StringVar(&f.policy, "policy", "", "a file that is played instead of governor.yaml")
	c.Flags().StringVar(&f.compare, "compare", "", "a file that is played after governor.yaml, and the difference")
	c.Flags().StringVar(&f.replay, "replay", "", "instead: what the policy would have held back in the recorded past, such as 365d")
	c.Flags().StringVar(&f.respond, "respond", "", "a file that says how often people reply, click and leave; nobody does without")
	c.Flags().StringVar(&f.seedWords, "seed", "", "any words: other words draw other minutes, variants and answers; the workspace's own if not given")
	c.Flags().StringVar(&f.html, "html", "", "write a page with charts to this file")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if f.replay != "" && f.compare != "" {
			return usagef("--replay asks one policy about the past: name it with --policy, not --compare")
		}
		if f.days < 1 || f.days > 3660 {
			return usagef("--days lies between 1 and 3660")
		}
		e, err := a.open(c.Context(), nil)
		if errors.Is(err, engine.ErrNoStore) {
			return usagef("there are no contacts to play with yet: run `andante publish` and `andante import FILE`")
		}
		if err != nil {
			return err
		}
		defer e.Close()
		if f.replay != "" {
			return a.replay(c.Context(), e, f)
		}
		return a.simulate(c.Context(), e, f)
	}
	return c
}

// folderWith loads the folder, with another file as its policy if one is named.
func (a *app) folderWith(e *engine.Engine, flag, policy string) (*workspace.Workspace, error) {
	if policy == "" {
		return a.load(e)
	}
	src, err := os.ReadFile(policy)
	if err != nil {
		return nil, usagef("%s: %w", flag, err)
	}
	w, found := workspace.LoadWith(e.FS(), map[string][]byte{workspace.PolicyFile: src})
	for _, f := range found {
		if f.File == workspace.PolicyFile {
			f.File = filepath.Base(policy)
		}
	}
	if bad := workspace.Errors(found); len(bad) > 0 {
		for _, f := range bad {
			fmt.Fprintln(a.err, f.Error())
		}
		return nil, usagef("%s: with %s as its policy the workspace has %s", flag, policy, count(len(bad), "error"))
	}
	return w, nil
}

// simulateOptions makes what the engine plays of the flags.
func (a *app) simulateOptions(ctx context.Context, e *engine.Engine, f simulateFlags, flag, policy string) (o engine.SimulateOptions, err error) {
	o = engine.SimulateOptions{Days: f.days, Sequences: f.sequences, Where: f.where, Seed: andante.Seed(f.seedWords)}
	if o.Workspace, err = a.folderWith(e, flag, policy); err != nil {
		return o, err
	}
	if f.where != "" {
		if err := o.Workspace.CheckCondition(f.where); err != nil {
			return o, usagef("--where: %w", err)
		}
	}
	for _, name := range f.sequences {
		if o.Workspace.Sequences[name] == nil {
			return o, noSequence(name, o.Workspace.Names(), "in the folder")
		}
	}
	if f.respond != "" {
		src, err := os.ReadFile(f.respond)
		if err != nil {
			return o, usagef("--respond: %w", err)
		}
		rates, found := simulation.ParseRates(filepath.Base(f.respond), src)
		if len(found) > 0 {
			for _, x := range found {
				fmt.Fprintln(a.err, x.Error())
			}
			return o, usagef("--respond: %s can't be read", f.respond)
		}
		o.Rates = rates
	}
	if len(f.sequences) > 0 {
		return o, nil
	}
	begun, err := a.begunSequences(ctx, e)
	o.Sequences = slices.DeleteFunc(o.Workspace.ByHand(), func(name string) bool { return begun[name] })
	return o, err
}

func (a *app) simulate(ctx context.Context, e *engine.Engine, f simulateFlags) error {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // much is read and dropped
	play := func(o engine.SimulateOptions, what string) (*simulation.Report, error) {
		line := newProgress(a.err)
		defer line.done()
		o.Log = a.log()
		o.Progress = func(day int) {
			if line.on || day%30 == 0 {
				line.say("%s %sday %d of %d", bar(int64(day), int64(f.days)), what, day, f.days)
			}
		}
		return e.Simulate(ctx, o)
	}
	first, err := a.simulateOptions(ctx, e, f, "--policy", f.policy)
	if err != nil {
		return err
	}
	second := first
	if f.compare != "" { // read before anything is played
		if second, err = a.simulateOptions(ctx, e, f, "--compare", f.compare); err != nil {
			return err
		}
	}
	now, err := play(first, "")
	if err != nil {
		return err
	}
	var other *simulation.Report
	if f.compare != "" {
		if other, err = play(second, filepath.Base(f.compare)+", "); err != nil {
			return err
		}
	}
	if f.html != "" {
		page, err := simulation.Page(now, other)
		if err != nil {
			return err
		}
		if err := os.WriteFile(f.html, page, 0o644); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	switch {
	case a.json && other != nil:
		return a.printJSON(simulation.Comparison{Now: now, Other: other})
	case a.json:
		return a.printJSON(now)
	case other != nil:
		a.compared(now, other, filepath.Base(f.compare))
	default:
		a.simulated(now)
	}
	if f.html != "" {
		a.printf("\nThe page with charts: %s\n", f.html)
	}
	return nil
}

// rehearsed plays a year and returns which sequences can't go as they are written.
func (a *app) rehearsed(ctx context.Context, w *workspace.Workspace) (found []*andante.Finding, err error) {
	e, err := a.open(ctx, nil)
	if errors.Is(err, engine.ErrNoStore) {
		return nil, usagef("--simulate needs contacts: run `andante publish` and `andante import FILE` first")
	}
	if err != nil {
		return nil, err
	}
	defer e.Close()
	o, err := a.simulateOptions(ctx, e, simulateFlags{days: 365}, "", "")
	if err != nil {
		return nil, err
	}
	o.Log = a.log()
	r, err := e.Simulate(ctx, o)
	if err != nil {
		return nil, err
	}
	for _, s := range r.PerSequence {
		q := w.Sequences[s.Sequence]
		if q == nil {
			continue
		}
		at := q.Lines["sequence"]
		f := &andante.Finding{File: q.File, Line: max(at.Line, 1), Column: max(at.Column, 1), Severity: andante.SeverityWarning, Rule: "simulated"}
		if f.Message = s.Trouble(); f.Message == "" {
			continue
		}
		found = append(found, f)
	}
	return found, nil
}

// begunSequences are those that somebody has entered already.
func (a *app) begunSequences(ctx context.Context, e *engine.Engine) (map[string]bool, error) {
	begun := map[string]bool{}
	return begun, e.Store.Read(ctx, func(tx *store.Tx) error {
		counts, err := tx.CountEnrollments(ctx)
		for _, c := range counts {
			begun[c.Sequence] = true
		}
		return err
	})
}

// simulated prints a report.
func (a *app) simulated(r *simulation.Report) {
	const day = "2 Jan 2006"
	a.printf("%d days from %s, %s in %s, played in %.1f seconds. Nothing was sent.\n\n",
		r.Days, r.From.Format(day), count(r.Contacts, "contact"), count(r.Accounts, "account"), r.Seconds)
	a.printf("%8d  touches went, %d were put off at least once, %d did not go", r.Went(), r.Deferred, r.Touches[andante.Skipped]+r.Touches[andante.Failed]+r.Touches[andante.Canceled])
	if n := r.Touches[andante.Planned]; n > 0 {
		a.printf(", %d are still to come", n)
	}
	a.printf("\n%8d  broke a limit, counted again\n", r.OverLimit)
	a.printf("\na contact gets %d to %d touches, half of them %d or fewer\n", r.PerContact.Least, r.PerContact.Most, r.PerContact.Median)
	a.histogram(r.PerContact.Histogram)
	if len(r.Answers) > 0 {
		var list []string
		for _, event := range slices.Sorted(maps.Keys(r.Answers)) {
			list = append(list, fmt.Sprintf("%d %s", r.Answers[event], event))
		}
		a.printf("\nanswers drawn: %s\n", strings.Join(list, ", "))
	}
	a.weeks(r.PerWeek)
	a.fared(r.PerSequence)
	if len(r.PerOwner) > 0 {
		a.printf("\n%-16s %7s %9s %6s\n", "owner", "tasks", "a week", "peak")
		for _, o := range r.PerOwner {
			a.printf("%-16s %7d %9.1f %6d  in the week of %s\n", cut(nobody(o.Owner), 16), o.Tasks, o.PerWeek, o.Peak, o.PeakWeek)
		}
	}
	a.printf("\n%-16s %7s %9s %10s\n", "sender", "went", "peak day", "peak hour")
	for _, s := range r.PerSender {
		limit := ""
		if s.PerHour > 0 {
			limit = fmt.Sprintf(" of %d", s.PerHour)
		}
		a.printf("%-16s %7d %9d %10s\n", cut(nobody(s.Sender), 16), s.Went, s.PeakDay, strconv.Itoa(s.PeakHour)+limit)
	}
	a.textsCost(r.Texts)
	if len(r.Reasons) > 0 {
		a.printf("\nevery \"no\" and \"not yet\", and why\n")
		for _, reason := range byCount(r.Reasons) {
			a.printf("%8d  %-12s %s\n", r.Reasons[reason], reason, reason.Text())
		}
	}
	if c := r.Cadence; c != nil {
		a.printf("\ncadence at the end: of %s %d are behind, %d neglected\n", count(c.Accounts, "account"), c.Behind, c.Neglected)
	}
}

func nobody(key string) string {
	if key == "" {
		return "(nobody)"
	}
	return key
}

// barWidth is how many characters the longest bar has.
const barWidth = 40

// drawBar draws a bar; most is the longest one's number.
func drawBar(n, most int) string {
	if most == 0 || n == 0 {
		return ""
	}
	eighths := max(n*barWidth*8/most, 1)
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return text
}

// histogram prints how many contacts get how many touches, in at most twelve lines.
func (a *app) histogram(list []simulation.Bucket) {
	if len(list) == 0 {
		return
	}
	first, last := list[0].Touches, list[len(list)-1].Touches
	wide := (last-first)/12 + 1
	rows := make([]int, (last-first)/wide+1)
	for _, b := range list {
		rows[(b.Touches-first)/wide] += b.Contacts
	}
	most := slices.Max(rows)
	for i, n := range rows {
		name := strconv.Itoa(first + i*wide)
		if wide > 1 {
			name += "-" + strconv.Itoa(min(first+(i+1)*wide-1, last))
		}
		a.printf("%8s  %-*s %d\n", name, barWidth, drawBar(n, most), n)
	}
}

// weeks prints touches by week and kind.
func (a *app) weeks(list []simulation.Week) {
	var kinds []andante.Kind
	most := 0
	for _, w := range list {
		most = max(most, w.Total)
		for _, k := range andante.Kinds {
			if w.Kinds[k] > 0 && !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
	}
	a.printf("\n%-12s", "week of")
	for _, k := range kinds {
		a.printf("%9s", k)
	}
	a.printf("\n")
	for i, w := range list {
		if w.Total == 0 {
			if i == 0 || list[i-1].Total > 0 { // the first of them stands for all
				a.printf("%-12s nothing%s\n", w.Week, until(list[i:]))
			}
			continue
		}
		a.printf("%-12s", w.Week)
		for _, k := range kinds {
			a.printf("%9d", w.Kinds[k])
		}
		a.printf("  %s\n", drawBar(w.Total, most))
	}
}

// until says how long nothing comes from the first of these weeks on.
func until(list []simulation.Week) string {
	next := slices.IndexFunc(list, func(w simulation.Week) bool { return w.Total > 0 })
	switch {
	case next < 0:
		return " from here on"
	case next > 1:
		return fmt.Sprintf(" for %d weeks", next)
	}
	return ""
}

// fared prints how the sequences fared.
func (a *app) fared(list []simulation.Sequence) {
	wide := len("sequence")
	for _, q := range list {
		wide = max(wide, len(q.Sequence))
	}
	a.printf("\n%-*s %7s %8s %8s %14s %7s\n", wide, "sequence", "went", "put off", "skipped", "days: written", "really")
	for _, q := range list {
		written, really := "-", "-" // it never ends, or nobody came to its end
		if q.Finished > 0 {
			really = fmt.Sprintf("%.0f", q.Median)
		}
		if q.Finished > 0 || q.Planned > 0 {
			written = fmt.Sprintf("%.0f", q.Planned)
		}
		a.printf("%-*s %7d %8d %8d %14s %7s", wide, q.Sequence, q.Went, q.Deferred, q.Skipped, written, really)
		if trouble := q.Trouble(); trouble != "" {
			a.printf("  %s", trouble)
		}
		a.printf("\n")
	}
}

// compared prints the difference of two policies.
func (a *app) compared(now, other *simulation.Report, name string) {
	a.printf("%d days, %s, played twice. Nothing was sent.\n\n", now.Days, count(now.Contacts, "contact"))
	a.printf("%-34s %12s %20s %10s\n", "", "governor.yaml", cut(name, 20), "")
	row := func(what string, x, y int) {
		a.printf("%-34s %12d %20d %+10d\n", cut(what, 34), x, y, y-x)
	}
	row("touches that went", now.Went(), other.Went())
	row("put off at least once", now.Deferred, other.Deferred)
	row("broke a limit", now.OverLimit, other.OverLimit)
	row("least for a contact", now.PerContact.Least, other.PerContact.Least)
	row("median for a contact", now.PerContact.Median, other.PerContact.Median)
	row("most for a contact", now.PerContact.Most, other.PerContact.Most)
	if now.Cadence != nil && other.Cadence != nil {
		row("accounts behind their cadence", now.Cadence.Behind, other.Cadence.Behind)
		row("accounts neglected", now.Cadence.Neglected, other.Cadence.Neglected)
	}
	both := map[andante.Reason]int{}
	for _, r := range []*simulation.Report{now, other} {
		for reason, n := range r.Reasons {
			both[reason] += n
		}
	}
	for _, reason := range byCount(both) {
		row(string(reason)+": "+reason.Text(), now.Reasons[reason], other.Reasons[reason])
	}
	was := map[string]simulation.Sequence{}
	for _, q := range now.PerSequence {
		was[q.Sequence] = q
	}
	a.printf("\n%-34s %12s %20s\n", "days to the end of a sequence", "", "")
	for _, q := range other.PerSequence {
		if q.Finished+was[q.Sequence].Finished == 0 { // nobody comes to its end
			continue
		}
		a.printf("%-34s %12.0f %20.0f %+10.0f\n", cut(q.Sequence, 34), was[q.Sequence].Median, q.Median, q.Median-was[q.Sequence].Median)
	}
}

// replay prints what a policy would have done with the past.
func (a *app) replay(ctx context.Context, e *engine.Engine, f simulateFlags) error {
	o, err := calendar.ParseOffset(f.replay)
	if err != nil {
		return usagef("--replay: %w", err)
	}
	w, err := a.folderWith(e, "--policy", f.policy)
	if err != nil {
		return err
	}
	now := e.Clock.Now()
	r, err := e.Replay(ctx, w, o.From(now, time.UTC, nil).Sub(now))
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(r)
	}
	const day = "2 Jan 2006"
	a.printf("From %s to %s %s went. The policy would have held back %d of them.\n", r.From.Format(day), r.To.Format(day), count(r.Touches, "touch"), r.Held)
	for _, name := range byRule(r.Rules) {
		a.printf("%8d  %s\n", r.Rules[name], name)
	}
	a.printf("%d of those were followed by an opt-out within 30 days; %s in all.\n", r.OptOuts, count(r.AllOptOuts, "opt-out"))
	a.printf("Limits, gaps and ease were asked, with people as they are today; hours and what followed replies were not.\n")
	return nil
}

func byRule(m map[string]int) []string {
	var list []string
	for name := range m {
		list = append(list, name)
	}
	slices.SortFunc(list, func(x, y string) int {
		if m[x] != m[y] {
			return m[y] - m[x]
		}
		return strings.Compare(x, y)
	})
	return list
}

// textsCost prints what text messages cost.
func (a *app) textsCost(t *simulation.Texts) {
	if t == nil {
		return
	}
	a.printf("\n%d text messages of %d segments", t.Messages, t.Segments)
	if t.Cost > 0 {
		a.printf(", which cost %.2f", t.Cost)
	}
	a.printf("\n")
}
