package harness

import (
	"context"
	"testing"
	"time"

	"github.com/andante-hq/andante"
)

// Until waits until ask says yes, for what happens in another process and sends
// no signal. It fails the test after the deadline.
func Until(t testing.TB, deadline time.Duration, what string, ask func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	for !ask() {
		if andante.Sleep(ctx, 20*time.Millisecond) != nil {
			t.Fatalf("waited %s for %s in vain", deadline, what)
		}
	}
}
