package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/andante-hq/andante/bench"
)

// What is printed first is what was asked for.
func TestBenchTellsWhatItSent(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a := &app{out: &out}
	a.benched(&bench.Report{Messages: 50_000, Enrolled: 1_000_000, Ratios: []float64{.2, .3, .3, .3, .4}, MailBytes: 5833})
	if first, _, _ := strings.Cut(out.String(), "\n"); first != "5 × 10000 mails of 5833 bytes, with 1000000 contacts enrolled" {
		t.Error(first)
	}
}
