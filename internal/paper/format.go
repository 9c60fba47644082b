package paper

import (
	"maps"
	"slices"

	"github.com/andante-hq/andante"
)

// A Format is a size of paper, and where what stands on it. Lengths are millimetres, from the
// upper left corner of the trimmed sheet.
type Format struct {
	Name          string
	Width, Height float64
	Bleed         float64 // of the front's picture, beyond each edge
	// Zone is how much of the back, from its right edge, is the post's: franking and address.
	// 0: it is a letter.
	Zone float64
	// Address is where the first line of the address of a letter stands.
	Address point
	// Body is where the text of a letter begins.
	Body float64
}

type point struct{ x, y float64 }

const inch = 25.4

// Formats are the sizes by name. The letters fit the windows of a DIN lang (DIN 5008, form B)
// and of a number 10 envelope, folded twice.
var Formats = byName(
	Format{Name: "4x6", Width: 6 * inch, Height: 4 * inch, Bleed: inch / 8, Zone: 88},
	Format{Name: "6x9", Width: 9 * inch, Height: 6 * inch, Bleed: inch / 8, Zone: 106},
	Format{Name: "6x11", Width: 11 * inch, Height: 6 * inch, Bleed: inch / 8, Zone: 106},
	Format{Name: "a6", Width: 148, Height: 105, Bleed: 3, Zone: 76},
	Format{Name: "a5", Width: 210, Height: 148, Bleed: 3, Zone: 100},
	Format{Name: "dl", Width: 210, Height: 99, Bleed: 3, Zone: 95},
	Format{Name: "a4", Width: 210, Height: 297, Address: point{25, 58}, Body: 104},
	Format{Name: "letter", Width: 8.5 * inch, Height: 11 * inch, Address: point{24, 67}, Body: 100},
)

func byName(list ...Format) map[string]Format {
	m := map[string]Format{}
	for _, f := range list {
		m[f.Name] = f
	}
	return m
}

// Letter tells whether it is a sheet that goes into an envelope.
func (f Format) Letter() bool { return f.Zone == 0 }

// FormatsFor lists the names of the formats that a kind may have.
func FormatsFor(k andante.Kind) []string {
	return slices.Sorted(maps.Keys(maps.Collect(func(yield func(string, Format) bool) {
		for name, f := range Formats {
			if f.Letter() == (k == andante.Letter) && !yield(name, f) {
				return
			}
		}
	})))
}

// American are the countries whose paper is measured in inches.
var American = []string{"US", "CA", "MX", "PR"}

// Usual returns the format that a kind has in a country where nobody chose one.
func Usual(k andante.Kind, country string) string {
	inches := slices.Contains(American, country)
	switch {
	case k == andante.Letter && inches:
		return "letter"
	case k == andante.Letter:
		return "a4"
	case k == andante.Card && inches:
		return "6x9"
	case k == andante.Card:
		return "a5"
	case inches:
		return "4x6"
	}
	return "a6"
}
