package engine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/worker"
	"github.com/andante-hq/andante/workspace"
)

// childEnv holds the part that a copy of the test binary plays.
const childEnv = "ANDANTE_TEST_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		os.Exit(playChild(text))
	}
	os.Exit(m.Run())
}

// A part is what an engine is told in a test: in this process or in a child that
// will be killed.
type part struct {
	Dir, Store, Redis string
	Mail              string // the mail server's address
	Roles             []Role
	UntilIdle         bool
	Jumps             bool // the calendar jumps, as in a demo
	Demo              int  // play the demo for so many days instead
	Hurry             hurry

	Connections  int
	MaxMails     int           // of a connection
	Patience     time.Duration // with the mail server's answers
	Batch, Chunk int
	Shares       int
	Lease        time.Duration
	Claim        time.Duration // of the calendar
	Grace        time.Duration
	Ungoverned   bool
	WithoutLocks bool
	Breakage     worker.Breakage

	DieIn string // the package in which it dies at a point; see dieAt
	DieAt int
}

// options turns a part into those of an engine.
func (p part) options(log *slog.Logger) Options {
	host, port, _ := net.SplitHostPort(p.Mail)
	n, _ := strconv.Atoi(port)
	return Options{
		Dir: p.Dir, Log: log, Concurrency: p.Connections, Ungoverned: p.Ungoverned, WithoutLocks: p.WithoutLocks, Volatile: p.Jumps,
		Config: func(c *workspace.Config) {
			c.Store, c.Redis, c.Web.Listen = p.Store, p.Redis, "127.0.0.1:0"
			c.Deliver = workspace.Deliver{Mode: "live"}
			c.Channels.Email = workspace.EmailChannel{Host: host, Port: n, TLS: email.NoTLS, Connections: p.Connections, MaxMails: p.MaxMails}
		},
		Email: func(c *email.Config) { c.CommandTimeout, c.DotTimeout = p.Patience, p.Patience },
		Scheduler: scheduler.Options{
			LeaseTime: p.Lease, PickupTime: p.Lease / 3, Interval: 100 * time.Millisecond, Batch: p.Batch, Shares: p.Shares,
		},
		Worker: worker.Options{Chunk: p.Chunk, Claim: p.Claim, Breakage: p.Breakage},
	}
}

