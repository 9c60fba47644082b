package reports

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
)

// A Story is what happened to a contact, in order.
type Story struct {
	Contact andante.ContactID `json:"contact"`
	Name    string            `json:"name"`
	About   string            `json:"about"` // persona, stage, account, zone
	Zone    string            `json:"zone"`
	Lines   []Line            `json:"lines"`
}

// A Line is one thing that happened, or is to come.
type Line struct {
	At         time.Time            `json:"at"`
	Touch      andante.TouchID      `json:"touch,omitempty"`
	Enrollment andante.EnrollmentID `json:"enrollment,omitempty"`
	What       string               `json:"what"` // the touch or enrollment that it is about
	Text       string               `json:"text"`
	// Because lists the evidence in sentences.
	Because []string `json:"because,omitempty"`
	// Of a verdict: what it said and why, and what it rests on.
	Action   andante.Action    `json:"action,omitempty"`
	Reason   andante.Reason    `json:"reason,omitempty"`
	Until    time.Time         `json:"until,omitzero"`
	Again    int               `json:"again,omitempty"` // how often it said so again afterwards, of what is put off
	Evidence *andante.Evidence `json:"evidence,omitempty"`
}

// Why tells the story of a contact (by id, external id or address), a touch or an
// enrollment. [andante.ErrNotFound] if nothing has that name.
func (r *Reports) Why(ctx context.Context, name string) (*Story, error) {
	var s *Story
	err := r.Store.Read(ctx, func(tx *store.Tx) error {
		c, only, err := r.find(ctx, tx, name)
		if err != nil {
			return err
		}
		t := &teller{r: r, tx: tx, contact: c}
		s, err = t.tell(ctx, only)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("why %s: %w", name, err)
	}
	return s, nil
}

// FindContact returns the contact with an id, an external id or an address, or who had it before
// they became one with another; hash is that of addresses.
func FindContact(ctx context.Context, tx *store.Tx, hash func(string) andante.AddressHash, name string) (andante.Contact, error) {
	var list []andante.Contact
	var err error
	was := store.FormerID(name)
	switch {
	case andante.IsID(name):
		was = name
		list, err = tx.Contacts(ctx, []andante.ContactID{andante.ContactID(name)})
	case strings.Contains(name, "@"):
		was = string(hash(name))
		list, err = tx.ContactsByEmail(ctx, []string{andante.NormalizeEmail(name)})
	default:
		list, err = tx.ContactsByExternalID(ctx, []string{name})
	}
	if err == nil && len(list) == 0 {
		var now map[string]andante.ContactID
		if now, err = tx.Former(ctx, []string{was}); err == nil && now[was] != "" {
			list, err = tx.Contacts(ctx, []andante.ContactID{now[was]})
		}
	}
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("contact %s: %w", name, andante.ErrNotFound)
	}
	if err == nil && len(list) > 1 {
		err = fmt.Errorf("%d contacts share the address %s; name one by its id", len(list), name)
	}
	if err != nil {
		return andante.Contact{}, err
	}
	return list[0], nil
}

// find returns the contact that a name is about, and the touch or enrollment to
// which the story keeps, if one is named.
func (r *Reports) find(ctx context.Context, tx *store.Tx, name string) (c andante.Contact, only string, err error) {
	if id, _, ok := strings.Cut(strings.Trim(name, "<> "), "@"); ok && andante.IsID(id) {
		name = id // a Message-ID
	}
	c, err = FindContact(ctx, tx, r.hash, name)
	if err == nil || !andante.IsID(name) {
		return c, "", err
	}
	var contact andante.ContactID
	if touches, e := tx.Touches(ctx, []andante.TouchID{andante.TouchID(name)}); e == nil && len(touches) > 0 {
		contact = touches[0].Contact
	} else if list, e := tx.Enrollments(ctx, []andante.EnrollmentID{andante.EnrollmentID(name)}); e == nil && len(list) > 0 {
		contact = list[0].Contact
	}
	if contact == "" {
		return c, "", fmt.Errorf("no contact, touch or enrollment has the id %s: %w", name, andante.ErrNotFound)
	}
	c, err = FindContact(ctx, tx, r.hash, string(contact))
	return c, name, err
}

