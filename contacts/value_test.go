package contacts

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
)

// checked is a value, what becomes of it, and a part of the reason if nothing does.
type checked struct{ in, want, reason string }

func runChecks(t *testing.T, c check, tests []checked) {
	t.Helper()
	for _, test := range tests {
		got, err := c(test.in)
		if got != test.want || (err != nil) != (test.reason != "") || !strings.Contains(message(err), test.reason) {
			t.Errorf("%q: got %q, %v; want %q, %q", test.in, got, err, test.want, test.reason)
		}
	}
}

func TestEmail(t *testing.T) {
	t.Parallel()
	runChecks(t, email, []checked{
		{"Anna.Berg@Example.COM", "anna.berg@example.com", ""},
		{"o'neil+x@example.co.uk", "o'neil+x@example.co.uk", ""},
		{"info@münchen.de", "info@xn--mnchen-3ya.de", ""},
		{"info@XN--MNCHEN-3YA.de", "info@xn--mnchen-3ya.de", ""},
		{"a@faß.de", "a@xn--fa-hia.de", ""},
		{"anna", "", "no @"},
		{"@example.com", "", "before the @"},
		{"anna@", "", "after the @"},
		{"a b@example.com", "", "before the @"},
		{"a@b@example.com", "", "before the @"},
		{"Anna <anna@example.com>", "", "bare address"},
		{"a@x.com, b@x.com", "", "alone"},
		{"Ännä@example.com", "ännä@example.com", ""},
		{"a\u0301nna@example.com", "ánna@example.com", ""},
		{"anna\u200b@example.com", "", "before the @"},
		{"anna☺@example.com", "", "before the @"},
		{"a\r\nBcc: b@example.com", "", "before the @"},
		{"a\x00@example.com", "", "before the @"},
		{".a@example.com", "", "dot"},
		{"a..b@example.com", "", "dot"},
		{"a@example", "", "domain"},
		{"a@example.com.", "", "domain"},
		{"a@exa_mple.com", "", "domain"},
		{"a@-example.com", "", "domain"},
		{"a@1.2.3.4", "", "domain"},
		{"a@[1.2.3.4]", "", "domain"},
		{"a@exam ple.com", "", "domain"},
		{strings.Repeat("a", 65) + "@example.com", "", "64"},
		{"a@" + strings.Repeat("abcdefg.", 40) + "com", "", "domain"},
		{strings.Repeat("a", 60) + "@" + strings.Repeat("abcdefg.", 25) + "com", "", "254"},
	})
}

// TestTheirEmail: nobody is written to where complaints go, nor where nobody reads. What only looks
// like it is a person.
func TestTheirEmail(t *testing.T) {
	t.Parallel()
	runChecks(t, theirs, []checked{
		{"Abuse@Example.com", "", "complaints"},
		{"postmaster@example.com", "", "complaints"},
		{"MAILER-DAEMON@example.com", "", "complaints"},
		{"noreply@example.com", "", "nobody reads"},
		{"no-reply+7@example.com", "", "nobody reads"},
		{"Do_Not.Reply@example.com", "", "nobody reads"},
		{"abuse@example", "", "domain"},
		{"Info@example.com", "info@example.com", ""},
		{"Noreen.Ply@example.com", "noreen.ply@example.com", ""},
		{"abuseman@example.com", "abuseman@example.com", ""},
	})
	runChecks(t, email, []checked{{"abuse@example.com", "abuse@example.com", ""}}) // it may be suppressed
}

func FuzzEmail(f *testing.F) {
	for _, s := range []string{"a@b.de", "info@münchen.de", "a\n@b.de", "a@b@c.de", "a@。de", "\u200ba@b.de"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := email(s)
		if err != nil {
			return
		}
		if strings.ContainsAny(once, " \r\n\t\x00<>,;\"") || len(once) > 254 || once != andante.NormalizeEmail(once) {
			t.Fatalf("%q became %q", s, once)
		}
		for _, r := range once {
			if r < 0x21 || r >= 0x7f {
				t.Fatalf("%q became %q", s, once)
			}
		}
		if twice, err := email(once); err != nil || twice != once {
			t.Fatalf("%q became %q and then %q, %v", s, once, twice, err)
		}
	})
}

