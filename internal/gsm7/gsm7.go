// Package gsm7 counts what a text message costs: how many segments it becomes, by the
// alphabet in which it goes (3GPP TS 23.038), and which characters make it dearer.
package gsm7

import (
	"strings"
	"unicode/utf16"
)

// basic are the characters that take one septet, extended those that take two.
const (
	basic    = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extended = "\f^{}\\[~]|€"
)

// Room of a message alone, and of each segment of a longer one.
const (
	septets, septetsEach = 160, 153
	units, unitsEach     = 70, 67
)

// A Count is what a text becomes.
type Count struct {
	Segments int
	Unicode  bool // some character is not of the GSM alphabet, so all take two bytes (UCS-2)
	Units    int  // septets, or UTF-16 units
}

// Of counts a text. A character of two septets, or of two units, is not cut in two.
func Of(text string) Count {
	c := Count{Unicode: len(Foreign(text)) > 0}
	whole, each := septets, septetsEach
	if c.Unicode {
		whole, each = units, unitsEach
	}
	segments, room := 1, each
	for _, r := range text {
		n := size(r, c.Unicode)
		c.Units += n
		if n > room {
			segments, room = segments+1, each
		}
		room -= n
	}
	if c.Units <= whole {
		segments = 1
	}
	c.Segments = segments
	return c
}

func size(r rune, unicode bool) int {
	switch {
	case unicode:
		return max(utf16.RuneLen(r), 1)
	case strings.ContainsRune(extended, r):
		return 2
	}
	return 1
}

// Foreign returns the characters that are not of the GSM alphabet, once each.
func Foreign(text string) (list []rune) {
	for _, r := range text {
		if !strings.ContainsRune(basic, r) && !strings.ContainsRune(extended, r) && !strings.ContainsRune(string(list), r) {
			list = append(list, r)
		}
	}
	return list
}

// plain are characters of typography that have a plain form in the alphabet.
var plain = strings.NewReplacer(
	"“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "‘", "'", "’", "'", "‚", "'", "‹", "'", "›", "'",
	"–", "-", "—", "-", "‐", "-", "‑", "-", "−", "-", "…", "...", "\u00a0", " ", "\u202f", " ", "\u2009", " ", "•", "-", "\u00ad", "", "\u200b", "",
)

// Plain writes quotes, dashes and spaces as they stand in the alphabet.
func Plain(text string) string { return plain.Replace(text) }
