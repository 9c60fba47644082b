package engine

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/store"
)

// simExpectations are the statements after "expect".
var simExpectations = map[string]func(*simWorld, []string) error{
	"touch": (*simWorld).expectTouch, "none": (*simWorld).expectNone, "sent": (*simWorld).expectSent, "most": (*simWorld).expectMost, "senders": (*simWorld).expectSenders,
	"hours": (*simWorld).expectHours, "deferred": (*simWorld).expectDeferred, "try": (*simWorld).expectTry,
	"header": (*simWorld).expectHeader, "text": (*simWorld).expectText, "finished": (*simWorld).expectFinished, "active": (*simWorld).expectActive,
	"planned": (*simWorld).expectPlanned, "foretold": (*simWorld).expectForetold, "over": (*simWorld).expectOver, "behind": (*simWorld).expectBehind,
	"skipped": expectState(andante.Skipped), "failed": expectState(andante.Failed), "canceled": expectState(andante.Canceled),
	"unknown": expectState(andante.Unknown), "notice": (*simWorld).expectNotice,
}

func (w *simWorld) doExpect(args []string) error {
	if len(args) == 0 || simExpectations[args[0]] == nil {
		return fmt.Errorf("expect what? One of %v", slices.Sorted(keysOf(simExpectations)))
	}
	return simExpectations[args[0]](w, args[1:])
}

// subject reads SEQUENCE/STEP NAME, where a statement begins with them.
func (w *simWorld) subject(args []string) (step string, id andante.ContactID, rest []string, err error) {
	if len(args) < 2 || !strings.Contains(args[0], "/") {
		return "", "", nil, errors.New("write SEQUENCE/STEP NAME")
	}
	id, err = w.who(args[1])
	return args[0], id, args[2:], err
}

// when reads a time at the end of a statement.
func (w *simWorld) when(args []string, who andante.ContactID) (span, error) {
	if s, ok, err := w.parseAfter(args, who); ok {
		return s, err
	}
	return parseSpan(args, w.loc)
}

// touches returns the touches of a step for a contact, the latest first.
func (w *simWorld) touches(step string, id andante.ContactID) (list []andante.Touch, verdicts []store.StoredVerdict, attempts []andante.Attempt, err error) {
	err = w.e.Store.Read(w.ctx, func(tx *store.Tx) error {
		all, err := tx.TouchesOfContact(w.ctx, id)
		if err != nil {
			return err
		}
		var ids []andante.TouchID
		for _, t := range slices.Backward(all) {
			if t.Sequence+"/"+t.Step == step {
				list, ids = append(list, t), append(ids, t.ID)
			}
		}
		if verdicts, err = tx.VerdictsOf(w.ctx, ids); err != nil {
			return err
		}
		attempts, err = tx.AttemptsOf(w.ctx, ids)
		return err
	})
	if err == nil && len(list) == 0 {
		err = errors.New("no such touch is planned")
	}
	return list, verdicts, attempts, err
}

// expectDeferred: SEQUENCE/STEP NAME REASON [RULE] [until TIME]. Such a verdict
// was given.
func (w *simWorld) expectDeferred(args []string) error {
	step, id, rest, err := w.subject(args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return errors.New("write SEQUENCE/STEP NAME REASON [RULE] [until TIME]")
	}
	what, until := rest, span{}
	if i := slices.Index(rest, "until"); i >= 0 {
		what = rest[:i]
		if until, err = w.when(rest[i+1:], id); err != nil {
			return err
		}
	}
	_, verdicts, _, err := w.touches(step, id)
	if err != nil {
		return err
	}
	var others []string
	for _, v := range verdicts {
		rule := len(what) == 1 || v.Evidence.Rule == strings.Join(what[1:], " ")
		if v.Action == andante.Defer && string(v.Reason) == what[0] && rule && (until.to.IsZero() || until.holds(v.Until)) {
			return nil
		}
		others = append(others, w.tellVerdict(v))
	}
	return fmt.Errorf("its verdicts were: %s", strings.Join(others, "; "))
}

// expectState: SEQUENCE/STEP NAME REASON. The touch ended so.
func expectState(state andante.State) func(*simWorld, []string) error {
	return func(w *simWorld, args []string) error {
		step, id, rest, err := w.subject(args)
		if err != nil {
			return err
		}
		if len(rest) != 1 {
			return errors.New("write SEQUENCE/STEP NAME REASON")
		}
		list, _, _, err := w.touches(step, id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(t andante.Touch) bool { return t.State == state && string(t.Reason) == rest[0] }) {
			return fmt.Errorf("it is %s %s", list[0].State, list[0].Reason)
		}
		return nil
	}
}

// expectBehind: [KEY ...]. These accounts are behind their cadence, and no others.
func (w *simWorld) expectBehind(args []string) error {
	c, err := w.cadence()
	if err != nil {
		return err
	}
	var got []string
	for i := range c.Accounts {
		if c.Accounts[i].Behind() {
			got = append(got, c.Accounts[i].Key)
		}
	}
	slices.Sort(got)
	slices.Sort(args)
	if !slices.Equal(got, args) {
		return fmt.Errorf("behind are %v", got)
	}
	return nil
}

