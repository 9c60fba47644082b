package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/internal/mailaddr"
	"github.com/andante-hq/andante/routing"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// ReplyTask is the sequence of tasks to answer what somebody wrote.
const ReplyTask = "reply"

// A Handing is who takes a reply, and why.
type Handing struct {
	routing.Route
	Department string // empty: the owner
	Known      bool   // it is known whom it is from
}

// handingOf says who takes a reply that answers a touch, if one is known.
func handingOf(ctx context.Context, tx *store.Tx, w *workspace.Workspace, m *inbound.Mail, text string, c andante.Contact, t andante.Touch, now time.Time) (h Handing, err error) {
	r := routing.Reply{Subject: m.Subject, Text: text, From: m.Sender.Address, Sequence: t.Sequence}
	if t.Subject != "" && strings.HasSuffix(strings.ToLower(m.Subject), strings.ToLower(t.Subject)) {
		r.Subject = "" // our own words
	}
	if c.ID != "" {
		if r.Holds, err = conditionsOf(ctx, tx, w, c, now); err != nil {
			return h, err
		}
	}
	if h.Route, err = w.Routing.Route(r); err != nil { // a condition that fails must not keep a reply from everybody
		h.Route, err = routing.Route{To: routing.Owner}, nil
	}
	h.Department, h.Known = w.DepartmentFor(h.To), c.ID != ""
	return h, err
}

// conditionsOf returns what tells whether conditions hold for a contact.
func conditionsOf(ctx context.Context, tx *store.Tx, w *workspace.Workspace, c andante.Contact, now time.Time) (func(string) (bool, error), error) {
	accounts, err := tx.Accounts(ctx, []andante.AccountID{c.Account})
	if err != nil || len(accounts) == 0 {
		return nil, err
	}
	past, err := pastOf(ctx, tx, []andante.ContactID{c.ID})
	v := w.Values(c, accounts[0], andante.Enrollment{}, workspace.Identity{})
	h := historyOf(w, past[c.ID], c, accounts[0], v, now)
	return func(src string) (bool, error) {
		cond, err := w.Condition(src)
		if err != nil {
			return false, err
		}
		return cond.Eval(v, h)
	}, err
}

// handOn gives a reply to whom it is for: as a task, and as a mail in which it lies as it came and
// that is answered to whoever wrote it.
func (a *arriving) handOn(ctx context.Context, title, body string) error {
	w, err := a.Workspace(ctx, a.tx)
	if err != nil {
		return err
	}
	h, err := handingOf(ctx, a.tx, w, a.mail, a.found.Text, a.contact, a.touch, a.at)
	if err != nil {
		return err
	}
	a.did("the owner is to answer %s", a.whom())
	if h.Department != "" {
		a.did("%s is to answer %s (%s: %s)", h.Department, a.whom(), h.To, h.Why())
		body = fmt.Sprintf("%s\n\n(For %s: %s.)", strings.TrimSpace(body), cmp.Or(w.Config.Departments[h.Department].Title, h.Department), h.Why())
	}
	p := plain{
		of: ReplyTask, key: string(a.event), sort: h.To, doer: h.Department, title: oneLine(title), body: andante.CleanTextTo(body, maxMailText), at: a.at, urgent: true,
		original: a.original(), replyTo: a.answerTo(), subject: oneLine(cmp.Or(a.mail.Subject, "no subject")),
	}
	return a.plainTask(ctx, a.tx, a.contact, p)
}

// maxOriginal is how large a mail may be that is handed on as it came, in bytes: encoded, and with
// what stands around it, mailboxes take it. Of a larger one its text alone is handed on.
const maxOriginal = 7 << 20

func (a *arriving) original() []byte {
	if len(a.raw) > maxOriginal {
		return nil
	}
	return a.raw
}

// answerTo is where whoever wrote wants the answer.
func (a *arriving) answerTo() string {
	list := append(a.mail.Header.Addresses("Reply-To"), a.mail.Sender)
	for _, to := range list {
		if ascii, err := mailaddr.ASCII(to.Address); err == nil { // others our own mail server may not take
			return ascii
		}
	}
	return ""
}

// tellOfReply tells whoever is to answer a reply, with the reply as it came.
func (o *Ops) tellOfReply(ctx context.Context, tx *store.Tx, w *workspace.Workspace, t andante.Touch, p plain) error {
	list, err := tx.Tasks(ctx, []andante.TouchID{t.ID})
	if err != nil || len(list) == 0 || list[0].Stage != taskGiven { // it came before
		return err
	}
	m := &minding{Ops: o, tx: tx, w: w, touch: t, task: list[0]}
	if err := m.tellWith(ctx, m.task.Owner, "given", "", store.Notice{Subject: p.subject, ReplyTo: p.replyTo, Original: p.original}); err != nil {
		return err
	}
	m.goOn()
	return tx.MindTask(ctx, m.task)
}

// TryRoute says where a mail would go, by a workspace that need not be published. from is whom it
// is from: the address in the mail, if it is empty.
func (o *Ops) TryRoute(ctx context.Context, w *workspace.Workspace, raw []byte, e inbound.Envelope) (found inbound.Finding, h Handing, err error) {
	m := inbound.Read(raw, e)
	found = inbound.Recognise(m, o.now())
	return found, h, o.Store.Read(ctx, func(tx *store.Tx) error {
		to := ""
		for _, box := range o.boxesOf(m) {
			to = box
		}
		a := &arriving{Ops: o, tx: tx, mail: m, found: found, to: to, at: o.now()}
		if err := a.identify(ctx); err != nil && !errors.Is(err, ErrNothingPublished) {
			return err
		}
		h, err = handingOf(ctx, tx, w, m, found.Text, a.contact, a.touch, a.at)
		return err
	})
}
