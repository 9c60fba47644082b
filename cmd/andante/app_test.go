package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestInterrupted: a command that is asked to end says so in words of ours.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"interrupted":                    context.Canceled,
		"interrupted: list.csv, line 12": fmt.Errorf("list.csv, line 12: %w", context.Canceled),
		"interrupted: open store: a: b":  fmt.Errorf("open store: %w", errors.New("a: b")),
	} {
		if got := interrupted(want).Error(); got != text {
			t.Errorf("%q instead of %q", got, text)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var said strings.Builder
	a := &app{in: strings.NewReader(""), out: &said, err: &said}
	if code := a.run(ctx, []string{"bench", "import", "--contacts", "10"}); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if got := said.String(); !strings.HasPrefix(got, "andante: interrupted") || strings.Contains(got, "canceled") {
		t.Errorf("it says %q", got)
	}
}