// expectPlanned: SEQUENCE/STEP NAME TIME. The touch waits and is due then.
func (w *simWorld) expectPlanned(args []string) error {
	step, id, rest, err := w.subject(args)
	if err != nil {
		return err
	}
	s, err := w.when(rest, id)
	if err != nil {
		return err
	}
	list, _, _, err := w.touches(step, id)
	if err != nil {
		return err
	}
	if t := list[0]; t.State != andante.Planned || !s.holds(t.Due) {
		return fmt.Errorf("it is %s, due %s", t.State, t.Due.In(w.loc).Format(simClock))
	}
	return nil
}

// expectTry: N SEQUENCE/STEP NAME OUTCOME TIME. The N-th attempt.
func (w *simWorld) expectTry(args []string) error {
	if len(args) < 5 {
		return errors.New("write expect try N SEQUENCE/STEP NAME OUTCOME TIME")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	step, id, rest, err := w.subject(args[1:])
	if err != nil {
		return err
	}
	s, err := w.when(rest[1:], id)
	if err != nil {
		return err
	}
	if err := w.runTo(s.to); err != nil {
		return err
	}
	_, _, attempts, err := w.touches(step, id)
	if err != nil {
		return err
	}
	var others []string
	for _, a := range attempts {
		if a.Number == n && string(a.Outcome) == rest[0] && s.holds(a.Started) {
			return nil
		}
		others = append(others, fmt.Sprintf("%d %s %s", a.Number, a.Outcome, a.Started.In(w.loc).Format(simClock)))
	}
	return fmt.Errorf("tries so far:\n  %s", strings.Join(others, "\n  "))
}

// expectFinished: SEQUENCE NAME REASON. The contact's last enrollment ended so.
func (w *simWorld) expectFinished(args []string) error {
	if len(args) != 3 {
		return errors.New("write SEQUENCE NAME REASON")
	}
	return w.expectEnrollment(args, andante.EnrollmentFinished, args[2])
}

// expectActive: SEQUENCE NAME.
func (w *simWorld) expectActive(args []string) error {
	if len(args) != 2 {
		return errors.New("write SEQUENCE NAME")
	}
	return w.expectEnrollment(args, andante.EnrollmentActive, "")
}

func (w *simWorld) expectEnrollment(args []string, state andante.EnrollmentState, reason string) error {
	var ids []andante.ContactID
	for _, n := range names(args[1]) {
		id, err := w.who(n)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	return w.e.Store.Read(w.ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			all, err := tx.EnrollmentsOf(w.ctx, []andante.ContactID{id})
			if err != nil {
				return err
			}
			all = slices.DeleteFunc(all, func(e andante.Enrollment) bool { return e.Sequence != args[0] })
			if len(all) == 0 {
				return fmt.Errorf("%s was never on it", w.nameOf(id))
			}
			if e := all[len(all)-1]; e.State != state || string(e.Reason) != reason {
				return fmt.Errorf("%s: it is %s %s", w.nameOf(id), e.State, e.Reason)
			}
		}
		return nil
	})
}

// foretold is what `status --next` says of a time from now on.
func (w *simWorld) foretold(span string) (*reports.Forecast, error) {
	length, err := calendar.ParseOffset(span)
	if err != nil {
		return nil, err
	}
	now := w.e.Clock.Now()
	r := reports.Reports{Store: w.e.Store, Clock: w.e.Clock, Workspace: w.w, Hash: w.e.Ops.Keys.Hash, Plan: w.e.Ops.Revisions.Plan}
	status, err := r.Status(w.ctx, length.From(now, w.loc, nil).Sub(now))
	if err != nil {
		return nil, err
	}
	return status.Next, nil
}

// expectOver: SPAN [DATE SENDER DUE MOST ...]. On these days of the time from now on more is
// due than the sender sends, and on no others.
func (w *simWorld) expectOver(args []string) error {
	if len(args)%4 != 1 {
		return errors.New("write SPAN [DATE SENDER DUE MOST ...]")
	}
	next, err := w.foretold(args[0])
	if err != nil {
		return err
	}
	got := []string{args[0]}
	for _, o := range next.Over {
		got = append(got, o.Date, o.Sender, strconv.Itoa(o.Due), strconv.Itoa(o.Most))
	}
	if !slices.Equal(got, args) {
		return fmt.Errorf("it is %s", strings.Join(got, " "))
	}
	return nil
}

// expectForetold: SPAN N [put-off M]. So many are foretold for the time from now on.
func (w *simWorld) expectForetold(args []string) error {
	if len(args) != 2 && (len(args) != 4 || args[2] != "put-off") {
		return errors.New("write SPAN N [put-off M]")
	}
	next, err := w.foretold(args[0])
	if err != nil {
		return err
	}
	going := 0
	for _, c := range next.Going {
		going += c.N
	}
	got := []string{args[0], strconv.Itoa(going)}
	if len(args) == 4 {
		got = append(got, "put-off", strconv.Itoa(next.PutOff))
	}
	if !slices.Equal(args, got) {
		return fmt.Errorf("foretold is %v", got)
	}
	return nil
}
