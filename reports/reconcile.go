package reports

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// Received counts how often each Message-ID was received.
type Received map[string]int

// A Reconciliation compares what the ledger says of mails with what was received.
type Reconciliation struct {
	Since    time.Time `json:"since,omitzero"`
	Until    time.Time `json:"until,omitzero"`
	Received int       `json:"received"` // mails
	Distinct int       `json:"distinct"` // Message-IDs
	Planned  int       `json:"planned"`  // touches that were not tried yet
	Again    int       `json:"again"`    // touches that were tried and wait for another try
	OnWire   int       `json:"on_wire"`  // touches that a worker has on the wire
	Sent     int       `json:"sent"`     // recorded as sent in the window
	Matched  int       `json:"matched"`  // of these, received
	Outside  int       `json:"outside"`  // received, and recorded as sent outside of the window

	Missing    Findings `json:"missing"`              // recorded as sent, and not received
	Doubled    Findings `json:"doubled"`              // received more than once
	Contrary   Findings `json:"contrary"`             // received, and recorded as not sent
	Arrived    Findings `json:"unknown_received"`     // nobody knew, and it was received
	NotArrived Findings `json:"unknown_not_received"` // nobody knows, and it was not received
	Strangers  Findings `json:"strangers"`            // received, and of no touch here

	// ToSettle are the ids of all unknown touches that were received.
	ToSettle []andante.TouchID `json:"-"`
}

// Findings are the mails of one sort: how many, and the first of them.
type Findings struct {
	N     int           `json:"n"`
	First []MailFinding `json:"first,omitempty"`
}

// A MailFinding is one of them.
type MailFinding struct {
	Touch     andante.TouchID   `json:"touch,omitempty"`
	Contact   andante.ContactID `json:"contact,omitempty"`
	Sequence  string            `json:"sequence,omitempty"`
	Step      string            `json:"step,omitempty"`
	State     andante.State     `json:"state,omitempty"`
	Attempts  int               `json:"attempts,omitempty"`
	At        time.Time         `json:"at,omitzero"` // when it was settled
	MessageID string            `json:"message_id"`
	Times     int               `json:"times,omitempty"`  // received
	Folder    bool              `json:"folder,omitempty"` // it was written to a folder and never left
}

// Sound tells whether the books agree.
func (r *Reconciliation) Sound() bool { return r.Missing.N+r.Doubled.N+r.Contrary.N == 0 }

// ReconcileOptions narrow a comparison.
type ReconcileOptions struct {
	Since, Until time.Time // touches settled from the one, before the other; zero: no bound
	List         int       // name at most so many of each sort; 0: all
	Progress     func(touches int)
}

// covers tells whether a mail that is recorded at an instant is expected among what was
// received.
func (o ReconcileOptions) covers(at time.Time) bool {
	return !at.Before(o.Since) && (o.Until.IsZero() || at.Before(o.Until))
}

// mailsPage is how many touches are read at a time, each time in a look of its own: a long
// one would keep the database from cleaning up behind writers.
const mailsPage = 1000

// Reconcile compares every touch by email with what was received. It takes what it finds
// out of `in`: what is left there are the strangers.
func (r *Reports) Reconcile(ctx context.Context, in Received, o ReconcileOptions) (*Reconciliation, error) {
	c := &comparison{o: o, in: in, r: &Reconciliation{Since: o.Since, Until: o.Until, Distinct: len(in)}}
	for _, n := range in {
		c.r.Received += n
	}
	var last andante.TouchID
	for seen := 0; ; {
		var page []store.Mail
		var folder map[andante.TouchID]bool
		err := r.Store.Read(ctx, func(tx *store.Tx) (err error) {
			if page, err = tx.MailsAfter(ctx, last, mailsPage); err != nil {
				return err
			}
			folder, err = onlyWritten(ctx, tx, c.lacking(page))
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			c.mail(m, folder[m.Touch])
		}
		if seen += len(page); o.Progress != nil {
			o.Progress(seen)
		}
		if len(page) < mailsPage {
			break
		}
		last = page[len(page)-1].Touch
	}
	for _, id := range slices.Sorted(maps.Keys(in)) {
		c.find(&c.r.Strangers, MailFinding{MessageID: id, Times: in[id]})
	}
	return c.r, nil
}

// onlyWritten tells which touches were written to a folder and never left.
func onlyWritten(ctx context.Context, tx *store.Tx, ids []andante.TouchID) (map[andante.TouchID]bool, error) {
	attempts, err := tx.AttemptsOf(ctx, ids)
	written := map[andante.TouchID]bool{}
	for _, a := range attempts {
		written[a.Touch] = a.Response == andante.WrittenOnly
	}
	return written, err
}

// comparison is a reconciliation under way.
type comparison struct {
	o  ReconcileOptions
	in Received
	r  *Reconciliation
}

// lacking returns those of a page that are recorded as sent and were not received.
func (c *comparison) lacking(page []store.Mail) (ids []andante.TouchID) {
	for _, m := range page {
		if m.State == andante.Sent && c.in[m.MessageID] == 0 && c.o.covers(m.Settled) {
			ids = append(ids, m.Touch)
		}
	}
	return ids
}

// mail holds one touch against what was received.
func (c *comparison) mail(m store.Mail, folder bool) {
	times := c.in[m.MessageID]
	delete(c.in, m.MessageID)
	f := MailFinding{
		Touch: m.Touch, Contact: m.Contact, Sequence: m.Sequence, Step: m.Step, State: m.State, Attempts: m.Attempts, At: m.Settled,
		MessageID: m.MessageID, Times: times, Folder: folder,
	}
	if times > 1 {
		c.find(&c.r.Doubled, f)
	}
	switch m.State {
	case andante.Sent:
		c.sent(f)
	case andante.Unknown:
		switch {
		case times > 0:
			c.find(&c.r.Arrived, f)
			c.r.ToSettle = append(c.r.ToSettle, m.Touch)
		case c.o.covers(m.Settled):
			c.find(&c.r.NotArrived, f)
		}
	case andante.Attempted: // its outcome is on the way to the ledger
		c.r.OnWire++
	default:
		c.notSent(f)
	}
}

func (c *comparison) sent(f MailFinding) {
	switch inside := c.o.covers(f.At); {
	case !inside && f.Times > 0:
		c.r.Outside++
	case inside && f.Times > 0:
		c.r.Sent++
		c.r.Matched++
	case inside:
		c.r.Sent++
		c.find(&c.r.Missing, f)
	}
}

// notSent is for what waits, and for what the ledger says did not go.
func (c *comparison) notSent(f MailFinding) {
	if !f.State.Settled() {
		if f.Attempts == 0 {
			c.r.Planned++
		} else {
			c.r.Again++
		}
	}
	if f.Times > 0 {
		c.find(&c.r.Contrary, f)
	}
}

func (c *comparison) find(list *Findings, f MailFinding) {
	list.N++
	if c.o.List == 0 || len(list.First) < c.o.List {
		list.First = append(list.First, f)
	}
}