// teller gathers a story.
type teller struct {
	r       *Reports
	tx      *store.Tx
	contact andante.Contact
	account andante.Account
	zone    *time.Location
	touches map[andante.TouchID]andante.Touch
	batches map[andante.TouchID]string // of the pieces of post that are not posted yet; empty: not in one yet
	laidOut map[andante.TouchID]bool   // pieces that somebody had to post
	talks   map[andante.TouchID]andante.Conversation
	noted   map[note]bool            // what the conversations tell, so that their events need not
	spent   map[store.Lane]time.Time // throttles, until when
	lines   []Line
}

func (t *teller) tell(ctx context.Context, only string) (*Story, error) {
	accounts, err := t.tx.Accounts(ctx, []andante.AccountID{t.contact.Account})
	if err != nil {
		return nil, err
	}
	if len(accounts) > 0 {
		t.account = accounts[0]
	}
	facts := t.r.Workspace.Facts(t.contact, t.account)
	t.zone = facts.Zones[0]
	if err := t.history(ctx); err != nil {
		return nil, err
	}
	if only != "" {
		t.lines = slices.DeleteFunc(t.lines, func(l Line) bool {
			return string(l.Touch) != only && string(l.Enrollment) != only
		})
	}
	slices.SortStableFunc(t.lines, func(a, b Line) int { return a.At.Compare(b.At) })
	return &Story{
		Contact: t.contact.ID, Name: cmp.Or(t.contact.Name(), t.contact.ExternalID, t.contact.Email, string(t.contact.ID)), Zone: t.zone.String(), Lines: t.folded(),
		About: about(t.contact, t.account, t.zone.String(), facts.ZoneSource),
	}, nil
}

// folded returns the lines with those of a touch in one that put it off for the same reason
// time and again, as a hold without an end does every day.
func (t *teller) folded() []Line {
	lines := []Line{}
	last := map[andante.TouchID]int{} // the latest line about a touch
	for _, l := range t.lines {
		i, told := last[l.Touch]
		if told && l.Touch != "" && l.Action == andante.Defer && lines[i].Action == l.Action && lines[i].Reason == l.Reason && slices.Equal(lines[i].Because, l.Because) {
			lines[i].Until, lines[i].Evidence = l.Until, l.Evidence
			lines[i].Again++
			lines[i].Text = fmt.Sprintf("%s (looked at %d times)", l.Text, lines[i].Again+1)
			continue
		}
		last[l.Touch] = len(lines)
		lines = append(lines, l)
	}
	return lines
}

func about(c andante.Contact, a andante.Account, zone, source string) string {
	parts := []string{}
	for _, p := range []string{c.Persona, a.StageOf(c), a.Tier} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	who := strings.Join(parts, ", ")
	if a.Name != "" && a.Name != c.Name() {
		who = strings.TrimSpace(who + " at " + a.Name)
	}
	if andante.SharedMailbox(c.Email) {
		who += "; a mailbox of several people, so that mails greet nobody by name"
	}
	return strings.TrimPrefix(fmt.Sprintf("%s; zone %s (from the %s)", who, zone, source), "; ")
}

func (t *teller) history(ctx context.Context) error {
	ids := []andante.ContactID{t.contact.ID}
	enrollments, err := t.tx.EnrollmentsOf(ctx, ids)
	if err != nil {
		return err
	}
	touches, err := t.tx.TouchesOfContact(ctx, t.contact.ID)
	if err != nil {
		return err
	}
	throttles, err := t.tx.Throttles(ctx, t.r.Clock.Now())
	if err != nil {
		return err
	}
	t.spent = map[store.Lane]time.Time{}
	for _, w := range throttles {
		if w.Domain == "" {
			t.spent[w.Lane] = w.Next
		}
	}
	t.touches = map[andante.TouchID]andante.Touch{}
	var touchIDs []andante.TouchID
	for _, x := range touches {
		t.touches[x.ID] = x
		touchIDs = append(touchIDs, x.ID)
	}
	verdicts, err := t.tx.VerdictsOf(ctx, touchIDs)
	if err != nil {
		return err
	}
	if err := t.knowFillers(ctx, verdicts); err != nil {
		return err
	}
	cards, err := t.tx.Cards(ctx, touchIDs)
	if err != nil {
		return err
	}
	t.batches, t.laidOut = map[andante.TouchID]string{}, map[andante.TouchID]bool{}
	for _, c := range cards {
		t.batches[c.Touch] = c.Batch
	}
	if err := t.conversations(ctx); err != nil {
		return err
	}
	attempts, err := t.tx.AttemptsOf(ctx, touchIDs)
	if err != nil {
		return err
	}
	for _, e := range enrollments {
		t.entered(e)
	}
	// Of one instant what led to a thing comes before it.
	if err := t.around(ctx, ids); err != nil {
		return err
	}
	for _, a := range attempts {
		t.attempt(a)
	}
	for _, v := range verdicts {
		t.verdict(v)
	}
	for _, x := range touches {
		t.touch(x)
	}
	for _, e := range enrollments {
		t.finished(e)
	}
	return nil
}

