package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/andante-hq/andante"
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
	Missing  []string `json:"missing"` // deleted sequences with running enrollments
	NoEffect []string `json:"no_effect"`
	// Renamed are the steps that lost their id but not their text; see [workspace.Renamed].
	Renamed []*andante.Finding `json:"renamed,omitempty"`
	// Classify: the rules for personas and tiers are others than those by which the
	// contacts were read; Classified counts whom that changed.
	Classify   bool `json:"classify"`
	Classified int  `json:"classified"`
}

// ErrDeleted says that a deleted sequence still has running enrollments.
var ErrDeleted = errors.New("a deleted sequence still runs")

// Publish makes the workspace what runs from now on. The caller has checked it.
// With dryRun nothing is written.
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
		err := o.compare(ctx, tx, w, hash, rep)
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
	if err == nil && !dryRun && rep.Classify {
		rep.Classified, err = o.Classify(ctx)
	}
	return rep, err
}

// compare fills the report from what runs now.
func (o *Ops) compare(ctx context.Context, tx *store.Tx, w *workspace.Workspace, hash string, rep *PublishReport) error {
	*rep = PublishReport{Revision: hash, NoEffect: w.NoEffect()}
	rules, err := tx.Rules(ctx)
	if err != nil {
		return err
	}
	rep.Classify = rules != w.RulesHash()
	now, err := o.Revisions.Current(ctx, tx)
	if errors.Is(err, ErrNothingPublished) {
		rep.Changed, rep.Plans = workspace.Changed(nil, w.Files), w.Names()
		return nil
	}
	if err != nil {
		return err
	}
	rep.Changed = workspace.Changed(now.Files, w.Files)
	rep.Same = len(rep.Changed) == 0 && !rep.Classify
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
			return err
		}
		if len(running) > 0 {
			rep.Missing = append(rep.Missing, name)
		}
	}
	return nil
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

// Hold writes a hold. A hold on a contact or an account raises the versions of
// the accounts; wider ones are read in every claim and permit.
func (o *Ops) Hold(ctx context.Context, h andante.Hold) (andante.HoldID, error) {
	h.ID = andante.NewID[andante.HoldID](o.now())
	if h.From.IsZero() {
		h.From = o.now()
	}
	return h.ID, o.Store.Write(ctx, func(tx *store.Tx) error {
		if err := o.raiseFor(ctx, tx, h.Scope, h.Key); err != nil {
			return err
		}
		return tx.AddHold(ctx, h)
	})
}

// Release ends the holds on a key and returns how many there were. What waited
// for them is looked at again at once.
func (o *Ops) Release(ctx context.Context, scope andante.HoldScope, key string) (n int, err error) {
	err = o.Store.Write(ctx, func(tx *store.Tx) error {
		if err := o.raiseFor(ctx, tx, scope, key); err != nil {
			return err
		}
		if n, err = tx.ReleaseHolds(ctx, scope, key, o.now()); err != nil {
			return err
		}
		return tx.WakeHeld(ctx, scope, key, o.now())
	})
	return n, err
}

func (o *Ops) raiseFor(ctx context.Context, tx *store.Tx, scope andante.HoldScope, key string) error {
	var accounts []andante.AccountID
	switch scope {
	case andante.HoldAccount:
		accounts = []andante.AccountID{andante.AccountID(key)}
	case andante.HoldContact:
		people, err := tx.Contacts(ctx, []andante.ContactID{andante.ContactID(key)})
		if err != nil {
			return err
		}
		accounts = unique(people, func(c andante.Contact) andante.AccountID { return c.Account })
	}
	if err := tx.LockAccounts(ctx, accounts); err != nil {
		return err
	}
	return tx.RaiseVersion(ctx, accounts)
}
