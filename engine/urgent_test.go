package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/ops"
)

// TestUrgentMailWaitsForNoBulk: while a slow relay takes one long lease of bulk mail,
// somebody asks for something, and has it long before the others are served.
func TestUrgentMailWaitsForNoBulk(t *testing.T) {
	t.Parallel()
	s := newScene(t, harness.Workspace{Sequences: map[string]string{
		"hello": harness.Sequence("hello", "", harness.Mail{}),
		"asked": harness.Sequence("asked", "purpose: requested\nenter: {event: form.asked}\n", harness.Mail{}),
	}}, harness.NewTown(300, 1), inbox.Options{DelayPerMail: 30 * time.Millisecond})
	s.part.Connections = 1
	s.enroll("hello")

	e := s.open()
	defer e.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx, RunOptions{Roles: s.part.Roles, Grace: s.part.Grace}) }()
	s.received(15)
	last := s.town.Contacts[len(s.town.Contacts)-1]
	rep, err := e.Ops.Enroll(t.Context(), ops.EnrollRequest{Sequence: "asked", Where: `contact.email == "` + last.Email + `"`})
	if err != nil || rep.Entered != 1 {
		t.Fatalf("%+v, %v", rep, err)
	}
	harness.Until(t, time.Minute, "the urgent mail", func() bool {
		for _, m := range s.inbox.Mails() {
			if strings.Contains(string(m.Raw), "[asked ") {
				return true
			}
		}
		return false
	})
	if n := len(s.inbox.Mails()); n > len(s.town.Contacts)/2 {
		t.Errorf("it came as number %d", n)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	report(t, s.books().Audit().Breaches)
}
