package ops

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/store"
)

const mailConfig = config + `people: {nora: {name: Nora, email: nora@acme.example}}
tasks: {unowned: nora}
inbound: {domain: in.acme.example}
`

// mailWorld has contacts who each got the first mail of a sequence.
func mailWorld(t *testing.T, names ...string) *world {
	t.Helper()
	w := newWorld(t)
	w.files["andante.yaml"] = []byte(mailConfig)
	w.sequence("brief", "")
	w.publish()
	for _, name := range names {
		id := w.contact(name)
		w.enroll("brief", name)
		w.sendNext(id, "one")
	}
	return w
}

// mail writes one that answers a touch: fields of its header, an empty line, its text. $ID
// stands for the Message-ID of the touch.
func (w *world) mail(touch andante.TouchID, text string) Arrived {
	w.t.Helper()
	text = strings.NewReplacer("$ID", string(touch)+"@acme.example").Replace(text)
	told, err := w.TakeMail(w.t.Context(), []byte(text), inbound.Envelope{})
	if err != nil {
		w.t.Fatal(err)
	}
	return told
}

// dsn is a report of delivery about a touch.
func dsn(n int, status, diagnostic string) string {
	return fmt.Sprintf(`From: MAILER-DAEMON@mx%[1]d.example
Message-ID: <dsn%[1]d@mx%[1]d.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; who@domain%[1]d.example
Action: failed
Status: %[2]s
Diagnostic-Code: smtp; %[3]s
--b
Content-Type: text/rfc822-headers

Message-ID: <$ID>

--b--
`, n, status, diagnostic)
}

const answer = "From: Ana <ana@x.example>\nMessage-ID: <a1@x.example>\nIn-Reply-To: <$ID>\nSubject: Re: About one\n\nCould you call me on Thursday?\n"

// has wants events among those of a contact.
func (w *world) has(id andante.ContactID, events ...string) {
	w.t.Helper()
	got := w.events(id)
	for _, e := range events {
		if !slices.Contains(got, e) {
			w.t.Errorf("there is no event %s: %v", e, got)
		}
	}
}

func (w *world) tasksOf(owner string) (titles []string) {
	w.t.Helper()
	w.read(func(tx *store.Tx) error {
		list, err := tx.OpenTasks(w.t.Context(), owner, 100)
		for _, t := range list {
			titles = append(titles, t.Title)
		}
		return err
	})
	return titles
}

func TestReplyEndsTheSequenceOnce(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	told := w.mail(w.touch(ana, "one").ID, answer)
	if told.Class != inbound.Reply || told.Contact != ana || told.Before {
		t.Errorf("%+v", told)
	}
	w.same("the sequence is over", []string{"brief finished replied"}, w.enrollments(ana))
	w.same("somebody answers", []string{"Answer ana: Re: About one"}, w.tasksOf("nora"))
	if again := w.mail(w.touch(ana, "one").ID, answer); !again.Before {
		t.Errorf("the same mail: %+v", again)
	}
	w.same("once", []string{"Answer ana: Re: About one"}, w.tasksOf("nora"))
	if signals := w.find("ana").Signals; signals.Replied.IsZero() || !signals.Answered.IsZero() {
		t.Errorf("signals %+v", signals)
	}
	// Whoever answers, or says that nothing is to be answered, ends the silence.
	var task andante.TouchID
	w.read(func(tx *store.Tx) error {
		list, err := tx.OpenTasks(t.Context(), "nora", 1)
		task = list[0].Touch
		return err
	})
	w.clock.Jump(w.clock.Now().Add(time.Hour))
	if _, err := w.DoneTask(t.Context(), task, TaskDone{By: "nora"}); err != nil {
		t.Fatal(err)
	}
	w.has(ana, andante.EventHandled)
}

func TestReplyOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	told := w.mail(w.touch(ana, "one").ID, strings.ReplaceAll(answer, "Ana <ana@x.example>", "Ben <ben@x.example>"))
	if told.Contact != ana {
		t.Errorf("%+v", told)
	}
	w.same("the sequence is over", []string{"brief finished replied"}, w.enrollments(ana))
}

func TestMailFromNobodyIsHandedOn(t *testing.T) {
	t.Parallel()
	w := mailWorld(t)
	w.mail("", "From: Zoe <zoe@elsewhere.example>\nMessage-ID: <z@x>\nSubject: A question\n\nWhat does it cost?\n")
	list := w.due(w.clock.Now())
	if len(list) != 1 || list[0].Person != "nora" || !strings.Contains(list[0].Body, "What does it cost?") || !strings.Contains(list[0].Subject, "A question") {
		t.Errorf("%+v", list)
	}
}

