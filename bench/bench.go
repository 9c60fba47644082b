package bench

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// Rounds is how many times floor and engine send in turn.
const Rounds = 5

// Options say what is measured.
type Options struct {
	Messages    int    // of each round
	Enrolled    int    // contacts on a sequence in each round; 0: only those who get its mails
	Connections int    // of the engine as of the floor
	Processes   int    // workers; more than one need Redis and Postgres
	Store       string // postgres:// URL, see [store.Scratch]; empty: SQLite in a temporary folder
	Redis       string // redis:// URL; empty: a stand-in within the process
	Sink        string // host:port of another mail server; empty: a sink of our own

	Part     []string // the command line that calls [PlayPart]
	Progress func(what string, done, of int)
}

// A Report is what was measured. Rates are mails a second.
type Report struct {
	Messages  int                `json:"messages"` // sent by the engine, in all rounds
	Enrolled  int                `json:"enrolled"` // contacts on a sequence in each round
	Rate      float64            `json:"rate"`     // median of the rounds
	FloorRate float64            `json:"floor_rate"`
	Ratio     float64            `json:"ratio"` // median of the rounds' ratios
	Ratios    []float64          `json:"ratios"`
	CPU       float64            `json:"cpu_s_per_1k"` // of all processes of ours
	CPUs      map[string]float64 `json:"cpu_s_per_1k_by_process"`
	PeakMB    float64            `json:"peak_mb"` // of all processes of ours; the largest round
	Passes    map[string]float64 `json:"passes"`  // milliseconds per 1 000 mails, over all rounds
	MailBytes int                `json:"mail_bytes"`
}

// Check tells what does not go together.
func (o Options) Check() error {
	if o.Store != "" && !store.IsPostgres(o.Store) {
		return errors.New("--store is a postgres:// URL; without it an SQLite file is measured, in a temporary folder, which TMPDIR may move")
	}
	if o.Enrolled != 0 && o.Enrolled < o.Messages {
		return errors.New("--enrolled counts those who get the --messages too, so it is not less")
	}
	if o.Processes > o.Connections {
		return fmt.Errorf("each of %d --processes has a connection at least, so --connections is not %d", o.Processes, o.Connections)
	}
	if o.Processes > 1 && (o.Redis == "" || o.Store == "") {
		return errors.New("several processes meet on Redis and Postgres: give --redis and --store")
	}
	return nil
}

// Run measures. It uses a folder that it removes, and a Postgres database that it drops
// or, where it may make none of its own, leaves full.
func Run(ctx context.Context, o Options) (r *Report, err error) {
	err = o.aside(ctx, func(b *bench) error {
		r, err = b.run(ctx)
		return err
	})
	return r, err
}

// bench is one measurement.
type bench struct {
	o         Options
	dir       string
	drop      func(context.Context) error // the database of its own
	place     place
	engine    *engine.Engine // for what a person does at the command line
	workspace *workspace.Workspace
	sink      *process
	target    string // the mail server's address
	mails     string // the file of what the floor sends
	report    Report
	rates     []float64
	floors    []float64
	spent     map[string]float64 // seconds of CPU by process
	passes    map[string]float64 // seconds by pass
}

// aside runs f with a place that is removed afterwards.
func (o Options) aside(ctx context.Context, f func(*bench) error) error {
	if err := o.Check(); err != nil {
		return err
	}
	if err := reach(ctx, o.Redis); err != nil {
		return err
	}
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(f(b), b.close(ctx))
}