// playChild is main of a child process. It ends when it is done, at SIGTERM, and
// when its parent is gone.
func playChild(text string) int {
	var p part
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	flush := make(chan struct{})
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			flush <- struct{}{}
		}
		os.Exit(3)
	}()
	err := p.play(ctx, func(q *queue.Asynq) {
		go func() {
			for range flush {
				fmt.Println("flushed", q.Flush(ctx))
			}
		}()
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// play runs the part to its end. opened is told the queue.
func (p part) play(ctx context.Context, opened func(*queue.Asynq)) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	if p.DieIn != "" {
		dieAt(p.DieAt, p.DieIn)
	}
	if p.Demo > 0 {
		_, err := Demo(ctx, DemoOptions{Dir: p.Dir, Days: p.Demo, Log: log, Progress: func(d DemoDay) { fmt.Println("day", d.Day) }})
		return err
	}
	o := p.options(log)
	if p.Hurry.Speed > 0 {
		o.Clock = p.Hurry
	}
	var clock *andante.JumpClock
	if p.Jumps {
		clock = andante.NewJumpClock(demoStart)
		o.Clock = clock
	}
	e, err := Open(ctx, o)
	if err != nil {
		return err
	}
	defer e.Close()
	r := RunOptions{Roles: p.Roles, UntilIdle: p.UntilIdle, Grace: p.Grace, opened: opened}
	if p.Jumps {
		at, err := calendarOf(ctx, e.Store)
		if err != nil {
			return err
		}
		clock.Jump(at)
		r.UntilIdle, r.demo, r.idle = false, true, jumping(e, clock, time.Time{})
	}
	return e.Run(ctx, r)
}

func calendarOf(ctx context.Context, s *store.Store) (at time.Time, err error) {
	err = s.Read(ctx, func(tx *store.Tx) error {
		at, err = tx.Calendar(ctx)
		return err
	})
	return at, err
}

// jumping moves the calendar to the next due time, to the end of what is planned
// or to a last instant.
func jumping(e *Engine, clock *andante.JumpClock, last time.Time) func(context.Context, scheduler.Round) error {
	return func(ctx context.Context, r scheduler.Round) error {
		if r.Next.IsZero() || !last.IsZero() && r.Next.After(last) {
			return errIdle
		}
		clock.Jump(r.Next)
		return e.Store.Write(ctx, func(tx *store.Tx) error { return tx.SetCalendar(ctx, clock.Now()) })
	}
}

// A child is a running part.
type child struct {
	t     testing.TB
	cmd   *exec.Cmd
	in    io.WriteCloser
	log   string
	ended chan struct{}
	err   error

	mu    sync.Mutex
	lines []string
	news  chan struct{} // closed at the next line, or at the end
}

// start plays the part in a process of its own.
func (p part) start(t testing.TB) *child {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.CreateTemp(t.TempDir(), "child-*.log")
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: exec.Command(self(t)), ended: make(chan struct{}), news: make(chan struct{}), log: log.Name()}
	c.cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	c.cmd.Stderr = log
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go c.follow(out)
	t.Cleanup(func() {
		c.kill()
		log.Close()
		if b, _ := os.ReadFile(log.Name()); t.Failed() && len(b) > 0 {
			t.Logf("%s said:\n%s", filepath.Base(c.log), b[:min(len(b), 4000)])
		}
	})
	return c
}

// follow reads what the child prints until it ends.
func (c *child) follow(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		c.mu.Lock()
		c.lines = append(c.lines, lines.Text())
		close(c.news)
		c.news = make(chan struct{})
		c.mu.Unlock()
	}
	c.err = c.cmd.Wait()
	close(c.ended)
}

// kill ends the child at once, wherever it is.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.ended
}

// over tells whether the child has ended.
func (c *child) over() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// terminate asks the child to end and waits until it has, without an error.
func (c *child) terminate(within time.Duration) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.t.Fatal(err)
	}
	c.wait(within)
}

// wait waits until the child ends by itself, without an error.
func (c *child) wait(within time.Duration) {
	c.t.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-c.ended:
	case <-timer.C:
		c.t.Fatalf("the process still runs after %s", within)
	}
	if c.err != nil {
		b, _ := os.ReadFile(c.log)
		c.t.Fatalf("the process failed: %v\n%s", c.err, bytes.TrimSpace(b))
	}
}

// flush empties the queue inside the child and waits until that is done.
func (c *child) flush() {
	c.t.Helper()
	before := c.count("flushed")
	if _, err := io.WriteString(c.in, "flush\n"); err != nil {
		c.t.Fatal(err)
	}
	c.hear("flushed", before+1, time.Minute)
}

func (c *child) count(prefix string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.lines {
		if strings.HasPrefix(l, prefix) {
			n++
		}
	}
	return n
}

// printed returns what it has printed after a prefix.
func (c *child) printed(prefix string) (list []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.lines {
		if rest, ok := strings.CutPrefix(l, prefix); ok {
			list = append(list, rest)
		}
	}
	return list
}

// hear waits until the child has printed n lines that begin with the prefix. It
// is false if it ended before.
func (c *child) hear(prefix string, n int, within time.Duration) bool {
	c.t.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		c.mu.Lock()
		news := c.news
		c.mu.Unlock()
		if c.count(prefix) >= n {
			return true
		}
		select {
		case <-news:
		case <-c.ended:
			return c.count(prefix) >= n
		case <-timer.C:
			c.t.Fatalf("waited %s for %d × %q", within, n, prefix)
		}
	}
}

// self is the path of this test binary.
func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
