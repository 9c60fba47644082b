package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// A TaskDone is what somebody tells of a task.
type TaskDone struct {
	Result  andante.Result    // empty: it is done, and nothing more is to tell
	Answers map[string]string // what they said, by the path of a declared field, such as contact.need
	Minutes int
	Worth   int // 1 to 5; 0: nobody said
	Note    string
	By      string
	At      time.Time // when it took place; now if zero
	Next    time.Time // when they are to be called, or met, again: that is a task of its own; zero: nobody said
	Until   time.Time // of a reply that says not now: till when they are left alone
	Source  string    // where the answers come from; empty: whoever tells of it
	Refer   string    // of one that says wrong person: whom they named, such as Jo Park <jo@acme.example>
}

// ErrNoOutcome says that nobody told what came of a conversation.
var ErrNoOutcome = errors.New("a conversation needs an outcome")

// ErrTooEarly says that a task can't have been done then.
var ErrTooEarly = errors.New("that is before it could be done")

// DoneTask closes a task: its step is over, it counts from then on at the time at which
// it took place, and what they said is kept. A call that reached nobody gives its place
// in limits back. [andante.ErrNotFound] if there is no such touch.
func (o *Ops) DoneTask(ctx context.Context, id andante.TouchID, d TaskDone) (andante.Touch, error) {
	if d.At.IsZero() {
		d.At = o.now()
	}
	var t andante.Touch
	return t, o.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if d.Result == andante.WrongNumber {
			if err := lockNumberOf(ctx, tx, id); err != nil {
				return err
			}
		}
		if t, err = openTask(ctx, tx, id); err != nil {
			return err
		}
		if d.Result == "" && t.Kind != andante.Other { // what follows may hang on it, and nobody can say it later
			return ErrNoOutcome
		}
		if began, err := o.began(ctx, tx, t); err != nil || d.At.Before(began.Truncate(time.Minute)) { // people tell minutes
			return cmp.Or(err, fmt.Errorf("%w: %s, and it began on %s", ErrTooEarly, d.At.Format(time.RFC3339), began.Format(time.RFC3339)))
		}
		if err := d.checkReply(t, o.now()); err != nil {
			return err
		}
		if d.At.After(o.now().Add(time.Minute)) { // clocks differ
			return fmt.Errorf("%w: %s is to come", ErrNotYet, d.At.Format(time.RFC3339))
		}
		return o.doneTask(ctx, tx, &t, d)
	})
}

// ErrNotYet says that something is told of a time that has not come.
var ErrNotYet = errors.New("that can't have been done")

// lockNumberOf locks the account of a task, and those of whoever else something is open for at the
// same number.
func lockNumberOf(ctx context.Context, tx *store.Tx, id andante.TouchID) error {
	return Lock(ctx, tx, func() ([]andante.AccountID, error) {
		list, err := tx.Touches(ctx, []andante.TouchID{id})
		if err != nil {
			return nil, err
		}
		_, others, err := inHands(ctx, tx, nil, withoutEmpty(unique(list, func(t andante.Touch) andante.AddressHash { return t.Address })))
		return append(unique(others, accountOf), unique(list, accountOfTouch)...), err
	})
}

// ErrTaskOver says that a task is done, or that nobody need do it any more.
var ErrTaskOver = errors.New("it is over")

// ErrNoTask says that what is open is nothing that a person does.
var ErrNoTask = errors.New("that is no task")

// ErrReview says that a message waits for a line and a task was meant, or the other way round.
var ErrReview = errors.New("it is a message that waits for a line")

// openTask returns a task that is open, with its account locked.
func openTask(ctx context.Context, tx *store.Tx, id andante.TouchID) (andante.Touch, error) {
	t, err := waitingTask(ctx, tx, id)
	switch {
	case err != nil:
	case t.State == andante.Review:
		err = ErrReview
	case !t.Kind.ByHuman():
		err = fmt.Errorf("%w: it is a %s that waits to be printed or posted", ErrNoTask, t.Kind)
	}
	return t, err
}

