package inbound

import (
	"testing"
	"time"
)

// TestPlainOptOuts: what people write who want no more, and what only sounds like it.
func TestPlainOptOuts(t *testing.T) {
	t.Parallel()
	class := func(text string) Class {
		return Recognise(Read([]byte("From: Ana <ana@x.example>\nSubject: Re: Hello\n\n"+text+"\n"), Envelope{}), time.Now()).Class
	}
	for _, text := range []string{
		"No me escriban más.", "No me escriba más.", "Please don't write to me again.", "Schreiben Sie mir nicht mehr.", "Hören Sie auf, mir zu schreiben.", "Ne m'écrivez plus.", "Dejen de escribirme", "Leave me alone",
	} {
		if got := class(text); got != OptOut {
			t.Errorf("%q is %s", text, got)
		}
	}
	for _, text := range []string{"Kein Interesse.", "Not interested, thanks.", "Please don't stop writing.", "Schreiben Sie mir nächste Woche."} {
		if got := class(text); got != Reply {
			t.Errorf("%q is %s", text, got)
		}
	}
}
