package inbound

import "testing"

// TestWishOf: the words of Twilio and of the FCC, and none of them in a sentence.
func TestWishOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Wish{
		"STOP": WishStop, " stop. ": WishStop, "Stop!!": WishStop, "StopAll": WishStop, "ＳＴＯＰ": WishStop, "ST\u200bOP": WishStop, "🛑 stop 🛑": WishStop, "\"Quit\"": WishStop, "opt-out": WishStop, "Opt out": WishStop,
		"OPTOUT": WishStop, "END": WishStop, "cancel": WishStop, "Revoke": WishStop, "unsubscribe": WishStop, "STOP\n": WishStop,
		"help": WishHelp, "INFO?": WishHelp, "start": WishStart, "UNSTOP": WishStart,
		"yes": WishNone, "Please don't stop": WishNone, "please do not stop sending these": WishNone, "I will stop by on Monday": WishNone, "See you at the end of May": WishNone, "": WishNone, "👍": WishNone, "Can we cancel our meeting?": WishNone,
		"please stop texting me": WishMaybe, "take me off your list": WishMaybe, "no more": WishMaybe, "Stop sending these": WishMaybe,
	} {
		if got := WishOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
