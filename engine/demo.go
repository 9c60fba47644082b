package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/examples"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/internal/recount"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// demoStart is the Monday on which every demo begins.
var demoStart = time.Date(2026, 1, 5, 7, 0, 0, 0, time.UTC)

const demoSeed = andante.Seed("demo")

// DemoOptions say how the demo is played.
type DemoOptions struct {
	Dir        string // made if it is missing, continued if it holds a demo
	Days       int    // default 120
	Ungoverned bool   // shows what the governor prevents
	Log        *slog.Logger
	// Progress, if set, is told when a day has passed.
	Progress func(DemoDay)

	workerOptions func(*Options) // for tests
	silent        bool           // nobody answers, likewise
}

// A DemoDay is how far the demo has come.
type DemoDay struct {
	Day, Days                      int
	Date                           time.Time
	Sent, Planned, Deferred, Other int
}

// DemoReport is what the demo has shown.
type DemoReport struct {
	Days     int                    `json:"days"`
	Contacts int                    `json:"contacts"`
	Accounts int                    `json:"accounts"`
	Touches  map[andante.State]int  `json:"touches"`
	Deferred int                    `json:"deferred"` // touches that the governor put off
	Reasons  map[andante.Reason]int `json:"reasons"`  // verdicts: every "no" and "not yet"
	Inbox    int                    `json:"inbox"`    // mails to contacts
	Received int                    `json:"received"` // and with those to colleagues
	Over     int                    `json:"over_limit"`
	Seconds  float64                `json:"seconds"`

	Dir            string                    `json:"dir"`
	Kinds          map[andante.Kind]int      `json:"kinds"`                     // touches that reached somebody
	Personas       map[string]map[string]int `json:"personas"`                  // persona → state or "deferred" → touches
	Example        andante.TouchID           `json:"example,omitempty"`         // a touch that was put off
	ExampleContact string                    `json:"example_contact,omitempty"` // whose it is
	Broken         []recount.Broken          `json:"-"`

	Answers map[string]int `json:"answers"` // what came back, by event
	Spared  int            `json:"spared"`  // touches that were canceled for it
}

// Demo plays the example workspace: it starts the whole engine in one process,
// with a mail server that really receives, takes in the contacts, enrolls
// everybody and lets the calendar jump from one due time to the next. Killed and
// started again on the same folder it goes on where it was.
func Demo(ctx context.Context, o DemoOptions) (*DemoReport, error) {
	began := andante.SystemClock{}.Wall()
	if o.Days == 0 {
		o.Days = 120
	}
	d := &demo{o: o, clock: andante.NewJumpClock(demoStart), end: demoStart.AddDate(0, 0, o.Days), report: &DemoReport{Days: o.Days, Dir: o.Dir}}
	if err := d.play(ctx); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	d.report.Seconds = andante.SystemClock{}.Wall().Sub(began).Seconds()
	return d.report, nil
}

// demo is one play.
type demo struct {
	o      DemoOptions
	clock  *andante.JumpClock
	end    time.Time
	inbox  *inbox.Inbox
	engine *Engine
	day    int
	report *DemoReport

	readers *readers
}

func (d *demo) play(ctx context.Context) (err error) {
	if err := takeFolder(d.o.Dir); err != nil {
		return err
	}
	if err := copyExample(d.o.Dir); err != nil {
		return err
	}
	if d.inbox, err = inbox.Start(inbox.Options{Dir: filepath.Join(d.o.Dir, "inbox"), Now: d.clock.Now}); err != nil {
		return err
	}
	defer d.inbox.Close()
	if d.engine, err = Open(ctx, d.options()); err != nil {
		return err
	}
	defer d.engine.Close()
	ready, err := d.where(ctx)
	if err != nil {
		return err
	}
	roles := Roles
	release, err := d.engine.own(roles) // before anything is written
	if err != nil {
		return err
	}
	defer release()
	if !ready {
		if err := d.begin(ctx); err != nil {
			return err
		}
	}
	d.readers = newReaders(filepath.Join(d.o.Dir, "inbox"), d.clock.Now)
	err = d.engine.Run(ctx, RunOptions{
		Roles: roles, idle: d.jump, demo: true, owned: true,
		Ready: func(addr string) { d.readers.webOpens <- addr }, Mailroom: func(addr string) { d.readers.roomOpens <- addr },
	})
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("stopped on day %d; `andante demo --keep %s` goes on from there", d.day, d.o.Dir)
	}
	return d.sum(ctx)
}

