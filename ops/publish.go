package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// PublishReport says what a publish changes.
type PublishReport struct {
	Revision string   `json:"revision"`
	Same     bool     `json:"same"`    // nothing differs from what runs
	Changed  []string `json:"changed"` // files
	Plans    []string `json:"plans"`   // sequences whose plan changes for those who enter from now on
	Words    []string `json:"words"`   // sequences whose words change, for everybody who has not had the step
	Added    []string `json:"added"`   // of Changed: files that are new
	Deleted  []string `json:"deleted"` // of Changed: files that are gone
	Gone     []Gone   `json:"gone"`    // steps that are gone and still go out
	Lacking  []Lack   `json:"lacking"` // what contacts lack for sequences whose plan or words change
	Silent   []string `json:"silent"`  // senders and people who are gone while touches wait to be sent as them
	Missing  []string `json:"missing"` // deleted sequences with running enrollments
	NoEffect []string `json:"no_effect"`
	// Renamed are the steps that lost their id but not their text; see [workspace.Renamed].
	Renamed []*andante.Finding `json:"renamed,omitempty"`
	// Classify: the rules for personas and tiers, or the qualification, are others than those
	// by which the contacts were read; Classified counts whom that changed.
	Classify   bool `json:"classify"`
	Classified int  `json:"classified"`
	Policy     bool `json:"policy"` // governor.yaml means something else: what was put off is looked at again
	// Entered are the contacts who were there already and whom `enter:` let in, by sequence.
	Entered map[string]int `json:"entered,omitempty"`
}

// Gone is a step that was deleted, and that contacts who have entered already still get.
type Gone struct {
	Sequence string `json:"sequence"`
	Step     string `json:"step"`
	Contacts int    `json:"contacts"`
}

// Lack is a field or an address that steps need and contacts have not.
type Lack struct {
	Sequence string `json:"sequence"`
	Field    string `json:"field"`
	Contacts int    `json:"contacts"` // without it
	Of       int    `json:"of"`       // whom the sequence is for
}

// ErrDeleted says that a deleted sequence still has running enrollments.
var ErrDeleted = errors.New("a deleted sequence still runs")

// Publish makes the workspace what runs from now on. The caller has checked it.
// With dryRun nothing is written, and the report tells besides whom the change concerns.
//
// finish names deleted sequences that may go on to their end with the plan and
// the words that they have.
func (o *Ops) Publish(ctx context.Context, w *workspace.Workspace, finish []string, dryRun bool) (*PublishReport, error) {
	hash, manifest, parts := w.Revision()
	rep := &PublishReport{Revision: hash}
	run := o.Store.Write
	if dryRun {
		run = o.Store.Read
	}
	err := run(ctx, func(tx *store.Tx) error {
		now, err := o.compare(ctx, tx, w, hash, rep)
		if err == nil && dryRun { // it may look at everybody, so it holds no writer up
			err = o.concerns(ctx, tx, now, w, rep)
		}
		rep.Missing = slices.DeleteFunc(rep.Missing, func(name string) bool { return slices.Contains(finish, name) })
		if err != nil || dryRun {
			return err
		}
		if len(rep.Renamed) > 0 {
			return rep.Renamed[0]
		}
		if len(rep.Missing) > 0 {
			return fmt.Errorf("%w: %v; first `andante publish --finish SEQUENCE` or `--stop SEQUENCE`", ErrDeleted, rep.Missing)
		}
		for h, body := range parts {
			if err := tx.PutPart(ctx, h, body); err != nil {
				return err
			}
		}
		return tx.PutRevision(ctx, hash, manifest, o.now())
	})
	if err != nil || dryRun {
		return rep, err
	}
	return rep, o.afterPublish(ctx, w, rep)
}

// afterPublish does what follows from a revision that has just become what runs.
func (o *Ops) afterPublish(ctx context.Context, w *workspace.Workspace, rep *PublishReport) (err error) {
	if rep.Policy {
		if err := o.lookAgain(ctx, w.Policy.Hash); err != nil {
			return err
		}
	}
	if err := o.wake(ctx, andante.ReasonInLine); err != nil { // a throttle may be another one
		return err
	}
	ask := rep.Plans
	if rep.Classify { // the conditions of all sequences may be true of others now
		ask = w.Names()
		if rep.Classified, err = o.Classify(ctx); err != nil {
			return err
		}
	}
	rep.Entered, err = o.EnterPublished(ctx, w, ask)
	return err
}

