package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/contacts"
)

// A StepReport is what one step by itself took.
type StepReport struct {
	Step    string  `json:"step"`
	Rows    int     `json:"rows"`
	Seconds float64 `json:"seconds"`
	Rate    float64 `json:"rate"`         // rows a second
	CPU     float64 `json:"cpu_s_per_1k"` // of this process
	PeakMB  float64 `json:"peak_mb"`      // of this process, until now
	// Passes holds microseconds per touch; claim only.
	Passes map[string]float64 `json:"passes,omitempty"`
}

// past is how many earlier touches a contact has in [Claim].
const past = 50

// Import measures how long so many contacts take to be taken in.
func Import(ctx context.Context, o Options) (r *StepReport, err error) {
	err = o.aside(ctx, func(b *bench) error {
		if err := b.found(ctx); err != nil {
			return err
		}
		r, err = step("import", o.Messages, func() error { return b.people(ctx) })
		return err
	})
	return r, err
}

// Enroll measures how long so many contacts take to enter a sequence.
func Enroll(ctx context.Context, o Options) (r *StepReport, err error) {
	err = o.aside(ctx, func(b *bench) error {
		if err := b.settle(ctx); err != nil {
			return err
		}
		r, err = step("enroll", o.Messages, func() error { return b.enter(ctx, 1) })
		return err
	})
	return r, err
}

// Claim measures what a touch costs from its load to its claim when its contact has had
// fifty touches before, under eight limits, and one at a time, so that nobody waits for
// the store. The passes are those of [Run]: load, eligible and claim together are what a
// claim costs.
func Claim(ctx context.Context, o Options) (r *StepReport, err error) {
	o.Connections = 1
	err = o.aside(ctx, func(b *bench) error {
		if err := b.settle(ctx); err != nil {
			return err
		}
		if err := b.lived(ctx); err != nil {
			return err
		}
		if err := b.startSink(); err != nil {
			return err
		}
		if err := b.enter(ctx, 1); err != nil {
			return err
		}
		took, err := b.send(ctx)
		if err != nil {
			return err
		}
		n := float64(o.Messages)
		r = &StepReport{Step: "claim", Rows: o.Messages, Seconds: took, Rate: n / took, CPU: b.spent["andante"] / n * 1000, PeakMB: b.report.PeakMB, Passes: map[string]float64{}}
		for pass, s := range b.passes {
			r.Passes[pass] = s / n * 1e6
		}
		return nil
	})
	return r, err
}

// step measures f.
func step(name string, rows int, f func() error) (*StepReport, error) {
	cpu, began := processCPU(), andante.SystemClock{}.Wall()
	err := f()
	r := &StepReport{Step: name, Rows: rows, Seconds: andante.SystemClock{}.Wall().Sub(began).Seconds(), PeakMB: peakMB()}
	r.CPU = (processCPU() - cpu).Seconds() / float64(rows) * 1000
	r.Rate = float64(rows) / r.Seconds
	return r, err
}

// lived gives every contact a past.
func (b *bench) lived(ctx context.Context) error {
	r, out := io.Pipe()
	go func() { out.CloseWithError(writePast(out, b.o.Messages)) }()
	im := &contacts.Importer{Ops: b.engine.Ops, Workspace: b.workspace}
	want := past * b.o.Messages
	rep, err := im.History(ctx, r, nil, contacts.Options{Progress: func(rows int, _ int64) { b.o.Progress("past touches", rows, want) }})
	if err == nil && rep.Added != want {
		err = fmt.Errorf("%d of %d past touches were taken in: %v", rep.Added, want, rep.Reasons)
	}
	return err
}

// writePast writes what the contacts of [writePeople] had in the last year.
func writePast(out io.Writer, n int) error {
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, "contact,at,kind")
	now := andante.SystemClock{}.Now()
	for i := range n {
		for j := range past {
			fmt.Fprintf(w, "c%d,%s,email\n", i, now.Add(-time.Duration(j+1)*7*24*time.Hour).Format(time.RFC3339))
		}
	}
	return w.Flush()
}
