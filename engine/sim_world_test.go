package engine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/worker"
	"github.com/andante-hq/andante/workspace"
)

// simSeed draws other minutes: every story must hold with any seed.
var simSeed = flag.String("sim.seed", "sim", "seed of the time stories")

// A simWorld is the whole program on a calendar that jumps: a real store, the
// scheduler, one worker, and a mail server that really receives. It is driven by
// one goroutine, so that a story is the same in every play.
type simWorld struct {
	t      *testing.T
	ctx    context.Context
	dir    string
	files  map[string][]byte // of the story
	loc    *time.Location    // in which times are read
	clock  *skewedClock
	inbox  *inbox.Inbox
	server *simServer
	e      *Engine
	queue  handQueue
	sched  *scheduler.Scheduler
	work   *worker.Worker
	w      *workspace.Workspace // as last published
	people map[string]andante.ContactID
	zones  map[andante.ContactID]*time.Location
	mails  []*arrival // and what came otherwise, and tasks
	taken  int        // of the mails of the inbox
	came   int        // mails that came in
	byHand bool       // what goes by post waits until the story posts it
	undone bool       // tasks wait until the story has them done
	told   []*arrival // notices
	log    bytes.Buffer

	broken sabotage
}

// arrival is a mail that the server took, with what the store knows of it.
type arrival struct {
	inbox.Mail
	touch    andante.Touch
	header   mail.Header
	expected bool // a statement has named it
}

func newSimWorld(t *testing.T, dir string, files map[string][]byte, broken sabotage) *simWorld {
	return &simWorld{
		t: t, ctx: t.Context(), dir: dir, files: files, broken: broken, server: &simServer{},
		people: map[string]andante.ContactID{}, zones: map[andante.ContactID]*time.Location{},
	}
}

// open begins the story at an instant: store, keys, first publish.
func (w *simWorld) open(at time.Time) (err error) {
	w.clock = &skewedClock{JumpClock: andante.NewJumpClock(at)}
	w.inbox, err = inbox.Start(inbox.Options{Now: w.clock.True, Script: w.server.answer})
	if err != nil {
		return err
	}
	w.t.Cleanup(func() { w.inbox.Close() })
	if err := writeKeys(w.dir, ops.SeededKeyring("sim")); err != nil {
		return err
	}
	w.e, err = Open(w.ctx, w.options())
	if err != nil {
		return err
	}
	w.t.Cleanup(func() { w.e.Close() })
	seed := andante.Seed(*simSeed)
	if err := w.e.Store.Write(w.ctx, func(tx *store.Tx) error { return tx.SetSeed(w.ctx, seed) }); err != nil {
		return err
	}
	list, closeChannels, err := w.e.channels(w.e.published, nil)
	if err != nil {
		return err
	}
	w.t.Cleanup(func() { closeChannels() })
	log := slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	w.sched = scheduler.New(w.e.Ops, &w.queue, w.e.o.Scheduler, log)
	w.work = worker.New(worker.Config{
		Ops: w.e.Ops, Channels: list, Link: w.e.link, Follow: w.e.follow, Log: log, Journal: worker.NewJournal(log, prometheus.NewRegistry()),
		Options: worker.Options{Name: "sim", LeaseTime: w.e.o.Worker.LeaseTime, Spread: true, Breakage: worker.Breakage{NeverLate: w.broken == neverLate}},
	})
	return w.publish()
}

func (w *simWorld) options() Options {
	host, port := splitAddr(w.inbox.Addr())
	return Options{
		Dir: w.dir, Clock: w.clock, Volatile: true, Ungoverned: w.broken == ungoverned, SandboxRest: true,
		Config: func(c *workspace.Config) {
			c.Store, c.Redis = workspace.DefaultStore, ""
			c.Deliver = workspace.Deliver{Mode: "live"}
			c.Channels.Email = workspace.EmailChannel{Host: host, Port: port, TLS: email.NoTLS, Connections: 1}
			if c.Channels.Cards.Driver == "lob" {
				c.Channels.Cards.Lob.URL = willingLob(w.t)
			}
		},
	}
}

