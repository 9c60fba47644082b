package ops

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// TestTaskOfDeputy: what follows a hold is a task for the owner, and while the owner is away
// for the deputy.
func TestTaskOfDeputy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.files["andante.yaml"] = []byte(strings.Replace(config, "personas:", `people: {ana: {name: Ana, email: ana@x.example}, ben: {name: Ben, email: ben@x.example}}
owners: {ana: {away: 2026-01-10..2026-01-20, deputy: ben}}
personas:`, 1))
	w.publish()
	ann := w.contact("ann", "account.owner=ana")
	var owners []string
	for _, day := range []int{9, 10, 20, 21} {
		w.clock.Jump(time.Date(2026, 1, day, 12, 0, 0, 0, time.UTC))
		_, err := w.Hold(t.Context(), andante.Hold{Scope: andante.HoldContact, Key: string(ann), Author: "eve", Reason: "asked", Then: "task: ask again"})
		if err == nil {
			_, err = w.Release(t.Context(), andante.HoldContact, string(ann))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.read(func(tx *store.Tx) error {
		tasks, err := tx.OpenTasks(t.Context(), "", 100)
		slices.SortFunc(tasks, func(a, b store.Task) int { return a.Opened.Compare(b.Opened) })
		for _, k := range tasks {
			owners = append(owners, k.Owner)
		}
		return err
	})
	if got := strings.Join(owners, " "); got != "ana ben ben ana" {
		t.Errorf("the tasks of the four days went to %s", got)
	}
}
