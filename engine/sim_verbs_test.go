package engine

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/store"
)

// simVerbs are the statements that do something. Those that look are in
// simExpectations.
var simVerbs = map[string]func(*simWorld, []string) error{
	"zone": (*simWorld).doZone, "at": (*simWorld).doAt, "off": (*simWorld).doOff, "publish": (*simWorld).doPublish,
	"contact": (*simWorld).doContact, "history": (*simWorld).doHistory, "enroll": (*simWorld).doEnroll, "stop": (*simWorld).doStop,
	"reply": (*simWorld).doReply, "press": (*simWorld).doPress, "answer": (*simWorld).doAnswer, "writes": (*simWorld).doWrites, "machine": (*simWorld).doMachine, "bounce": (*simWorld).doBounce, "event": (*simWorld).doEvent, "unsubscribe": (*simWorld).doUnsubscribe, "suppress": (*simWorld).doSuppress,
	"hold": (*simWorld).doHold, "choice": (*simWorld).doChoice, "adopt": (*simWorld).doAdopt, "fill": (*simWorld).doFill, "done": (*simWorld).doDone, "skip": (*simWorld).doSkip, "snooze": (*simWorld).doSnooze, "post": (*simWorld).doPost, "tasks": (*simWorld).doByHand, "line": (*simWorld).doLine, "release": (*simWorld).doRelease, "server": (*simWorld).doServer, "clock": (*simWorld).doClock, "expect": (*simWorld).doExpect,
}

func (w *simWorld) do(st statement) error {
	verb, ok := simVerbs[st.words[0]]
	if !ok {
		return fmt.Errorf("unknown statement %q; there are %v", st.words[0], slices.Sorted(keysOf(simVerbs)))
	}
	if w.loc == nil && st.words[0] != "zone" {
		w.loc, _ = calendar.LoadZone("America/New_York") // of base.txtar
	}
	if w.e == nil && st.words[0] != "zone" && st.words[0] != "at" {
		return errors.New("the story has not begun: write at TIME first")
	}
	return verb(w, st.words[1:])
}

func keysOf[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

func (w *simWorld) doZone(args []string) (err error) {
	w.loc, err = calendar.LoadZone(strings.Join(args, " "))
	return err
}

func (w *simWorld) doAt(args []string) error {
	s, err := parseSpan(args, w.loc)
	if err != nil {
		return err
	}
	if w.e == nil {
		return w.open(s.from)
	}
	if s.from.Before(w.clock.True()) {
		return fmt.Errorf("it is %s already", w.clock.True().In(w.loc).Format(simClock))
	}
	return w.runTo(s.from)
}

// doOff lets the calendar pass while the machine is off.
func (w *simWorld) doOff(args []string) error {
	if len(args) < 2 || args[0] != "until" {
		return errors.New("write off until TIME")
	}
	s, err := parseSpan(args[1:], w.loc)
	w.clock.Jump(s.from)
	return err
}

// doPublish lays the files of a folder of the story over its workspace.
func (w *simWorld) doPublish(args []string) error {
	if len(args) != 1 {
		return errors.New("write publish FOLDER")
	}
	found := false
	for name, body := range w.files {
		if name, ok := strings.CutPrefix(name, args[0]+"/"); ok {
			found = true
			if err := os.WriteFile(filepath.Join(w.dir, filepath.FromSlash(name)), body, 0o644); err != nil {
				return err
			}
		}
	}
	if !found {
		return fmt.Errorf("the story has no files under %s/", args[0])
	}
	return w.publish()
}

var simMany = regexp.MustCompile(`^(.*)\[(\d+)-(\d+)\]$`)

// names expands p[1-3] to p1 p2 p3.
func names(word string) []string {
	m := simMany.FindStringSubmatch(word)
	if m == nil {
		return []string{word}
	}
	from, _ := strconv.Atoi(m[2])
	to, _ := strconv.Atoi(m[3])
	var list []string
	for i := from; i <= to; i++ {
		list = append(list, m[1]+strconv.Itoa(i))
	}
	return list
}

// doContact takes contacts in: NAME key=value ...
func (w *simWorld) doContact(args []string) error {
	if len(args) == 0 {
		return errors.New("write contact NAME key=value ...")
	}
	var rows []ops.Row
	zone := w.loc
	for i, name := range names(args[0]) {
		r := ops.Row{Line: i + 1, ExternalID: name, Email: name + "@x.example", Fields: map[string]string{
			"contact.first_name": name, "contact.zone": w.loc.String(), "account.stage": "customer",
			"contact.street": "1 " + name + " Street", "contact.city": "Portland", "contact.region": "ME", "contact.postal_code": "04101",
		}}
		for _, a := range args[1:] {
			key, value, ok := strings.Cut(a, "=")
			if !ok {
				return fmt.Errorf("%q is not key=value", a)
			}
			switch {
			case key == "email":
				r.Email = value
			case key == "import":
				r.Import = andante.ImportID(value)
			case key == "account":
				r.Account = value
			case key == "consent":
				r.Consent = &andante.Consent{Basis: andante.Basis(value), Source: "story", At: w.clock.Now()}
			case key == "stage" || key == "tier" || key == "owner":
				r.Fields["account."+key] = value
			case strings.Contains(key, "."):
				r.Fields[key] = value
			default:
				r.Fields["contact."+key] = value
			}
		}
		if r.Fields["contact.zone"] == "none" { // nobody told us
			delete(r.Fields, "contact.zone")
			if !slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "postal_code=") }) {
				delete(r.Fields, "contact.postal_code")
			}
			rows = append(rows, r)
			continue
		}
		var err error
		if zone, err = calendar.LoadZone(r.Fields["contact.zone"]); err != nil {
			return err
		}
		if w.broken == standardTime {
			r.Fields["contact.zone"] = withoutSummer[zone.String()]
		}
		rows = append(rows, r)
	}
	taken, err := w.e.Ops.TakeIn(w.ctx, w.w, rows)
	if err != nil || len(taken.Refused) > 0 {
		return fmt.Errorf("%v %w", taken.Refused, err)
	}
	return w.e.Store.Read(w.ctx, func(tx *store.Tx) error {
		list, err := tx.ContactsByExternalID(w.ctx, names(args[0]))
		for _, c := range list {
			w.people[c.ExternalID], w.zones[c.ID] = c.ID, zone
		}
		return err
	})
}

