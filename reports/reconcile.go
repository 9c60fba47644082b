package reports

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

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

	// ToSettle are the ids of all unknown touches that were received, and TakeBack those
	// of all that were received though a person has asked to send them again.
	ToSettle []andante.TouchID `json:"-"`
	TakeBack []andante.TouchID `json:"-"`
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
	Name      string            `json:"name,omitempty"`    // of the contact, where the mail is unknown or contrary
	Address   string            `json:"address,omitempty"` // likewise
	Sequence  string            `json:"sequence,omitempty"`
	Step      string            `json:"step,omitempty"`
	State     andante.State     `json:"state,omitempty"`
	Attempts  int               `json:"attempts,omitempty"`
	At        time.Time         `json:"at,omitzero"`      // when it was settled
	Due       time.Time         `json:"due,omitzero"`     // when it was due, if nothing was tried here before a takeover
	MessageID string            `json:"message_id"`       // as it was received; else its own, or the one that it would have
	Times     int               `json:"times,omitempty"`  // received
	Resent    bool              `json:"resent,omitempty"` // nobody knew, and a person has asked to send it again
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
	c := &comparison{o: o, in: newReceipts(in), r: &Reconciliation{Since: o.Since, Until: o.Until, Distinct: len(in)}}
	for _, n := range in {
		c.r.Received += n
	}
	var last andante.TouchID
	for seen := 0; ; {
		var page []store.Mail
		var known ledgered
		err := r.Store.Read(ctx, func(tx *store.Tx) (err error) {
			if page, err = tx.MailsAfter(ctx, last, mailsPage); err != nil {
				return err
			}
			known, err = readLedger(ctx, tx, c.doubtful(page))
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			c.mail(m, known)
		}
		if seen += len(page); o.Progress != nil {
			o.Progress(seen)
		}
		if len(page) < mailsPage {
			break
		}
		last = page[len(page)-1].Touch
	}
	for _, id := range c.in.strangers() {
		c.find(&c.r.Strangers, MailFinding{MessageID: id, Times: in[id]})
	}
	return c.r, r.describe(ctx, &c.r.Contrary, &c.r.Arrived, &c.r.NotArrived)
}

// ledgered is what the ledger says of touches that don't agree with what was received.
type ledgered struct {
	folder  map[andante.TouchID]bool // written to a folder: it never left
	doubted map[andante.TouchID]bool // nobody knows what became of one of its attempts
}

func readLedger(ctx context.Context, tx *store.Tx, ids []andante.TouchID) (ledgered, error) {
	attempts, err := tx.AttemptsOf(ctx, ids)
	l := ledgered{folder: map[andante.TouchID]bool{}, doubted: map[andante.TouchID]bool{}}
	for _, a := range attempts {
		l.folder[a.Touch] = a.Response == andante.WrittenOnly
		if a.Outcome == andante.OutcomeUnknown {
			l.doubted[a.Touch] = true
		}
	}
	return l, err
}

// comparison is a reconciliation under way.
type comparison struct {
	o  ReconcileOptions
	in *receipts
	r  *Reconciliation
}

// doubtful returns those of a page that are recorded as sent and were not received, or
// were received and wait for another try.
func (c *comparison) doubtful(page []store.Mail) (ids []andante.TouchID) {
	for _, m := range page {
		_, times := c.in.names(m)
		lacks := m.State == andante.Sent && times == 0 && c.o.covers(m.Settled)
		waits := m.State == andante.Planned && times > 0 && m.Attempts > 0
		if lacks || waits {
			ids = append(ids, m.Touch)
		}
	}
	return ids
}

// mail holds one touch against what was received.
func (c *comparison) mail(m store.Mail, known ledgered) {
	names, times := c.in.names(m)
	c.in.take(names)
	f := MailFinding{
		Touch: m.Touch, Contact: m.Contact, Sequence: m.Sequence, Step: m.Step, State: m.State, Attempts: m.Attempts, At: m.Settled,
		MessageID: m.MessageID, Times: times, Folder: known.folder[m.Touch], Resent: m.State == andante.Planned && known.doubted[m.Touch],
	}
	if len(names) > 0 {
		f.MessageID = names[0]
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
	if f.Resent {
		c.r.TakeBack = append(c.r.TakeBack, f.Touch)
	}
}

func (c *comparison) find(list *Findings, f MailFinding) {
	list.N++
	if c.o.List == 0 || len(list.First) < c.o.List {
		list.First = append(list.First, f)
	}
}
