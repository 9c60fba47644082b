package reports

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// Status is the state of things.
type Status struct {
	Contacts    int                    `json:"contacts"`
	Accounts    int                    `json:"accounts"`
	Revision    string                 `json:"revision"`
	Calendar    time.Time              `json:"calendar,omitzero"` // of a demo; zero: live
	Now         time.Time              `json:"now"`
	Touches     map[andante.State]int  `json:"touches"`
	Failed      map[andante.Reason]int `json:"failed,omitempty"` // touches, by reason
	Reasons     map[andante.Reason]int `json:"reasons"`
	Enrollments []store.RunCount       `json:"enrollments"`
	Holds       []Hold                 `json:"holds"`
	Health      []string               `json:"health,omitempty"`  // what came back lately, in words
	Unknown     []andante.TouchID      `json:"unknown,omitempty"` // the first of them
	Leased      int                    `json:"leased"`
	Waiting     []store.Waiting        `json:"waiting,omitempty"`      // for their sender's throttle
	Lost        []LostNotice           `json:"lost_notices,omitempty"` // to colleagues in the last week, the latest first
	NextDue     time.Time              `json:"next_due,omitzero"`      // when the next touch may go
	Next        *Forecast              `json:"next,omitempty"`
}

// A LostNotice is a mail to a colleague that did not go, or of which nobody knows.
type LostNotice struct {
	Person  string        `json:"person"`
	Subject string        `json:"subject"`
	State   andante.State `json:"state"`
	At      time.Time     `json:"at"`
	Answer  string        `json:"answer"`
}

func lostNotices(ctx context.Context, tx *store.Tx, now time.Time) (list []LostNotice, err error) {
	lost, err := tx.NoticesInDoubt(ctx, now.AddDate(0, 0, -7), mostLost)
	for _, n := range lost {
		list = append(list, LostNotice{n.Person, n.Subject, n.State, n.Settled, n.Answer})
	}
	return list, err
}

// mostLost is how many notices are told of that did not go.
const mostLost = 20

// A Hold is a hold with the name of whom it is about.
type Hold struct {
	andante.Hold
	Name string `json:"name,omitempty"` // of a contact (its own id, else its address) or an account
}

// fewUnknown is how many unknown touches are named.
const fewUnknown = 20

// holds reads every hold, with names instead of ids.
func holds(ctx context.Context, tx *store.Tx) ([]Hold, error) {
	all, err := tx.AllHolds(ctx)
	list := make([]Hold, len(all))
	for i, h := range all {
		list[i] = Hold{Hold: h, Name: h.Key}
		switch h.Scope {
		case andante.HoldContact:
			people, err := tx.Contacts(ctx, []andante.ContactID{andante.ContactID(h.Key)})
			if err != nil {
				return nil, err
			}
			for _, c := range people {
				list[i].Name = cmp.Or(c.ExternalID, c.Email, h.Key)
			}
		case andante.HoldAccount:
			accounts, err := tx.Accounts(ctx, []andante.AccountID{andante.AccountID(h.Key)})
			if err != nil {
				return nil, err
			}
			for _, a := range accounts {
				list[i].Name = strings.TrimSpace(a.Name + " (" + a.Key + ")")
			}
		}
	}
	return list, err
}

// Status reads the state of things; with a span above 0 also what goes out in
// that time, by day, sequence and step.
func (r *Reports) Status(ctx context.Context, span time.Duration) (*Status, error) {
	s := &Status{Touches: map[andante.State]int{}, Failed: map[andante.Reason]int{}, Reasons: map[andante.Reason]int{}, Now: r.Clock.Now()}
	var f *forecaster
	err := r.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if s.Contacts, s.Accounts, err = tx.CountContacts(ctx); err != nil {
			return err
		}
		if s.Revision, err = tx.Revision(ctx); err != nil {
			return err
		}
		if s.Calendar, err = tx.Calendar(ctx); err != nil {
			return err
		}
		if !s.Calendar.IsZero() {
			s.Now = s.Calendar
		}
		if s.Enrollments, err = tx.CountEnrollments(ctx); err != nil {
			return err
		}
		if s.Holds, err = holds(ctx, tx); err != nil {
			return err
		}
		if s.Unknown, err = tx.UnknownTouches(ctx, fewUnknown); err != nil {
			return err
		}
		if s.Leased, _, err = tx.LeaseLoad(ctx); err != nil {
			return err
		}
		if s.Waiting, err = tx.Waiting(ctx, s.Now); err != nil {
			return err
		}
		if s.Lost, err = lostNotices(ctx, tx, s.Now); err != nil {
			return err
		}
		if s.NextDue, err = tx.NextFree(ctx); err != nil {
			return err
		}
		if span > 0 {
			f = r.newForecaster(s.Now, s.Now.Add(span))
			if err := f.load(ctx, tx); err != nil {
				return err
			}
		}
		return counts(ctx, tx, s)
	})
	if err == nil && span > 0 { // it may take its time, and holds no transaction open
		s.Next = f.play()
	}
	return s, err
}

func counts(ctx context.Context, tx *store.Tx, s *Status) error {
	touches, err := tx.CountTouches(ctx)
	if err != nil {
		return err
	}
	for _, c := range touches {
		s.Touches[c.State] += c.N
		if c.State == andante.Failed {
			s.Failed[c.Reason] += c.N
		}
	}
	verdicts, err := tx.CountVerdicts(ctx)
	if err != nil {
		return err
	}
	for _, v := range verdicts {
		s.Reasons[v.Reason] += v.N
	}
	return nil
}
