package andante_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/andante-hq/andante"
)

func TestCleanText(t *testing.T) {
	t.Parallel()
	const bad = "\uFFFD"
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"250 2.0.0 Ok: queued as 4F2", "250 2.0.0 Ok: queued as 4F2"},
		{"two\nlines\tand a tab", "two\nlines\tand a tab"},
		{"Größe 日本 👩‍👧", "Größe 日本 👩‍👧"},
		{"550 \x00\xff", "550 " + bad + bad},
		{"a\xff\xfe\xfdb", "a" + bad + "b"},
		{"\x1b[31mred\x1b[0m\r\n\x7f\u0085\u009f\u00a0", bad + "[31mred" + bad + "[0m" + bad + "\n" + bad + bad + bad + "\u00a0"},
		{"\xed\xa0\x80", bad},
		{strings.Repeat("x", 1000), strings.Repeat("x", 1000)},
		{strings.Repeat("x", 1001), strings.Repeat("x", 1000)},
		{strings.Repeat("x", 999) + "é", strings.Repeat("x", 999)},
		{strings.Repeat("x", 998) + "é", strings.Repeat("x", 998) + "é"},
		{strings.Repeat("x", 997) + "👧👧", strings.Repeat("x", 997)},
		{strings.Repeat("x", 996) + "👧👧", strings.Repeat("x", 996) + "👧"},
	} {
		if got := andante.CleanText(c.in); got != c.want {
			t.Errorf("%.40q: %q, want %q", c.in, got, c.want)
		}
	}
}

func TestHideAddresses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"554 5.7.1 <bob@acme.example>: Relay access denied": "554 5.7.1 <(address)>: Relay access denied",
		"a@b and (c.d+e@f.example), nothing @ all":          "(address) and ((address)), nothing @ all",
		"nobody": "nobody",
	} {
		if got := andante.HideAddresses(in); got != want {
			t.Errorf("%q", got)
		}
	}
}

func FuzzCleanText(f *testing.F) {
	for _, s := range []string{"", "550 \x00\xff", "\x1b]0;title\x07", strings.Repeat("é", 600), "a\r\nb", "\ufffd\u0080"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := andante.CleanText(s)
		if !utf8.ValidString(got) || len(got) > 1000 {
			t.Errorf("%q: %d bytes, valid %v", got, len(got), utf8.ValidString(got))
		}
		for _, r := range got {
			if r != '\n' && r != '\t' && (r < ' ' || r >= 0x7f && r < 0xa0) {
				t.Errorf("%q holds %U", got, r)
			}
		}
		if again := andante.CleanText(got); again != got {
			t.Errorf("cleaned twice: %q, then %q", got, again)
		}
	})
}

func TestFindingError(t *testing.T) {
	t.Parallel()
	f := &andante.Finding{File: "sequences/a.md", Line: 3, Column: 7, Severity: andante.SeverityError, Rule: "no-such-field", Message: "there is no x"}
	if got, want := f.Error(), "sequences/a.md:3:7: error: there is no x (no-such-field)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	f.Suggestion = "did you mean y?"
	if got, want := f.Error(), "sequences/a.md:3:7: error: there is no x; did you mean y? (no-such-field)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