// waitingTask returns a task that is open, or a message that waits for a line, with its
// account locked.
func waitingTask(ctx context.Context, tx *store.Tx, id andante.TouchID) (andante.Touch, error) {
	var list []andante.Touch
	err := Lock(ctx, tx, func() (accounts []andante.AccountID, err error) {
		list, err = tx.Touches(ctx, []andante.TouchID{id})
		return unique(list, accountOfTouch), err
	})
	switch {
	case err != nil:
		return andante.Touch{}, err
	case len(list) == 0:
		return andante.Touch{}, fmt.Errorf("task %s: %w", id, andante.ErrNotFound)
	case list[0].State != andante.Open && list[0].State != andante.Review:
		return andante.Touch{}, fmt.Errorf("task %s is %s, not open: %w", id, list[0].State, ErrTaskOver)
	}
	return list[0], nil
}

// SkipTask closes a task that nobody will do: it does not count, and the next step is planned.
// [andante.ErrNotFound] if there is no such touch.
func (o *Ops) SkipTask(ctx context.Context, id andante.TouchID, by, note string) (t andante.Touch, err error) {
	return t, o.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if t, err = waitingTask(ctx, tx, id); err != nil {
			return err
		}
		e := andante.Evidence{Scope: by, Detail: andante.CleanText(note)}
		if err := o.skipTask(ctx, tx, t, andante.ReasonPassedOver, e, ""); err != nil || t.Sequence != ReplyTask {
			return err
		}
		return o.Apply(ctx, tx, andante.Event{ // nothing is to be answered
			ID: andante.NewID[andante.EventID](o.now()), Contact: t.Contact, Account: t.Account, Touch: t.ID, Name: andante.EventHandled, At: o.now(), Detail: note,
		})
	})
}

// skipTask closes a task that nobody does, or a message that nobody looks at, of which the account is locked. With a kind
// its step comes once more, as that.
func (o *Ops) skipTask(ctx context.Context, tx *store.Tx, t andante.Touch, why andante.Reason, e andante.Evidence, as andante.Kind) error {
	if err := tx.RaiseVersion(ctx, []andante.AccountID{t.Account}); err != nil {
		return err
	}
	now, was := o.now(), t.State
	t.State, t.Reason, t.Settled, t.Counted, t.Evidence = andante.Skipped, why, now, time.Time{}, e
	done, err := o.Settle(ctx, tx, []Settled{{Change: store.Change{Touch: t, Was: was, StateOnly: true}, As: as}})
	if err != nil || !done[t.ID] { // what ended with another one is over
		return err
	}
	verdict := store.StoredVerdict{ID: andante.NewID[andante.VerdictID](now), Touch: t.ID, At: now, Verdict: andante.Verdict{
		Action: andante.Skip, Reason: why, Evidence: e,
	}}
	if err := tx.AddVerdicts(ctx, []store.StoredVerdict{verdict}); err != nil {
		return err
	}
	if err := errors.Join(tx.DropTasks(ctx, []andante.TouchID{t.ID}), tx.DropWaitingCards(ctx, []andante.TouchID{t.ID})); err != nil {
		return err
	}
	return o.freed(ctx, tx, []andante.AccountID{t.Account})
}

// SnoozeTask has a task wait until an instant: it stays open, and its owner hears nothing of
// it till then. [andante.ErrNotFound] if there is no such touch, [ErrNoUseThen] if its step is
// over by then.
func (o *Ops) SnoozeTask(ctx context.Context, id andante.TouchID, until time.Time) (t andante.Touch, err error) {
	return t, o.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if t, err = waitingTask(ctx, tx, id); err != nil {
			return err
		}
		w, err := o.Workspace(ctx, tx)
		if err != nil {
			return err
		}
		list, err := tx.Tasks(ctx, []andante.TouchID{id})
		if err != nil || len(list) == 0 {
			return err
		}
		m := &minding{Ops: o, tx: tx, w: w, touch: t, task: list[0]}
		if err := m.find(ctx); err != nil {
			return err
		}
		m.task.Snoozed = until
		if end := m.ends(); !end.IsZero() && !until.Before(end) {
			return fmt.Errorf("%w: the step is of use until %s (valid_for)", ErrNoUseThen, end.Format("Mon 2 Jan 2006 15:04 MST"))
		}
		return tx.SnoozeTask(ctx, id, until)
	})
}

