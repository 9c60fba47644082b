package inbound

import (
	"testing"
	"time"
)

// TestNobodyIsCutOffByMistake: what sounds like a wish to leave, or like somebody who has left, and
// is none.
func TestNobodyIsCutOffByMistake(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	for _, text := range []string{
		"Wir möchten keine Zeit verlieren, bitte schicken Sie das Angebot.", "I don't want any changes, go ahead!", "Please remove item 3 from the quote and send it again.",
		"Nicht mehr an Herrn Meier, sondern an mich. Wir haben Interesse!", "Je ne veux plus attendre, envoyez-moi le devis !", "Quiero dar de baja la máquina antigua y comprar una nueva.", "No more than 20 please",
		"Please delete your old offer from our records and send the new one.", "Lassen Sie uns das in Ruhe besprechen.", "Do not send me the paper version, the PDF will do.", "Please cancel", "I widerspreche not, but the price is high.",
		"Ich widerspreche dem Angebot in Punkt 3.", "Could you stop by on Thursday?", "No me manden la factura por correo, la recojo yo.",
	} {
		m := Read([]byte("From: Ana <ana@x.example>\nSubject: Re: About one\n\n"+text+"\n"), Envelope{})
		if f := Recognise(m, now); f.Class != Reply {
			t.Errorf("%q is %s: %s", text, f.Class, f.Why)
		}
	}
	for text, want := range map[string]Class{
		"I have left for my holidays and will be back on 19 January.": OutOfOffice, "I am out of the office until 12 January. For project Alpha please contact my successor Tom.": OutOfOffice,
		"I am out of the office until 12 January. Please note that Bob has left the company.": OutOfOffice, "We are the retirement fund of X and will answer within two days.": AutoReply,
		"I no longer work at X.": Left, "Ana Ruiz has left the company.": Left,
	} {
		m := Read([]byte("From: Ana Ruiz <aruiz@x.example>\nAuto-Submitted: auto-replied\nSubject: Automatic reply\n\n"+text+"\n"), Envelope{})
		if f := Recognise(m, now); f.Class != want {
			t.Errorf("%q is %s, want %s: %s", text, f.Class, want, f.Why)
		}
	}
}
