package paper

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"rsc.io/qr"
)

// A Sheet is a piece laid out: its pages, in order.
type Sheet struct {
	Format Format
	Pages  []Page
}

// A Page is what stands on one side.
type Page struct {
	Front string // hash of a picture that fills it
	Plain bool   // a front without a picture
	Lines []Line
	Code  *Code
	Rules []Rule
}

// A Line is words at a place: X is their left edge, Y their base line.
type Line struct {
	X, Y, Size float64 // size in points
	Bold, Grey bool
	Post       bool // it belongs to the address, which who posts may print by themselves
	Words      string
}

// A Code is a link as a QR code, in the square below X and Y.
type Code struct {
	X, Y, Side float64
	Link       string
}

// A Rule is a thin line.
type Rule struct{ X, Y, Width float64 }

// Lengths in millimetres, sizes in points.
const (
	margin     = 6.0
	strip      = 17.0 // at the bottom of a card's back: for sorting machines
	codeSide   = 20.0 // of a large piece
	codeSmall  = 16.0
	small      = 7.0
	addressPt  = 10.0
	addressGap = 4.5 // from line to line
	leading    = 1.35
)

// sizes are those that a card's text may have, the largest that fits.
var sizes = []float64{13, 12, 11.5, 11, 10.5, 10, 9.5, 9, 8.5, 8}

// card lays front and back out.
func (f *Font) card(p Piece, format Format) (Sheet, error) {
	back, err := f.back(p, format)
	return Sheet{format, []Page{f.front(p, format), back}}, err
}

// front is a picture, or the headline under the company's name.
func (f *Font) front(p Piece, format Format) Page {
	if p.Front != "" {
		return Page{Front: p.Front}
	}
	width := format.Width - 4*margin
	headline := f.bold.wrap(p.Subject, 26, width)
	pg := Page{Plain: true, Lines: []Line{{X: 2 * margin, Y: 3 * margin, Size: 12, Words: cmp.Or(p.From.Company, p.From.Name)}}}
	const gap = 26 * pt * 1.2
	y := format.Height/2 - gap*float64(len(headline)-1)/2 + 26*pt*.35
	for _, words := range headline {
		pg.Lines, y = append(pg.Lines, Line{X: 2 * margin, Y: y, Size: 26, Bold: true, Words: words}), y+gap
	}
	return pg
}

// back has the text on the left and what is the post's on the right.
func (f *Font) back(p Piece, format Format) (Page, error) {
	width := format.Width - format.Zone - margin - 4
	bottom := format.Height - strip
	pg := Page{}
	if p.WayOut != "" {
		words := f.regular.wrap(p.WayOut, small, width)
		bottom -= float64(len(words)) * small * pt * leading
		pg.Lines = f.place(pg.Lines, words, margin, bottom+small*pt, small, false)
		for i := range pg.Lines {
			pg.Lines[i].Grey = true
		}
		bottom -= 2
	}
	if p.Link != "" {
		side := codeSide
		if format.Height < 110 {
			side = codeSmall
		}
		bottom -= side
		pg.Code = &Code{margin, bottom, side, p.Link}
		words := f.regular.wrap(hostOf(p.Link), small, width-side-2)
		pg.Lines = f.place(pg.Lines, words, margin+side+2, bottom+side/2, small, false)
		bottom -= 2
	}
	room, over := bottom-margin, 0.0
	for _, size := range sizes {
		lines, height := f.text(p, size, width)
		if over = height - room; over > 0 {
			continue
		}
		for _, l := range lines {
			l.X, l.Y = l.X+margin, l.Y+margin
			pg.Lines = append(pg.Lines, l)
		}
		at, zone := point{format.Width - format.Zone + margin, max(format.Height*.46, 46)}, format.Zone-2*margin
		address, err := f.addressed(p, at, zone)
		pg.Lines = append(pg.Lines, address...)
		pg.Rules = append(pg.Rules, Rule{at.x, at.y - addressGap - .8, zone})
		return pg, err
	}
	last := sizes[len(sizes)-1]
	return pg, fmt.Errorf("its text is %d lines too long for %s, even in small letters: shorten it, or choose a larger format", int(over/(last*pt*leading))+1, format.Name)
}

// hostOf is what is printed beside a code, so that one knows where it leads.
func hostOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.Host+u.Path, "/")
}

