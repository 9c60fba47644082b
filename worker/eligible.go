package worker

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/postal"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/workspace"
)

// eligible stops every touch that may not go for a reason that needs no lock, and
// asks the governor in advance, so that nothing is rendered in vain.
func (r *run) eligible(b *batch) {
	defer r.timed("eligible")()
	for _, it := range b.alive() {
		it.fate = alone(andante.ReasonPrepare, func() *fate {
			it.values = b.w.Values(it.contact.As(it.touch.Kind), it.account, it.enrollment, workspace.Identity{})
			for _, check := range eligibility {
				if f := check(r, b, it); f != nil {
					return f
				}
			}
			return nil
		})
	}
}

// alone looks at one touch. What breaks over it must not take the others along.
func alone(reason andante.Reason, f func() *fate) (got *fate) {
	defer func() {
		if p := recover(); p != nil {
			got = failed(reason, fmt.Errorf("panic: %v", p))
		}
	}()
	return f()
}

// eligibility lists the checks in order: what bars a touch for good, then a hold, under
// which nothing more is judged, then what ends a sequence or skips a step, then what
// puts it off.
var eligibility = []func(*run, *batch, *item) *fate{
	hasStep, decided, hasChannel, notSuppressed, rightSender, notHeld, caughtUp, consented, hasAddress, hasSender, noExit, onItsDay, waits, notStale, hasNeeds, conditionHolds, notLate, firstOfImport, governed,
}

func hasStep(_ *run, _ *batch, it *item) *fate {
	if it.enrollment.State == andante.EnrollmentFinished {
		return skipped(it.enrollment.Reason, andante.Evidence{Detail: "the enrollment is over"})
	}
	if it.step == nil {
		return skipped(andante.ReasonNoStep, andante.Evidence{})
	}
	return nil
}

func firstOfImport(_ *run, b *batch, it *item) *fate { return b.trials.goes(it, b.now) }

func hasChannel(r *run, _ *batch, it *item) *fate {
	if _, ok := r.channels[it.touch.Kind]; !ok {
		return skipped(andante.ReasonNoChannel, andante.Evidence{Detail: string(it.touch.Kind)})
	}
	return nil
}

func notSuppressed(r *run, _ *batch, it *item) *fate {
	if r.o.Breakage.NoSuppression {
		return nil
	}
	i := slices.IndexFunc(it.bars, func(s andante.Suppression) bool { return s.Covers(it.touch.Kind, it.touch.Purpose) })
	if i < 0 {
		return nil
	}
	at := it.bars[i].At
	return skipped(andante.ReasonSuppressed, andante.Evidence{Rule: string(it.bars[i].Reason), Detail: it.bars[i].Source, Until: &at})
}

func consented(_ *run, b *batch, it *item) *fate {
	ok, needed := b.w.Consent.Allows(it.touch.Kind, it.touch.Purpose, it.facts.Country, it.facts.Tier, it.consents, b.now)
	if ok {
		return nil
	}
	return skipped(andante.ReasonNoConsent, andante.Evidence{Detail: fmt.Sprintf("%s in %s needs one of %v", it.touch.Kind, it.facts.Country, needed)})
}

// missing does what the step says about a missing field or address.
func missing(b *batch, it *item, reason andante.Reason, what string) *fate {
	e := andante.Evidence{Detail: what}
	switch do := it.step.IfMissing; {
	case do.Do == "end":
		return ended(reason, e)
	case do.Do == "switch" && it.touch.Kind == it.step.Kind: // once
		return switched(do.Kind, reason, b.now, e)
	}
	return skipped(reason, e)
}

func hasAddress(_ *run, b *batch, it *item) *fate {
	if it.address == "" && !it.touch.Kind.ByHuman() {
		return missing(b, it, andante.ReasonNoAddress, string(it.touch.Kind))
	}
	if it.touch.Kind.Mailed() {
		if lacks := postal.Lacks(it.contact.Post(it.facts.Country)); len(lacks) > 0 {
			return missing(b, it, andante.ReasonNoAddress, fmt.Sprintf("%s: the address lacks %s", it.touch.Kind, strings.Join(lacks, ", ")))
		}
	}
	return nil
}

