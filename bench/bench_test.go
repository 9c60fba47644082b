package bench_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/andante-hq/andante/bench"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/internal/testdb"
)

// TestMain lets this binary play the parts of a bench.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "part" {
		if err := bench.PlayPart(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func options(t *testing.T, messages int) bench.Options {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return bench.Options{Messages: messages, Connections: 2, Processes: 1, Part: []string{self, "part"}}
}

func TestRun(t *testing.T) {
	t.Parallel()
	const messages = 30
	r, err := bench.Run(t.Context(), options(t, messages))
	if err != nil {
		t.Fatal(err)
	}
	if r.Messages != bench.Rounds*messages || r.Enrolled != messages || len(r.Ratios) != bench.Rounds {
		t.Errorf("%d mails in %d rounds", r.Messages, len(r.Ratios))
	}
	if r.Rate <= 0 || r.FloorRate <= 0 || r.Ratio <= 0 || r.CPU <= 0 || r.PeakMB <= 0 || r.MailBytes < 2400 {
		t.Errorf("%+v", r)
	}
	for _, pass := range []string{"load", "eligible", "render", "claim", "permit", "deliver", "record"} {
		if r.Passes[pass] <= 0 {
			t.Errorf("the pass %s took no time", pass)
		}
	}
}

// Workers in processes of their own, and somebody else's mail server.
func TestRunByRoles(t *testing.T) {
	t.Parallel()
	const messages = 30
	in, err := inbox.Start(inbox.Options{NoRaw: true})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	o := options(t, messages)
	o.Store, o.Redis, o.Processes, o.Connections, o.Sink = testdb.Postgres(t), testdb.Redis(t), 2, 3, in.Addr()
	r, err := bench.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if n := in.Count(); n != 2*bench.Rounds*messages { // the engine's and the floor's
		t.Errorf("%d mails", n)
	}
	for _, name := range []string{"scheduler", "worker 1", "worker 2"} {
		if r.CPUs[name] <= 0 {
			t.Errorf("%s took no time: %+v", name, r.CPUs)
		}
	}
}

// Mails that the other side does not take are none that were sent.
func TestRunRefused(t *testing.T) {
	t.Parallel()
	const messages = 10
	var asked atomic.Int64
	in, err := inbox.Start(inbox.Options{NoRaw: true, Script: func(c inbox.Command) *inbox.Reply {
		if c.Stage == inbox.RcptTo && asked.Add(1) > messages { // the floor has had its turn
			return &inbox.Reply{Code: 451, Text: "4.7.1 later"}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	o := options(t, messages)
	o.Sink = in.Addr()
	if _, err := bench.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "took 0 mails of 10") {
		t.Errorf("it measured what nobody took: %v", err)
	}
}

// Those who wait are enrolled, and get nothing.
func TestRunAmongMany(t *testing.T) {
	t.Parallel()
	o := options(t, 7)
	o.Enrolled = 38
	enrolled := 0
	o.Progress = func(what string, done, _ int) {
		if what == "enrolled" {
			enrolled = done
		}
	}
	r, err := bench.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Enrolled != 38 || enrolled != 38 || r.Messages != bench.Rounds*7 {
		t.Errorf("%d mails, %d enrolled, %d told", r.Messages, r.Enrolled, enrolled)
	}
	o.Enrolled = 6
	if _, err := bench.Run(t.Context(), o); err == nil {
		t.Error("fewer enrolled than due")
	}
}

// Who measures is told at once that Redis is away; the engine would wait for it.
func TestRedisIsAway(t *testing.T) {
	t.Parallel()
	o := options(t, 30)
	for url, want := range map[string]string{
		"redis://someone:geheim@127.0.0.1:1/3": "can't use Redis at 127.0.0.1:1:",
		"redis://someone:gehe%im@127.0.0.1:1":  "the queue's URL can't be read",
	} {
		o.Redis = url
		_, err := bench.Run(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "gehe") {
			t.Errorf("%v; want %q in it and no password", err, want)
		}
	}
}

// On Postgres a bench has a database of its own, and leaves nothing of it, also when it
// is interrupted in mid-round.
func TestPostgresIsLeftAsItWas(t *testing.T) {
	t.Parallel()
	for name, interrupted := range map[string]bool{"to the end": false, "interrupted": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t, 30)
			o.Store = testdb.Role(t, testdb.Postgres(t), "CREATEDB") // which can't go while it owns a database
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			o.Progress = func(what string, _, _ int) {
				if interrupted && what == "rounds" {
					cancel()
				}
			}
			r, err := bench.Run(ctx, o)
			if interrupted != errors.Is(err, context.Canceled) || interrupted != (r == nil) {
				t.Errorf("%+v, error %v", r, err)
			}
		})
	}
}

func TestADatabaseOfOthers(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE theirs ()"); err != nil {
		t.Fatal(err)
	}
	o := options(t, 30)
	o.Store = testdb.Role(t, dsn, "")
	_, err = bench.Import(t.Context(), o)
	if err == nil || !strings.HasPrefix(err.Error(), "the database is not empty: bench wants one of its own") {
		t.Error(err)
	}
}

func TestSteps(t *testing.T) {
	t.Parallel()
	const rows = 20
	for name, measure := range map[string]func(context.Context, bench.Options) (*bench.StepReport, error){
		"import": bench.Import, "enroll": bench.Enroll, "claim": bench.Claim,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := measure(t.Context(), options(t, rows))
			if err != nil {
				t.Fatal(err)
			}
			if r.Step != name || r.Rows != rows || r.Seconds <= 0 || (r.Passes["claim"] > 0) != (name == "claim") {
				t.Errorf("%+v", r)
			}
		})
	}
}