func TestHardBounceGivesUpTheMailbox(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	told := w.mail(w.touch(ana, "one").ID, dsn(1, "5.1.1", "550 5.1.1 User unknown"))
	if told.Class != inbound.Bounce || told.Contact != ana {
		t.Errorf("%+v", told)
	}
	w.has(ana, andante.EventBounced, andante.EventUnreachable)
	w.same("the sequence is over", []string{"brief finished unreachable"}, w.enrollments(ana))
	if bars := w.bars(ana, "ana@x.example"); len(bars) != 1 || bars[0].Kind != andante.Email {
		t.Errorf("bars %+v", bars)
	}
}

// TestBounceNeedsProof: whoever writes in the name of a mail system names a mail of ours, or
// nothing is believed.
func TestBounceNeedsProof(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	report := strings.ReplaceAll(dsn(1, "5.1.1", "550 5.1.1 User unknown"), "who@domain1.example", "ana@x.example")
	w.mail(andante.NewID[andante.TouchID](w.clock.Now()), report)
	if told := w.mail("", strings.ReplaceAll(report, "dsn1", "dsn2")); told.Contact != "" {
		t.Errorf("%+v", told)
	}
	w.same("nothing ends", []string{"brief active"}, w.enrollments(ana))
}

// TestBounceAtItsAddress: the address in the envelope says which mail it was, even where the
// report does not.
func TestBounceAtItsAddress(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	to := w.Keys.BoxAddress(BoxBounce, string(w.touch(ana, "one").ID), "in.acme.example")
	told, err := w.TakeMail(t.Context(), []byte(dsn(1, "5.1.1", "550 5.1.1 User unknown")), inbound.Envelope{Null: true, To: []string{strings.ToUpper(to)}})
	if err != nil || told.Contact != ana {
		t.Errorf("%+v, %v", told, err)
	}
	w.has(ana, andante.EventBounced)
}

func TestSoftBouncesCountOverDays(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	full := func(n int) Arrived { return w.mail(w.touch(ana, "one").ID, dsn(n, "5.2.2", "552 5.2.2 Mailbox full")) }
	for n := range 6 {
		full(n) // of one day they are one
	}
	for n := range 2 {
		w.clock.Jump(w.clock.Now().AddDate(0, 0, 4))
		full(10 + n)
	}
	w.same("three days are not enough", []string{"brief active"}, w.enrollments(ana))
	w.clock.Jump(w.clock.Now().AddDate(0, 0, 4))
	full(20)
	w.same("the fourth is", []string{"brief finished unreachable"}, w.enrollments(ana))
}

// TestSignOfLifeForgetsSoftBounces: who answers has a mailbox.
func TestSignOfLifeForgetsSoftBounces(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	for n := range 6 {
		w.mail(w.touch(ana, "one").ID, dsn(n, "5.2.2", "552 5.2.2 Mailbox full"))
		w.clock.Jump(w.clock.Now().AddDate(0, 0, 3))
		if err := w.Record(t.Context(), andante.Event{Contact: ana, Name: andante.EventClicked}); err != nil {
			t.Fatal(err)
		}
		w.clock.Jump(w.clock.Now().Add(time.Hour))
	}
	w.same("nothing ends", []string{"brief active"}, w.enrollments(ana))
}

// TestRefusalsStopTheSender: never the contact.
func TestRefusalsStopTheSender(t *testing.T) {
	t.Parallel()
	w := mailWorld(t)
	for _, name := range []string{"ana", "ben", "cem"} {
		id := w.contact(name, "email="+name+"@"+name+".example")
		w.enroll("brief", name)
		w.sendNext(id, "one")
	}
	held := func() (n int) {
		w.read(func(tx *store.Tx) error {
			holds, err := tx.WideHolds(t.Context())
			n = len(holds)
			return err
		})
		return n
	}
	for n, name := range []string{"ana", "ben", "cem"} {
		if held() != 0 {
			t.Errorf("the sender stops after %d", n)
		}
		id := w.find(name).ID
		w.mail(w.touch(id, "one").ID, dsn(n, "5.7.1", "550 5.7.1 blocked using zen.spamhaus.org"))
		w.same(name+" loses nothing", []string{"brief active"}, w.enrollments(id))
		w.has(id, andante.EventRefused)
	}
	if held() != 1 {
		t.Error("the sender goes on")
	}
	if _, err := w.Release(t.Context(), andante.HoldSender, "news"); err != nil {
		t.Fatal(err)
	}
	w.clock.Jump(w.clock.Now().Add(time.Minute))
	w.mail(w.touch(w.find("ana").ID, "one").ID, dsn(9, "5.7.1", "550 5.7.1 blocked using zen.spamhaus.org"))
	if held() != 0 {
		t.Error("what was before the release counts again")
	}
}