// rightSender finds out as whom the touch goes: as whoever began the conversation that it
// goes on with, else as the owner, asked again, for the account may have another one
// since the step was planned. Another sender's touches are in other leases. Who began a
// conversation and is gone can't go on with it; then the step stands on its own.
func rightSender(r *run, b *batch, it *item) *fate {
	_, words, ok := it.words(b.w)
	if !ok {
		words = it.step
	}
	if it.touch.Kind == andante.Email { // a step may go as another kind
		it.thread = threadOf(words, it.earlier)
	}
	why := "it is sent as %s now"
	if _, ok := b.w.Config.Identity(it.thread.sender); ok {
		it.touch.Sender, why = it.thread.sender, "the thread was begun as %s"
	} else {
		it.thread = thread{}
		it.touch.Sender, _ = b.w.SenderOf(it.plan, it.step, it.contact.ID, it.account, b.now, it.wrote...)
	}
	if _, ok := b.w.Config.Identity(it.touch.Sender); ok && it.touch.Sender != r.lease.Sender {
		f := putOff(andante.ReasonReturned, b.now, andante.Evidence{Detail: fmt.Sprintf(why, it.touch.Sender)})
		if f.keep = it.touch.Reason == andante.ReasonHeld; f.keep {
			f.until = it.touch.Due // when the hold was over
		}
		return f
	}
	return nil
}

func hasSender(_ *run, b *batch, it *item) *fate {
	if _, ok := b.w.Config.Identity(it.touch.Sender); !ok {
		if it.touch.Sender != "" {
			return skipped(andante.ReasonNoSender, andante.Evidence{Detail: it.touch.Sender})
		}
		return skipped(andante.ReasonNoOwner, andante.Evidence{})
	}
	return nil
}

func noExit(_ *run, b *batch, it *item) *fate {
	for _, x := range it.plan.Exit {
		if x.When == "" {
			continue
		}
		ok, err := it.holdsTrue(b.w, x.When)
		if err != nil {
			return failed(andante.ReasonExpr, err)
		}
		if ok && it.plan.Calendar() { // this year's, and no more
			return skipped(andante.ReasonExit, andante.Evidence{Rule: x.When})
		}
		if ok {
			return ended(andante.ReasonExit, andante.Evidence{Rule: x.When})
		}
	}
	return nil
}

// decided carries out a step that touches nobody: it waits for what it waits for, and then
// takes the first branch whose condition holds.
func decided(r *run, b *batch, it *item) *fate {
	if it.touch.Kind != andante.Decide {
		return nil
	}
	for _, check := range []func(*run, *batch, *item) *fate{notHeld, caughtUp, noExit, waits, conditionHolds} {
		if f := check(r, b, it); f != nil {
			return f
		}
	}
	f := skipped(andante.ReasonDecided, andante.Evidence{Rule: string(sequences.Next)})
	for _, branch := range it.step.Then {
		ok := branch.When == ""
		if !ok {
			var err error
			if ok, err = it.holdsTrue(b.w, branch.When); err != nil {
				return failed(andante.ReasonExpr, err)
			}
		}
		if ok {
			f.evidence, f.do = andante.Evidence{Rule: string(branch.Do), Detail: branch.When}, branch.Do
			break
		}
	}
	return f
}

// waits puts a step off that waits for something, until that is so or its time is up. What
// happens wakes it; a condition on time gone by is asked each day.
func waits(_ *run, b *batch, it *item) *fate {
	if it.step.WaitFor == "" || it.step.UpTo == nil {
		return nil
	}
	end := it.step.UpTo.From(it.touch.FirstDue, it.facts.Zones[0], it.facts.Holidays)
	if !b.now.Before(end) {
		return nil
	}
	ok, err := it.holdsTrue(b.w, it.step.WaitFor)
	switch {
	case err != nil:
		return failed(andante.ReasonExpr, err)
	case ok:
		return nil
	}
	until := end
	if c, err := b.w.Condition(it.step.WaitFor); err == nil && c.Calls("days_since") && b.now.Add(recheck).Before(end) {
		until = b.now.Add(recheck)
	}
	return putOff(andante.ReasonWaiting, until, andante.Evidence{Rule: it.step.WaitFor, Until: &end})
}

