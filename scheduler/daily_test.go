package scheduler_test

import (
	"context"
	"maps"
	"testing"
	"testing/fstest"
	"time"

	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// To ask everybody who enters takes long. What is due does not wait for it, and nothing
// counts as done before it is.
func TestMailGoesBetweenPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{Pages: 1})
	w.publishRules()
	for day := range 2 {
		today := noon.AddDate(0, 0, day).Truncate(24 * time.Hour)
		w.add(touch(2*day), touch(2*day+1, due(time.Duration(day)*24*time.Hour+time.Second)))
		if r := w.round(); r.Leased != 1 || !r.Asking || r.Idle() {
			t.Errorf("day %d, the first page: %+v", day, r)
		}
		w.work()
		if got := w.asked(); !got.Before(today) {
			t.Errorf("day %d: asked %v before it was over", day, got)
		}
		w.clock.Tick(time.Second)
		if r := w.round(); r.Leased != 1 || r.Asking {
			t.Errorf("day %d, the second page: %+v", day, r)
		}
		w.work()
		w.same("asked", today, w.asked())
		if r := w.round(); !r.Idle() || !r.Next.Equal(today.AddDate(0, 0, 1)) {
			t.Errorf("day %d, afterwards: %+v", day, r)
		}
		w.clock.Tick(24*time.Hour - time.Second)
	}
}

// publishRules publishes two sequences that people enter by a rule.
func (w *world) publishRules() {
	w.t.Helper()
	changed := maps.Clone(files)
	for _, name := range []string{"one", "two"} {
		text := "---\nsequence: " + name + "\ntitle: Rule\npurpose: marketing\nsender: free\nenter: {when: account.stage == \"customer\"}\n---\n" +
			"\n## Hello\n\n```yaml step\nkind: email\nafter: 0d\nsubject: Hello\nvalue: insight - one\n```\n\nHello.\n"
		changed["sequences/"+name+".md"] = &fstest.MapFile{Data: []byte(text)}
	}
	ws, found := workspace.Load(changed)
	if bad := workspace.Errors(found); len(bad) > 0 {
		w.t.Fatal(bad[0])
	}
	if _, err := w.ops.Publish(w.t.Context(), ws, nil, false); err != nil {
		w.t.Fatal(err)
	}
}

// asked is the last day on which everybody was asked.
func (w *world) asked() (day time.Time) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *store.Tx) (err error) {
		day, err = tx.Daily(ctx)
		return err
	})
	return day
}