func TestComplaintIsAnOptOut(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	w.mail(w.touch(ana, "one").ID, `From: fbl@provider.example
Message-ID: <f@provider.example>
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: x/1
Version: 1
--b
Content-Type: message/rfc822

Message-ID: <$ID>

--b--
`)
	w.has(ana, andante.EventComplained)
	w.same("no more advertising", []string{"brief finished opted_out"}, w.enrollments(ana))
	if bars := w.bars(ana, "ana@x.example"); len(bars) == 0 || bars[0].Reason != andante.ReasonComplained || bars[0].Kind != "" {
		t.Errorf("bars %+v", bars)
	}
}

func TestOptOutInWords(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	told := w.mail(w.touch(ana, "one").ID, strings.ReplaceAll(answer, "Could you call me on Thursday?", "Please remove me from your list."))
	if told.Class != inbound.OptOut {
		t.Errorf("%+v", told)
	}
	w.same("no more advertising", []string{"brief finished opted_out"}, w.enrollments(ana))
	if bars := w.bars(ana, "ana@x.example"); len(bars) == 0 || bars[0].Kind != "" {
		t.Errorf("bars %+v", bars)
	}
}

// TestMailToTheAddressForLeaving: whatever it says.
func TestMailToTheAddressForLeaving(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	to := w.Keys.BoxAddress(BoxLeave, string(w.touch(ana, "one").ID), "in.acme.example")
	told := w.mail("", "From: Ana <ana@x.example>\nTo: "+to+"\nMessage-ID: <l@x>\n\n")
	if told.Class != inbound.OptOut || told.Contact != ana {
		t.Errorf("%+v", told)
	}
	w.same("no more advertising", []string{"brief finished opted_out"}, w.enrollments(ana))
}

func TestAwayIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, says string
		want       string // until when
	}{
		{"a day is named", "I am out of the office until 16 January 2026.", "2026-01-18"},
		{"none is", "I am out of the office.", "2026-01-12"},
		{"one in years", "I am out of the office until 1 March 2027.", "2026-03-06"},
		{"one gone by", "I am out of the office until 2 January 2026.", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := mailWorld(t, "ana")
			ana := w.find("ana").ID
			away := func(n int, says string) {
				w.mail(w.touch(ana, "one").ID, fmt.Sprintf("From: Ana <ana@x.example>\nMessage-ID: <o%d@x.example>\nIn-Reply-To: <$ID>\nAuto-Submitted: auto-replied\nSubject: Automatic reply\nDate: Mon, 05 Jan 2026 09:00:00 +0000\n\n%s\n", n, says))
			}
			if test.want != "" { // what was said before does not count
				away(1, "I am out of the office until 20 February 2026.")
			}
			away(2, test.says)
			w.same("nothing ends", []string{"brief active"}, w.enrollments(ana))
			until := ""
			w.read(func(tx *store.Tx) error {
				holds, err := tx.NarrowHolds(t.Context(), []string{string(ana)})
				for _, h := range holds {
					until += h.Until.Format(time.DateOnly)
				}
				return err
			})
			if until != test.want {
				t.Errorf("until %q, want %q", until, test.want)
			}
		})
	}
}

func TestWhoHasLeft(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	w.mail(w.touch(ana, "one").ID, "From: Ana <ana@x.example>\nMessage-ID: <g@x.example>\nIn-Reply-To: <$ID>\nAuto-Submitted: auto-replied\nSubject: Automatic reply\n\nI no longer work at X. Please write to ben@x.example.\n")
	w.has(ana, andante.EventLeft, andante.EventUnreachable)
	w.same("everything ends", []string{"brief finished unreachable"}, w.enrollments(ana))
	w.same("somebody looks", []string{"Who came after ana?"}, w.tasksOf("nora"))
}

// TestMachinesEndNothing: an answer of a machine is no reply.
func TestMachinesEndNothing(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	w.mail(w.touch(ana, "one").ID, "From: Support <ana@x.example>\nMessage-ID: <t@x.example>\nIn-Reply-To: <$ID>\nAuto-Submitted: auto-replied\nSubject: [Ticket 17] We have received your request\n\nYour ticket has been created.\n")
	w.same("nothing ends", []string{"brief active"}, w.enrollments(ana))
	w.has(ana, andante.EventAutoReplied)
	w.same("nobody need answer", []string(nil), w.tasksOf("nora"))
}