// place appends lines below each other, the first at y.
func (f *Font) place(list []Line, words []string, x, y, size float64, bold bool) []Line {
	for _, w := range words {
		list = append(list, Line{X: x, Y: y, Size: size, Bold: bold, Words: w})
		y += size * pt * leading
	}
	return list
}

// text lays the text and who signs it out from the origin, and says how high it is.
func (f *Font) text(p Piece, size, width float64) (list []Line, height float64) {
	step := size * pt * leading
	y := size * pt
	for i, par := range paragraphs(p.Text) {
		if i > 0 {
			y += step * .5
		}
		for _, l := range par.lines {
			bullet, words := cutBullet(l)
			indent := f.regular.measure(bullet, size)
			for j, w := range f.face(par.bold).wrap(words, size, width-indent) {
				if j == 0 && bullet != "" {
					list = append(list, Line{X: 0, Y: y, Size: size, Words: strings.TrimRight(bullet, " ")})
				}
				list, y = append(list, Line{X: indent, Y: y, Size: size, Bold: par.bold, Words: w}), y+step
			}
		}
	}
	if len(p.Signed) > 0 {
		y += step * .6
	}
	for _, s := range p.Signed {
		for _, w := range f.regular.wrap(s, size, width) {
			list, y = append(list, Line{Y: y, Size: size, Words: w}), y+step
		}
	}
	return list, y - step + size*pt*.3
}

// A paragraph is lines that belong together.
type paragraph struct {
	lines []string
	bold  bool // a heading
}

// paragraphs takes plain text apart. A line of equal signs or dashes makes a heading of the one
// above it.
func paragraphs(text string) (list []paragraph) {
	for _, block := range strings.Split(text, "\n\n") {
		p := paragraph{lines: slices.DeleteFunc(strings.Split(block, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })}
		if n := len(p.lines); n > 1 && strings.Trim(p.lines[n-1], "=-") == "" {
			p.lines, p.bold = p.lines[:n-1], true
		}
		if len(p.lines) > 0 {
			list = append(list, p)
		}
	}
	return list
}

// cutBullet takes what begins an item of a list off a line.
func cutBullet(l string) (bullet, words string) {
	words = strings.TrimLeft(l, " ")
	deep := l[:len(l)-len(words)]
	if rest, ok := strings.CutPrefix(words, "- "); ok {
		return deep + "• ", rest
	}
	number, rest, ok := strings.Cut(words, ". ")
	if ok && number != "" && len(number) < 4 && strings.Trim(number, "0123456789") == "" {
		return deep + number + ". ", rest
	}
	return deep, words
}

// senderSizes are those that the line above an address may have, the largest that fits.
var senderSizes = []float64{small - 1, 5.5, 5, 4.5}

// addressed is the address block and, above it, whom it comes from, in the width of its zone or
// of the envelope's window.
func (f *Font) addressed(p Piece, at point, width float64) ([]Line, error) {
	sender := strings.Join(p.SenderLines(), " · ")
	i := slices.IndexFunc(senderSizes, func(size float64) bool { return f.regular.measure(sender, size) <= width })
	if i < 0 {
		return nil, fmt.Errorf("the line of its sender is too long for %s: %q; write a shorter channels.cards.from into andante.yaml", p.Format, sender)
	}
	list := []Line{{X: at.x, Y: at.y - addressGap - 1.6, Size: senderSizes[i], Post: true, Words: sender}}
	var lines []string
	for _, line := range p.AddressLines() {
		lines = append(lines, f.regular.wrap(line, addressPt, width)...)
	}
	for i, words := range lines {
		list = append(list, Line{X: at.x, Y: at.y + addressGap*(float64(i)+.4), Size: addressPt, Post: true, Words: words})
	}
	if len(lines) > maxLines {
		return nil, recipient("its address takes %d lines, and there is room for %d", len(lines), maxLines)
	}
	return list, nil
}

// printable tells whether the font has every letter, and whether the link can become a code.
func (s Sheet) printable(f *Font) error {
	for _, pg := range s.Pages {
		for _, l := range pg.Lines {
			if missing := f.face(l.Bold).lacks(l.Words); missing != "" {
				return recipient("the font has no letter for %q: leave it out, or set channels.cards.font in andante.yaml to one that has it", missing)
			}
		}
		if pg.Code != nil {
			if _, err := qr.Encode(pg.Code.Link, qr.M); err != nil {
				return fmt.Errorf("its link is too long for a code: %w", err)
			}
		}
	}
	return nil
}
