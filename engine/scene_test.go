package engine

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/workspace"
)

// A scene is a workspace with people in it, a mail server that keeps everything,
// and the part that engines play before it.
type scene struct {
	t     testing.TB
	part  part
	inbox *inbox.Inbox
	town  *harness.Town
	clock andante.Clock       // of engines in this process; nil: as the part says
	email func(*email.Config) // of the same; nil: as the part says
}

// newScene sets up a workspace on an SQLite store of its own.
func newScene(t testing.TB, w harness.Workspace, town *harness.Town, mail inbox.Options) *scene {
	t.Helper()
	in, err := inbox.Start(mail)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	s := &scene{t: t, inbox: in, town: town}
	s.part = part{
		Dir: t.TempDir(), Store: workspace.DefaultStore, Mail: in.Addr(), Roles: []Role{RoleScheduler, RoleWorker},
		Connections: 2, Lease: 3 * time.Second, Grace: 20 * time.Second, UntilIdle: true,
	}
	w.Write(t, s.part.Dir)
	return s
}

// enroll publishes the workspace, settles the town and enrolls everybody in the
// sequences, due now.
func (s *scene) enroll(sequences ...string) {
	s.t.Helper()
	ctx := s.t.Context()
	e := s.open()
	w, found := workspace.Load(e.FS())
	if bad := workspace.Errors(found); len(bad) > 0 {
		s.t.Fatal(bad[0])
	}
	if _, err := e.Ops.Publish(ctx, w, nil, false); err != nil {
		s.t.Fatal(err)
	}
	s.town.Settle(ctx, s.t, e.Ops)
	s.town.Enroll(ctx, s.t, e.Ops, w, sequences...)
	e.Close()
}

// open opens the engine in this process.
func (s *scene) open() *Engine {
	s.t.Helper()
	o := s.part.options(slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	o.Clock = s.clock
	if s.email != nil {
		o.Email = s.email
	}
	if s.clock == nil && s.part.Jumps {
		o.Clock = andante.NewJumpClock(demoStart)
	}
	e, err := Open(s.t.Context(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// start plays the scene's part in another process, by roles if some are named.
func (s *scene) start(roles ...Role) *child {
	s.t.Helper()
	p := s.part
	if len(roles) > 0 {
		p.Roles = roles
	}
	return p.start(s.t)
}

// received waits until the mail server has n mails.
func (s *scene) received(n int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Minute)
	defer cancel()
	if err := s.inbox.Wait(ctx, n); err != nil {
		s.t.Fatal(err)
	}
}

// books reads what became of everybody.
func (s *scene) books() harness.Books {
	s.t.Helper()
	e := s.open()
	defer e.Close()
	b := s.town.Books(s.t.Context(), s.t, e.Store)
	b.Mails = s.inbox.Mails()
	return b
}

// report fails the test with the first breaches.
func report(t testing.TB, breaches []string) {
	t.Helper()
	for i, b := range breaches {
		if i == 10 {
			t.Errorf("and %d more", len(breaches)-i)
			return
		}
		t.Error(b)
	}
}

// onPostgres moves the scene to a database and a Redis of its own. The test is
// skipped where no servers are named.
func (s *scene) onPostgres() {
	s.t.Helper()
	s.part.Store, s.part.Redis = testdb.Postgres(s.t), testdb.Redis(s.t)
}

// flush empties the scene's Redis.
func (s *scene) flush() {
	s.t.Helper()
	q, err := queue.Open(s.part.Redis, slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	defer q.Close()
	if err := q.Flush(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}