// TestCopyOfWhatWeWrote: a blind copy, or an answer that one of us sends to all, is a touch, and
// answers what was open. From anybody else it is nothing.
func TestCopyOfWhatWeWrote(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]func(*world, andante.ContactID) string{
		"a blind copy": func(w *world, id andante.ContactID) string { return w.LogAddress(w.w.Config, id) },
		"an answer to all": func(w *world, id andante.ContactID) string {
			return w.Keys.BoxAddress(BoxReply, string(w.touch(id, "one").ID), "in.acme.example")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mailWorld(t, "ana")
			ana := w.find("ana").ID
			w.mail(w.touch(ana, "one").ID, answer)
			w.clock.Jump(w.clock.Now().Add(time.Hour))
			copied := func(from string) Arrived {
				return w.mail("", "From: "+from+"\nTo: ana@x.example\nDelivered-To: "+to(w, ana)+"\nMessage-ID: <c@"+from+">\nSubject: Thursday\n\nThursday at ten?\n")
			}
			if told := copied("Nora@acme.example"); told.Class != ClassCopy || told.Contact != ana {
				t.Errorf("%+v", told)
			}
			w.has(ana, andante.EventHandled)
			w.same("nothing is left to answer", []string(nil), w.tasksOf("nora"))
			logged := 0
			for _, touch := range w.touches(ana) {
				if strings.HasPrefix(touch, "logged/ sent") {
					logged++
				}
			}
			if logged != 1 {
				t.Errorf("it is logged %d times: %v", logged, w.touches(ana))
			}
			if replies := slices.DeleteFunc(w.events(ana), func(e string) bool { return e != andante.EventReplied }); len(replies) != 1 {
				t.Errorf("%d replies", len(replies))
			}
		})
	}
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	told := w.mail("", "From: somebody@elsewhere.example\nTo: "+w.LogAddress(w.w.Config, ana)+"\nMessage-ID: <x@y>\n\nHello.\n")
	if told.Class == ClassCopy || len(w.events(ana)) > 0 {
		t.Errorf("%+v, %v", told, w.events(ana))
	}
}

// TestOneReportForEachMail: whoever knows a mail of ours can tell of it as often as they like.
func TestOneReportForEachMail(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	for n := range 5 {
		w.mail(w.touch(ana, "one").ID, dsn(n, "5.7.1", "550 5.7.1 blocked using zen.spamhaus.org"))
	}
	for n := range 3 {
		w.mail(w.touch(ana, "one").ID, dsn(10+n, "5.1.1", "550 5.1.1 User unknown"))
	}
	w.read(func(tx *store.Tx) error {
		holds, err := tx.WideHolds(t.Context())
		if len(holds) > 0 {
			t.Errorf("the sender stops: %+v", holds)
		}
		return err
	})
	if n := len(slices.DeleteFunc(w.events(ana), func(e string) bool { return e != andante.EventBounced })); n != 1 || len(w.bars(ana, "ana@x.example")) != 1 {
		t.Errorf("%d bounces, bars %+v", n, w.bars(ana, "ana@x.example"))
	}
}

// TestCopyOfOursBounces: a dead mailbox of a colleague, who got a copy, is not the contact's.
func TestCopyOfOursBounces(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	w.mail(w.touch(ana, "one").ID, strings.ReplaceAll(dsn(1, "5.1.1", "550 5.1.1 User unknown"), "who@domain1.example", "nora@acme.example"))
	w.same("nothing ends", []string{"brief active"}, w.enrollments(ana))
}

// TestBounceOfAnOldAddress: who has another one by now goes on.
func TestBounceOfAnOldAddress(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	ana := w.find("ana").ID
	w.contact("ana", "email=ana.new@x.example")
	w.mail(w.touch(ana, "one").ID, strings.ReplaceAll(dsn(1, "5.1.1", "550 5.1.1 User unknown"), "who@domain1.example", "ana@x.example"))
	w.same("nothing ends", []string{"brief active"}, w.enrollments(ana))
	if bars := w.bars(ana, "ana.new@x.example"); slices.ContainsFunc(bars, func(s andante.Suppression) bool { return s.Address == w.Keys.Hash("ana.new@x.example") }) {
		t.Errorf("bars %+v", bars)
	}
}