// withoutSummer names a zone that shows the same time in winter and never changes.
var withoutSummer = map[string]string{
	"America/New_York": "America/Panama", "Europe/Berlin": "Africa/Algiers", "Australia/Lord_Howe": "Australia/Brisbane",
}

func (w *simWorld) who(name string) (andante.ContactID, error) {
	id, ok := w.people[name]
	if !ok {
		return "", fmt.Errorf("there is no contact %s", name)
	}
	return id, nil
}

// doHistory takes a file of past touches in.
func (w *simWorld) doHistory(args []string) error {
	f, err := os.Open(filepath.Join(w.dir, args[0]))
	if err != nil {
		return err
	}
	defer f.Close()
	im := contacts.Importer{Ops: w.e.Ops, Workspace: w.w}
	rep, err := im.History(w.ctx, f, io.Discard, contacts.Options{})
	if err == nil && rep.Rejected > 0 {
		err = fmt.Errorf("rejected: %v", rep.Reasons)
	}
	return err
}

// doEnroll enrolls: SEQUENCE [NAME ...] [per-day N] [refused REASON]. Without
// "refused" everybody named must get in.
func (w *simWorld) doEnroll(args []string) error {
	if len(args) == 0 {
		return errors.New("write enroll SEQUENCE NAME ...")
	}
	r := ops.EnrollRequest{Sequence: args[0]}
	var ids []string
	var refused andante.Reason
	for rest := args[1:]; len(rest) > 0; rest = rest[1:] {
		switch word := rest[0]; {
		case word == "per-day" && len(rest) > 1:
			r.PerDay, _ = strconv.Atoi(rest[1])
			rest = rest[1:]
		case word == "refused" && len(rest) > 1:
			refused, rest = andante.Reason(rest[1]), rest[1:]
		default:
			for _, n := range names(word) {
				id, err := w.who(n)
				if err != nil {
					return err
				}
				ids = append(ids, strconv.Quote(string(id)))
			}
		}
	}
	if len(ids) > 0 {
		r.Where = "contact.id in [" + strings.Join(ids, ", ") + "]"
	}
	rep, err := w.e.Ops.Enroll(w.ctx, r)
	switch {
	case err != nil:
		return err
	case refused == "" && rep.Entered != rep.Matched:
		return fmt.Errorf("%d of %d entered; refused: %v", rep.Entered, rep.Matched, rep.Refused)
	case refused != "" && rep.Refused[refused] != rep.Matched:
		return fmt.Errorf("%d of %d entered; refused: %v", rep.Entered, rep.Matched, rep.Refused)
	}
	return nil
}

