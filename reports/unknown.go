package reports

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// An UnknownTouch is a touch whose fate nobody knows, with what is known of it.
type UnknownTouch struct {
	Touch     andante.TouchID   `json:"touch"`
	Contact   andante.ContactID `json:"contact"`
	Name      string            `json:"name"` // of the contact; its own id or address if it has none
	Sequence  string            `json:"sequence"`
	Step      string            `json:"step"`
	Kind      andante.Kind      `json:"kind"`
	Sender    string            `json:"sender"`
	Attempt   int               `json:"attempt"`
	Tried     time.Time         `json:"tried"` // when it was permitted
	Since     time.Time         `json:"since"` // when it became unknown
	MessageID string            `json:"message_id,omitempty"`
	Words     string            `json:"words,omitempty"` // of the ledger
	Later     []string          `json:"later,omitempty"` // steps of its enrollment that went out, or may have, since
}

// An UnknownList is the beginning of the unknown touches, oldest first.
type UnknownList struct {
	Touches []UnknownTouch `json:"touches"`
	Total   int            `json:"total"`
}

// Unknown lists up to n touches whose fate nobody knows; 0: all.
func (r *Reports) Unknown(ctx context.Context, f store.UnknownFilter, n int) (*UnknownList, error) {
	l := &UnknownList{}
	err := r.Store.Read(ctx, func(tx *store.Tx) (err error) {
		l.Touches = []UnknownTouch{}
		if l.Total, err = tx.CountUnknown(ctx, f); err != nil {
			return err
		}
		if n == 0 {
			n = l.Total
		}
		list, err := tx.Unknown(ctx, f, store.Unknown{}, n)
		if err != nil {
			return err
		}
		for page := range slices.Chunk(list, unknownPage) {
			more, err := unknownTouches(ctx, tx, page)
			if err != nil {
				return err
			}
			l.Touches = append(l.Touches, more...)
		}
		return nil
	})
	return l, err
}

// UnknownIDs returns the ids of all of them.
func (r *Reports) UnknownIDs(ctx context.Context, f store.UnknownFilter) (ids []andante.TouchID, err error) {
	err = r.Store.Read(ctx, func(tx *store.Tx) error {
		ids = nil
		n, err := tx.CountUnknown(ctx, f)
		if err != nil {
			return err
		}
		list, err := tx.Unknown(ctx, f, store.Unknown{}, n)
		for _, u := range list {
			ids = append(ids, u.Touch)
		}
		return err
	})
	return ids, err
}

// unknownPage is how many touches are read around at a time.
const unknownPage = 200

// unknownTouches reads what is around a page of unknown touches.
func unknownTouches(ctx context.Context, tx *store.Tx, page []store.Unknown) ([]UnknownTouch, error) {
	var ids []andante.TouchID
	for _, u := range page {
		ids = append(ids, u.Touch)
	}
	touches, err := tx.Touches(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := map[andante.TouchID]andante.Touch{}
	var contacts []andante.ContactID
	var enrollments []andante.EnrollmentID
	for _, t := range touches {
		byID[t.ID] = t
		contacts, enrollments = append(contacts, t.Contact), append(enrollments, t.Enrollment)
	}
	people, err := tx.Contacts(ctx, sortedKeys(contacts))
	if err != nil {
		return nil, err
	}
	names := map[andante.ContactID]string{}
	for _, c := range people {
		names[c.ID] = cmp.Or(c.Name(), c.ExternalID, c.Email)
	}
	steps, err := tx.TouchesOf(ctx, sortedKeys(enrollments))
	if err != nil {
		return nil, err
	}
	var list []UnknownTouch
	for _, u := range page {
		t := byID[u.Touch]
		list = append(list, UnknownTouch{
			Touch: t.ID, Contact: t.Contact, Name: names[t.Contact], Sequence: t.Sequence, Step: t.Step, Kind: t.Kind, Sender: t.Sender,
			Attempt: t.Attempts, Tried: u.Tried, Since: t.Settled, MessageID: t.MessageID, Words: wordsOf(u), Later: laterSteps(t, steps),
		})
	}
	return list, nil
}

func wordsOf(u store.Unknown) string {
	if u.Code != 0 && !strings.HasPrefix(u.Words, strconv.Itoa(u.Code)) {
		return strings.TrimSpace(strconv.Itoa(u.Code) + " " + u.Words)
	}
	return u.Words
}

// laterSteps names the steps of a touch's enrollment that went out after it.
func laterSteps(t andante.Touch, steps []andante.Touch) (list []string) {
	for _, s := range steps {
		if s.Enrollment == t.Enrollment && s.State.Went() && s.FirstDue.After(t.FirstDue) {
			list = append(list, s.Step)
		}
	}
	slices.Sort(list)
	return list
}

func sortedKeys[K ~string](keys []K) []K {
	slices.Sort(keys)
	return slices.Compact(keys)
}