// knowFillers reads the touches of other contacts that filled limits.
func (t *teller) knowFillers(ctx context.Context, verdicts []store.StoredVerdict) error {
	var others []andante.TouchID
	for _, v := range verdicts {
		ids := []andante.TouchID{v.Evidence.YieldedTo}
		for _, f := range v.Evidence.Filled {
			ids = append(ids, f.Touch)
		}
		for _, id := range ids {
			if first, _, _ := id.Following(); first != "" && t.touches[first].ID == "" {
				others = append(others, first)
			}
		}
	}
	list, err := t.tx.Touches(ctx, others)
	for _, x := range list {
		t.touches[x.ID] = x
	}
	return err
}

// around tells of events, suppressions and holds.
func (t *teller) around(ctx context.Context, ids []andante.ContactID) error {
	events, err := t.tx.EventsOf(ctx, t.contact.ID)
	if err != nil {
		return err
	}
	for _, e := range events {
		text := strings.ReplaceAll(e.Name, "_", " ")
		if e.Detail != "" && !t.noted[note{e.At, e.Detail}] {
			text += " (" + e.Detail + ")"
		}
		t.add(Line{At: e.At, Touch: e.Touch, What: "event", Text: text})
	}
	bars, err := t.tx.Suppressions(ctx, ids, t.r.hashes(t.contact))
	if err != nil {
		return err
	}
	slices.SortStableFunc(bars, func(a, b andante.Suppression) int { return strings.Compare(string(b.Contact), string(a.Contact)) }) // whom, before where
	told := map[string]bool{}
	for _, s := range bars {
		// By contact and by address, and one for each purpose: it is told once.
		key := fmt.Sprint(s.At, s.Kind, s.Purpose, s.Reason)
		if told[key] {
			continue
		}
		told[key] = true
		t.add(Line{At: s.At, What: "suppressed", Text: fmt.Sprintf("no %s from now on: %s", barred(s), s.Reason.Text()), Reason: s.Reason})
	}
	holds, err := t.tx.HoldHistory(ctx, []string{string(t.contact.ID), string(t.account.ID)})
	for _, h := range holds {
		t.add(Line{At: h.From, What: string(h.Scope), Text: HoldText(h, t.when)})
		if !h.Released.IsZero() {
			t.add(Line{At: h.Released, What: string(h.Scope), Text: fmt.Sprintf("the hold by %s is released", h.Author)})
		}
	}
	return err
}

// barred names what a suppression bars: touches, marketing by email ...
func barred(s andante.Suppression) string {
	what := cmp.Or(string(s.Purpose), "touch")
	if s.Kind != "" {
		what += " by " + string(s.Kind)
	}
	if s.Contact == "" { // by phone, say, they may still be reached
		what += " to this address"
	}
	return what
}

func (t *teller) add(l Line) {
	if l.Enrollment == "" {
		l.Enrollment = t.touches[l.Touch].Enrollment
	}
	t.lines = append(t.lines, l)
}

func (t *teller) when(at time.Time) string { return at.In(t.zone).Format("Mon 2 Jan 2006 15:04") }

func (t *teller) entered(e andante.Enrollment) {
	text := "enrolled"
	if e.Cause != "" && e.Cause != andante.CauseHand {
		text += " by " + e.Cause
	}
	if e.Variant != "" {
		text += ", variant " + e.Variant
	}
	if e.State == andante.EnrollmentActive && e.Reason != "" {
		text += "; now " + e.Reason.Text()
	}
	t.add(Line{At: e.Entered, Enrollment: e.ID, What: e.Sequence, Text: text})
}

func (t *teller) finished(e andante.Enrollment) {
	if e.State == andante.EnrollmentFinished {
		t.add(Line{At: e.Finished, Enrollment: e.ID, What: e.Sequence, Text: "finished: " + e.Reason.Text()})
	}
}

