package queue_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/andante-hq/andante/internal/faults"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/queue"
)

// A real server in trouble says so.
func TestExamineTrouble(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		trouble func(*faults.Redis)
		told    func(queue.Health) bool
	}{
		"full":      {(*faults.Redis).Fill, queue.Health.Full},
		"no disk":   {(*faults.Redis).LoseDisk, func(h queue.Health) bool { return h.Unsaved }},
		"a replica": {(*faults.Redis).Follow, func(h queue.Health) bool { return h.Replica }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := faults.StartRedis(t)
			look := func() bool {
				got, err := queue.Examine(t.Context(), r.URL(), slog.New(slog.DiscardHandler))
				if err != nil || len(got) != 1 {
					t.Fatalf("%+v, error %v", got, err)
				}
				return tt.told(got[0])
			}
			if look() {
				t.Error("it is told of a sound one")
			}
			tt.trouble(r)
			harness.Until(t, 10*time.Second, "it to be told", look)
		})
	}
}
