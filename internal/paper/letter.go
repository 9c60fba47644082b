package paper

import (
	"fmt"
	"time"
)

// Of a letter: millimetres, and points.
const (
	letterLeft   = 25.0
	letterRight  = 20.0
	letterTop    = 25.0 // of a further page
	letterBottom = 26.0
	letterPt     = 11.0
	letterPages  = 2 // one sheet, both sides

	windowWidth = 80.0 // of an envelope, with some room for the sheet to slide (DIN 680: 90; No. 10: 114)
)

// letter lays a letter out: the address in the envelope's window, the date, the subject in
// bold, the text, and at the foot how to get no more.
func (f *Font) letter(p Piece, format Format) (Sheet, error) {
	width := format.Width - letterLeft - letterRight
	address, err := f.addressed(p, format.Address, windowWidth)
	if err != nil {
		return Sheet{}, err
	}
	first := Page{Lines: address}
	first.Rules = append(first.Rules, Rule{format.Address.x, format.Address.y - addressGap - .8, windowWidth})
	date := dated(p.Date, format.Name, p.From.Country)
	first.Lines = append(first.Lines, Line{X: format.Width - letterRight - f.regular.measure(date, letterPt), Y: format.Body - 9, Size: letterPt, Words: date})
	y := format.Body
	for _, words := range f.bold.wrap(p.Subject, letterPt, width) {
		first.Lines = append(first.Lines, Line{X: letterLeft, Y: y, Size: letterPt, Bold: true, Words: words})
		y += letterPt * pt * leading
	}
	if p.Subject != "" {
		y += letterPt * pt * leading
	}
	s := Sheet{format, []Page{first}}
	lines, height := f.text(p, letterPt, width)
	top, bottom := y-letterPt*pt, format.Height-letterBottom
	for _, l := range lines {
		if top+l.Y > bottom {
			s.Pages = append(s.Pages, Page{})
			top = letterTop - l.Y
		}
		l.X, l.Y = l.X+letterLeft, l.Y+top
		at := &s.Pages[len(s.Pages)-1]
		at.Lines = append(at.Lines, l)
	}
	f.coded(&s, p, top+height+4, bottom)
	if len(s.Pages) > letterPages {
		return s, fmt.Errorf("its text takes %d pages, and a letter has %d: shorten it", len(s.Pages), letterPages)
	}
	if p.WayOut != "" {
		last := &s.Pages[len(s.Pages)-1]
		for i, words := range f.regular.wrap(p.WayOut, small, width) {
			last.Lines = append(last.Lines, Line{X: letterLeft, Y: format.Height - 14 + float64(i)*small*pt*leading, Size: small, Grey: true, Words: words})
		}
	}
	return s, nil
}

// coded puts the link of a letter below its text.
func (f *Font) coded(s *Sheet, p Piece, y, bottom float64) {
	if p.Link == "" {
		return
	}
	if y+codeSide > bottom {
		s.Pages, y = append(s.Pages, Page{}), letterTop
	}
	last := &s.Pages[len(s.Pages)-1]
	last.Code = &Code{letterLeft, y, codeSide, p.Link}
	last.Lines = append(last.Lines, Line{X: letterLeft + codeSide + 3, Y: y + codeSide/2, Size: 9, Words: hostOf(p.Link)})
}

// dated writes a day as people of a country do: with the month's name where that is English, for
// nobody knows another language here.
func dated(t time.Time, format, country string) string {
	if format == "letter" {
		return t.Format("January 2, 2006")
	}
	switch country {
	case "GB", "IE", "AU", "NZ", "ZA", "IN", "SG", "":
		return t.Format("2 January 2006")
	case "DE", "AT", "CH", "LI", "CZ", "SK", "PL", "NO", "DK", "FI", "EE", "LV", "SI", "HR", "RO", "BG":
		return t.Format("02.01.2006")
	case "FR", "BE", "LU", "ES", "PT", "IT", "GR", "MX", "BR", "AR", "CL", "CO", "PE":
		return t.Format("02/01/2006")
	case "NL":
		return t.Format("02-01-2006")
	}
	return t.Format(time.DateOnly)
}