func newBench(ctx context.Context, o Options) (*bench, error) {
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	dir, err := os.MkdirTemp("", "andante-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{o: o, dir: dir, spent: map[string]float64{}, passes: map[string]float64{}}
	b.place = place{dir: filepath.Join(dir, "workspace"), store: filepath.Join(dir, "bench.db"), redis: o.Redis, sequences: Rounds + 1, later: o.Enrolled > o.Messages}
	b.report.Enrolled = max(o.Enrolled, o.Messages)
	if o.Store != "" {
		if b.place.store, b.drop, err = database(ctx, o.Store); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	return b, nil
}

func (b *bench) close(ctx context.Context) error {
	b.sink.kill()
	if b.engine != nil {
		b.engine.Close()
	}
	err := os.RemoveAll(b.dir)
	if b.drop != nil { // whatever became of ctx
		err = errors.Join(err, b.drop(context.WithoutCancel(ctx)))
	}
	return err
}

func (b *bench) run(ctx context.Context) (*Report, error) {
	if err := b.settle(ctx); err != nil {
		return nil, err
	}
	if err := b.sample(ctx); err != nil {
		return nil, err
	}
	if err := b.startSink(); err != nil {
		return nil, err
	}
	for i := 1; i <= Rounds; i++ {
		b.o.Progress("rounds", i-1, Rounds)
		if err := b.round(ctx, i); err != nil {
			return nil, err
		}
	}
	return b.sum(), nil
}

// settle makes the place and its people.
func (b *bench) settle(ctx context.Context) error {
	if err := b.found(ctx); err != nil {
		return err
	}
	if err := b.people(ctx); err != nil || !b.place.later {
		return err
	}
	all := b.report.Enrolled
	return b.enroll(ctx, all-b.o.Messages, ops.EnrollRequest{
		Sequence: later, Where: "contact.plan == " + strconv.Quote(waiting), Progress: func(seen int) { b.o.Progress("enrolled", seen, all) },
	})
}

// found makes the place, without people.
func (b *bench) found(ctx context.Context) (err error) {
	if err := b.place.write(); err != nil {
		return err
	}
	if b.engine, err = b.place.open(ctx, nil); err != nil {
		return err
	}
	b.workspace, err = b.place.publish(ctx, b.engine)
	return err
}

func (b *bench) people(ctx context.Context) error {
	all := b.report.Enrolled
	return people(ctx, b.engine, b.workspace, all, b.o.Messages, func(done int) { b.o.Progress("contacts", done, all) })
}

// sample has the engine send a few mails to a server that keeps them: they are what the
// floor sends.
func (b *bench) sample(ctx context.Context) error {
	in, err := inbox.Start(inbox.Options{})
	if err != nil {
		return err
	}
	defer in.Close()
	b.target = in.Addr()
	if err := b.enroll(ctx, min(samples, b.o.Messages), ops.EnrollRequest{Sequence: round(0), Where: "contact.city == " + strconv.Quote(sampleCity)}); err != nil {
		return err
	}
	if _, err := b.send(ctx); err != nil {
		return err
	}
	// What they cost belongs to no round.
	b.report.PeakMB = 0
	clear(b.spent)
	clear(b.passes)
	var mails []mail
	for _, m := range in.Mails() {
		mails = append(mails, mail{From: m.From, To: m.To[0], Data: m.Raw})
		b.report.MailBytes += len(m.Raw)
	}
	if len(mails) == 0 {
		return errors.New("the engine sent nothing")
	}
	b.report.MailBytes /= len(mails)
	b.mails = filepath.Join(b.dir, "mails")
	f, err := os.Create(b.mails)
	if err != nil {
		return err
	}
	return errors.Join(gob.NewEncoder(f).Encode(mails), f.Close())
}

func (b *bench) startSink() (err error) {
	if b.target = b.o.Sink; b.target != "" {
		return nil
	}
	if b.sink, err = launch(b.o.Part, part{Play: "sink"}); err != nil {
		return err
	}
	b.target, err = b.sink.hear()
	return err
}

// enroll enters as many contacts as it should.
func (b *bench) enroll(ctx context.Context, want int, r ops.EnrollRequest) error {
	rep, err := b.engine.Ops.Enroll(ctx, r)
	if err == nil && rep.Entered != want {
		err = fmt.Errorf("%d of %d contacts entered %s: %v", rep.Entered, want, r.Sequence, rep.Refused)
	}
	return err
}

// enter enters everybody who is due in a round.
func (b *bench) enter(ctx context.Context, i int) error {
	r := ops.EnrollRequest{Sequence: round(i)}
	if b.place.later {
		r.Where = "contact.plan != " + strconv.Quote(waiting)
	}
	return b.enroll(ctx, b.o.Messages, r)
}

// round sends the same number of mails through the floor and through the engine.
func (b *bench) round(ctx context.Context, i int) error {
	n := float64(b.o.Messages)
	if err := b.enter(ctx, i); err != nil {
		return err
	}
	bare, err := b.play(ctx, part{Play: "floor", Address: b.target, Mails: b.mails, N: b.o.Messages, Connections: b.o.Connections})
	if err != nil {
		return err
	}
	before, err := b.received()
	if err != nil {
		return err
	}
	took, err := b.send(ctx)
	if err != nil {
		return err
	}
	after, err := b.received()
	if err != nil {
		return err
	}
	if b.sink != nil && after-before != b.o.Messages {
		return fmt.Errorf("the sink took in %d mails of %d", after-before, b.o.Messages)
	}
	if err := b.allSent(ctx, i); err != nil {
		return err
	}
	b.rates, b.floors = append(b.rates, n/took), append(b.floors, n/bare.Seconds)
	b.report.Ratios = append(b.report.Ratios, bare.Seconds/took)
	b.report.Messages += b.o.Messages
	return nil
}

// allSent looks into the ledger whether a round's mails went: what the other side refuses
// is no mail that was sent.
func (b *bench) allSent(ctx context.Context, i int) error {
	sent, other := 0, map[string]int{}
	err := b.engine.Store.Read(ctx, func(tx *store.Tx) error {
		counts, err := tx.CountTouches(ctx)
		for _, c := range counts {
			switch {
			case c.Sequence != round(i):
			case c.State == andante.Sent:
				sent += c.N
			default:
				other[strings.TrimSpace(fmt.Sprint(c.State, " ", c.Reason))] += c.N
			}
		}
		return err
	})
	if err == nil && sent != b.o.Messages {
		err = fmt.Errorf("the mail server took %d mails of %d; the others are %v, so there is nothing to measure", sent, b.o.Messages, other)
	}
	return err
}

// sum makes the report of what the rounds have brought.
func (b *bench) sum() *Report {
	r, thousands := &b.report, float64(b.report.Messages)/1000
	r.Rate, r.FloorRate, r.Ratio = median(b.rates), median(b.floors), median(r.Ratios)
	r.CPUs, r.Passes = map[string]float64{}, map[string]float64{}
	for name, s := range b.spent {
		r.CPUs[name] = s / thousands
		r.CPU += s / thousands
	}
	for pass, s := range b.passes {
		r.Passes[pass] = s * 1000 / thousands
	}
	return r
}

// median returns the middle of a list of odd length.
func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