// TestMachinesNeedProof: an automatic answer of somebody else, or about no mail of ours, ends nothing
// and holds nobody.
func TestMachinesNeedProof(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"somebody else's":       "From: Ben <ben@x.example>\nIn-Reply-To: <$ID>\n",
		"about no mail of ours": "From: Ana <ana@x.example>\n",
	} {
		for _, says := range []string{"I no longer work at X.", "I am out of the office until 16 February 2026."} {
			w := mailWorld(t, "ana")
			ana := w.find("ana").ID
			w.mail(w.touch(ana, "one").ID, text+"Message-ID: <m@x>\nAuto-Submitted: auto-replied\nSubject: Automatic reply\n\n"+says+"\n")
			w.same(name, []string{"brief active"}, w.enrollments(ana))
			w.read(func(tx *store.Tx) error {
				holds, err := tx.NarrowHolds(t.Context(), []string{string(ana)})
				if len(holds) > 0 {
					t.Errorf("%s: %q holds her", name, says)
				}
				return err
			})
		}
	}
}

// TestOptOutOfWhoeverWrites: also of who is nobody's contact yet.
func TestOptOutOfWhoeverWrites(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana")
	for n, id := range []andante.TouchID{w.touch(w.find("ana").ID, "one").ID, ""} {
		from := fmt.Sprintf("zoe%d@elsewhere.example", n)
		w.mail(id, "From: Zoe <"+from+">\nMessage-ID: <z"+from+">\nIn-Reply-To: <$ID>\nSubject: Re: it\n\nPlease remove me from your list.\n")
		if bars := w.bars("", from); len(bars) == 0 || bars[0].Kind != "" {
			t.Errorf("%s: bars %+v", from, bars)
		}
	}
}

// TestCopyToSeveral: a mail to two contacts, with both their addresses in Bcc, is logged for both.
func TestCopyToSeveral(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana", "ben")
	ana, ben := w.find("ana").ID, w.find("ben").ID
	raw := "From: nora@acme.example\nTo: ana@x.example, ben@x.example\nMessage-ID: <both@acme.example>\nSubject: Thursday\n\nAt ten?\n"
	e := inbound.Envelope{From: "nora@acme.example", To: []string{w.LogAddress(w.w.Config, ana), w.LogAddress(w.w.Config, ben)}}
	for range 2 {
		if _, err := w.TakeMail(t.Context(), []byte(raw), e); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []andante.ContactID{ana, ben} {
		if n := len(slices.DeleteFunc(w.touches(id), func(s string) bool { return !strings.HasPrefix(s, "logged/") })); n != 1 {
			t.Errorf("logged %d times: %v", n, w.touches(id))
		}
	}
}

// TestSentByHand: what a colleague wrote by hand is found in the folder of what they sent; it is
// logged as a touch, answers what was open, and counts once, by whichever way it comes.
func TestSentByHand(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ana", "ben")
	ana := w.find("ana").ID
	w.mail(w.touch(ana, "one").ID, answer)
	w.clock.Jump(w.clock.Now().Add(time.Hour))
	sent := func(id, to, more string) Arrived {
		t.Helper()
		raw := "From: Nora <nora@acme.example>\nTo: " + to + "\nMessage-ID: <" + id + ">\n" + more + "Subject: Re: About one\n\nThursday at ten?\n"
		told, err := w.TakeMail(t.Context(), []byte(raw), inbound.Envelope{Sent: true})
		if err != nil {
			t.Fatal(err)
		}
		return told
	}
	told := sent("s1@acme.example", "Ana <ana@x.example>, Carl <carl@elsewhere.example>", "")
	if told.Class != ClassCopy && !strings.Contains(told.Did, "nobody that is known") {
		t.Errorf("%+v", told)
	}
	w.has(ana, andante.EventHandled)
	w.same("nothing is to be answered", []string(nil), w.tasksOf("nora"))
	logged := 0
	count := func() int {
		logged = 0
		w.read(func(tx *store.Tx) error {
			list, err := tx.TouchesOfContact(t.Context(), ana)
			for _, x := range list {
				if x.Sequence == andante.Logged {
					logged++
				}
			}
			return err
		})
		return logged
	}
	w.same("one touch", 1, count())
	sent("s1@acme.example", "Ana <ana@x.example>", "")
	box := w.LogAddress(w.load().Config, ana)
	if _, err := w.TakeMail(t.Context(), []byte("From: nora@acme.example\nTo: ana@x.example\nMessage-ID: <s1@acme.example>\nSubject: Re: About one\n\nThursday at ten?\n"), inbound.Envelope{To: []string{box}}); err != nil {
		t.Fatal(err)
	}
	w.same("once, by both ways", 1, count())
	sent(string(w.touch(ana, "one").ID)+"@acme.example", "ana@x.example", "")
	sent("s2@acme.example", "ana@x.example", "Auto-Submitted: auto-generated\n")
	w.same("what a machine sent is none", 1, count())
	sent("s3@acme.example", "nora@acme.example, carl@elsewhere.example", "")
	w.same("what went to others is none", 1, count())
}