// wakePage is how many touches are woken in one transaction.
const wakePage = 5000

// lookAgain makes whatever another policy has put off due again, a page at a time: the policy
// is always the latest.
func (o *Ops) lookAgain(ctx context.Context, policy string) error {
	if err := o.wake(ctx, putOff...); err != nil {
		return fmt.Errorf("look again at what the policy has put off: %w", err)
	}
	return o.Store.Write(ctx, func(tx *store.Tx) error { return tx.SetPolicy(ctx, policy) })
}

// wake makes due again whatever was put off for one of these reasons.
func (o *Ops) wake(ctx context.Context, reasons ...andante.Reason) error {
	for n := wakePage; n == wakePage; {
		err := o.Store.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.WakeSome(ctx, o.now(), wakePage, reasons...)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// compare fills the report from what runs now, and returns that; nil if nothing does.
func (o *Ops) compare(ctx context.Context, tx *store.Tx, w *workspace.Workspace, hash string, rep *PublishReport) (*workspace.Workspace, error) {
	*rep = PublishReport{Revision: hash, NoEffect: w.NoEffect()}
	rules, err := tx.Rules(ctx)
	if err != nil {
		return nil, err
	}
	policy, err := tx.Policy(ctx)
	if err != nil {
		return nil, err
	}
	rep.Classify, rep.Policy = rules != w.RulesHash(), policy != w.Policy.Hash
	now, err := o.Revisions.Previous(ctx, tx)
	if errors.Is(err, ErrNothingPublished) {
		rep.Changed, rep.Plans = workspace.Changed(nil, w.Files), w.Names()
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	rep.Changed = workspace.Changed(now.Files, w.Files)
	for _, name := range rep.Changed {
		if _, was := now.Files[name]; !was {
			rep.Added = append(rep.Added, name)
		}
		if _, is := w.Files[name]; !is {
			rep.Deleted = append(rep.Deleted, name)
		}
	}
	rep.Same = len(rep.Changed) == 0 && !rep.Classify && !rep.Policy
	rep.Renamed = workspace.Renamed(now, w)
	for _, name := range w.Names() {
		q := w.Sequences[name]
		old, ok := now.Sequences[name]
		plan := !ok || !samePlan(old, q)
		if plan {
			rep.Plans = append(rep.Plans, name)
		}
		if ok && (!sameWords(old, q) || !plan && old.Hash != q.Hash) {
			rep.Words = append(rep.Words, name)
		}
	}
	for _, name := range now.Names() {
		if _, ok := w.Sequences[name]; ok {
			continue
		}
		running, err := tx.ActiveOn(ctx, name, "", 1)
		if err != nil {
			return nil, err
		}
		if len(running) > 0 {
			rep.Missing = append(rep.Missing, name)
		}
	}
	return now, nil
}

// concerns finds out whom a change concerns: who still gets a deleted step, whose touches
// wait to be sent as somebody who is gone, who lacks what steps need.
func (o *Ops) concerns(ctx context.Context, tx *store.Tx, now, w *workspace.Workspace, rep *PublishReport) error {
	for _, name := range rep.Plans {
		if now == nil || now.Sequences[name] == nil {
			continue
		}
		gone, err := o.gone(ctx, tx, now.Sequences[name], w.Sequences[name])
		if err != nil {
			return err
		}
		rep.Gone = append(rep.Gone, gone...)
	}
	heads, err := tx.Heads(ctx)
	if err != nil {
		return err
	}
	for _, h := range heads {
		if _, ok := w.Config.Identity(h.Sender); !ok && h.Sender != "" && !slices.Contains(rep.Silent, h.Sender) {
			rep.Silent = append(rep.Silent, h.Sender)
		}
	}
	rep.Lacking, err = lacking(ctx, tx, w, slices.Compact(sorted(slices.Concat(rep.Plans, rep.Words))))
	return err
}

// gone finds the steps that a new plan has no more, and counts who still gets them.
func (o *Ops) gone(ctx context.Context, tx *store.Tx, old, q *sequences.Sequence) ([]Gone, error) {
	var list []Gone
	for _, s := range old.Steps {
		if _, ok := q.Step(s.ID); !ok {
			list = append(list, Gone{Sequence: q.Name, Step: s.ID})
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	for after := andante.EnrollmentID(""); ; {
		page, err := tx.ActiveOn(ctx, q.Name, after, enrollPage)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			plan, err := o.Revisions.Plan(ctx, tx, e.Plan)
			if err != nil {
				return nil, err
			}
			for i, g := range list {
				if at := plan.Index(g.Step); at >= 0 && at >= plan.Index(e.Step) {
					list[i].Contacts++
				}
			}
		}
		if len(page) < enrollPage {
			return slices.DeleteFunc(list, func(g Gone) bool { return g.Contacts == 0 }), nil
		}
		after = page[len(page)-1].ID
	}
}

// lacking counts, for each of the sequences, the contacts whom it is for and who lack
// what its steps need.
func lacking(ctx context.Context, tx *store.Tx, w *workspace.Workspace, names []string) ([]Lack, error) {
	of, counts := map[string]int{}, map[Lack]int{}
	for after := andante.ContactID(""); len(names) > 0; {
		page, err := tx.ContactsAfter(ctx, after, enrollPage)
		if err != nil {
			return nil, err
		}
		list, err := tx.Accounts(ctx, unique(page, accountOf))
		if err != nil {
			return nil, err
		}
		accounts := byID(list, accountID)
		for _, c := range page {
			a := accounts[c.Account]
			v := w.Values(c, a, andante.Enrollment{}, workspace.Identity{})
			for _, name := range names {
				q := w.Sequences[name]
				if notFor(q, c, a) != "" {
					continue
				}
				of[name]++
				for _, path := range lacks(q, v) {
					counts[Lack{Sequence: name, Field: path}]++
				}
			}
		}
		if len(page) < enrollPage {
			break
		}
		after = page[len(page)-1].ID
	}
	var all []Lack
	for l, n := range counts {
		l.Contacts, l.Of = n, of[l.Sequence]
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b Lack) int {
		return cmp.Or(strings.Compare(a.Sequence, b.Sequence), strings.Compare(a.Field, b.Field))
	})
	return all, nil
}

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}

// StopRequest says whose sequences end.
type StopRequest struct {
	Sequence string            // empty: every sequence
	Contact  andante.ContactID // empty: everybody on the sequence
}

// Stop ends enrollments and returns how many. Touches on the wire are left to
// their outcome.
func (o *Ops) Stop(ctx context.Context, r StopRequest) (int, error) {
	n := 0
	after := andante.EnrollmentID("")
	for {
		var page []andante.Enrollment
		err := o.Store.Write(ctx, func(tx *store.Tx) error {
			var accounts []andante.AccountID
			err := Lock(ctx, tx, func() (_ []andante.AccountID, err error) {
				page, err = o.running(ctx, tx, r, after)
				accounts = unique(page, func(e andante.Enrollment) andante.AccountID { return e.Account })
				return slices.Clone(accounts), err
			})
			if err != nil {
				return err
			}
			if err := tx.RaiseVersion(ctx, accounts); err != nil {
				return err
			}
			return o.endEnrollments(ctx, tx, page, andante.ReasonStopped)
		})
		n += len(page)
		if err != nil || len(page) == 0 || r.Contact != "" {
			return n, err
		}
		after = page[len(page)-1].ID
	}
}

func (o *Ops) running(ctx context.Context, tx *store.Tx, r StopRequest, after andante.EnrollmentID) ([]andante.Enrollment, error) {
	if r.Contact == "" {
		return tx.ActiveOn(ctx, r.Sequence, after, enrollPage)
	}
	all, err := tx.EnrollmentsOf(ctx, []andante.ContactID{r.Contact})
	return slices.DeleteFunc(all, func(e andante.Enrollment) bool {
		return e.State == andante.EnrollmentFinished || r.Sequence != "" && e.Sequence != r.Sequence
	}), err
}