// onItsDay skips a step whose occasion has no date for this contact, or does not come any
// more.
func onItsDay(_ *run, b *batch, it *item) *fate {
	if it.step.On == "" {
		return nil
	}
	o, err := sequences.ParseOccasion(it.step.On)
	if err != nil {
		return failed(andante.ReasonExpr, err)
	}
	if o.Field != "" && it.values.Empty(o.Field) {
		return missing(b, it, andante.ReasonMissing, o.Field)
	}
	// A day may be over by a while: what is put off keeps its valid_for.
	if _, ok := b.w.Day(o, it.values, &it.facts, it.touch.FirstDue); !ok {
		return skipped(andante.ReasonStale, andante.Evidence{Detail: it.step.On + " has gone by"})
	}
	return nil
}

func (it *item) holdsTrue(w *workspace.Workspace, src string) (bool, error) {
	c, err := w.Condition(src)
	if err != nil {
		return false, err
	}
	return c.Eval(it.values, it.history)
}

func notStale(_ *run, b *batch, it *item) *fate {
	if stale := it.candidate.Stale; !stale.IsZero() && !b.now.Before(stale) {
		valid, _ := it.step.UsefulFor()
		return skipped(andante.ReasonStale, andante.Evidence{Until: &stale, Period: valid.String()})
	}
	return nil
}

// hasNeeds asks for what the plan needs and for what today's words need: they may
// have come later.
func hasNeeds(_ *run, b *batch, it *item) *fate {
	needs := it.step.NeedsAs(it.touch.Kind)
	if _, words, ok := it.words(b.w); ok {
		needs = slices.Concat(needs, words.NeedsAs(it.touch.Kind))
	}
	for _, path := range needs {
		if it.values.Empty(path) {
			return missing(b, it, andante.ReasonMissing, path)
		}
	}
	return nil
}

func conditionHolds(_ *run, b *batch, it *item) *fate {
	if it.step.When == "" {
		return nil
	}
	ok, err := it.holdsTrue(b.w, it.step.When)
	switch {
	case err != nil:
		return failed(andante.ReasonExpr, err)
	case !ok:
		return skipped(andante.ReasonCondition, andante.Evidence{Rule: it.step.When})
	}
	return nil
}

// tooLate is how late a touch may be after an outage, unless its step says otherwise.
const tooLate = 7 * 24 * time.Hour

// notLate does what the step says about a touch that came due while the machine
// was off. One that waits for a throttle is not late, nor one that was late already: a
// program that is started once a day would never send it. What still goes does not go in
// one burst: it is spread over the next open hours.
func notLate(r *run, b *batch, it *item) *fate {
	if r.o.Breakage.NeverLate || !b.outage.Covers(it.touch.Due, b.now) || it.touch.Reason == andante.ReasonLate {
		return nil
	}
	due := it.touch.Due
	late, e := it.step.Late, andante.Evidence{Until: &due, Rule: string(it.step.Late)}
	if late == "" && it.candidate.Stale.IsZero() && b.now.Sub(due) > tooLate {
		late, e.Period = sequences.LateSkip, "7d"
	}
	from := b.outage.To
	switch {
	case late == sequences.LateSkip:
		return skipped(andante.ReasonLate, e)
	case late == sequences.LateReschedule:
		from = b.now.Add(24 * time.Hour)
	case !r.o.Spread || it.touch.Purpose == andante.Requested:
		return nil // nobody is there later, or somebody waits for it now
	}
	hours := b.w.Policy.Hours(&it.facts, it.candidate)
	if at, ok := hours.Spread(from, b.seed.Fraction("late", string(it.touch.ID))); ok && at.After(b.now) {
		return putOff(andante.ReasonLate, at, e)
	}
	return nil
}

// governed asks the governor without a lock. The claim asks again with one.
func governed(r *run, b *batch, it *item) *fate {
	return r.judge(b, it, it.facts.Touches, nil)
}
