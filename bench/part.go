package bench

import (
	"bufio"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/workspace"
)

// A part is what a process of the bench does. It is told with one line of JSON.
type part struct {
	Play    string // sink, floor or engine
	Address string // of the mail server

	Mails       string // floor: the file of the mails
	N           int    // floor: how many to send
	Connections int

	Dir, Store, Redis string // engine
	Roles             []engine.Role
	UntilIdle         bool
}

// A result is what a part says of itself when it is over.
type result struct {
	Seconds float64            // from the signal to the end
	CPU     float64            // seconds, from the signal to the end
	PeakMB  float64            // of the whole process
	Passes  map[string]float64 // engine: seconds by pass
}

// PlayPart is main of a process that the bench started. It reads its part from in,
// says that it is ready, waits for the signal, and says what came of it.
func PlayPart(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	text, err := lines.ReadBytes('\n')
	if err != nil {
		return err
	}
	var p part
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	switch p.Play {
	case "sink":
		return p.sink(lines, out)
	case "floor":
		return p.floor(lines, out)
	case "engine":
		return p.engine(ctx, lines, out)
	}
	return fmt.Errorf("no part is called %q", p.Play)
}

// sink serves until nobody listens to it any more, and says how many mails it has
// whenever it is asked.
func (p part) sink(in *bufio.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	var s Sink
	go s.Serve(l)
	fmt.Fprintln(out, l.Addr())
	for {
		if _, err := in.ReadString('\n'); err != nil {
			return nil
		}
		fmt.Fprintln(out, s.Mails())
	}
}

func (p part) floor(in *bufio.Reader, out io.Writer) error {
	f, err := os.Open(p.Mails)
	if err != nil {
		return err
	}
	defer f.Close()
	var mails []mail
	if err := gob.NewDecoder(f).Decode(&mails); err != nil {
		return err
	}
	return measured(in, out, func(*result) error { return floor(p.Address, mails, p.N, p.Connections) })
}

// engine runs the engine until nothing is due, or until it is asked to end.
func (p part) engine(ctx context.Context, in *bufio.Reader, out io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	pl := place{dir: p.Dir, store: p.Store, redis: p.Redis}
	e, err := pl.open(ctx, func(o *engine.Options) { p.options(o) })
	if err != nil {
		return err
	}
	defer e.Close()
	return measured(in, out, func(r *result) error {
		err := e.Run(ctx, engine.RunOptions{Roles: p.Roles, UntilIdle: p.UntilIdle})
		r.Passes = passes(e)
		return err
	})
}

func (p part) options(o *engine.Options) {
	host, port, _ := net.SplitHostPort(p.Address)
	n, _ := strconv.Atoi(port)
	machine := o.Config
	o.Concurrency = p.Connections
	o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	o.Config = func(c *workspace.Config) {
		machine(c)
		c.Deliver = workspace.Deliver{Mode: "live"}
		c.Channels.Email.Host, c.Channels.Email.Port, c.Channels.Email.Connections = host, n, p.Connections
	}
}

// passes reads the engine's own metric.
func passes(e *engine.Engine) map[string]float64 {
	got := map[string]float64{}
	families, _ := e.Registry.Gather()
	for _, f := range families {
		if f.GetName() != "andante_pass_seconds_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			got[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
		}
	}
	return got
}

// measured says that it is ready, waits for the signal and measures f.
func measured(in *bufio.Reader, out io.Writer, f func(*result) error) error {
	fmt.Fprintln(out, "ready")
	if _, err := in.ReadString('\n'); err != nil {
		return errors.New("nobody gave the signal")
	}
	var r result
	cpu, began := processCPU(), andante.SystemClock{}.Wall()
	err := f(&r)
	r.Seconds = andante.SystemClock{}.Wall().Sub(began).Seconds()
	r.CPU, r.PeakMB = (processCPU() - cpu).Seconds(), peakMB()
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}
