package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/templates"
	"github.com/andante-hq/andante/workspace"
)

// rendered is what render leaves to the later passes.
type rendered struct {
	sealed channels.Sealed
	text   string   // the text part, if a later step will quote it
	takes  []string // nuggets
}

// render makes the final bytes of each touch. What can't be rendered or sealed
// fails alone.
func (r *run) render(ctx context.Context, b *batch) {
	defer r.timed("render")()
	for _, it := range b.alive() {
		it.fate = alone(andante.ReasonRender, func() *fate { return r.renderOne(ctx, b, it) })
	}
}

func (r *run) renderOne(ctx context.Context, b *batch, it *item) *fate {
	if it.step.Review != "" && !it.touch.Kind.ByHuman() {
		if waits := r.look(ctx, b, it); waits != nil {
			return waits
		}
	}
	m, text, end := r.patiently(ctx, b, it, it.review)
	if end != nil {
		return end
	}
	sealed, err := r.channels[it.touch.Kind].Prepare(m)
	if err != nil {
		return unprepared(b, it, err)
	}
	sealed.Sender = it.touch.Sender
	it.message = rendered{sealed: sealed, text: text}
	if it.picker != nil {
		it.message.takes = it.picker.Taken()
	}
	it.values = nil // a chunk of them is much memory, and nobody asks any more
	it.touch.MessageID, it.touch.MessageHash, it.touch.MessageSize = m.MessageID, sealed.Hash, len(sealed.Bytes)
	it.touch.Subject = m.Subject
	return nil
}

// unprepared is the fate of a message that can't be built, for what it says or for whom it is.
func unprepared(b *batch, it *item, err error) *fate {
	var theirs *channels.RecipientError
	if errors.As(err, &theirs) {
		return missing(b, it, andante.ReasonNoAddress, theirs.Why)
	}
	return failed(andante.ReasonPrepare, err)
}

// look has a message wait for its owner's line, unless they have seen it as it is now.
func (r *run) look(ctx context.Context, b *batch, it *item) *fate {
	m, _, end := r.patiently(ctx, b, it, nil)
	if end != nil {
		return end
	}
	t := store.Task{Touch: it.touch.ID, Owner: it.doer, Opened: b.now, Mind: b.now, Title: cmp.Or(m.Subject, it.step.Title), Body: m.Text}
	if it.review != nil && it.review.Seen == t.Seen() {
		return nil
	}
	if _, err := r.channels[it.touch.Kind].Prepare(m); err != nil {
		return unprepared(b, it, err)
	}
	return reviewed(t, it.review)
}

// patiently makes the message with the line of a review. A machine that was put to sleep
// meanwhile is no fault of the text, so it has a second try.
func (r *run) patiently(ctx context.Context, b *batch, it *item, v *store.Review) (m andante.Message, text string, end *fate) {
	m, text, err := r.message(ctx, b, it, v)
	if errors.Is(err, context.DeadlineExceeded) {
		m, text, err = r.message(ctx, b, it, v)
	}
	if ctx.Err() != nil { // the process is asked to end
		return m, "", putOff(andante.ReasonReturned, b.now, andante.Evidence{})
	}
	if err != nil {
		return m, "", failed(andante.ReasonRender, err)
	}
	return m, text, nil
}

// message renders the words of a touch, with the line of a review if there is one.
func (r *run) message(ctx context.Context, b *batch, it *item, v *store.Review) (m andante.Message, kept string, err error) {
	q, s, ok := it.words(b.w)
	if !ok {
		return m, "", fmt.Errorf("step %s has no text", it.touch.Step)
	}
	id, ok := b.w.Config.Identity(it.touch.Sender)
	if !ok {
		return m, "", fmt.Errorf("sender %s is not known", it.touch.Sender)
	}
	tmpl, err := b.w.Text(q, s, it.contact.Persona, it.enrollment.Variant, b.w.Language(q, s, it.contact), it.touch.Kind)
	if err != nil {
		return m, "", err
	}
	link := r.link(ops.Token{Contact: it.contact.ID, Touch: it.touch.ID, Kind: it.touch.Kind, Address: it.touch.Address})
	if id, err = b.w.Named(ctx, id, it.values); err != nil {
		return m, "", err
	}
	it.values.PutPerson("sender", id.Person)
	if len(s.Topics) > 0 {
		it.picker = b.w.NewPicker(it.contact.Persona, it.had, b.now)
		it.values["nugget"] = it.picker.Values(s.Topics)
	}
	in := templates.Input{
		WayOut: r.wayOut(b.w, it, id, link),
		Values: it.values, Subject: it.thread.subject, Unsubscribe: link, Quote: it.thread.quote(s, it.quotes, id),
	}
	if v != nil {
		in.Line = v.Line
	}
	out, err := tmpl.Render(ctx, in)
	if err != nil {
		return m, "", err
	}
	r.followed(b, it, &out)
	m = compose(it, id, s, q, out, link, b.now.In(b.w.ZoneOf(id)))
	if m.Kind == andante.Email {
		m.Cc = b.w.Config.Copies(s, it.account.Owner, m.From.Address, m.To.Address)
	}
	if m.Kind == andante.Email {
		r.hear(b.w, id, &m)
	}
	m.Parts = append(out.Images, b.w.Attachments(s)...)
	if m.Kind.Mailed() {
		m.Post = b.w.Post(q, s, it.contact, it.account, id, out)
	}
	if it.thread.on {
		m.InReplyTo, m.References = it.thread.last.MessageID, it.thread.ids
	}
	if quotedLater(it.plan, it.touch.Step) {
		kept = out.Words
	}
	return m, kept, nil
}