func (w *simWorld) doStop(args []string) error {
	if len(args) != 2 {
		return errors.New("write stop SEQUENCE NAME")
	}
	id, err := w.who(args[1])
	if err != nil {
		return err
	}
	n, err := w.e.Ops.Stop(w.ctx, ops.StopRequest{Sequence: args[0], Contact: id})
	if err == nil && n != 1 {
		err = fmt.Errorf("%d enrollments ended", n)
	}
	return err
}

// doAdopt: FROM TO [SEQUENCE]. Somebody takes over another one's accounts.
func (w *simWorld) doAdopt(args []string) error {
	if len(args) < 2 || len(args) > 3 {
		return errors.New("write adopt FROM TO [SEQUENCE]")
	}
	got, err := w.e.Ops.Adopt(w.ctx, ops.AdoptRequest{From: args[0], To: args[1]})
	if err != nil || len(args) == 2 {
		return err
	}
	var turns []ops.Turn
	for _, id := range got.Accounts {
		turns = append(turns, ops.Turn{Account: id, Owner: args[1], Sequence: args[2]})
	}
	_, err = w.e.Ops.Fill(w.ctx, turns, andante.CauseAdopted, false)
	return err
}

// cadence is how the accounts stand.
func (w *simWorld) cadence() (*reports.Cadence, error) {
	r := reports.Reports{Store: w.e.Store, Clock: w.clock, Workspace: w.w}
	return r.Cadence(w.ctx, reports.CadenceQuery{})
}

// doFill enrolls those who are behind their cadence.
func (w *simWorld) doFill(args []string) error {
	if len(args) > 0 {
		return errors.New("write fill")
	}
	c, err := w.cadence()
	if err != nil {
		return err
	}
	var turns []ops.Turn
	for i := range c.Accounts {
		if a := &c.Accounts[i]; a.Behind() {
			turns = append(turns, ops.Turn{Account: a.Account, Owner: a.Owner, Sequence: a.FillWith, By: a.DueBy})
		}
	}
	_, err = w.e.Ops.Fill(w.ctx, turns, andante.CauseCadence, false)
	return err
}

func (w *simWorld) doReply(args []string) error {
	if len(args) != 1 {
		return errors.New("write reply NAME")
	}
	return w.doEvent([]string{args[0], andante.EventReplied})
}

// doEvent records that something happened to a contact.
func (w *simWorld) doEvent(args []string) error {
	if len(args) != 2 {
		return errors.New("write event NAME EVENT")
	}
	id, err := w.who(args[0])
	if err != nil {
		return err
	}
	now := w.clock.Now()
	e := andante.Event{ID: andante.NewID[andante.EventID](now), Contact: id, Name: args[1], At: now}
	if m := w.lastTo(id); m != nil {
		e.Touch, e.Account = m.touch.ID, m.touch.Account
	}
	return w.e.Ops.Record(w.ctx, e)
}

// had returns the last mail of a contact.
func (w *simWorld) had(name string) (*arrival, error) {
	id, err := w.who(name)
	if err != nil {
		return nil, err
	}
	m := w.lastTo(id)
	if m == nil {
		return nil, fmt.Errorf("%s has had no mail", name)
	}
	return m, nil
}

// doWrites has a contact answer the last mail, in words.
func (w *simWorld) doWrites(args []string) error { return w.answer(args, "") }

// doMachine has the contact's mail program answer.
func (w *simWorld) doMachine(args []string) error {
	return w.answer(args, "Auto-Submitted: auto-replied\n")
}

// doAnswer has a contact send the answer of a link of the last mail: NAME FIELD=VALUE.
func (w *simWorld) doAnswer(args []string) error {
	if len(args) != 2 {
		return errors.New("write answer NAME FIELD=VALUE")
	}
	m, err := w.had(args[0])
	if err != nil {
		return err
	}
	text := inbound.Read(m.Raw, inbound.Envelope{}).Plain
	for _, found := range answerLink.FindAllStringSubmatch(text, -1) {
		if l, err := w.e.Ops.Keys.ReadLink(ops.AnswerPage, found[1]); err == nil && l.Says == args[1] {
			return w.e.Ops.Answer(w.ctx, l)
		}
	}
	return fmt.Errorf("the last mail has no link for %s:\n%s", args[1], text)
}

var answerLink = regexp.MustCompile(`https://mail\.acme\.example/a/([A-Za-z0-9_-]+)`)

func (w *simWorld) answer(args []string, fields string) error {
	if len(args) < 2 {
		return errors.New("write NAME and what the answer says")
	}
	return w.comesIn(args[0], "From: "+args[0]+"@x.example\nSubject: Re: it\n"+fields, strings.Join(args[1:], " "))
}