// willingLob is a printing house that takes everything.
func willingLob(t testing.TB) string {
	mux, n := http.NewServeMux(), 0
	mux.HandleFunc("GET /", func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, `{"data": []}`) })
	mux.HandleFunc("POST /", func(rw http.ResponseWriter, _ *http.Request) {
		n++
		fmt.Fprintf(rw, `{"id": "psc_%d", "deliverability": "deliverable"}`, n)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

// publish makes the folder what runs.
func (w *simWorld) publish() error {
	var found []*andante.Finding
	w.w, found = workspace.Load(os.DirFS(w.dir))
	if bad := workspace.Errors(found); len(bad) > 0 {
		return bad[0]
	}
	_, err := w.e.Ops.Publish(w.ctx, w.w, nil, false)
	return err
}

// runTo lets the program work until just before an instant: what is due at the
// instant itself is still to come.
func (w *simWorld) runTo(end time.Time) error {
	if w.e == nil {
		return errors.New("the story has not begun: write at TIME first")
	}
	for w.clock.True().Before(end) {
		r, err := w.sched.Round(w.ctx)
		if err != nil {
			return err
		}
		if items := w.queue.items; len(items) > 0 {
			w.queue.items = nil
			for _, it := range items {
				w.work.Handle(w.ctx, it)
			}
			continue
		}
		if r.Asking {
			continue
		}
		next := r.Next
		switch did, task, err := w.doTasks(); {
		case err != nil:
			return err
		case did > 0:
			continue // what follows may be due
		case next.IsZero() || !task.IsZero() && task.Before(next):
			next = task
		}
		switch {
		case !r.Idle():
			return fmt.Errorf("%d leases are out and nobody works them", r.Out)
		case !next.IsZero() && !next.After(w.clock.Now()):
			return errors.New("something is due and the scheduler leaves it")
		case next.IsZero() || !w.clock.trueOf(next).Before(end):
			w.clock.Jump(end)
		default:
			w.clock.believe(next)
		}
	}
	if w.log.Len() > 0 && !w.server.refuses() {
		return fmt.Errorf("the program complains: %s", w.log.String())
	}
	w.log.Reset()
	return w.collect()
}

// doTasks lets the owners do what has waited for a working day, and returns when they do
// the next.
func (w *simWorld) doTasks() (int, time.Time, error) {
	if err := w.collectTasks(); err != nil {
		return 0, time.Time{}, err
	}
	did, next, err := 0, time.Time{}, error(nil)
	if !w.undone {
		did, next, err = w.e.doTasks(w.ctx, w.clock.Now(), onVoicemail)
	}
	if err != nil || w.byHand {
		return did, next, err
	}
	posted, err := w.e.postAll(w.ctx, w.clock.Now())
	return did + posted, next, err
}

// collectTasks notes the tasks that were opened.
func (w *simWorld) collectTasks() error {
	return w.e.Store.Read(w.ctx, func(tx *store.Tx) error {
		open, err := tx.OpenTasks(w.ctx, "", 1000)
		if err != nil {
			return err
		}
		for _, t := range open {
			if err := w.arrived(tx, t.Touch, inbox.Mail{At: w.clock.trueOf(t.Opened), Raw: []byte(t.Body)}); err != nil {
				return err
			}
		}
		return w.collectCards(tx)
	})
}

// collectCards notes the pieces of post that were opened.
func (w *simWorld) collectCards(tx *store.Tx) error {
	cards, err := tx.WaitingCards(w.ctx, 1000)
	if err != nil {
		return err
	}
	for _, c := range cards {
		if err := w.arrived(tx, c.Touch, inbox.Mail{At: w.clock.trueOf(c.Opened), Raw: []byte(c.Body)}); err != nil {
			return err
		}
	}
	return nil
}

// collectBox notes what the sandbox was given: everything that is neither mail nor task.
func (w *simWorld) collectBox() error {
	files, err := filepath.Glob(filepath.Join(w.dir, "outbox", "*.txt"))
	if err != nil {
		return err
	}
	return w.e.Store.Read(w.ctx, func(tx *store.Tx) error {
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				return err
			}
			_, after, _ := strings.Cut(string(b), "\nDate: ")
			date, _, _ := strings.Cut(after, "\n")
			at, err := time.Parse(time.RFC3339, date)
			if err != nil {
				return err
			}
			if err := w.arrived(tx, andante.TouchID(strings.TrimSuffix(filepath.Base(f), ".txt")), inbox.Mail{At: at, Raw: b}); err != nil {
				return err
			}
		}
		return nil
	})
}

