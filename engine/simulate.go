package engine

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/simulation"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/worker"
	"github.com/andante-hq/andante/workspace"
)

// SimulateOptions say what is rehearsed.
type SimulateOptions struct {
	Workspace *workspace.Workspace // what is played: the folder as it is, perhaps with another policy
	Days      int
	Sequences []string // which contacts enter at the beginning; none: only what runs goes on
	Where     string   // a condition on contacts: who enters, and who is in the report
	Seed      andante.Seed
	Rates     simulation.Rates // what people answer; nil: nobody does
	Log       *slog.Logger
	// Progress, if set, is told how many days have been played.
	Progress func(day int)
}

// A simulation's calendar jumps by steps: what is due within one goes at its end. Short ones
// foretell the day of a touch better, for what goes later keeps others away for longer; long
// ones play faster. Hours open and close on multiples of both.
const (
	shortStep = 5 * time.Minute
	longStep  = 15 * time.Minute
)

// never is longer than any calendar jumps: a jump is no outage.
const never = 200 * 366 * 24 * time.Hour

// Simulate plays the workspace on a copy of its store on a calendar that jumps, through the
// same scheduler, worker and governor as when it runs. Nothing is sent, and the store stays
// as it is.
//
// The copy is cut into parts that share no account and no address, each played by a core
// of its own. A sender's throttle is shared out among them.
func (e *Engine) Simulate(ctx context.Context, o SimulateOptions) (_ *simulation.Report, err error) {
	began := andante.SystemClock{}.Wall()
	// The store keeps milliseconds; the one after this belongs to no past.
	s := &rehearsal{source: e, o: o, from: e.Clock.Now().Truncate(time.Millisecond).Add(time.Millisecond)}
	s.to = s.from.AddDate(0, 0, o.Days)
	if s.o.Log == nil {
		s.o.Log = slog.New(slog.DiscardHandler)
	}
	if s.dir, err = os.MkdirTemp("", "andante-simulate-*"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(s.dir)
	defer s.close()
	if err := s.prepare(ctx); err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	g, gctx := errgroup.WithContext(ctx)
	for _, p := range s.strands {
		g.Go(func() error { return p.play(gctx) })
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	r, err := s.report(ctx)
	if err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	r.Seconds = andante.SystemClock{}.Wall().Sub(began).Seconds()
	return r, nil
}

// rehearsal is one simulation.
type rehearsal struct {
	source   *Engine
	o        SimulateOptions
	from, to time.Time
	dir      string
	strands  []*strand
	step     time.Duration
	ruleDays int // every how many days everybody is asked what a change would ask of them
	day      atomic.Int64
	entering []*ops.EnrollReport // what came of those who were to enter

	ungoverned bool // for tests: no limit is kept
}

func (s *rehearsal) close() {
	for _, p := range s.strands {
		p.engine.Close()
	}
}

// fewContacts are played in one part, and manyContacts by long steps.
const (
	fewContacts  = 400
	manyContacts = 2000
)

// prepare copies the store, publishes and enrolls there, and cuts the copy into parts.
func (s *rehearsal) prepare(ctx context.Context) error {
	whole := filepath.Join(s.dir, "whole.db")
	if err := s.source.Store.CopyTo(ctx, whole); err != nil {
		return err
	}
	s.step, s.ruleDays = shortStep, 7
	err := s.source.Store.Read(ctx, func(tx *store.Tx) error {
		n, _, err := tx.CountContacts(ctx)
		if n > manyContacts {
			s.step, s.ruleDays = longStep, 28
		}
		return err
	})
	if err != nil {
		return err
	}
	p, err := s.open(ctx, whole, 1)
	if err != nil {
		return err
	}
	if err := p.begin(ctx); err != nil {
		p.engine.Close()
		return err
	}
	accounts, err := p.divide(ctx, min(runtime.GOMAXPROCS(0), 8))
	if err != nil || len(accounts) == 1 {
		s.strands = []*strand{p}
		return err
	}
	if err := p.engine.Close(); err != nil {
		return err
	}
	for i := range accounts {
		file := filepath.Join(s.dir, fmt.Sprintf("part-%d.db", i))
		if err := copyFile(whole, file); err != nil {
			return err
		}
		p, err := s.open(ctx, file, len(accounts))
		if err != nil {
			return err
		}
		s.strands = append(s.strands, p)
		err = p.engine.Store.Write(ctx, func(tx *store.Tx) error {
			return tx.Remove(ctx, slices.Concat(slices.Delete(slices.Clone(accounts), i, i+1)...))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// strand is one of the stores that are played side by side.
type strand struct {
	s      *rehearsal
	clock  *andante.JumpClock
	engine *Engine
	sched  *scheduler.Scheduler
	work   *worker.Worker
	queue  handQueue
	seed   andante.Seed
	replies
}

// handQueue keeps items until they are handed to the worker, one after the other.
type handQueue struct{ items []queue.Item }

func (q *handQueue) Put(_ context.Context, items []queue.Item) error {
	q.items = append(q.items, items...)
	return nil
}

func (q *handQueue) Run(context.Context, int, func(context.Context, queue.Item)) error { return nil }

func (q *handQueue) Depth(context.Context) (int, error) { return len(q.items), nil }

func (q *handQueue) Ping(context.Context) error { return nil }

func (q *handQueue) Close() error { return nil }

func (s *rehearsal) open(ctx context.Context, file string, parts int) (p *strand, err error) {
	p = &strand{s: s, clock: andante.NewJumpClock(s.from)}
	p.engine, err = Open(ctx, Options{
		Dir: s.source.o.Dir, Clock: p.clock, Log: s.o.Log, Volatile: true, Single: true, Ungoverned: s.ungoverned, blind: p.taken,
		Config: func(c *workspace.Config) { c.Store, c.Redis = file, "" },
	})
	if err != nil {
		return nil, err
	}
	list, _, err := p.engine.channels(p.engine.published, s.o.Log)
	if err != nil {
		return nil, err
	}
	// What is due goes in leases as large as a throttle lets them be, and a jump is no outage.
	p.sched = scheduler.New(p.engine.Ops, &p.queue, scheduler.Options{LeaseTime: s.step, Outage: never, Shares: 1, Parts: parts, RuleDays: s.ruleDays, Quiet: true}, s.o.Log)
	p.work = worker.New(worker.Config{
		Ops: p.engine.Ops, Channels: list, Link: p.engine.link, Follow: p.engine.follow, Log: s.o.Log, Journal: p.engine.journal,
		Options: worker.Options{Name: "simulation", LeaseTime: time.Hour, Spread: true},
	})
	return p, nil
}

// begin publishes on the copy and enrolls who is to enter.
func (p *strand) begin(ctx context.Context) error {
	o := p.s.o
	err := p.engine.Store.Write(ctx, func(tx *store.Tx) error {
		if o.Seed != "" {
			if err := tx.SetSeed(ctx, o.Seed); err != nil {
				return err
			}
		}
		return tx.SetCalendar(ctx, p.s.from)
	})
	if err == nil {
		err = p.engine.settleOld(ctx) // what is leased is worked here once more
	}
	if err != nil {
		return err
	}
	would, err := p.engine.Ops.Publish(ctx, o.Workspace, nil, true)
	if err != nil {
		return err
	}
	if _, err := p.engine.Ops.Publish(ctx, o.Workspace, would.Missing, false); err != nil { // what was deleted goes to its end
		return err
	}
	for _, name := range o.Sequences {
		r, err := p.engine.Ops.Enroll(ctx, ops.EnrollRequest{Sequence: name, Where: o.Where})
		if err != nil {
			return err
		}
		p.s.entering = append(p.s.entering, r)
	}
	return nil
}

// divide sorts the accounts into so many parts of about the same number of contacts.
// Accounts whose contacts share an address stay together, for it has limits of its own.
func (p *strand) divide(ctx context.Context, parts int) (list [][]andante.AccountID, err error) {
	var people []andante.Contact
	var accounts []andante.Account
	err = p.engine.Store.Read(ctx, func(tx *store.Tx) error {
		if people, err = tx.ContactsAfter(ctx, "", 10_000_000); err != nil {
			return err
		}
		accounts, err = tx.AccountsAfter(ctx, "", 10_000_000)
		return err
	})
	if len(people) < fewContacts {
		parts = 1
	}
	root := map[andante.AccountID]andante.AccountID{}
	var find func(andante.AccountID) andante.AccountID
	find = func(a andante.AccountID) andante.AccountID {
		if r, ok := root[a]; ok && r != a {
			root[a] = find(r)
			return root[a]
		}
		root[a] = a
		return a
	}
	first := map[string]andante.AccountID{}
	for _, c := range people {
		find(c.Account)
		for _, address := range []string{c.Email, c.Phone} {
			other, known := first[address]
			switch {
			case address == "":
			case known:
				root[find(c.Account)] = find(other)
			default:
				first[address] = c.Account
			}
		}
	}
	members, size := map[andante.AccountID][]andante.AccountID{}, map[andante.AccountID]int{}
	placed := map[andante.AccountID]bool{}
	var roots []andante.AccountID
	for _, c := range people {
		r := find(c.Account)
		if size[r] == 0 {
			roots = append(roots, r)
		}
		size[r]++
		if !placed[c.Account] {
			placed[c.Account] = true
			members[r] = append(members[r], c.Account)
		}
	}
	list, load := make([][]andante.AccountID, parts), make([]int, parts)
	for _, r := range roots {
		least := slices.Index(load, slices.Min(load))
		list[least], load[least] = append(list[least], members[r]...), load[least]+size[r]
	}
	for _, a := range accounts {
		if !placed[a.ID] { // nobody is there, and a cadence counts it all the same
			list[0] = append(list[0], a.ID)
		}
	}
	return list, err
}

// play works until the end: what is due goes, then the calendar jumps to what is due next.
func (p *strand) play(ctx context.Context) error {
	err := p.engine.Store.Read(ctx, func(tx *store.Tx) (err error) {
		p.seed, err = tx.Seed(ctx) // by now it is the one that was asked for
		return err
	})
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		r, err := p.sched.Round(ctx)
		if err != nil {
			return err
		}
		if items := p.queue.items; len(items) > 0 {
			p.queue.items = nil
			for _, it := range items {
				p.work.Handle(ctx, it)
			}
			continue
		}
		if r.Asking {
			continue
		}
		over, err := p.jump(ctx, r.Next)
		if err != nil || over {
			return err
		}
	}
	return ctx.Err()
}

// jump moves the calendar to what is next: a touch, a task that is done, or an answer.
func (p *strand) jump(ctx context.Context, next time.Time) (over bool, err error) {
	now := p.clock.Now()
	did, task, err := p.engine.doTasks(ctx, now, p.outcome)
	if err != nil || did > 0 {
		return false, err
	}
	answered, answer, err := p.answer(ctx, now)
	if err != nil || answered > 0 {
		return false, err
	}
	for _, at := range []time.Time{task, answer} {
		if next.IsZero() || !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	if next.IsZero() || next.After(p.s.to) {
		p.clock.Jump(p.s.to)
		return true, nil
	}
	to := p.s.end(next)
	for to.Before(next) || !to.After(now) { // it may lie in the last second
		to = to.Add(p.s.step)
	}
	p.clock.Jump(to)
	p.s.told(int(p.clock.Now().Sub(p.s.from).Hours() / 24))
	return false, nil
}

// end returns the last second of the step in which an instant lies.
func (s *rehearsal) end(t time.Time) time.Time {
	return t.Truncate(s.step).Add(s.step - time.Second)
}

// told tells of a day when the first of the parts has come to it.
func (s *rehearsal) told(day int) {
	for was := s.day.Load(); int64(day) > was; was = s.day.Load() {
		if s.day.CompareAndSwap(was, int64(day)) && s.o.Progress != nil {
			s.o.Progress(day)
		}
	}
}

// replies are what people will answer.
type replies struct {
	mu    sync.Mutex
	heap  answerHeap
	given map[string]int // by event
	texts simulation.Texts
}

type answer struct {
	at    time.Time
	touch andante.TouchID
	event string
}

type answerHeap []answer

func (h answerHeap) Len() int { return len(h) }
func (h answerHeap) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].touch < h[j].touch
}
func (h answerHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *answerHeap) Push(x any)   { *h = append(*h, x.(answer)) }
func (h *answerHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// taken draws what comes back of a message.
func (p *strand) taken(m channels.Sealed) {
	if m.Kind == andante.SMS {
		p.mu.Lock()
		p.texts.Messages, p.texts.Segments, p.texts.Cost = p.texts.Messages+1, p.texts.Segments+m.Segments, p.texts.Cost+float64(m.Cost)/1e6
		p.mu.Unlock()
	}
	event, after := p.s.o.Rates.Answer(p.seed, m.Kind, m.Touch)
	if event == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	heap.Push(&p.heap, answer{p.clock.Now().Add(after), m.Touch, event})
}

// outcome draws how a task ends.
func (p *strand) outcome(k andante.Kind, id andante.TouchID) andante.Result {
	return p.s.o.Rates.Outcome(p.seed, k, id)
}

// answer tells the program what people have answered by now, and when they will next.
func (p *strand) answer(ctx context.Context, now time.Time) (did int, next time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.heap) > 0 {
		if p.heap[0].at.After(now) {
			return did, p.heap[0].at, nil
		}
		a := heap.Pop(&p.heap).(answer)
		var touches []andante.Touch
		err := p.engine.Store.Read(ctx, func(tx *store.Tx) (err error) {
			touches, err = tx.Touches(ctx, []andante.TouchID{a.touch})
			return err
		})
		if err != nil || len(touches) == 0 {
			return did, next, err
		}
		id := andante.DeriveID[andante.EventID](p.seed, a.at, "answer", string(a.touch))
		if err := p.engine.Ops.Record(ctx, andante.Event{ID: id, Contact: touches[0].Contact, Touch: a.touch, Name: a.event, At: a.at}); err != nil {
			return did, next, err
		}
		if p.given == nil {
			p.given = map[string]int{}
		}
		p.given[a.event]++
		did++
	}
	return did, next, nil
}
