package reports

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

// A note is what somebody noted of a conversation.
type note struct {
	at   time.Time
	text string
}

// conversations reads what was said, and tells what came from them.
func (t *teller) conversations(ctx context.Context) error {
	list, err := t.tx.ConversationsOf(ctx, t.contact.ID)
	t.talks = map[andante.TouchID]andante.Conversation{}
	t.noted = map[note]bool{}
	for _, c := range list {
		t.noted[note{c.At, c.Note}] = true
		if c.Touch != "" {
			t.talks[c.Touch] = c
			continue
		}
		t.add(Line{At: c.At, What: string(c.Kind), Text: "from them, " + talk(c), Because: noteOf(c)})
	}
	return err
}

// talk tells who had a conversation, how long it was and what it was worth.
func talk(c andante.Conversation) string {
	text := "noted by " + cmp.Or(c.Owner, "somebody")
	if c.Minutes > 0 {
		text += fmt.Sprintf(", %d min", c.Minutes)
	}
	if c.Worth > 0 {
		text += fmt.Sprintf(", worth %d of %d", c.Worth, andante.MostWorth)
	}
	return text
}

func noteOf(c andante.Conversation) []string {
	if c.Note == "" {
		return nil
	}
	return []string{c.Note}
}

// talked adds what is known of the conversation that a touch was.
func (t *teller) talked(l Line) Line {
	if c, ok := t.talks[l.Touch]; ok {
		l.Text, l.Because = l.Text+", "+talk(c), noteOf(c)
	}
	return l
}

// outcome names what came of a conversation: no answer, met ...
func outcome(r andante.Result) string { return strings.ReplaceAll(string(r), "_", " ") }

// waitsForPost tells what a piece of post waits for.
func (t *teller) waitsForPost(id andante.TouchID) string {
	if batch := t.batches[id]; batch != "" {
		return "waits to be posted: andante cards mailed " + batch
	}
	return "waits to be printed: andante cards batch"
}