func TestPhone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, country, want, reason string }{
		{"+49 30 1234567", "", "+49301234567", ""},
		{"030 / 123 45 67", "DE", "+49301234567", ""},
		{"0049301234567", "DE", "+49301234567", ""},
		{"(512) 236-0100", "US", "+15122360100", ""},
		{"+1 512 236 0100", "DE", "+15122360100", ""},
		{"030 1234567", "", "", "--country"},
		{"030", "DE", "", "no such number"},
		{"none", "DE", "", "number of DE"},
		{"(512) 236-0100 ext 5", "US", "", "extension"},
		{strings.Repeat("1", 61), "US", "", "long"},
	} {
		got, err := phone(test.in, test.country)
		if got != test.want || (err != nil) != (test.reason != "") || !strings.Contains(message(err), test.reason) {
			t.Errorf("%q in %q: got %q, %v; want %q, %q", test.in, test.country, got, err, test.want, test.reason)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	runChecks(t, country, []checked{
		{"de", "DE", ""},
		{"DE", "DE", ""},
		{"deu", "DE", ""},
		{"Deutschland", "DE", ""},
		{"UK", "GB", ""},
		{"usa", "US", ""},
		{"XK", "XK", ""},
		{"XX", "", "two letters"},
		{"EU", "", "two letters"},
		{"150", "", "two letters"},
		{"Freedonia", "", "two letters"},
		{"ZZ", "", "two letters"},
		{"D", "", "two letters"},
	})
	runChecks(t, tongue, []checked{
		{"de", "de", ""},
		{"EN_us", "en-US", ""},
		{"de-AT", "de-AT", ""},
		{"german", "", "such as en"},
		{"und", "", "such as en"},
		{"zz", "", "such as en"},
		{"x-foo", "", "such as en"},
	})
	runChecks(t, zone, []checked{
		{"Europe/Berlin", "Europe/Berlin", ""}, {"Local", "", "IANA"}, {"../etc/passwd", "", "IANA"}, {"CEST", "", "IANA"},
	})
}

func TestTyped(t *testing.T) {
	t.Parallel()
	runChecks(t, number, []checked{
		{"12", "12", ""},
		{"-1.50", "-1.50", ""},
		{"+3", "3", ""},
		{"12345678901234567890", "12345678901234567890", ""},
		{"1,5", "", "1234.5"},
		{"1.000.000", "", "1234.5"},
		{"1e6", "", "1234.5"},
		{"NaN", "", "1234.5"},
		{"Inf", "", "1234.5"},
		{"0x10", "", "1234.5"},
		{"", "", "1234.5"},
		{".5", "", "1234.5"},
		{"5.", "", "1234.5"},
		{"-", "", "1234.5"},
		{"5 €", "", "1234.5"},
		{strings.Repeat("9", 41), "", "1234.5"},
	})
	runChecks(t, flag, []checked{{"Yes", "yes", ""}, {"1", "yes", ""}, {"FALSE", "no", ""}, {"maybe", "", "yes or no"}})
	runChecks(t, date, []checked{
		{"2026-02-28", "2026-02-28", ""}, {"2026-02-30", "", "no such day"}, {"28.02.2026", "", "year first"}, {"02/03/2026", "", "year first"}, {"2026-2-3", "", "year first"},
	})
	runChecks(t, oneOf(andante.Tiers), []checked{{"Key", "key", ""}, {"residental", "", "residential?"}, {"gold", "", "key, commercial, residential"}})
	runChecks(t, oneOf([]string{}), []checked{{"x", "", "has none"}})
	runChecks(t, line, []checked{
		{"Zoë O’Neil", "Zoë O’Neil", ""},
		{"a\nb", "", "U+000A"},
		{"a\u202eb", "", "U+202E"},
		{"a\u0085b", "", "U+0085"},
		{strings.Repeat("ü", 200), strings.Repeat("ü", 200), ""},
		{strings.Repeat("x", 201), "", "200"},
	})
	runChecks(t, lines, []checked{{"a\n\tb", "a\n\tb", ""}, {"a\x1bb", "", "U+001B"}})
}

func TestInstant(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"2026-01-31":                "2026-01-30T23:00:00Z",
		"2026-01-31 15:04":          "2026-01-31T14:04:00Z",
		"2026-01-31T15:04:05":       "2026-01-31T14:04:05Z",
		"2026-01-31T15:04:05Z":      "2026-01-31T15:04:05Z",
		"2026-01-31T15:04:05-05:00": "2026-01-31T20:04:05Z",
		"31.01.2026":                "",
		"01/31/2026":                "",
		"yesterday":                 "",
	} {
		got, err := instant(in, berlin)
		if want == "" {
			if err == nil {
				t.Errorf("%q was read as %v", in, got)
			}
		} else if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %v; want %s", in, got, err, want)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		" a\u00a0":           "a",
		"\ufeffa\u200b":      "a",
		"'=1+1":              "=1+1",
		"'+49 30":            "+49 30",
		"'t Hooft":           "'t Hooft",
		"Mu\u0308ller":       "Müller",
		"\u200b \t":          "",
		defuse("-5"):         "-5",
		defuse("@x"):         "@x",
		" " + defuse("=cmd"): "=cmd",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
	if diff := cmp.Diff([]string{"'=a", "'+a", "'-a", "'@a", "'\ta", "'\ra", "a=", ""},
		[]string{defuse("=a"), defuse("+a"), defuse("-a"), defuse("@a"), defuse("\ta"), defuse("\ra"), defuse("a="), defuse("")}); diff != "" {
		t.Error(diff)
	}
}
