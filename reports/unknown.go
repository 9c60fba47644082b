package reports

import (
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
	Address   string            `json:"address,omitempty"`
	Sequence  string            `json:"sequence"`
	Step      string            `json:"step"`
	Kind      andante.Kind      `json:"kind"`
	Sender    string            `json:"sender"`
	Attempt   int               `json:"attempt"`
	Tried     time.Time         `json:"tried,omitzero"`       // when it was permitted
	Due       time.Time         `json:"due,omitzero"`         // when it was due, if nothing was tried here before a takeover
	Since     time.Time         `json:"since"`                // when it became unknown
	MessageID string            `json:"message_id,omitempty"` // of a mail; the one that it would have, if it never had one here
	Words     string            `json:"words,omitempty"`      // of the ledger
	Later     []string          `json:"later,omitempty"`      // steps of its enrollment that went out, or may have, since
}

// An UnknownList is the beginning of the unknown touches, oldest first.
type UnknownList struct {
	Touches []UnknownTouch `json:"touches"`
	Total   int            `json:"total"`
	OnWire  int            `json:"on_wire"` // touches that become unknown if nobody answers for them
}

// Unknown lists up to n touches whose fate nobody knows; 0: all.
func (r *Reports) Unknown(ctx context.Context, f store.UnknownFilter, n int) (*UnknownList, error) {
	l := &UnknownList{}
	err := r.Store.Read(ctx, func(tx *store.Tx) (err error) {
		l.Touches = []UnknownTouch{}
		if l.Total, err = tx.CountUnknown(ctx, f); err != nil {
			return err
		}
		if l.OnWire, err = tx.CountAttempted(ctx); err != nil {
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
			more, err := r.unknownTouches(ctx, tx, page)
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
func (r *Reports) unknownTouches(ctx context.Context, tx *store.Tx, page []store.Unknown) ([]UnknownTouch, error) {
	var ids []andante.TouchID
	for _, u := range page {
		ids = append(ids, u.Touch)
	}
	touches, people, err := touchesAndPeople(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	var enrollments []andante.EnrollmentID
	for _, t := range touches {
		enrollments = append(enrollments, t.Enrollment)
	}
	steps, err := tx.TouchesOf(ctx, sortedKeys(enrollments))
	if err != nil {
		return nil, err
	}
	var list []UnknownTouch
	for _, u := range page {
		t := touches[u.Touch]
		c := people[t.Contact]
		x := UnknownTouch{
			Touch: t.ID, Contact: t.Contact, Name: nameOf(c), Address: c.AddressFor(t.Kind), Sequence: t.Sequence, Step: t.Step, Kind: t.Kind, Sender: t.Sender,
			Attempt: t.Attempts, Tried: u.Tried, Since: t.Settled, MessageID: r.messageID(t), Words: wordsOf(u), Later: laterSteps(t, steps),
		}
		if untried(t, u.Tried, u.Words) {
			x.Tried, x.Due = time.Time{}, u.Tried
		}
		list = append(list, x)
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
