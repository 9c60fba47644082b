package bench

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The mails that the engine makes for the floor are no part of what is measured.
func TestTheSampleIsNotCounted(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Messages: 30, Connections: 2, Processes: 1, Part: []string{self, "part"}}
	err = o.aside(t.Context(), func(b *bench) error {
		err := errors.Join(b.settle(t.Context()), b.sample(t.Context()))
		if len(b.spent) > 0 || len(b.passes) > 0 || b.report.PeakMB > 0 {
			t.Errorf("of the sample were counted %v, %v and %.0f MB", b.spent, b.passes, b.report.PeakMB)
		}
		if b.report.MailBytes == 0 {
			t.Error("there was none")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// What is quoted is the median of the rounds' ratios, and the CPU of all processes of ours.
func TestSum(t *testing.T) {
	t.Parallel()
	b := &bench{
		rates: []float64{10, 50, 30}, floors: []float64{100, 60, 80},
		spent: map[string]float64{"scheduler": 1, "worker 1": 2, "worker 2": 3}, passes: map[string]float64{"load": 4},
	}
	b.report = Report{Messages: 20_000, Ratios: []float64{0.9, 0.1, 0.2}, PeakMB: 7}
	want := &Report{
		Messages: 20_000, Rate: 30, FloorRate: 80, Ratio: 0.2, Ratios: []float64{0.9, 0.1, 0.2}, CPU: 0.3, PeakMB: 7,
		CPUs: map[string]float64{"scheduler": 0.05, "worker 1": 0.1, "worker 2": 0.15}, Passes: map[string]float64{"load": 200},
	}
	got := b.sum()
	near := cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	keys := []string{"cpu_s_per_1k", "cpu_s_per_1k_by_process", "enrolled", "floor_rate", "mail_bytes", "messages", "passes", "peak_mb", "rate", "ratio", "ratios"}
	if diff := cmp.Diff(keys, slices.Sorted(maps.Keys(object))); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}
