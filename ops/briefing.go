package ops

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/internal/agenda"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// A Briefing is what somebody should know who does a task.
type Briefing struct {
	Task    andante.TouchID
	Kind    andante.Kind
	Opened  time.Time // in the zone of whose task it is
	Snoozed time.Time // until when they did not want to hear of it; zero: they never said
	Subject string    // what is to be done
	Name    string    // of the contact
	Account string
	Place   string // number, address or link
	Said    string // the step's text
	Known   []string
	Missing []string
	Story   []string // what happened last, the latest last
	Log     string   // address to which a copy of a mail is sent, so that it is noted
	Review  bool     // a message of which Said is the text, and that waits for a line
}

// Briefing gathers what is known of a task.
func (o *Ops) Briefing(ctx context.Context, tx *store.Tx, w *workspace.Workspace, t store.Task, x andante.Touch) (*Briefing, error) {
	people, err := tx.Contacts(ctx, []andante.ContactID{x.Contact})
	if err != nil || len(people) == 0 {
		return nil, cmp.Or(err, fmt.Errorf("contact %s: %w", x.Contact, andante.ErrNotFound))
	}
	accounts, err := tx.Accounts(ctx, []andante.AccountID{x.Account})
	if err != nil || len(accounts) == 0 {
		return nil, cmp.Or(err, fmt.Errorf("account %s: %w", x.Account, andante.ErrNotFound))
	}
	c, a, zone := people[0], accounts[0], w.WorkingHours(t.Owner).Zones[0]
	b := &Briefing{
		Task: t.Touch, Kind: x.Kind, Opened: t.Opened.In(zone), Snoozed: t.Snoozed, Subject: t.Title, Name: c.Name(), Account: a.Name, Said: t.Body,
		Place: w.PlaceOf(x.Kind, t.Owner, c, a), Review: x.State == andante.Review, Log: o.LogAddress(w.Config, c.ID),
	}
	b.Known, b.Missing = w.KnownOf(c, a)
	b.Story, err = story(ctx, tx, c.ID, zone)
	return b, err
}

// Draft is the briefing that a task of somebody's would have: with what is to be done and said,
// and of a contact of the store with what happened last.
func (o *Ops) Draft(ctx context.Context, w *workspace.Workspace, owner string, c andante.Contact, a andante.Account, b Briefing) (*Briefing, error) {
	zone := w.WorkingHours(owner).Zones[0]
	b.Opened, b.Name, b.Account, b.Place = o.now().In(zone), c.Name(), a.Name, w.PlaceOf(b.Kind, owner, c, a)
	b.Known, b.Missing = w.KnownOf(c, a)
	return &b, o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		b.Story, err = story(ctx, tx, c.ID, zone)
		return err
	})
}

// Agenda writes what is to be done for a person's calendar (RFC 5545).
func (b *Briefing) Agenda(w *workspace.Workspace, now time.Time, person string) string {
	return agendaOf(w, now, person, []*Briefing{b})
}

// mostStory is how much of what happened stands in a briefing.
const mostStory = 6

