package bench

import (
	"bytes"
	"strings"
	"testing"
)

// However many wait, as many as should are due, and their first are the sample.
func TestWritePeople(t *testing.T) {
	t.Parallel()
	for n := 1; n < 60; n++ {
		for due := 1; due <= n; due++ {
			if text := written(t, n, due); strings.Count(text, ",standard,") != due || strings.Count(text, ",waiting,") != n-due {
				t.Fatalf("of %d are %d due, want %d", n, strings.Count(text, ",standard,"), due)
			}
		}
	}
	text := written(t, 4000, 1000)
	if n := strings.Count(text, ",standard,"+sampleCity+","); n != samples || strings.Count(text, sampleCity) != samples {
		t.Errorf("%d are the sample, want %d", n, samples)
	}
	lines := strings.Split(text, "\n")[1:]
	for i, want := range []string{"standard", "standard", "waiting", "waiting", "waiting", "waiting", "waiting", "waiting", "standard"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("%s; want %s", lines[i], want)
		}
	}
}

func written(t *testing.T, n, due int) string {
	t.Helper()
	var b bytes.Buffer
	if err := writePeople(&b, n, due); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