// doBounce has a mail system say that the last mail did not arrive.
func (w *simWorld) doBounce(args []string) error {
	if len(args) < 2 {
		return errors.New("write bounce NAME and what the mail system says")
	}
	return w.comesIn(args[0], "From: MAILER-DAEMON@x.example\nReturn-Path: <>\nSubject: Undelivered Mail Returned to Sender\n", "Your message could not be delivered:\n\n<"+args[0]+"@x.example>: "+strings.Join(args[1:], " "))
}

// comesIn takes in a mail about the last one that a contact had.
func (w *simWorld) comesIn(name, fields, text string) error {
	m, err := w.had(name)
	if err != nil {
		return err
	}
	w.came++
	raw := fmt.Sprintf("Message-ID: <%d@x.example>\nDate: %s\nIn-Reply-To: %s\n%s\n%s\n", w.came, w.clock.Now().Format(time.RFC1123Z), m.header.Get("Message-ID"), fields, text)
	_, err = w.e.Ops.TakeMail(w.ctx, []byte(raw), inbound.Envelope{})
	return err
}

func (w *simWorld) lastTo(id andante.ContactID) *arrival {
	for _, m := range slices.Backward(w.mails) {
		if m.touch.Contact == id {
			return m
		}
	}
	return nil
}

// doUnsubscribe does what a mailbox provider does with the last mail of a
// contact: it posts to the address in its List-Unsubscribe (RFC 8058).
func (w *simWorld) doUnsubscribe(args []string) error {
	if len(args) != 1 {
		return errors.New("write unsubscribe NAME")
	}
	return w.post(args[0], url.Values{"List-Unsubscribe": {"One-Click"}})
}

// doPress presses a button of the page behind the link of the last mail.
func (w *simWorld) doPress(args []string) error {
	if len(args) != 2 {
		return errors.New("write press NAME BUTTON, such as less=month")
	}
	form, err := url.ParseQuery(args[1])
	if err != nil {
		return err
	}
	return w.post(args[0], form)
}

// post sends a form to the link in the last mail of a contact.
func (w *simWorld) post(name string, form url.Values) error {
	m, err := w.had(name)
	if err != nil {
		return err
	}
	link, _, _ := strings.Cut(m.header.Get("List-Unsubscribe"), ",")
	r := httptest.NewRequest(http.MethodPost, strings.Trim(link, "<>"), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := httptest.NewRecorder()
	w.e.handler(&w.queue).ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		return fmt.Errorf("the link answers %d: %s", answer.Code, answer.Body)
	}
	return nil
}

func (w *simWorld) doSuppress(args []string) error {
	_, err := w.e.Ops.Suppress(w.ctx, args, "story")
	return err
}

// holdOf reads contact NAME, account NAME, sequence NAME, sender NAME or
// everything, and returns what follows.
func (w *simWorld) holdOf(args []string) (scope andante.HoldScope, key string, rest []string, err error) {
	if len(args) > 0 && args[0] == "everything" {
		return andante.HoldEverything, "", args[1:], nil
	}
	if len(args) < 2 {
		return "", "", nil, errors.New("write contact NAME, account NAME, sequence NAME, sender NAME or everything")
	}
	scope, key, rest = andante.HoldScope(args[0]), args[1], args[2:]
	switch scope {
	case andante.HoldContact:
		id, err := w.who(key)
		return scope, string(id), rest, err
	case andante.HoldAccount:
		err = w.e.Store.Read(w.ctx, func(tx *store.Tx) error {
			list, err := tx.AccountsByKey(w.ctx, []string{key})
			if err != nil || len(list) == 0 {
				return fmt.Errorf("there is no account %s: %w", key, err)
			}
			key = string(list[0].ID)
			return nil
		})
		return scope, key, rest, err
	case andante.HoldSequence, andante.HoldSender, andante.HoldImport:
		return scope, key, rest, nil
	}
	return "", "", nil, fmt.Errorf("nothing is held by %s", args[0])
}

// doHold holds: SCOPE KEY [until TIME] [drop-stale] [then task: TEXT] [allow 1 per 90d].
func (w *simWorld) doHold(args []string) error {
	scope, key, rest, err := w.holdOf(args)
	if err != nil {
		return err
	}
	h := andante.Hold{Scope: scope, Key: key, Author: "story", Reason: "story"}
	if i := slices.Index(rest, "allow"); i >= 0 && i+1 < len(rest) {
		h.Allow, rest = strings.Join(rest[i+1:], " "), rest[:i]
	}
	if i := slices.Index(rest, "then"); i >= 0 && i+1 < len(rest) {
		h.Then, rest = strings.Join(rest[i+1:], " "), rest[:i]
	}
	if i := slices.Index(rest, "drop-stale"); i >= 0 {
		h.DropStale, rest = true, rest[:i]
	}
	if len(rest) > 0 && rest[0] == "until" {
		s, err := parseSpan(rest[1:], w.loc)
		if err != nil {
			return err
		}
		h.Until, rest = s.from, nil
	}
	if len(rest) > 0 {
		return fmt.Errorf("what is %q", rest)
	}
	_, err = w.e.Ops.Hold(w.ctx, h)
	return err
}