// story tells what went to a contact last, and what came back.
func story(ctx context.Context, tx *store.Tx, id andante.ContactID, zone *time.Location) ([]string, error) {
	type line struct {
		at   time.Time
		text string
	}
	var lines []line
	touches, err := tx.TouchesOfContact(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, t := range touches {
		if !t.State.Went() || t.State == andante.Open || t.Settled.IsZero() {
			continue
		}
		what := fmt.Sprintf("%s %s", t.Kind, cmp.Or(string(t.Result), string(t.State)))
		lines = append(lines, line{t.Settled, what + ": " + cmp.Or(t.Subject, t.Sequence+"/"+t.Step)})
	}
	events, err := tx.EventsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		lines = append(lines, line{e.At, "they: " + strings.TrimSpace(e.Name+" "+e.Detail)})
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	var list []string
	for _, l := range lines[max(0, len(lines)-mostStory):] {
		list = append(list, l.at.In(zone).Format("2 Jan 2006")+"  "+l.text)
	}
	return list, nil
}

// Title says in a line what is to be done.
func (b *Briefing) Title() string {
	who := b.Name
	if b.Account != "" && b.Account != b.Name {
		who += ", " + b.Account
	}
	if b.Review {
		return fmt.Sprintf("Your line for the %s to %s: %s", b.Kind, who, b.Subject)
	}
	if what := verbs[b.Kind]; what != "" {
		return fmt.Sprintf("%s %s: %s", what, who, b.Subject)
	}
	return fmt.Sprintf("%s: %s", b.Subject, who)
}

// verbs say what is done with whom.
var verbs = map[andante.Kind]string{andante.Call: "Call", andante.Visit: "Visit", andante.Video: "Video call with"}

// Text is the briefing as it stands in a mail.
func (b *Briefing) Text() string {
	var s strings.Builder
	say := func(title, text string) {
		if text != "" {
			fmt.Fprintf(&s, "%s\n%s\n\n", title, text)
		}
	}
	fmt.Fprintf(&s, "%s\n", b.Title())
	if b.Place != "" {
		fmt.Fprintf(&s, "%s\n", b.Place)
	}
	fmt.Fprintf(&s, "Since %s\n\n", b.Opened.Format("Mon 2 Jan 15:04"))
	said := "WHAT TO DO"
	if b.Review {
		said = "THE MESSAGE"
	}
	say(said, strings.TrimSpace(b.Said))
	say("KNOWN", strings.Join(b.Known, "\n"))
	say("TO FIND OUT", strings.Join(b.Missing, "\n"))
	say("WHAT WAS BEFORE", strings.Join(b.Story, "\n"))
	if b.Review {
		fmt.Fprintf(&s, "It goes with your line after the greeting: andante task edit %s --line \"...\"\nOr as it is: andante task edit %[1]s --as-is\n", b.Task)
		return s.String()
	}
	fmt.Fprintf(&s, "When it is done: andante task done %s%s\n", b.Task, outcomeFlag(b.Kind))
	if b.Log != "" {
		fmt.Fprintf(&s, "A mail that you write to them is noted if %s gets a blind copy.\n", b.Log)
	}
	return s.String()
}

// Answering is the briefing as it stands in a mail which is answered to whoever wrote: their words,
// and what is for us alone where mail programs look for a signature, for those leave it out of
// what they quote.
func (b *Briefing) Answering(to string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s\n\n-- \nWhat stands below is for you alone. ", strings.TrimSpace(b.Said))
	if to == "" {
		s.WriteString("Answer to the address in the mail that is attached, not to this one.\n\n")
	} else {
		fmt.Fprintf(&s, "Your answer to this mail goes to %s.\n\n", to)
	}
	who := b.Name
	if b.Account != "" && b.Account != b.Name {
		who += ", " + b.Account
	}
	fmt.Fprintf(&s, "From %s\n\n", cmp.Or(who, to))
	if len(b.Story) > 0 {
		fmt.Fprintf(&s, "WHAT WAS BEFORE\n%s\n\n", strings.Join(b.Story, "\n"))
	}
	fmt.Fprintf(&s, "When it is answered: andante task done %s\nIt may say what they want, too: --outcome interested, not_now, wrong_person, no or left.\n", b.Task)
	if b.Log != "" {
		fmt.Fprintf(&s, "Or give %s a blind copy of your answer, and it is noted by itself.\n", b.Log)
	}
	return s.String()
}

func outcomeFlag(k andante.Kind) string {
	if k == andante.Other {
		return ""
	}
	return " --outcome connected"
}

// How long things take, and how long before them somebody is reminded.
const (
	aCall     = 15 * time.Minute
	aMeeting  = time.Hour
	beforeAll = 10 * time.Minute
)

// agendaOf writes tasks for somebody's calendar, one after the other in their working hours.
func agendaOf(w *workspace.Workspace, now time.Time, person string, list []*Briefing) string {
	hours, at := w.WorkingHours(person), now.Truncate(time.Minute).Add(beforeAll+time.Minute) // so that the reminder is still to come
	var entries []agenda.Entry
	for _, b := range list {
		at = calendar.Later(at, b.Snoozed)
		if opens, _, ok := hours.Next(at); ok {
			at = opens
		}
		lasts := aMeeting
		if b.Kind == andante.Call || b.Kind == andante.Other {
			lasts = aCall
		}
		entries = append(entries, agenda.Entry{
			ID: string(b.Task), Summary: b.Title(), Description: b.Text(), Place: b.Place, At: at, Lasts: lasts, Remind: beforeAll,
		})
		at = at.Add(lasts)
	}
	return agenda.Write(now, entries)
}

// TaskAgenda writes an open task for its owner's calendar (RFC 5545). [andante.ErrNotFound] if
// there is no such task.
func (o *Ops) TaskAgenda(ctx context.Context, w *workspace.Workspace, id andante.TouchID) (text string, err error) {
	return text, o.Store.Read(ctx, func(tx *store.Tx) error {
		tasks, err := tx.Tasks(ctx, []andante.TouchID{id})
		if err != nil {
			return err
		}
		touches, err := tx.Touches(ctx, []andante.TouchID{id})
		if err != nil || len(tasks)*len(touches) == 0 {
			return cmp.Or(err, fmt.Errorf("task %s: %w", id, andante.ErrNotFound))
		}
		b, err := o.Briefing(ctx, tx, w, tasks[0], touches[0])
		if err == nil {
			text = agendaOf(w, o.now(), tasks[0].Owner, []*Briefing{b})
		}
		return err
	})
}
