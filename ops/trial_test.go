package ops

import (
	"strings"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// TestHoldOnce: what is held already is not held twice, and a hold on somebody's texts hides none
// on their mails.
func TestHoldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish()
	texts := andante.Hold{ID: andante.NewID[andante.HoldID](w.clock.Now()), Scope: andante.HoldSender, Key: "nora", Kind: andante.SMS, Author: andante.HoldAuthor, Reason: "refused", From: w.clock.Now()}
	w.write(func(tx *store.Tx) error { return tx.AddHold(t.Context(), texts) })
	for range 2 {
		w.write(func(tx *store.Tx) error {
			return w.holdOnce(t.Context(), tx, andante.HoldSender, "nora", "complaints")
		})
	}
	w.read(func(tx *store.Tx) error {
		list, err := tx.AllHolds(t.Context())
		kinds := map[andante.Kind]int{}
		for _, h := range list {
			kinds[h.Kind]++
		}
		if len(list) != 2 || kinds[andante.SMS] != 1 || kinds[andante.Email] != 1 {
			t.Errorf("held: %v", kinds)
		}
		return err
	})
}

// TestToldOfAHold: whoever gets what is nobody's hears of a sender that is stopped, once, and how
// that ends; of their own mailbox their manager does.
func TestToldOfAHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.files["andante.yaml"] = []byte(strings.Replace(config, "personas:", `people: {ana: {name: Ana, email: ana@x.example, manager: ben}, ben: {name: Ben, email: ben@x.example}}
tasks: {unowned: ana}
personas:`, 1))
	w.publish()
	ctx := t.Context()
	for _, key := range []string{"news", "news", "ana"} {
		w.write(func(tx *store.Tx) error { return w.holdOnce(ctx, tx, andante.HoldSender, key, "550 no") })
	}
	told := map[string]string{}
	for _, n := range w.due(w.clock.Now()) {
		told[n.Person] += n.Subject + "; " + n.Body
	}
	w.same("who is told", map[string]string{
		"ana": "Stopped: the sender news; Andante has stopped the sender news: 550 no\n\nEverything else goes on. Once that is mended: andante release --sender news\n",
		"ben": "Stopped: the sender ana; Andante has stopped the sender ana: 550 no\n\nEverything else goes on. Once that is mended: andante release --sender ana\n",
	}, told)
}
