package worker

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/conditions"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// loadPast reads what happened to those whose step asks about it: in a condition, or
// because it goes on with a conversation.
func loadPast(ctx context.Context, tx *store.Tx, b *batch) error {
	var curious []andante.ContactID
	var both, talking []andante.EnrollmentID
	for _, it := range b.items {
		if it.asks() {
			curious, both = append(curious, it.contact.ID), append(both, it.enrollment.ID)
		}
		if it.talks(b.w) {
			talking, both = append(talking, it.enrollment.ID), append(both, it.enrollment.ID)
		}
	}
	happened, err := tx.LastEvents(ctx, compact(curious))
	if err != nil {
		return err
	}
	settled, err := tx.SettledTouchesOf(ctx, compact(both))
	if err != nil {
		return err
	}
	kept, err := tx.QuotesOf(ctx, compact(talking))
	if err != nil {
		return err
	}
	wrote, err := correspondents(ctx, tx, b)
	if err != nil {
		return err
	}
	texted, err := textedNumbers(ctx, tx, b)
	if err != nil {
		return err
	}
	events := by(happened, func(e store.LastEvent) andante.ContactID { return e.Contact })
	earlier := by(settled, func(t andante.Touch) andante.EnrollmentID { return t.Enrollment })
	quotes := by(kept, func(q store.Quote) andante.EnrollmentID { return q.Enrollment })
	for _, it := range b.items {
		it.earlier = keep(earlier[it.enrollment.ID], func(t andante.Touch) bool { return t.ID != it.touch.ID })
		it.quotes, it.wrote, it.texted = quotes[it.enrollment.ID], wrote[it.contact.ID], texted[it.touch.Address]
		if it.asks() {
			it.history = historyOf(b.now, it.earlier, events[it.contact.ID])
			it.history.Answered = it.answers()
			it.history.Qualified = b.w.Qualified(b.w.Values(it.contact, it.account, it.enrollment, workspace.Identity{}))
		}
	}
	return nil
}

// correspondents returns who wrote to whom, where that decides who writes next.
func correspondents(ctx context.Context, tx *store.Tx, b *batch) (map[andante.ContactID][]string, error) {
	if len(b.w.Config.SenderGroups) == 0 {
		return nil, nil
	}
	contacts := make([]andante.ContactID, len(b.items))
	for i, it := range b.items {
		contacts[i] = it.contact.ID
	}
	return tx.Correspondents(ctx, compact(contacts))
}

// textedNumbers returns the numbers that had a text message, of those that get one.
func textedNumbers(ctx context.Context, tx *store.Tx, b *batch) (map[andante.AddressHash]bool, error) {
	var numbers []andante.AddressHash
	for _, it := range b.items {
		if it.touch.Kind == andante.SMS {
			numbers = append(numbers, it.touch.Address)
		}
	}
	return tx.Texted(ctx, compact(numbers))
}

// asks tells whether a condition is asked about the touch.
func (it *item) asks() bool {
	return it.step != nil && (it.step.When != "" || it.step.WaitFor != "" || len(it.step.Then) > 0) ||
		it.plan != nil && slices.ContainsFunc(it.plan.Exit, func(x sequences.Exit) bool { return x.When != "" })
}

// talks tells whether the touch goes on with a conversation, by the plan or by today's
// words.
func (it *item) talks(w *workspace.Workspace) bool {
	if it.step == nil {
		return false
	}
	_, words, ok := it.words(w)
	return it.step.Thread || ok && words.Thread
}

// answers are what is known of the contact by the fields that it may have answered.
func (it *item) answers() map[string]string {
	list := maps.Clone(it.account.Fields)
	if list == nil {
		list = map[string]string{}
	}
	maps.Copy(list, it.contact.Fields)
	return list
}

// historyOf gathers what conditions may ask about.
func historyOf(now time.Time, earlier []andante.Touch, events []store.LastEvent) conditions.History {
	h := conditions.History{
		Now: now, Sent: map[string]bool{}, Skipped: map[string]bool{}, Opened: map[string]bool{}, Clicked: map[string]bool{},
		Events: map[string]time.Time{}, Outcome: map[string]string{},
	}
	steps := map[andante.TouchID]string{}
	for _, t := range earlier {
		steps[t.ID] = t.Step
		if t.Result != "" {
			h.Outcome[t.Step] = string(t.Result)
		}
		switch t.State {
		case andante.Sent, andante.Unknown, andante.Done:
			h.Sent[t.Step] = true
		case andante.Skipped, andante.Failed:
			h.Skipped[t.Step] = true
		}
	}
	for _, e := range events {
		if e.At.After(h.Events[e.Name]) {
			h.Events[e.Name] = e.At
		}
		if step, ok := steps[e.Touch]; ok {
			switch e.Name {
			case andante.EventOpened:
				h.Opened[step] = true
			case andante.EventClicked:
				h.Clicked[step] = true
			}
		}
	}
	_, h.Replied = h.Events[andante.EventReplied]
	_, h.Met = h.Events[andante.EventMet]
	return h
}

