package ops

import (
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

const yearlySteps = `---
sequence: year
title: A year
purpose: relationship
sender: news
---

## Spring

` + "```yaml step\nkind: email\non: each 03-15\nsubject: Spring\nvalue: thanks - spring\n```" + `

Hello.

## Autumn

` + "```yaml step\nkind: email\non: each 09-15\nsubject: Autumn\nvalue: thanks - autumn\n```" + `

Hello.
`

// A step of a calendar sequence whose next year the store refused is planned later; an
// address that turned out to be dead ends the enrollment all the same.
func TestResumeCalendar(t *testing.T) {
	t.Parallel()
	for _, dead := range []bool{false, true} {
		w := newWorld(t)
		w.files["sequences/year.md"] = []byte(yearlySteps)
		w.publish()
		ann := w.contact("ann")
		w.enroll("year", "ann")
		w.clock.Jump(time.Date(2026, 9, 15, 12, 0, 0, 0, time.UTC))
		var run andante.Enrollment
		err := w.Store.Write(t.Context(), func(tx *store.Tx) error {
			runs, err := tx.EnrollmentsOf(t.Context(), []andante.ContactID{ann})
			if err != nil {
				return err
			}
			run = runs[0]
			touches, err := tx.TouchesOf(t.Context(), []andante.EnrollmentID{run.ID})
			if err != nil {
				return err
			}
			for _, x := range touches {
				if x.Step != "autumn" {
					continue
				}
				x.State, x.Settled = andante.Skipped, w.clock.Now()
				if dead {
					x.State, x.Reason = andante.Failed, andante.ReasonAddress
					if _, err := tx.Change(t.Context(), []store.Change{{Touch: withState(x, andante.Leased), Was: andante.Planned}}); err != nil {
						return err
					}
				}
				was := andante.Planned
				if dead {
					was = andante.Leased
				}
				if _, err := tx.Change(t.Context(), []store.Change{{Touch: x, Was: was}}); err != nil {
					return err
				}
			}
			if err := tx.MarkUnfollowed(t.Context(), []andante.EnrollmentID{run.ID}); err != nil {
				return err
			}
			return w.Resume(t.Context(), tx, run.ID)
		})
		if err != nil {
			t.Fatal(err)
		}
		w.read(func(tx *store.Tx) error {
			runs, err := tx.Enrollments(t.Context(), []andante.EnrollmentID{run.ID})
			if err != nil {
				return err
			}
			touches, err := tx.TouchesOf(t.Context(), []andante.EnrollmentID{run.ID})
			next := 0
			for _, x := range touches {
				if x.State == andante.Planned && x.Step == "autumn" && x.FirstDue.Year() == 2027 {
					next++
				}
			}
			if finished := runs[0].State == andante.EnrollmentFinished; finished != dead || !dead && (next != 1 || runs[0].Reason != "") {
				t.Errorf("dead %v: %s %q, %d next autumns", dead, runs[0].State, runs[0].Reason, next)
			}
			return err
		})
	}
}

func withState(x andante.Touch, s andante.State) andante.Touch {
	x.State, x.Settled, x.Reason = s, time.Time{}, ""
	return x
}
