package ops

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

const routeConfig = mailConfig + `departments:
  service: {title: Orders, email: service@acme.example, answers: [order], within: 2h, manager: nora}
`

// routeWorld has a department beside the owner.
func routeWorld(t *testing.T, names ...string) *world {
	t.Helper()
	w := mailWorld(t, names...)
	w.files["andante.yaml"] = []byte(routeConfig)
	w.publish()
	return w
}

const orderReply = "From: Ann <ann@x.example>\nReply-To: desk@x.example\nMessage-ID: <a1@x>\nIn-Reply-To: <$ID>\nSubject: Re: About one\n\nWhere is my order? It was never delivered.\n"

// openTasks are all that are open, the oldest first.
func (w *world) openTasks() (list []store.Task) {
	w.t.Helper()
	w.read(func(tx *store.Tx) (err error) {
		list, err = tx.OpenTasks(w.t.Context(), "", 100)
		return err
	})
	return list
}

// theLast is the enrollment of a contact that was entered last.
func (w *world) theLast(id andante.ContactID) (x andante.Enrollment) {
	w.t.Helper()
	w.read(func(tx *store.Tx) error {
		list, err := tx.EnrollmentsOf(w.t.Context(), []andante.ContactID{id})
		x = list[len(list)-1]
		return err
	})
	return x
}

// notices are those that are written, to whom they go.
func (w *world) noticesTo(person string) (list []store.Notice) {
	for _, n := range w.due(w.clock.Now().Add(1000 * time.Hour)) {
		if n.Person == person {
			list = append(list, n)
		}
	}
	return list
}

// TestReplyToADepartment: it gets the mail as it came, answers go to whoever wrote it, and the owner
// has nothing to do.
func TestReplyToADepartment(t *testing.T) {
	t.Parallel()
	w := routeWorld(t, "ann")
	told := w.mail(w.touch(w.find("ann").ID, "one").ID, orderReply)
	if !strings.Contains(told.Did, "service is to answer ann (order: my order, deliver*)") {
		t.Errorf("it did %s", told.Did)
	}
	open := w.openTasks()
	if len(open) != 1 || open[0].Owner != "service" || !strings.Contains(open[0].Body, "Where is my order?") || !strings.Contains(open[0].Body, "(For Orders: my order, deliver*.)") {
		t.Fatalf("tasks %+v", open)
	}
	got := w.noticesTo("service")
	if len(got) != 1 || got[0].ReplyTo != "desk@x.example" || !strings.Contains(string(got[0].Original), "In-Reply-To:") || got[0].Subject != "Re: About one" || !strings.HasPrefix(got[0].Body, "Where is my order?") {
		t.Fatalf("notices %+v", got)
	}
	if own := w.noticesTo("nora"); len(own) > 0 {
		t.Errorf("the owner was told: %+v", own)
	}
	if open[0].Mind.Before(w.clock.Now().Add(2*time.Hour)) || open[0].Stage != taskTold {
		t.Errorf("it is reminded at %s, stage %d", open[0].Mind, open[0].Stage)
	}
	if again := w.mail(w.touch(w.find("ann").ID, "one").ID, orderReply); !again.Before || len(w.openTasks()) != 1 || len(w.noticesTo("service")) != 1 {
		t.Errorf("it counts twice: %+v", again)
	}
}

