package card

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante/internal/paper"
)

// A Batch is pieces of one format that are printed together.
type Batch struct {
	Name   string
	Closed time.Time     // in the zone in which it is told
	Pieces []paper.Piece // in the order in which they are printed
	Price  float64       // of a piece; 0: unknown
}

// Addresses writes a table of the pieces: their number and what stands in the address, so that
// a printer can address them by a machine of its own.
func (b Batch) Addresses(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"number", "touch", "name", "company", "street", "street_2", "city", "region", "postal_code", "country"}); err != nil {
		return err
	}
	for i, p := range b.Pieces {
		row := []string{strconv.Itoa(i + 1), string(p.Touch), p.To.Name, p.To.Company, p.To.Street, p.To.Street2, p.To.City, p.To.Region, p.To.PostalCode, p.To.Country}
		for j := range row {
			row[j] = plainCell(row[j])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// plainCell keeps a spreadsheet from taking a cell for a formula.
func plainCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// Cover writes the sheet that goes with a batch to the printer: what it is, how many, and
// where they go.
func (p *Press) Cover(w io.Writer, b Batch) error {
	d := p.begin(b.Closed)
	const left, wide = 25.0, 45.0 // millimetres
	f := paper.Formats["a4"]
	pg := paper.Page{Lines: []paper.Line{{X: left, Y: 35, Size: 20, Bold: true, Words: "Batch " + b.Name}}}
	y := 50.0
	for _, row := range b.facts(p.CropMarks) {
		pg.Lines = append(pg.Lines, paper.Line{X: left, Y: y, Size: 10, Grey: true, Words: row[0]})
		for _, words := range p.font().Wrap(row[1], 11, f.Width-2*left-wide) {
			pg.Lines, y = append(pg.Lines, paper.Line{X: left + wide, Y: y, Size: 11, Words: words}), y+6.5
		}
	}
	if err := d.page(f, pg); err != nil {
		return err
	}
	return d.output(w)
}

// facts are what the printer has to know.
func (b Batch) facts(marks bool) [][2]string {
	f := paper.Formats[b.Pieces[0].Format]
	pages := "front, back, front, back: two for each piece"
	if f.Letter() {
		pages = "both sides; each letter begins a new sheet"
	}
	size := fmt.Sprintf("%s: %.1f × %.1f mm (%.3g × %.3g in)", f.Name, f.Width, f.Height, f.Width/25.4, f.Height/25.4)
	list := [][2]string{
		{"Pieces", strconv.Itoa(len(b.Pieces))},
		{"Size", size},
		{"Pages", pages},
	}
	if f.Bleed > 0 {
		bleed := fmt.Sprintf("%.4g mm on every side", f.Bleed)
		if marks {
			bleed += ", with crop marks"
		}
		list = append(list, [2]string{"Bleed", bleed + "; the PDF has trim and bleed boxes"})
	}
	countries := map[string]int{}
	for _, p := range b.Pieces {
		countries[cmp.Or(p.To.Country, "unknown")]++
	}
	var to []string
	for _, c := range slices.Sorted(maps.Keys(countries)) {
		to = append(to, fmt.Sprintf("%s %d", c, countries[c]))
	}
	list = append(list,
		[2]string{"They go to", strings.Join(to, ", ")},
		[2]string{"Sender", strings.Join(b.Pieces[0].SenderLines(), ", ")},
		[2]string{"Closed", b.Closed.Format("2006-01-02 15:04 MST")},
		[2]string{"Once posted", "andante cards mailed " + b.Name},
	)
	if b.Price > 0 {
		list = slices.Insert(list, 1, [2]string{"Price", fmt.Sprintf("%.2f a piece, %.2f in all", b.Price, b.Price*float64(len(b.Pieces)))})
	}
	return list
}

// Sort puts pieces in the order in which they are printed: by country and postal code, as the
// post wants them for a lower price, then by street.
func Sort(pieces []paper.Piece) {
	slices.SortFunc(pieces, func(a, b paper.Piece) int {
		return cmp.Or(cmp.Compare(a.To.Country, b.To.Country), cmp.Compare(a.To.PostalCode, b.To.PostalCode), cmp.Compare(a.To.Line(), b.To.Line()), cmp.Compare(a.Touch, b.Touch))
	})
}