// options of the demo's engine: everything on loopback, nothing from the
// environment.
func (d *demo) options() Options {
	host, port := splitAddr(d.inbox.Addr())
	o := Options{
		Dir: d.o.Dir, Clock: d.clock, Log: d.o.Log, Volatile: true, Ungoverned: d.o.Ungoverned,
		SandboxRest: true,
		Concurrency: 1, // one lease after the other, so that every play is the same
		Config: func(c *workspace.Config) {
			c.Store, c.Redis = workspace.DefaultStore, ""
			c.Deliver = workspace.Deliver{Mode: "live"}
			c.Channels.Email = workspace.EmailChannel{Host: host, Port: port, TLS: email.NoTLS, Connections: 2}
			c.Channels.SMS.Driver = "" // texts are written to the folder outbox
			c.Web.Listen, c.Inbound.Listen, c.Inbound.Mailboxes = "127.0.0.1:0", "127.0.0.1:0", nil
		},
	}
	if d.o.workerOptions != nil {
		d.o.workerOptions(&o)
	}
	return o
}

// demoMark is the file by which a folder is known to be a demo's.
const demoMark = ".andante-demo"

// takeFolder makes the folder a demo's, unless it holds anything else: a demo
// publishes, enrolls and fixes the calendar, which nothing undoes.
func takeFolder(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, demoMark)); err == nil {
		return nil
	}
	held, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(held) > 0 {
		return fmt.Errorf("%s holds something that is no demo; name a new folder", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, demoMark), []byte("A demo of Andante; it never sends for real.\n"), 0o644)
}

// copyExample lays out the workspace where there is none yet.
func copyExample(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, workspace.ConfigFile)); err == nil {
		return nil
	}
	src, err := examples.Open(examples.Quickstart)
	if err != nil {
		return err
	}
	if err := writeKeys(dir, ops.SeededKeyring(demoSeed)); err != nil {
		return err
	}
	return copyFS(dir, src)
}

// copyFS copies files into a folder; andante.yaml last, for it makes the folder a
// workspace.
func copyFS(dir string, src fs.FS) error {
	var names []string
	err := fs.WalkDir(src, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && name != workspace.ConfigFile {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range append(names, workspace.ConfigFile) {
		b, err := fs.ReadFile(src, name)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// where finds at which instant the demo stands, and whether it was set up.
func (d *demo) where(ctx context.Context) (ready bool, err error) {
	var at time.Time
	err = d.engine.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if at, err = tx.Calendar(ctx); err != nil {
			return err
		}
		ready, err = tx.DemoReady(ctx)
		return err
	})
	d.clock.Jump(at)
	return ready, err
}

// begin sets a demo up. A set-up that was interrupted is done again at the same
// instant, to the same effect.
func (d *demo) begin(ctx context.Context) error {
	err := d.engine.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SetSeed(ctx, demoSeed); err != nil {
			return err
		}
		return tx.SetCalendar(ctx, d.clock.Now())
	})
	if err != nil {
		return err
	}
	if err := d.setUp(ctx); err != nil {
		return err
	}
	return d.engine.Store.Write(ctx, func(tx *store.Tx) error { return tx.SetDemoReady(ctx) })
}