func name(x andante.Touch) string {
	if x.Step == "" {
		return x.Sequence
	}
	return x.Sequence + "/" + x.Step
}

func (t *teller) verdict(v store.StoredVerdict) {
	x := t.touches[v.Touch]
	l := Line{At: v.At, Touch: v.Touch, What: name(x), Action: v.Action, Reason: v.Reason, Until: v.Until, Evidence: &v.Evidence}
	led, enrolls := sequences.Action(v.Evidence.Rule).Enrolls()
	switch v.Action {
	case andante.Skip:
		l.Text = "not sent: " + v.Reason.Text()
		switch {
		case x.Kind != andante.Decide:
		case v.Reason == andante.ReasonDecided:
			l.Text = "decided: " + v.Evidence.Rule
		case enrolls:
			l.Text = "did not lead into " + led + ": " + v.Reason.Text()
		}
	case andante.Defer:
		l.Text = "put off until " + t.when(v.Until) + ": " + v.Reason.Text()
		if v.Until.IsZero() { // it waits for somebody, and nobody knows how long
			l.Text = "put off: " + v.Reason.Text()
		}
		if v.Evidence.SwitchedTo != "" {
			l.Text = "goes otherwise: " + v.Reason.Text()
		}
	case andante.Finish:
		l.Text = "not sent, and the sequence ends: " + v.Reason.Text()
	default:
		l.Text = "not sent: " + v.Reason.Text()
	}
	l.Because = t.because(v.Reason, v.Evidence)
	t.add(l)
}

// touch tells where a touch stands that is not over, or how it ended if no
// verdict or attempt says so.
func (t *teller) touch(x andante.Touch) {
	switch {
	case x.State == andante.Planned:
		l := Line{At: x.Due, Touch: x.ID, What: name(x), Text: "planned for " + t.when(x.Due)}
		if until, ok := t.spent[store.Lane{Kind: x.Kind, Sender: x.Sender}]; ok && !x.Due.After(t.r.Clock.Now()) {
			l.Text = "due, and waits until " + t.when(until) + " at least: " + andante.ReasonThrottled.Text()
			l.Because = []string{"the sender is " + x.Sender}
		}
		t.add(l)
	case x.State == andante.Leased || x.State == andante.Claimed:
		t.add(Line{At: x.Due, Touch: x.ID, What: name(x), Text: "due, and with a worker"})
	case x.State == andante.Open && x.Kind.Mailed():
		t.add(Line{At: x.Due, Touch: x.ID, What: name(x), Text: t.waitsForPost(x.ID)})
	case x.State == andante.Sent && x.Kind.Mailed() && t.laidOut[x.ID]:
		t.add(Line{At: x.Settled, Touch: x.ID, What: name(x), Text: "posted"})
	case x.State == andante.Done && x.Enrollment != "":
		t.add(t.talked(Line{At: x.Settled, Touch: x.ID, What: name(x), Text: strings.TrimSpace("done " + outcome(x.Result))}))
	case x.Sequence == andante.Logged:
		t.add(t.talked(Line{At: x.Settled, Touch: x.ID, What: string(x.Kind), Text: cmp.Or(outcome(x.Result), "to them")}))
	case x.State == andante.Canceled:
		t.add(Line{At: x.Settled, Touch: x.ID, What: name(x), Text: "canceled: " + x.Reason.Text()})
	case x.Enrollment == "" && x.State == andante.Open:
		t.add(Line{At: x.Due, Touch: x.ID, What: "task", Text: "opened: " + x.Subject})
	case x.Enrollment == "" && x.State == andante.Done:
		t.add(Line{At: x.Settled, Touch: x.ID, What: "task", Text: "done: " + x.Subject})
	case x.Enrollment == "":
		t.add(Line{At: x.Settled, Touch: x.ID, What: "before", Text: string(x.Kind) + " " + x.Subject})
	}
}

// HoldText says who holds what back, why, and until when.
func HoldText(h andante.Hold, when func(time.Time) string) string {
	text := fmt.Sprintf("on hold by %s: %s", h.Author, h.Reason)
	if h.Allow != "" {
		text += ", but for " + h.Allow
	}
	if !h.Until.IsZero() {
		text += ", until " + when(h.Until)
	}
	return text
}