// arrived notes a touch that is no mail, once.
func (w *simWorld) arrived(tx *store.Tx, id andante.TouchID, m inbox.Mail) error {
	if slices.ContainsFunc(w.mails, func(a *arrival) bool { return a.touch.ID == id }) {
		return nil
	}
	touches, err := tx.Touches(w.ctx, []andante.TouchID{id})
	if err != nil || len(touches) == 0 {
		return fmt.Errorf("touch %s arrived, and there is none: %w", id, err)
	}
	if touches[0].State == andante.Review { // it waits at home
		return nil
	}
	w.mails = append(w.mails, &arrival{Mail: m, touch: touches[0]})
	return nil
}

// collect looks up the touches of the mails that have come in.
func (w *simWorld) collect() error {
	if err := w.collectBox(); err != nil {
		return err
	}
	all := w.inbox.Mails()
	return w.e.Store.Read(w.ctx, func(tx *store.Tx) error {
		for _, m := range all[w.taken:] {
			w.taken++
			r, err := mail.ReadMessage(bytes.NewReader(m.Raw))
			if err != nil {
				return err
			}
			t, err := tx.TouchByMessageID(w.ctx, m.MessageID)
			if errors.Is(err, andante.ErrNotFound) && r.Header.Get("Auto-Submitted") == "auto-generated" {
				w.told = append(w.told, &arrival{Mail: m, header: r.Header})
				continue
			}
			if err != nil {
				return fmt.Errorf("a mail that belongs to no touch, %s: %w", m.MessageID, err)
			}
			w.mails = append(w.mails, &arrival{Mail: m, touch: t, header: r.Header})
		}
		return nil
	})
}

// unexplained returns an error if a mail went that no statement expected.
func (w *simWorld) unexplained() error {
	if err := w.collect(); err != nil {
		return err
	}
	var list []string
	for _, m := range w.mails {
		if !m.expected {
			list = append(list, w.tell(m))
		}
	}
	for _, m := range w.told {
		if w.undone && !m.expected {
			list = append(list, m.At.In(w.loc).Format(simClock)+" notice to "+m.header.Get("To")+": "+m.header.Get("Subject"))
		}
	}
	if len(list) > 0 {
		return fmt.Errorf("mails that no statement expects:\n  %s", strings.Join(list, "\n  "))
	}
	return nil
}

func (w *simWorld) tell(m *arrival) string {
	return fmt.Sprintf("%s %s/%s to %s", m.At.In(w.loc).Format(simClock), m.touch.Sequence, m.touch.Step, w.nameOf(m.touch.Contact))
}

func (w *simWorld) nameOf(id andante.ContactID) string {
	for name, c := range w.people {
		if c == id {
			return name
		}
	}
	return string(id)
}

// diary tells what became of everybody, for a story that fails.
func (w *simWorld) diary() string {
	if w.e == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "it is %s\n", w.clock.True().In(w.loc).Format(simClock))
	err := w.e.Store.Read(w.ctx, func(tx *store.Tx) error {
		for _, name := range slices.Sorted(keysOf(w.people)) {
			touches, err := tx.TouchesOfContact(w.ctx, w.people[name])
			if err != nil {
				return err
			}
			for _, t := range touches {
				at := cmp.Or(t.Settled, t.Due)
				fmt.Fprintf(&b, "  %-6s %s  %s %s/%s %s\n", name, at.In(w.loc).Format(simClock), t.State, t.Sequence, t.Step, t.Reason)
				verdicts, err := tx.VerdictsOf(w.ctx, []andante.TouchID{t.ID})
				if err != nil {
					return err
				}
				for _, v := range verdicts {
					fmt.Fprintf(&b, "         . %s  %s\n", v.At.In(w.loc).Format(simClock), w.tellVerdict(v))
				}
			}
		}
		return nil
	})
	if err != nil {
		fmt.Fprintln(&b, err)
	}
	if lines := strings.Split(b.String(), "\n"); len(lines) > 60 {
		return strings.Join(lines[:60], "\n") + "\n  ..."
	}
	return b.String()
}

func (w *simWorld) tellVerdict(v store.StoredVerdict) string {
	s := string(v.Action) + " " + string(v.Reason)
	if v.Evidence.Rule != "" {
		s += " " + v.Evidence.Rule
	}
	if !v.Until.IsZero() {
		s += " until " + v.Until.In(w.loc).Format(simClock)
	}
	return s
}
