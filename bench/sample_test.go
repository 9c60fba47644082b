package bench

import (
	"errors"
	"os"
	"testing"
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
