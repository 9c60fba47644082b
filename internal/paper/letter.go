package paper

import "fmt"

// Of a letter: millimetres, and points.
const (
	letterLeft   = 25.0
	letterRight  = 20.0
	letterTop    = 25.0 // of a further page
	letterBottom = 26.0
	letterPt     = 11.0
	letterPages  = 2 // one sheet, both sides
)

// letter lays a letter out: the address in the envelope's window, the date, the subject in
// bold, the text, and at the foot how to get no more.
func (f *Font) letter(p Piece, format Format) (Sheet, error) {
	width := format.Width - letterLeft - letterRight
	first := Page{Lines: f.addressed(p, format.Address)}
	first.Rules = append(first.Rules, Rule{format.Address.x, format.Address.y - addressGap - .8, 80})
	date := p.Date.Format("2 January 2006")
	if format.Name == "letter" {
		date = p.Date.Format("January 2, 2006")
	}
	if format.Name == "a4" && !english(p.From.Country) {
		date = p.Date.Format("2006-01-02") // no month's name in a wrong language
	}
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

// english tells whether people of a country read English months.
func english(country string) bool {
	switch country {
	case "GB", "IE", "AU", "NZ", "ZA", "IN", "SG", "":
		return true
	}
	return false
}