// setUp publishes, takes in the contacts and enrolls everybody.
func (d *demo) setUp(ctx context.Context) error {
	w, found := workspace.Load(d.engine.FS())
	if bad := workspace.Errors(found); len(bad) > 0 {
		return bad[0]
	}
	if _, err := d.engine.Ops.Publish(ctx, w, nil, false); err != nil {
		return err
	}
	for _, file := range []string{"contacts.csv", "opt-ins.csv"} {
		if err := d.take(ctx, w, file); err != nil {
			return err
		}
	}
	for _, name := range w.ByHand() { // customers enter theirs by themselves
		if _, err := d.engine.Ops.Enroll(ctx, ops.EnrollRequest{Sequence: name}); err != nil {
			return err
		}
	}
	return nil
}

// take takes in a file of contacts.
func (d *demo) take(ctx context.Context, w *workspace.Workspace, file string) error {
	f, err := os.Open(filepath.Join(d.o.Dir, file))
	if err != nil {
		return err
	}
	defer f.Close()
	im := contacts.Importer{Ops: d.engine.Ops, Workspace: w}
	_, err = im.Import(ctx, f, io.Discard, contacts.Options{At: d.clock.Now()})
	return err
}

// jump moves the calendar to the next due time: nothing is due and nothing is on
// its way.
func (d *demo) jump(ctx context.Context, r scheduler.Round) error {
	answered, answers, err := d.answer(ctx)
	if err != nil || answered > 0 {
		return err
	}
	did, task, err := d.engine.doTasks(ctx, d.clock.Now(), inDemo)
	if err != nil || did > 0 { // what follows may be due
		return err
	}
	posted, post, err := d.engine.postCards(ctx, d.clock.Now())
	if err != nil || posted > 0 {
		return err
	}
	next := r.Next
	for _, at := range []time.Time{task, post, answers} {
		if next.IsZero() || !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	if next.IsZero() || next.After(d.end) {
		d.clock.Jump(d.end)
		return d.note(ctx, errIdle)
	}
	d.clock.Jump(next)
	return d.note(ctx, nil)
}

// answer lets those who got mails do something about them, and returns how many did, and when the
// next one will.
func (d *demo) answer(ctx context.Context) (n int, next time.Time, err error) {
	if d.o.silent {
		return 0, next, nil
	}
	if err := d.readers.find(ctx); err != nil {
		return 0, next, err
	}
	if err := d.readers.take(d.inbox.Mails()); err != nil {
		return 0, next, err
	}
	n, err = d.readers.act(ctx)
	return n, d.readers.next(), err
}

// note writes the calendar down and tells of each day that has passed.
func (d *demo) note(ctx context.Context, over error) error {
	now := d.clock.Now()
	err := d.engine.Store.Write(ctx, func(tx *store.Tx) error { return tx.SetCalendar(ctx, now) })
	if err != nil {
		return err
	}
	if day := int(now.Sub(demoStart).Hours() / 24); day > d.day || over != nil {
		d.day = day
		if err := d.tell(ctx); err != nil {
			return err
		}
	}
	return over
}

func (d *demo) tell(ctx context.Context) error {
	if d.o.Progress == nil {
		return nil
	}
	p := DemoDay{Day: d.day, Days: d.o.Days, Date: d.clock.Now()}
	err := d.engine.Store.Read(ctx, func(tx *store.Tx) error {
		counts, err := tx.CountTouches(ctx)
		for _, c := range counts {
			switch c.State {
			case andante.Sent, andante.Done:
				p.Sent += c.N
			case andante.Planned:
				p.Planned += c.N
			default:
				p.Other += c.N
			}
		}
		if err != nil {
			return err
		}
		deferred, err := tx.CountDeferred(ctx, governing)
		for _, n := range deferred {
			p.Deferred += n
		}
		return err
	})
	d.o.Progress(p)
	return err
}

// governing are the reasons with which the governor puts a touch off because it
// would come too often.
var governing = []andante.Reason{
	andante.ReasonLimit, andante.ReasonGap, andante.ReasonCoolDown, andante.ReasonEase, andante.ReasonChoice, andante.ReasonYielded,
}