// ErrNoUseThen says that a task would be passed over before its owner hears of it again.
var ErrNoUseThen = errors.New("it can't wait so long")

// maxLineOf is how long a line may be that somebody adds to a message, in bytes.
const maxLineOf = 2000

// ErrLongLine says that what somebody adds is no line any more.
var ErrLongLine = fmt.Errorf("a line has %d bytes at most", maxLineOf)

// AddLine lets a message go that waits for a line, with that line or, if it is empty, as it
// is. Everything else is asked anew before it goes. [andante.ErrNotFound] if there is no such
// touch, [ErrReview] if it is a task.
func (o *Ops) AddLine(ctx context.Context, id andante.TouchID, line, by string) (t andante.Touch, err error) {
	if line = strings.TrimSpace(line); len(line) > maxLineOf {
		return t, ErrLongLine
	}
	return t, o.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if t, err = waitingTask(ctx, tx, id); err != nil {
			return err
		}
		if t.State != andante.Review {
			return ErrReview
		}
		if err := tx.RaiseVersion(ctx, []andante.AccountID{t.Account}); err != nil {
			return err
		}
		shown, err := tx.Tasks(ctx, []andante.TouchID{id})
		if err != nil || len(shown) == 0 {
			return cmp.Or(err, andante.ErrNotFound)
		}
		now := o.now()
		r := store.Review{Touch: id, Enrollment: t.Enrollment, Person: by, At: now, Line: andante.CleanTextTo(line, maxLineOf), Seen: shown[0].Seen()}
		if err := tx.PutReview(ctx, r); err != nil {
			return err
		}
		t.State, t.Reason, t.Evidence, t.Due = andante.Planned, "", andante.Evidence{}, now
		if _, err := tx.Change(ctx, []store.Change{{Touch: t, Was: andante.Review, StateOnly: true}}); err != nil {
			return err
		}
		return tx.DropTasks(ctx, []andante.TouchID{id})
	})
}

// began returns when the sequence of a task was entered, or a task of none was given.
func (o *Ops) began(ctx context.Context, tx *store.Tx, t andante.Touch) (time.Time, error) {
	if t.Enrollment == "" {
		return andante.PlannedAt(string(t.ID)), nil
	}
	list, err := tx.Enrollments(ctx, []andante.EnrollmentID{t.Enrollment})
	if err != nil || len(list) == 0 {
		return time.Time{}, err
	}
	return list[0].Entered, nil
}

