package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// notices sends what a colleague is to know: no governor is asked, and nothing is counted.
func (r *run) notices(ctx context.Context) error {
	var list []store.Notice
	var w *workspace.Workspace
	contacts := map[andante.ContactID]andante.Contact{}
	err := r.store.Read(ctx, func(tx *store.Tx) (err error) {
		if list, err = tx.NoticesIn(ctx, r.lease.ID); err != nil {
			return err
		}
		var asked []andante.ContactID
		for _, n := range list {
			if n.ToContact {
				asked = append(asked, n.Contact)
			}
		}
		some, err := tx.Contacts(ctx, asked)
		if err != nil {
			return err
		}
		for _, c := range some {
			contacts[c.ID] = c
		}
		w, err = r.ops.Workspace(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	g := &noticeGate{run: r, ctx: context.WithoutCancel(ctx), notices: map[andante.TouchID]store.Notice{}, over: map[andante.TouchID]bool{}}
	var batch []channels.Sealed
	for _, n := range list {
		g.notices[n.ID] = n
		s, err := r.seal(w, n, contacts[n.Contact])
		if err != nil {
			g.settle(n, andante.Leased, channels.Receipt{}, &channels.SendError{Kind: channels.Permanent, Err: err})
			continue
		}
		batch = append(batch, s)
	}
	if len(batch) == 0 {
		return g.err
	}
	sent := r.channels[andante.Email].Deliver(ctx, batch, g)
	if kind := channels.KindOf(sent); kind == channels.Temporary || kind == channels.Sender {
		r.log.Error("a notice can't be sent yet", "person", r.lease.Sender, "err", andante.HideAddresses(sent.Error()))
		r.away = r.clock.Now().Add(connectWait)
		var problem *channels.SendError
		errors.As(sent, &problem)
		g.untried(batch, problem)
		sent = nil
	}
	if ctx.Err() != nil {
		sent = nil
	}
	return errors.Join(sent, g.err)
}

// seal makes the mail of a notice; c is whom it is about. It comes from whom it is for: no other
// address of ours is sure to be let through by their mail server. What goes to a contact comes from
// a sender.
func (r *run) seal(w *workspace.Workspace, n store.Notice, c andante.Contact) (channels.Sealed, error) {
	to, ok := w.Config.Colleague(n.Person)
	mail := r.channels[andante.Email]
	if !ok || mail == nil {
		return channels.Sealed{}, fmt.Errorf("%s has no mailbox in andante.yaml", n.Person)
	}
	id, known := w.Config.Identity(n.Person)
	if !known { // a department
		id.Person = andante.Person{Key: n.Person, Name: to.Name, Email: to.Address}
	}
	m := andante.Message{
		Touch: n.ID, Kind: andante.Email, From: andante.Mailbox{Name: "Andante", Address: to.Address}, To: to, ReplyTo: andante.Mailbox{Address: n.ReplyTo},
		Subject: n.Subject, Text: n.Body, MessageID: id.MessageID(n.ID), Date: r.clock.Now().In(w.ZoneOf(id)),
	}
	if n.ToContact {
		if c.Email == "" {
			return channels.Sealed{}, errors.New("the contact has no mailbox")
		}
		m.From, m.To = m.To, andante.Mailbox{Name: c.Name(), Address: c.Email}
		if id.ReplyTo != "" {
			m.ReplyTo = andante.Mailbox{Name: id.Name, Address: id.ReplyTo}
		}
	}
	if n.Calendar != "" {
		m.Parts = append(m.Parts, andante.Part{Name: "tasks.ics", MediaType: "text/calendar", Bytes: []byte(n.Calendar)})
	}
	if len(n.Original) > 0 { // message/rfc822 may not be encoded (RFC 2046 section 5.2.1), and what came may not go as it is
		m.Parts = append(m.Parts, andante.Part{Name: "original.eml", MediaType: "application/octet-stream", Bytes: n.Original})
	}
	s, err := mail.Prepare(m)
	s.Sender = n.Person
	return s, err
}

// A noticeGate stands between the channel and the network for notices.
type noticeGate struct {
	*run
	ctx     context.Context // what was sent is recorded though the process is asked to end
	notices map[andante.TouchID]store.Notice
	over    map[andante.TouchID]bool // whose outcome is recorded
	err     error
}

// Permit marks notices as attempted, as long as the lease is ours.
func (g *noticeGate) Permit(_ context.Context, ids []andante.TouchID) (going []andante.TouchID, err error) {
	return going, g.store.Write(g.ctx, func(tx *store.Tx) error {
		going = nil
		if err := g.hold(g.ctx, tx); err != nil {
			return err
		}
		for _, id := range ids {
			n := g.notices[id]
			n.State, n.Attempts = andante.Attempted, n.Attempts+1
			ours, err := tx.ChangeNotice(g.ctx, n, andante.Leased, g.lease.ID)
			if err != nil {
				return err
			}
			if ours {
				going = append(going, id)
			}
		}
		return nil
	})
}

// Open tells whether the lease is still ours.
func (g *noticeGate) Open(andante.TouchID) bool { return g.keeper.holds() }

// untried counts a try for what got no connection or no login: a mailbox that is refused again
// and again is locked.
func (g *noticeGate) untried(batch []channels.Sealed, problem *channels.SendError) {
	for _, s := range batch {
		if g.over[s.Touch] {
			continue
		}
		n := g.notices[s.Touch]
		n.Attempts++
		g.settle(n, andante.Leased, channels.Receipt{}, problem)
	}
}

// Done records what became of a notice.
func (g *noticeGate) Done(id andante.TouchID, r channels.Receipt, err error) {
	g.over[id] = true
	n := g.notices[id]
	n.Attempts++
	var problem *channels.SendError
	if err != nil && !errors.As(err, &problem) {
		problem = &channels.SendError{Kind: channels.Unknown, Err: err}
	}
	g.settle(n, andante.Attempted, r, problem)
}

// mostNoticeTries is how often a notice is tried, and noticeWait how long the first wait is.
const (
	mostNoticeTries = 8
	noticeWait      = 5 * time.Minute
)

// settle writes what became of a notice: what may have gone is not sent again, what did not is,
// some times.
func (g *noticeGate) settle(n store.Notice, was andante.State, r channels.Receipt, problem *channels.SendError) {
	now := g.clock.Now()
	n.State, n.Settled, n.Lease, n.Answer = andante.Sent, now, "", r.Response
	if problem != nil {
		n.State, n.Answer = andante.Failed, andante.CleanText(problem.Error())
		switch {
		case problem.Kind == channels.Unknown:
			n.State = andante.Unknown
		case problem.Kind == channels.Untried:
			n.State, n.Settled, n.Attempts = andante.Planned, time.Time{}, max(n.Attempts-1, 0)
		case (problem.Kind == channels.Temporary || problem.Kind == channels.Sender) && n.Attempts < mostNoticeTries:
			n.State, n.Settled, n.Due = andante.Planned, time.Time{}, now.Add(noticeWait<<n.Attempts)
		}
	}
	if n.State == andante.Failed || n.State == andante.Unknown {
		g.log.Error("a notice did not go", "person", n.Person, "state", n.State, "err", andante.HideAddresses(n.Answer))
	}
	err := g.store.Write(g.ctx, func(tx *store.Tx) error {
		_, err := tx.ChangeNotice(g.ctx, n, was, g.lease.ID)
		return err
	})
	g.err = errors.Join(g.err, err)
}
