package card

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"regexp"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"rsc.io/qr"

	"github.com/andante-hq/andante/internal/paper"
)

// A Press writes pieces as PDF.
type Press struct {
	Font      *paper.Font                       // nil: [paper.Noto]
	CropMarks bool                              // at the corners, outside the bleed
	Bare      bool                              // without address and sender: who posts prints them
	Picture   func(hash string) ([]byte, error) // of a front
}

// marks is how far crop marks need room beyond the bleed, in millimetres.
const marks = 8.0

// Write writes pieces of one format into one PDF, front and back of each in turn. made is the
// date that the file carries, so that the same pieces give the same bytes.
func (p *Press) Write(w io.Writer, pieces []paper.Piece, made time.Time) error {
	d := p.begin(made)
	for _, piece := range pieces {
		s, err := piece.LayOut(p.font())
		if err != nil {
			return fmt.Errorf("piece %s: %w", piece.Touch, err)
		}
		if s.Format.Letter() && len(s.Pages)%2 == 1 && len(pieces) > 1 {
			s.Pages = append(s.Pages, paper.Page{}) // printed on both sides, each letter begins a sheet
		}
		if err := d.sheet(piece, s.Format, s.Pages...); err != nil {
			return err
		}
	}
	return d.output(w)
}

func (p *Press) font() *paper.Font {
	if p.Font == nil {
		return paper.Noto()
	}
	return p.Font
}

// Sides writes each side of a card as a PDF of its own, front and back.
func (p *Press) Sides(piece paper.Piece) (front, back []byte, err error) {
	s, err := piece.LayOut(p.font())
	if err != nil || len(s.Pages) != 2 {
		return nil, nil, fmt.Errorf("piece %s has no two sides: %w", piece.Touch, err)
	}
	var sides [2]bytes.Buffer
	for i, pg := range s.Pages {
		d := p.begin(piece.Date)
		if err := errors.Join(d.sheet(piece, s.Format, pg), d.output(&sides[i])); err != nil {
			return nil, nil, err
		}
	}
	return sides[0].Bytes(), sides[1].Bytes(), nil
}

// sheet draws pages of a piece.
func (d *drawing) sheet(piece paper.Piece, f paper.Format, pages ...paper.Page) error {
	for _, pg := range pages {
		if err := d.page(f, pg); err != nil {
			return fmt.Errorf("piece %s: %w", piece.Touch, err)
		}
	}
	return nil
}

// boxes matches the boxes of a page in the one of the two orders in which the library writes
// them at random.
var boxes = regexp.MustCompile(`(/TrimBox \[[-0-9. ]+\]\n)(/BleedBox \[[-0-9. ]+\]\n)`)

// output writes the PDF, always the same: in which order a page names its boxes changes no
// place in the file.
func (d *drawing) output(w io.Writer) error {
	var b bytes.Buffer
	if err := d.pdf.Output(&b); err != nil {
		return err
	}
	_, err := w.Write(boxes.ReplaceAll(b.Bytes(), []byte("$2$1")))
	return err
}

const family = "text"

func (p *Press) begin(made time.Time) *drawing {
	pdf := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: 210, Ht: 297}})
	pdf.SetCreationDate(made.UTC())
	pdf.SetModificationDate(made.UTC())
	pdf.SetCatalogSort(true)
	pdf.SetProducer("Andante", true)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	regular, bold := p.font().Files()
	pdf.AddUTF8FontFromBytes(family, "", regular)
	pdf.AddUTF8FontFromBytes(family, "B", bold)
	return &drawing{press: p, pdf: pdf, pictures: map[string]image.Config{}}
}

// A drawing is a PDF that is being written.
type drawing struct {
	press    *Press
	pdf      *fpdf.Fpdf
	edge     float64 // from the edge of the page to that of the trimmed sheet
	pictures map[string]image.Config
}