func (o *Ops) doneTask(ctx context.Context, tx *store.Tx, t *andante.Touch, d TaskDone) error {
	if err := tx.RaiseVersion(ctx, []andante.AccountID{t.Account}); err != nil {
		return err
	}
	t.State, t.Result, t.Counted, t.Settled = andante.Done, d.Result, d.At, d.At
	if _, err := o.Settle(ctx, tx, []Settled{{Change: store.Change{Touch: *t, Was: andante.Open, StateOnly: true}}}); err != nil {
		return err
	}
	if err := o.keepTalk(ctx, tx, *t, d); err != nil {
		return err
	}
	if err := tx.DropTasks(ctx, []andante.TouchID{t.ID}); err != nil {
		return err
	}
	if err := o.freed(ctx, tx, []andante.AccountID{t.Account}); err != nil {
		return err
	}
	if err := o.keepAnswers(ctx, tx, t.Contact, d); err != nil {
		return err
	}
	if err := o.barCalls(ctx, tx, *t, d); err != nil {
		return err
	}
	if err := o.again(ctx, tx, *t, d); err != nil {
		return err
	}
	told := d.events()
	if t.Sequence == ReplyTask {
		told[andante.EventHandled] = strings.TrimSpace(d.Note)
		if err := o.carryOut(ctx, tx, *t, d); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(told)) {
		err := o.Apply(ctx, tx, andante.Event{
			ID: andante.NewID[andante.EventID](d.At), Contact: t.Contact, Account: t.Account, Touch: t.ID, Name: name, At: d.At, Detail: told[name],
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// again gives whoever had a conversation a task for the next one, if they agreed on a day. It
// waits until then.
func (o *Ops) again(ctx context.Context, tx *store.Tx, t andante.Touch, d TaskDone) error {
	if d.Next.IsZero() || d.Result == andante.Refused || d.Result == andante.WrongNumber {
		return nil
	}
	kind := t.Kind
	if !kind.ByHuman() { // agreed on in a letter
		kind = andante.Other
	}
	contacts, err := tx.Contacts(ctx, []andante.ContactID{t.Contact})
	if err != nil || len(contacts) == 0 {
		return err
	}
	p := plain{of: "agreed", key: string(t.ID) + d.Next.Format(time.RFC3339), kind: kind, title: "As agreed: " + cmp.Or(t.Subject, t.Step, string(t.Kind)), body: d.Note, at: d.At, until: d.Next}
	return o.plainTask(ctx, tx, contacts[0], p)
}

// keepTalk notes what a task was worth, for the colleague who is said to have done it, else for
// whoever had it, whoever tells of it.
func (o *Ops) keepTalk(ctx context.Context, tx *store.Tx, t andante.Touch, d TaskDone) error {
	tasks, err := tx.Tasks(ctx, []andante.TouchID{t.ID})
	if err != nil {
		return err
	}
	w, err := o.Workspace(ctx, tx)
	if err != nil {
		return err
	}
	if _, ours := w.Config.Person(d.By); !ours {
		d.By = t.Sender
		if len(tasks) > 0 {
			d.By = tasks[0].Owner
		}
	}
	return o.keepConversation(ctx, tx, t, t.ID, d, false)
}

// barCalls keeps what a call has shown: that the number is somebody else's, or that they want
// no calls. The one bars the number for calls and texts, whoever has it, and the other the
// contact for calls.
func (o *Ops) barCalls(ctx context.Context, tx *store.Tx, t andante.Touch, d TaskDone) error {
	bar := andante.Suppression{Address: t.Address, Source: "task done by " + cmp.Or(d.By, "somebody"), At: d.At}
	var kinds []andante.Kind
	switch d.Result {
	case andante.WrongNumber:
		kinds, bar.Reason = []andante.Kind{andante.Call, andante.SMS}, andante.ReasonNumber
		if t.Address == "" { // nobody knows which number was dialled
			return nil
		}
	case andante.Refused:
		kinds, bar.Reason, bar.Contact = []andante.Kind{andante.Call}, andante.ReasonOptedOut, t.Contact
	default:
		return nil
	}
	if t.Kind != andante.Call {
		return nil
	}
	var list []andante.Suppression
	for _, k := range kinds {
		bar.ID, bar.Kind = andante.NewID[andante.SuppressionID](d.At), k
		list = append(list, bar)
	}
	if err := tx.AddSuppressions(ctx, list); err != nil {
		return err
	}
	var number []andante.AddressHash
	if d.Result == andante.WrongNumber {
		number = []andante.AddressHash{t.Address}
	}
	open, err := tx.OpenOf(ctx, []andante.ContactID{t.Contact}, number)
	if err != nil {
		return err
	}
	return o.withdrawBarred(ctx, tx, unique(open, func(t andante.Touch) andante.TouchID { return t.ID }))
}

// freed has what waits for a place looked at again: a task that is no longer open counts at
// another time, or not at all. Who shares an address in another account waits for its turn.
func (o *Ops) freed(ctx context.Context, tx *store.Tx, accounts []andante.AccountID) error {
	return tx.WakeIn(ctx, accounts, o.now(), append(slices.Clone(governor.OverLimit), andante.ReasonYielded)...)
}

// events are what a done task tells of its contact.
func (d *TaskDone) events() map[string]string {
	told := map[string]string{}
	switch said := strings.TrimSpace(d.Note); d.Result {
	case andante.MetThem:
		told[andante.EventMet] = said
	case andante.Connected:
		told[andante.EventTalked] = said
	}
	if len(d.Answers) > 0 {
		var list []string
		for _, path := range slices.Sorted(maps.Keys(d.Answers)) {
			list = append(list, path+": "+d.Answers[path])
		}
		told[andante.EventAnswered] = strings.Join(list, "; ")
	}
	return told
}

// keepAnswers writes what they said into the fields that it answers, and does what follows.
func (o *Ops) keepAnswers(ctx context.Context, tx *store.Tx, id andante.ContactID, d TaskDone) error {
	if len(d.Answers) == 0 {
		return nil
	}
	contacts, err := tx.Contacts(ctx, []andante.ContactID{id})
	if err != nil || len(contacts) == 0 {
		return err
	}
	accounts, err := tx.Accounts(ctx, []andante.AccountID{contacts[0].Account})
	if err != nil || len(accounts) == 0 {
		return err
	}
	w, err := o.Workspace(ctx, tx)
	if err != nil {
		return err
	}
	c, a := contacts[0], accounts[0]
	before := w.Values(c, a, andante.Enrollment{}, workspace.Identity{})
	c.Fields, a.Fields = maps.Clone(c.Fields), maps.Clone(a.Fields)
	for path, value := range d.Answers {
		setField(&c, &a, path, value)
	}
	after := w.Values(c, a, andante.Enrollment{}, workspace.Identity{})
	if err := o.learned(ctx, tx, c, before, after, slices.Sorted(maps.Keys(d.Answers)), cmp.Or(d.Source, "told by "+cmp.Or(d.By, "somebody")), d.At); err != nil {
		return err
	}
	if err := tx.PutAccounts(ctx, d.At, []andante.Account{a}); err != nil {
		return err
	}
	if err := o.putContacts(ctx, tx, []andante.Contact{c}); err != nil {
		return err
	}
	people := func() ([]andante.Contact, error) { return tx.ContactsOf(ctx, []andante.AccountID{a.ID}) }
	if contacts, err = people(); err != nil {
		return err
	}
	if _, _, err := o.classify(ctx, tx, contacts); err != nil {
		return err
	}
	if contacts, err = people(); err != nil { // as they are now
		return err
	}
	if _, err = o.changed(ctx, tx, contacts, nil); err != nil {
		return err
	}
	return o.handOverQualified(ctx, tx, w, slices.DeleteFunc(contacts, func(p andante.Contact) bool { return p.ID != id }))
}

// A plain task belongs to no sequence.
type plain struct {
	of, key     string       // what it follows, and which one, so that it is given once
	doer        string       // key of the person or department; empty: whose the account is
	sort        string       // of reply
	kind        andante.Kind // empty: other
	title, body string
	at          time.Time
	until       time.Time // till when it waits; zero: it is to be done now
	urgent      bool      // whoever gets it is told at once
	original    []byte    // the mail that it is about, as it came
	replyTo     string    // who wrote that
	subject     string    // and under which
}

// plainTask gives the owner of a contact's account, or who stands in, a plain task.
func (o *Ops) plainTask(ctx context.Context, tx *store.Tx, c andante.Contact, p plain) error {
	accounts, err := tx.Accounts(ctx, []andante.AccountID{c.Account})
	if err != nil || len(accounts) == 0 {
		return err
	}
	w, err := o.Workspace(ctx, tx)
	if err != nil {
		return err
	}
	seed, err := tx.Seed(ctx)
	if err != nil {
		return err
	}
	t := andante.Touch{
		ID: andante.DeriveID[andante.TouchID](seed, p.at, p.of, p.key), Contact: c.ID, Account: c.Account, Sequence: p.of, Step: p.sort,
		Kind: cmp.Or(p.kind, andante.Other), Purpose: andante.Relationship, Priority: andante.Normal, Sender: cmp.Or(p.doer, w.Config.DoerOf(accounts[0], "", o.now())),
		State: andante.Open, Due: p.at, FirstDue: p.at, Subject: p.title, Address: o.Keys.Hash(c.AddressFor(cmp.Or(p.kind, andante.Other))),
	}
	if p.urgent {
		t.Priority = andante.High
	}
	if err := tx.AddTouches(ctx, []andante.Touch{t}); err != nil {
		return err
	}
	err = tx.PutTasks(ctx, []store.Task{{Touch: t.ID, Owner: t.Sender, Opened: p.at, Snoozed: p.until, Mind: calendar.Later(p.at, p.until), Title: t.Subject, Body: p.body}})
	if err != nil || p.of != ReplyTask {
		return err
	}
	return o.tellOfReply(ctx, tx, w, t, p)
}
