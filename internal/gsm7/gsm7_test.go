package gsm7_test

import (
	"strings"
	"testing"

	"github.com/andante-hq/andante/internal/gsm7"
)

func TestOf(t *testing.T) {
	t.Parallel()
	x := func(s string, n int) string { return strings.Repeat(s, n) }
	for _, test := range []struct {
		text     string
		segments int
		unicode  bool
		units    int
	}{
		{"", 1, false, 0},
		{x("a", 160), 1, false, 160},
		{x("a", 161), 2, false, 161},
		{x("a", 306), 2, false, 306},
		{x("a", 307), 3, false, 307},
		{x("€", 80), 1, false, 160},
		{x("a", 152) + "€" + x("a", 151), 2, false, 305}, // the sign is not cut in two
		{x("a", 152) + "€" + x("a", 152), 3, false, 306},
		{x("ü", 160), 1, false, 160},
		{x("a", 69) + "“", 1, true, 70},
		{x("a", 70) + "“", 2, true, 71},
		{x("語", 134), 2, true, 134},
		{x("語", 135), 3, true, 135},
		{x("語", 66) + "😀" + x("語", 66), 3, true, 134}, // nor is one of two units
		{x("😀", 35), 1, true, 70},
		{"ç", 1, true, 1}, // only Ç is in the alphabet
	} {
		if got := gsm7.Of(test.text); got != (gsm7.Count{Segments: test.segments, Unicode: test.unicode, Units: test.units}) {
			t.Errorf("%.20q of %d: %+v, want %+v", test.text, len([]rune(test.text)), got, test)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	const typographic = "“It’s – here” … «yes»"
	if got := string(gsm7.Foreign(typographic)); got != "“’–”…«»" {
		t.Errorf("foreign are %q", got)
	}
	if got := gsm7.Plain(typographic); got != `"It's - here" ... "yes"` || len(gsm7.Foreign(got)) > 0 {
		t.Errorf("plain it is %q", got)
	}
}
