package agenda_test

import (
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/andante-hq/andante/internal/agenda"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)
	text := agenda.Write(at.Add(-time.Hour), []agenda.Entry{{
		ID: "019b", Summary: "Call Ana; Müller, of Northfield", Description: "Ask which building,\nand why; " + strings.Repeat("ä", 60), Place: "+15125550100",
		At: at, Lasts: 15 * time.Minute, Remind: 10 * time.Minute,
	}})
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
	for _, want := range []string{
		"METHOD:PUBLISH\r\n", "UID:019b@andante\r\n", "DTSTAMP:20260304T130000Z\r\n", "DTSTART:20260304T140000Z\r\n", "DTEND:20260304T141500Z\r\n",
		"SUMMARY:Call Ana\\; Müller\\, of Northfield\r\n", "BEGIN:VALARM\r\n", "TRIGGER:-PT10M\r\n", "ACTION:DISPLAY\r\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	back, err := ics.ParseCalendar(strings.NewReader(text))
	if err != nil || len(back.Events()) != 1 {
		t.Fatalf("%v\n%s", err, text)
	}
	if got := back.Events()[0].GetProperty(ics.ComponentPropertyDescription).Value; !strings.Contains(got, "building") {
		t.Errorf("%q", got)
	}
}
