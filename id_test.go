package andante_test

import (
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123_456_789, time.UTC)

// Ids of planned work must not change with the program: an import that runs again
// and a step that is planned again find what is there by them.
func TestDerivedIDsAreStable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		seed andante.Seed
		at   time.Time
		key  []string
		want string
	}{
		{"seed", noon, []string{"touch", "brief", "hello", "0"}, "019ca945-0a7b-7a91-83a1-48632c914613"},
		{"seed", noon, nil, "019ca945-0a7b-79b2-9856-e1c150ca834c"},
		{"", time.Time{}, []string{""}, "00000000-0000-7f3f-a198-04a92fdb4057"},
		{"größe", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), []string{"日本"}, "e677d21f-d818-7238-8146-7325d9c24b04"},
	} {
		if got := andante.DeriveID[string](c.seed, c.at, c.key...); got != c.want {
			t.Errorf("id of %q %v: %s, want %s", c.seed, c.key, got, c.want)
		}
	}
}

func TestDerivedIDs(t *testing.T) {
	t.Parallel()
	derive := func(seed andante.Seed, at time.Time, key ...string) string {
		return andante.DeriveID[string](seed, at, key...)
	}
	id := derive("s", noon, "ab", "c")
	for name, other := range map[string]string{
		"another seed":             derive("t", noon, "ab", "c"),
		"key cut elsewhere":        derive("s", noon, "a", "bc"),
		"key in one part":          derive("s", noon, "abc"),
		"an empty part more":       derive("s", noon, "ab", "c", ""),
		"the parts in other order": derive("s", noon, "c", "ab"),
	} {
		if other == id || andante.KeyPart(other) == andante.KeyPart(id) {
			t.Errorf("%s: the same id", name)
		}
	}
	if same := derive("s", noon.In(time.FixedZone("east", 7200)), "ab", "c"); same != id {
		t.Error("the zone changes the id")
	}
	later := derive("s", noon.Add(time.Millisecond), "ab", "c")
	if later <= id || andante.KeyPart(later) != andante.KeyPart(id) {
		t.Errorf("a millisecond later: %s after %s; the key must make all but the time", later, id)
	}
}

// v7 is the layout of RFC 9562 section 5.7: 48 bits of milliseconds, version 7,
// variant 10.
var v7 = regexp.MustCompile(`^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestIDsAreUUIDv7(t *testing.T) {
	t.Parallel()
	for n := range 1000 {
		at := noon.Add(time.Duration(n) * time.Hour)
		for _, id := range []string{
			andante.DeriveID[string]("s", at, strconv.Itoa(n)), andante.NewID[string](at),
		} {
			parts := v7.FindStringSubmatch(id)
			if parts == nil {
				t.Fatalf("%s is no UUIDv7", id)
			}
			if ms, err := strconv.ParseInt(parts[1]+parts[2], 16, 64); err != nil || ms != at.UnixMilli() {
				t.Fatalf("%s is of %d ms, want %d; error %v", id, ms, at.UnixMilli(), err)
			}
			if !andante.IsID(id) {
				t.Fatalf("%s is no id", id)
			}
		}
	}
	if id := andante.NewID[string](time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC)); id[:13] != "00000000-0000" {
		t.Errorf("id of a time before 1970: %s", id)
	}
}

func TestNewIDsAreUniqueAndInOrderOfTime(t *testing.T) {
	t.Parallel()
	const n = 20_000
	var ids []string
	for i := range n {
		ids = append(ids, andante.NewID[string](noon.Add(time.Duration(i/100)*time.Millisecond)))
	}
	for i := 100; i < n; i++ {
		if ids[i] <= ids[i-100] {
			t.Fatalf("%s follows %s", ids[i], ids[i-100])
		}
	}
	slices.Sort(ids)
	if left := len(slices.Compact(ids)); left != n {
		t.Errorf("%d ids among %d", left, n)
	}
}

func TestIsID(t *testing.T) {
	t.Parallel()
	const good = "019ca93e-e67b-7a46-80b7-6a5a1a2dbbbd"
	for s, want := range map[string]bool{
		good:                                   true,
		"":                                     false,
		"019ca93ee67b7a4680b76a5a1a2dbbbd":     false,
		"019CA93E-E67B-7A46-80B7-6A5A1A2DBBBD": false,
		"019ca93e-e67b-7a46-80b7-6a5a1a2dbbb":  false,
		good + "0":                             false,
		"019ca93e-e67b-7a46-80b7-6a5a1a2dbbbg": false,
		"019ca93ee-67b-7a46-80b7-6a5a1a2dbbbd": false,
		"019ca93e-e67b-7a46-80b7-6a5a1a2dbb\u00e9": false,
		"019ca93e'e67b-7a46-80b7-6a5a1a2dbbbd":     false,
	} {
		if got := andante.IsID(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestSeeds(t *testing.T) {
	t.Parallel()
	a, b := andante.NewSeed(), andante.NewSeed()
	if len(a) != 32 || a == b {
		t.Errorf("seeds %q and %q", a, b)
	}
}

func TestFraction(t *testing.T) {
	t.Parallel()
	if got := andante.Seed("seed").Fraction("minute", "1"); math.Abs(got-0.67629723256991281) > 1e-15 {
		t.Errorf("fraction %.17g: it must not change with the program", got)
	}
	const n, parts = 100_000, 20
	var counts [parts]int
	for i := range n {
		f := andante.Seed("seed").Fraction("minute", strconv.Itoa(i))
		if f < 0 || f >= 1 {
			t.Fatalf("fraction %v", f)
		}
		counts[int(f*parts)]++
	}
	for i, c := range counts { // five standard deviations
		if d := math.Abs(float64(c) - n/parts); d > 5*math.Sqrt(n/parts) {
			t.Errorf("%d of %d fractions in part %d of %d", c, n, i, parts)
		}
	}
	if andante.Seed("a").Fraction("k") == andante.Seed("b").Fraction("k") {
		t.Error("another seed, the same fraction")
	}
}

func TestDeriveOrderedID(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	last := ""
	for n := range 4096 {
		got := andante.DeriveOrderedID[string]("s", at, n, strconv.Itoa(n))
		if got <= last || !andante.IsID(got) || got[14] != '7' {
			t.Fatalf("%d: %s after %s", n, got, last)
		}
		last = got
	}
}

// TestIDBytes: an id is its 16 bytes, and what is none is refused.
func TestIDBytes(t *testing.T) {
	t.Parallel()
	const id = andante.TouchID("019b8a2e-5c3d-7aaa-9bbb-0123456789ab")
	b, err := andante.IDBytes(string(id))
	if got := string(andante.AppendID(nil, b)); err != nil || got != string(id) {
		t.Errorf("%s became %s, error %v", id, got, err)
	}
	for _, s := range []string{"", "x", string(id[1:]), string(id) + "0", strings.ToUpper(string(id)), strings.Replace(string(id), "-", "0", 1)} {
		if _, err := andante.IDBytes(s); !errors.Is(err, andante.ErrNoID) {
			t.Errorf("%q: error %v", s, err)
		}
	}
}