// doDone does a task: SEQUENCE/STEP NAME [RESULT] [FIELD=VALUE ...].
func (w *simWorld) doDone(args []string) error {
	step, id, rest, err := w.subject(args)
	if err != nil {
		return err
	}
	d := ops.TaskDone{By: "story", Answers: map[string]string{}}
	for _, word := range rest {
		if path, value, ok := strings.Cut(word, "="); ok {
			d.Answers[path] = value
		} else {
			d.Result = andante.Result(word)
		}
	}
	list, _, _, err := w.touches(step, id)
	if err != nil {
		return err
	}
	_, err = w.e.Ops.DoneTask(w.ctx, list[0].ID, d)
	return err
}

// doSkip closes a task that nobody will do: SEQUENCE/STEP NAME.
func (w *simWorld) doSkip(args []string) error {
	step, id, _, err := w.subject(args)
	if err != nil {
		return err
	}
	list, _, _, err := w.touches(step, id)
	if err == nil {
		_, err = w.e.Ops.SkipTask(w.ctx, list[0].ID, "story", "")
	}
	return err
}

// doPost posts what is printed: `post by hand` has it wait from now on, `post` posts what waits.
func (w *simWorld) doPost(args []string) error {
	switch {
	case len(args) == 0:
		_, err := w.e.postAll(w.ctx, w.clock.Now())
		return err
	case strings.Join(args, " ") == "by hand":
		w.byHand = true
		return nil
	}
	return errors.New("write post, or post by hand")
}

// doLine adds the owner's line to a message that waits for it: SEQUENCE/STEP NAME [WORDS ...].
func (w *simWorld) doLine(args []string) error {
	step, id, rest, err := w.subject(args)
	if err != nil {
		return err
	}
	list, _, _, err := w.touches(step, id)
	if err == nil {
		_, err = w.e.Ops.AddLine(w.ctx, list[0].ID, strings.Join(rest, " "), "story")
	}
	return err
}

// doByHand has tasks wait until the story does them: `tasks by hand`. From then on each notice
// must be expected.
func (w *simWorld) doByHand(args []string) error {
	if strings.Join(args, " ") != "by hand" {
		return errors.New("write tasks by hand")
	}
	w.undone = true
	return nil
}

// doChoice takes down what a contact chose: NAME [N per PERIOD] [only KIND ...] [not TOPIC ...]
// [pause TIME], or NAME none.
func (w *simWorld) doChoice(args []string) error {
	if len(args) < 2 {
		return errors.New("write choice NAME 1 per 30d, only KIND ..., not TOPIC ... or pause TIME")
	}
	id, err := w.who(args[0])
	if err != nil {
		return err
	}
	c := andante.Choice{Source: "story"}
	switch rest := args[2:]; args[1] {
	case "none":
	case "only":
		for _, k := range rest {
			c.Only = append(c.Only, andante.Kind(k))
		}
	case "not":
		c.Not = rest
	case "pause":
		s, err := parseSpan(rest, w.loc)
		if err != nil {
			return err
		}
		c.Pause = s.from
	default:
		most, per, err := governor.ParseRate(strings.Join(args[1:], " "))
		if err != nil {
			return err
		}
		c.Max, c.Per = most, per.Written
	}
	return w.e.Ops.Choose(w.ctx, id, c)
}

func (w *simWorld) doRelease(args []string) error {
	scope, key, _, err := w.holdOf(args)
	if err != nil {
		return err
	}
	n, err := w.e.Ops.Release(w.ctx, scope, key)
	if err == nil && n == 0 {
		err = errors.New("nothing was held")
	}
	return err
}

// doSnooze: SEQUENCE/STEP NAME TIME. The owner wants to hear of the task again then.
func (w *simWorld) doSnooze(args []string) error {
	step, id, rest, err := w.subject(args)
	if err != nil {
		return err
	}
	until, err := parseSpan(rest, w.loc)
	if err != nil {
		return err
	}
	list, _, _, err := w.touches(step, id)
	if err == nil {
		_, err = w.e.Ops.SnoozeTask(w.ctx, list[0].ID, until.from)
	}
	return err
}