func compose(it *item, id workspace.Identity, s *sequences.Step, q *sequences.Sequence, out templates.Rendered, link string, now time.Time) andante.Message {
	if it.touch.MessageID == "" {
		it.touch.MessageID = id.MessageID(it.touch.ID)
	}
	reply := s.ReplyTo
	if reply == "" {
		reply = q.ReplyTo
	}
	if reply == "" {
		reply = id.ReplyTo
	}
	from := id.Email
	if it.touch.Kind == andante.SMS {
		from = id.SMS // empty: the channel's own
	}
	return andante.Message{
		Touch: it.touch.ID, Kind: it.touch.Kind,
		From:    andante.Mailbox{Name: id.Name, Address: from},
		ReplyTo: andante.Mailbox{Address: reply},
		To:      andante.Mailbox{Name: it.contact.As(it.touch.Kind).Name(), Address: it.address},
		Subject: out.Subject, HTML: out.HTML, Text: out.Text,
		MessageID: it.touch.MessageID, Unsubscribe: link, Date: now,
	}
}

// hear has what comes back come to us: what mail systems answer, and what its reader does, unless
// the sender has a mailbox of their own or says where answers go.
func (r *run) hear(w *workspace.Workspace, id workspace.Identity, m *andante.Message) {
	domain := w.Config.Inbound.Domain
	box := func(b ops.Box) string { return r.ops.Keys.BoxAddress(b, string(m.Touch), domain) }
	if m.Unsubscribe != "" {
		m.LeaveTo = box(ops.BoxLeave)
	}
	if id.SMTP != nil || domain == "" {
		return
	}
	m.Bounces = box(ops.BoxBounce)
	if m.ReplyTo.Address == "" {
		m.ReplyTo = andante.Mailbox{Name: m.From.Name, Address: box(ops.BoxReply)}
	}
}

// wayOut is how a text message ends: the first to a number says how to get no more, and each
// of a sender who can't hear an answer has a link. A piece of post has a code to be typed.
func (r *run) wayOut(w *workspace.Workspace, it *item, id workspace.Identity, link string) templates.WayOut {
	switch {
	case it.touch.Kind.Mailed():
		return templates.WayOut{Post: workspace.PostWayOut(w.Config.PublicURL, r.ops.Keys.Code(it.touch.ID))}
	case it.touch.Kind != andante.SMS:
		return templates.WayOut{}
	case !w.Config.HearsTexts(id):
		return templates.WayOut{Link: link}
	}
	return templates.WayOut{Reply: !it.texted}
}

// thread is the conversation that a step with `thread: true` goes on.
type thread struct {
	on      bool
	last    andante.Touch // the last mail really sent in this enrollment
	ids     []string
	subject string
	sender  string
}

// threadOf finds the conversation. Without an earlier mail the step stands on its
// own, with its own subject.
func threadOf(s *sequences.Step, earlier []andante.Touch) thread {
	if !s.Thread {
		return thread{}
	}
	mails := keep(earlier, func(t andante.Touch) bool {
		return t.Kind == andante.Email && t.MessageID != "" && (t.State == andante.Sent || t.State == andante.Unknown)
	})
	if len(mails) == 0 {
		return thread{}
	}
	slices.SortFunc(mails, func(a, b andante.Touch) int { return a.Settled.Compare(b.Settled) })
	t := thread{on: true, last: mails[len(mails)-1]}
	// RFC 5322 section 3.6.4: the references of the mail that is answered, and that
	// mail itself. One that was no answer began a conversation of its own.
	for _, m := range slices.Backward(mails) {
		t.ids = append(t.ids, m.MessageID)
		if !strings.HasPrefix(m.Subject, answering) {
			break
		}
	}
	slices.Reverse(t.ids)
	t.sender = t.last.Sender
	t.subject = t.last.Subject
	if !strings.HasPrefix(t.subject, answering) {
		t.subject = answering + t.subject
	}
	return t
}

// answering begins the subject of a mail in a thread, and of no other.
const answering = "Re: "

func (t thread) quote(s *sequences.Step, quotes []store.Quote, id workspace.Identity) *templates.Quote {
	if !t.on || s.NoQuote {
		return nil
	}
	for _, q := range quotes {
		if q.Touch == t.last.ID {
			return &templates.Quote{From: id.Name, Date: t.last.Settled, Text: q.Text}
		}
	}
	return nil
}

// quotedLater tells whether a later step of the plan quotes this one.
func quotedLater(q *sequences.Sequence, step string) bool {
	i := q.Index(step)
	if i < 0 {
		return false
	}
	return slices.ContainsFunc(q.Steps[i+1:], func(s sequences.Step) bool { return s.Thread && !s.NoQuote })
}
