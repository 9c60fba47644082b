package engine

import (
	"context"
	"fmt"
	"net/http"
	"net/smtp"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/ops"
)

// leavers are the places in the queue of those who unsubscribe: some served, some
// on the wire, some claimed, some leased, some not even that.
var leavers = []int{2, 8, 30, 50, 70, 90, 99, 120, 180, 199}

// A farewell is a run over a slow relay in which people unsubscribe.
type farewell struct {
	*scene
	answered map[string]time.Time // address → when the web role had answered
}

// sayFarewell enrolls two hundred, starts to send, and lets the leavers press the
// button of the web role, or write, while the first mails go out.
func sayFarewell(t *testing.T, setting func(*scene), broken bool) *farewell {
	s := newScene(t, harness.Workspace{}, harness.NewTown(200, 1), inbox.Options{DelayPerMail: 30 * time.Millisecond})
	s.part.Connections, s.part.Roles, s.part.UntilIdle = 1, Roles, false
	s.part.Shares = 1 // many are claimed at a time
	s.part.Breakage.NoPermit = broken
	setting(s)
	s.enroll("hello")
	f := &farewell{s, map[string]time.Time{}}

	e := s.open()
	defer e.Close()
	e.Config.Inbound.Listen = "127.0.0.1:0"
	ctx, stop := context.WithCancel(t.Context())
	web, mail, ended := make(chan string, 1), make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- e.Run(ctx, RunOptions{Roles: Roles, Grace: s.part.Grace, Ready: func(addr string) { web <- addr }, Mailroom: func(addr string) { mail <- addr }})
	}()
	button, mailroom := <-web, <-mail
	s.received(15) // more than the first chunk, by which the worker measures the pace
	for n, i := range leavers {
		if n%2 == 0 {
			f.leave(e, button, s.town.Contacts[i])
		} else {
			f.write(mailroom, s.town.Contacts[i])
		}
	}
	harness.Until(t, time.Minute, "everybody who stayed", f.staysServed)
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return f
}

// leave presses the button and notes when the answer was there.
func (f *farewell) leave(e *Engine, address string, c andante.Contact) {
	f.t.Helper()
	link := e.link(ops.Token{Contact: c.ID, Kind: andante.Email, Address: e.Ops.Keys.Hash(c.Email)})
	link = strings.Replace(link, e.Config.PublicURL, "http://"+address, 1)
	answer, err := http.PostForm(link, url.Values{"List-Unsubscribe": {"One-Click"}})
	if err != nil {
		f.t.Fatal(err)
	}
	answer.Body.Close()
	f.answered[c.Email] = time.Now()
	if answer.StatusCode != http.StatusOK {
		f.t.Fatalf("the web role answers %s", answer.Status)
	}
}

// write says it in a mail, and notes when that was taken.
func (f *farewell) write(mailroom string, c andante.Contact) {
	f.t.Helper()
	text := fmt.Sprintf("From: %s\r\nMessage-ID: <leave-%s>\r\nSubject: Enough\r\n\r\nPlease take me off your list.\r\n", c.Email, c.Email)
	if err := smtp.SendMail(mailroom, nil, c.Email, []string{"replies@in.harness.example"}, []byte(text)); err != nil {
		f.t.Fatal(err)
	}
	f.answered[c.Email] = time.Now()
}

// staysServed tells whether all who did not leave have their mail.
func (f *farewell) staysServed() bool {
	stayed := 0
	for _, m := range f.inbox.Mails() {
		if f.answered[m.To[0]].IsZero() {
			stayed++
		}
	}
	return stayed == len(f.town.Contacts)-len(f.answered)
}

// tooLate lists mails that were begun more than a flight after the answer.
func (f *farewell) tooLate() (breaches []string) {
	for _, m := range f.inbox.Mails() {
		if at, left := f.answered[m.To[0]]; left && m.MailAt.Sub(at) > channels.FlightTime {
			breaches = append(breaches, fmt.Sprintf("%s has mail %s after the answer", m.To[0], m.MailAt.Sub(at)))
		}
	}
	return breaches
}

// TestUnsubscribeDuringRun: once the web role has answered, or a mail is taken, only a flight that
// was permitted before may still hold the contact.
func TestUnsubscribeDuringRun(t *testing.T) {
	t.Parallel()
	for name, setting := range map[string]func(*scene){"SQLite": onSQLite, "Postgres": (*scene).onPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := sayFarewell(t, setting, false)
			report(t, f.tooLate())
			books := f.books()
			audit := books.Audit()
			t.Log(audit)
			report(t, audit.Breaches)
			report(t, books.ReasonGiven())
			// How many leave in time hangs on the machine; some must, or nothing was tried.
			if gone := audit.States[andante.Canceled]; gone == 0 || audit.Unknown > 0 || audit.Waiting > 0 {
				t.Errorf("%d of %d leavers canceled, %d unknown, %d waiting", gone, len(leavers), audit.Unknown, audit.Waiting)
			}
		})
	}
}

// TestPermitTwin: without the permit the claimed touches of leavers go out all the
// same, and the oracle notices.
func TestPermitTwin(t *testing.T) {
	t.Parallel()
	if len(sayFarewell(t, onSQLite, true).tooLate()) == 0 {
		t.Error("nobody had mail too late though no permit was asked for")
	}
}