// TestDepartmentIsReminded: after its time to answer, and then its manager hears of it.
func TestDepartmentIsReminded(t *testing.T) {
	t.Parallel()
	w := routeWorld(t, "ann")
	w.mail(w.touch(w.find("ann").ID, "one").ID, orderReply)
	for range 30 {
		w.clock.Jump(w.clock.Now().Add(6 * time.Hour))
		if _, err := w.Remind(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var told []string
	for _, n := range w.noticesTo("service") {
		told = append(told, strings.SplitN(n.Subject, ":", 2)[0])
	}
	if strings.Join(told, ", ") != "Re, Still to do" {
		t.Errorf("the department was told %v", told)
	}
	found := false
	for _, n := range w.noticesTo("nora") {
		found = found || strings.HasPrefix(n.Subject, "Left undone by Orders: ")
	}
	if !found {
		t.Errorf("its manager was told %+v", w.noticesTo("nora"))
	}
}

// TestOwnersMorning: a line tells the owner of what others answer, once.
func TestOwnersMorning(t *testing.T) {
	t.Parallel()
	w := routeWorld(t, "ann")
	w.mail(w.touch(w.find("ann").ID, "one").ID, orderReply)
	for range 4 * 24 {
		w.clock.Jump(w.clock.Now().Add(time.Hour))
		if _, err := w.Remind(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	lines := 0
	for _, n := range w.noticesTo("nora") {
		if strings.Contains(n.Body, "ANSWERED BY OTHERS FOR YOU\nann: Re: About one (order, by Orders)") {
			lines++
		}
	}
	if lines != 1 {
		t.Errorf("%d mails tell of it: %+v", lines, w.noticesTo("nora"))
	}
}

// TestReplySays: what a colleague reads in a reply, and what follows from it.
func TestReplySays(t *testing.T) {
	t.Parallel()
	until := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	const plainReply = "From: Ann <ann@x.example>\nMessage-ID: <a1@x>\nIn-Reply-To: <$ID>\nSubject: Re: About one\n\nHm.\n"
	for _, test := range []struct {
		done  TaskDone
		event string
		check func(*world)
	}{
		{TaskDone{Result: andante.Interested}, andante.EventInterested, nil},
		{TaskDone{Result: andante.NotNow, Until: until, Note: "budget in spring"}, andante.EventNotNow, func(w *world) {
			w.read(func(tx *store.Tx) error {
				list, err := tx.NarrowHolds(w.t.Context(), []string{string(w.find("ann").ID)})
				if len(list) != 1 || !list[0].Until.Equal(until) || !strings.Contains(list[0].Reason, "budget in spring") || !strings.HasPrefix(list[0].Then, "task: ann") {
					w.t.Errorf("holds %+v", list)
				}
				return err
			})
		}},
		{TaskDone{Result: andante.WrongPerson, Refer: "Jo van der Park <Jo@X.example>"}, andante.EventWrongPerson, func(w *world) {
			w.read(func(tx *store.Tx) error {
				list, err := tx.ContactsByEmail(w.t.Context(), []string{"jo@x.example"})
				if len(list) != 1 || list[0].FirstName != "Jo van der" || list[0].LastName != "Park" || !list[0].ByHand || list[0].Account != w.find("ann").Account || !w.find("ann").ByHand {
					w.t.Errorf("named %+v", list)
				}
				return err
			})
			if open := w.openTasks(); len(open) != 1 || open[0].Title != "Get to know Jo van der Park" {
				w.t.Errorf("tasks %+v", open)
			}
		}},
		{TaskDone{Result: andante.Declined}, andante.EventDeclined, func(w *world) {
			if !w.find("ann").ByHand {
				w.t.Error("rules may enroll her")
			}
		}},
		{TaskDone{Result: andante.HasLeft}, andante.EventLeft, func(w *world) {
			if open := w.openTasks(); len(open) != 1 || open[0].Title != "Who came after ann?" {
				w.t.Errorf("tasks %+v", open)
			}
		}},
	} {
		t.Run(string(test.done.Result), func(t *testing.T) {
			t.Parallel()
			w := mailWorld(t, "ann")
			w.mail(w.touch(w.find("ann").ID, "one").ID, plainReply)
			task := w.openTasks()[0].Touch
			test.done.By = "nora"
			if _, err := w.DoneTask(t.Context(), task, test.done); err != nil {
				t.Fatal(err)
			}
			w.has(w.find("ann").ID, test.event, andante.EventHandled)
			if test.check != nil {
				test.check(w)
			}
		})
	}
}

// TestReplySaysNonsense: what can't be carried out is refused, and nothing is done.
func TestReplySaysNonsense(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ann")
	w.mail(w.touch(w.find("ann").ID, "one").ID, "From: Ann <ann@x.example>\nMessage-ID: <a1@x>\nIn-Reply-To: <$ID>\nSubject: Re: About one\n\nHm.\n")
	task := w.openTasks()[0].Touch
	for _, test := range []struct {
		done TaskDone
		want error
	}{
		{TaskDone{Result: andante.NotNow}, ErrUntil},
		{TaskDone{Result: andante.NotNow, Until: w.clock.Now()}, ErrUntil},
		{TaskDone{Result: andante.WrongPerson, Refer: "<>"}, ErrRefer},
		{TaskDone{Result: andante.WrongPerson, Refer: "Jo <jo at x>"}, ErrRefer},
	} {
		if _, err := w.DoneTask(t.Context(), task, test.done); !errors.Is(err, test.want) {
			t.Errorf("%+v: %v", test.done, err)
		}
	}
	if len(w.openTasks()) != 1 {
		t.Error("the task is over")
	}
}

// TestResume: a sequence that a reply ended goes on with the step that would have come next, and
// nothing is to be answered.
func TestResume(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ann")
	w.mail(w.touch(w.find("ann").ID, "one").ID, "From: Ann <ann@x.example>\nMessage-ID: <a1@x>\nIn-Reply-To: <$ID>\nSubject: Re: About one\n\nThanks!\n")
	x := w.theLast(w.find("ann").ID)
	if x.Reason != andante.ReasonReplied {
		t.Fatalf("it ended by %s", x.Reason)
	}
	w.clock.Jump(w.clock.Now().Add(time.Hour))
	next, err := w.ResumeEnrollment(t.Context(), x.ID, "nora")
	if err != nil {
		t.Fatal(err)
	}
	x = w.theLast(w.find("ann").ID)
	if next.Step != "two" || next.State != andante.Planned || next.Due.Before(w.clock.Now()) || x.State != andante.EnrollmentActive || x.Step != "two" {
		t.Errorf("next %+v of %+v", next, x)
	}
	w.has(w.find("ann").ID, andante.EventHandled)
	if len(w.openTasks()) > 0 {
		t.Error("there is still something to answer")
	}
	if _, err := w.ResumeEnrollment(t.Context(), x.ID, "nora"); !errors.Is(err, ErrNotResumed) {
		t.Errorf("again: %v", err)
	}
	if _, err := w.ResumeEnrollment(t.Context(), andante.NewID[andante.EnrollmentID](w.clock.Now()), "nora"); !errors.Is(err, andante.ErrNotFound) {
		t.Errorf("none: %v", err)
	}
	if _, err := w.Stop(t.Context(), StopRequest{Contact: w.find("ann").ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ResumeEnrollment(t.Context(), x.ID, "nora"); !errors.Is(err, ErrNotResumed) {
		t.Errorf("after a stop: %v", err)
	}
}

// TestByHand: no rule lets somebody in who said no, and a person does.
func TestByHand(t *testing.T) {
	t.Parallel()
	w := mailWorld(t, "ann")
	w.mail(w.touch(w.find("ann").ID, "one").ID, "From: Ann <ann@x.example>\nMessage-ID: <a1@x>\nIn-Reply-To: <$ID>\nSubject: Re: About one\n\nHm.\n")
	if _, err := w.DoneTask(t.Context(), w.openTasks()[0].Touch, TaskDone{Result: andante.Declined}); err != nil {
		t.Fatal(err)
	}
	w.sequence("other", `enter: {when: contact.first_name != ""}`+"\n")
	w.publish()
	rep, err := w.Enroll(t.Context(), EnrollRequest{Sequence: "other", Cause: andante.CauseRule})
	if err != nil || rep.Refused[andante.ReasonByHand] != 1 {
		t.Errorf("%+v %v", rep, err)
	}
	if rep, err = w.Enroll(t.Context(), EnrollRequest{Sequence: "other", Cause: andante.CauseHand}); err != nil || rep.Entered != 1 {
		t.Errorf("%+v %v", rep, err)
	}
}

// due are the notices that are due by an instant, whole.
func (w *world) due(by time.Time) (list []store.Notice) {
	w.t.Helper()
	w.read(func(tx *store.Tx) error {
		due, err := tx.DueNotices(w.t.Context(), by, 100)
		if err != nil {
			return err
		}
		for _, d := range due {
			n, err := tx.Notices(w.t.Context(), []andante.TouchID{d.ID})
			if err != nil {
				return err
			}
			list = append(list, n...)
		}
		return nil
	})
	return list
}
