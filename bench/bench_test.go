package bench_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/andante-hq/andante/bench"
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
	if r.Messages != bench.Rounds*messages || len(r.Ratios) != bench.Rounds {
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