// refusals are the tries at a touch that the other side put off. They set the
// pace of the next ones; a message that was never written is none of them.
type refusals struct {
	n     int
	first time.Time
}

// refusalsOf reads the ledger for those of the touches that were tried before: a
// touch may have waited long before its first try, and waits for its hours
// between two.
func refusalsOf(ctx context.Context, tx *store.Tx, items []*item) (map[andante.TouchID]refusals, error) {
	var ids []andante.TouchID
	for _, it := range items {
		if it.touch.Attempts > 0 {
			ids = append(ids, it.touch.ID)
		}
	}
	attempts, err := tx.AttemptsOf(ctx, ids)
	of := map[andante.TouchID]refusals{}
	for _, a := range attempts {
		if a.Outcome != andante.OutcomeTemporary {
			continue
		}
		r := of[a.Touch]
		if r.n == 0 || a.Started.Before(r.first) {
			r.first = a.Started
		}
		r.n++
		of[a.Touch] = r
	}
	return of, err
}

// loadCounted reads the touches that fill limits.
func (r *run) loadCounted(ctx context.Context, tx *store.Tx, b *batch, items []*item) error {
	p, now, horizon := b.w.Policy, b.now, b.w.Policy.Horizon()
	var accounts []andante.AccountID
	var addresses []andante.AddressHash
	for _, it := range items {
		accounts = append(accounts, it.account.ID)
		if p.ByAddress() {
			addresses = append(addresses, it.touch.Address)
		}
		for _, own := range append(it.allowances(b), it.facts.Own...) {
			horizon = max(horizon, own.Reach())
		}
	}
	counted, err := tx.Counted(ctx, now.Add(-horizon), compact(accounts), compact(addresses))
	if err != nil {
		return err
	}
	past := make([]governor.Touch, len(counted))
	for i := range counted {
		past[i] = r.pastOf(&counted[i], now)
	}
	ofAccount := map[andante.AccountID][]governor.Touch{}
	for part := range stretches(past, func(a, b *governor.Touch) bool { return a.Account == b.Account }) {
		ofAccount[part[0].Account] = part
	}
	toAddress := map[andante.AddressHash][]governor.Touch{}
	if p.ByAddress() {
		for part := range stretches(past, func(a, b *governor.Touch) bool { return a.Account == b.Account && a.Address == b.Address }) {
			toAddress[part[0].Address] = append(toAddress[part[0].Address], part...)
		}
	}
	for _, it := range items {
		it.facts.Touches = ofAccount[it.account.ID]
		for _, t := range toAddress[it.touch.Address] {
			if t.Account != it.account.ID && t.Address != "" {
				it.facts.Touches = append(it.facts.Touches, t)
			}
		}
	}
	return nil
}

// pastOf is what the governor sees of a counted touch.
func (r *run) pastOf(c *store.Counted, now time.Time) governor.Touch {
	t := governor.Touch{ID: c.ID, Contact: c.Contact, Account: c.Account, Address: c.Address, Kind: c.Kind, Purpose: c.Purpose, At: c.At, Waiting: c.Waiting, Introduction: c.Introduction, Unanswered: c.Unanswered}
	if c.Unsure {
		t.From = c.At.Add(-r.o.Claim - ops.LongestTrip)
		if c.Kind.Mailed() { // it may have left on the day before that, and then lands before a weekend
			t.From = c.At.Add(-4 * 24 * time.Hour)
		}
	}
	if c.Pending && now.After(t.At) { // a slow relay has it still, or a colleague to do it
		t.At = now
	}
	return t
}

// stretches yields the longest stretches of a list in which each is alike the one before it.
// What is appended to one goes elsewhere.
func stretches[T any](list []T, alike func(a, b *T) bool) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for from, to := 0, 0; from < len(list); from = to {
			for to = from + 1; to < len(list) && alike(&list[to-1], &list[to]); to++ {
			}
			if !yield(list[from:to:to]) {
				return
			}
		}
	}
}