func (d *drawing) page(f paper.Format, pg paper.Page) error {
	d.edge = f.Bleed
	if d.press.CropMarks && !f.Letter() {
		d.edge += marks
	}
	w, h := f.Width+2*d.edge, f.Height+2*d.edge
	d.pdf.AddPageFormat("P", fpdf.SizeType{Wd: w, Ht: h})
	d.pdf.SetPageBox("trim", d.edge, d.edge, f.Width, f.Height)
	out := d.edge - f.Bleed
	d.pdf.SetPageBox("bleed", out, out, f.Width+2*f.Bleed, f.Height+2*f.Bleed)
	if pg.Plain {
		d.pdf.SetFillColor(236, 241, 244)
		d.pdf.Rect(out, out, f.Width+2*f.Bleed, f.Height+2*f.Bleed, "F")
	}
	if pg.Front != "" {
		if err := d.picture(f, pg.Front); err != nil {
			return err
		}
	}
	d.words(pg)
	if pg.Code != nil {
		if err := d.code(*pg.Code); err != nil {
			return err
		}
	}
	if d.press.CropMarks && !f.Letter() {
		d.cropMarks(f)
	}
	return d.pdf.Error()
}

func (d *drawing) words(pg paper.Page) {
	for _, l := range pg.Lines {
		if l.Post && d.press.Bare {
			continue
		}
		style, shade := "", 0
		if l.Bold {
			style = "B"
		}
		if l.Grey {
			shade = 90
		}
		d.pdf.SetFont(family, style, l.Size)
		d.pdf.SetTextColor(shade, shade, shade)
		d.pdf.Text(d.edge+l.X, d.edge+l.Y, l.Words)
	}
	if d.press.Bare {
		return
	}
	d.pdf.SetDrawColor(150, 150, 150)
	d.pdf.SetLineWidth(.1)
	for _, r := range pg.Rules {
		d.pdf.Line(d.edge+r.X, d.edge+r.Y, d.edge+r.X+r.Width, d.edge+r.Y)
	}
}

// picture fills the front to beyond its edges; what is too much of it is cut evenly.
func (d *drawing) picture(f paper.Format, hash string) error {
	c, known := d.pictures[hash]
	if !known {
		raw, err := d.press.Picture(hash)
		if err != nil {
			return err
		}
		kind := ""
		if c, kind, err = image.DecodeConfig(bytes.NewReader(raw)); err != nil {
			return fmt.Errorf("the picture of the front: %w", err)
		}
		d.pdf.RegisterImageOptionsReader(hash, fpdf.ImageOptions{ImageType: kind}, bytes.NewReader(raw))
		d.pictures[hash] = c
	}
	out := d.edge - f.Bleed
	w, h := f.Width+2*f.Bleed, f.Height+2*f.Bleed
	scale := max(w/float64(c.Width), h/float64(c.Height))
	iw, ih := scale*float64(c.Width), scale*float64(c.Height)
	d.pdf.ClipRect(out, out, w, h, false)
	d.pdf.ImageOptions(hash, out+(w-iw)/2, out+(h-ih)/2, iw, ih, false, fpdf.ImageOptions{}, 0, "")
	d.pdf.ClipEnd()
	return d.pdf.Error()
}

// code draws a QR code as rectangles, so that it is as sharp as the press.
func (d *drawing) code(c paper.Code) error {
	q, err := qr.Encode(c.Link, qr.M)
	if err != nil {
		return err
	}
	dot := c.Side / float64(q.Size)
	d.pdf.SetFillColor(0, 0, 0)
	for y := range q.Size {
		for x := 0; x < q.Size; x++ {
			n := 0
			for x+n < q.Size && q.Black(x+n, y) { // dots side by side are one bar: no white lines between them
				n++
			}
			if n > 0 {
				d.pdf.Rect(d.edge+c.X+dot*float64(x), d.edge+c.Y+dot*float64(y), dot*float64(n), dot, "F")
				x += n
			}
		}
	}
	return nil
}

// cropMarks shows where to cut.
func (d *drawing) cropMarks(f paper.Format) {
	d.pdf.SetDrawColor(0, 0, 0)
	d.pdf.SetLineWidth(.1)
	left, top := d.edge, d.edge
	right, bottom := d.edge+f.Width, d.edge+f.Height
	from, to := f.Bleed+1, f.Bleed+1+5
	for _, x := range []float64{left, right} {
		d.pdf.Line(x, top-to, x, top-from)
		d.pdf.Line(x, bottom+from, x, bottom+to)
	}
	for _, y := range []float64{top, bottom} {
		d.pdf.Line(left-to, y, left-from, y)
		d.pdf.Line(right+from, y, right+to, y)
	}
}
