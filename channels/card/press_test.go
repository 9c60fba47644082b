package card_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels/card"
	"github.com/andante-hq/andante/internal/paper"
)

var update = flag.Bool("update", false, "write the pictures of pages that tests compare with")

// anniversary is a piece with everything on it.
func anniversary(t *testing.T, format string) paper.Piece {
	t.Helper()
	kind := andante.Postcard
	if paper.Formats[format].Letter() {
		kind = andante.Letter
	}
	m := message(kind, 1)
	m.Subject = "A year with your heat pump"
	m.Text = "Dear Maria,\n\na year ago we put the heat pump into your house. By our sums it has saved you some 1,200 dollars, and two tons of CO₂.\n\n" +
		"Two things keep it so:\n\n- clean the filter in spring\n- call us when it hums\n\nThank you for your trust."
	m.Post.Signed = append(m.Post.Signed, "Service manager")
	m.Date = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	if kind != andante.Letter {
		m.Post.Signed = m.Post.Signed[:1]
	}
	if format == "a5" || format == "6x11" {
		m.Post.Front = &andante.Part{Name: "front.jpg", Bytes: photo(2250, 1300)}
	}
	return piece(t, m, map[andante.Kind]string{kind: format})
}

func pdfOf(t *testing.T, press card.Press, list ...paper.Piece) []byte {
	t.Helper()
	press.Picture = func(string) ([]byte, error) { return photo(2250, 1300), nil }
	var b bytes.Buffer
	if err := press.Write(&b, list, time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// poppler runs one of its programs on a PDF. Where there is none the test is skipped; CI has
// them.
func poppler(t *testing.T, pdf []byte, program string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%v: install poppler-utils", err)
		}
		t.Skipf("%v: install poppler-utils", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "in.pdf"), pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	if program == "pdftoppm" {
		return dir
	}
	return string(out)
}

// TestPages looks at every format as poppler renders it. The pictures in testdata were looked
// at by people: look again at what -update writes.
func TestPages(t *testing.T) {
	t.Parallel()
	for name := range paper.Formats {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := poppler(t, pdfOf(t, card.Press{CropMarks: true}, anniversary(t, name)), "pdftoppm", "-r", "50", "-png", "in.pdf", "page")
			pages, _ := filepath.Glob(filepath.Join(dir, "page*.png"))
			for i, got := range pages {
				samePicture(t, got, filepath.Join("testdata", fmt.Sprintf("%s-%d.png", name, i+1)))
			}
		})
	}
}

// samePicture compares two pictures as an eye would: versions of poppler smooth edges
// differently, and a line that has moved changes many dots.
func samePicture(t *testing.T, got, want string) {
	t.Helper()
	if *update {
		raw, err := os.ReadFile(got)
		if err = errors.Join(err, os.WriteFile(want, raw, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	a, b := decode(t, got), decode(t, want)
	if a.Bounds() != b.Bounds() {
		t.Errorf("%s: %v, want %v", want, a.Bounds(), b.Bounds())
		return
	}
	far := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if apart(a, b, x, y) > 96 {
				far++
			}
		}
	}
	if all := a.Bounds().Dx() * a.Bounds().Dy(); far*400 > all {
		t.Errorf("%s: %d of %d dots differ", want, far, all)
	}
}

func apart(a, b image.Image, x, y int) (d int) {
	r1, g1, b1, _ := a.At(x, y).RGBA()
	r2, g2, b2, _ := b.At(x, y).RGBA()
	for _, c := range [][2]uint32{{r1, r2}, {g1, g2}, {b1, b2}} {
		d = max(d, int(max(c[0], c[1])-min(c[0], c[1]))>>8)
	}
	return d
}

func decode(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	im, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// TestBoxes: a press cuts where the boxes say.
func TestBoxes(t *testing.T) {
	t.Parallel()
	out := poppler(t, pdfOf(t, card.Press{CropMarks: true}, anniversary(t, "a6")), "pdfinfo", "-box", "in.pdf")
	for _, want := range []string{
		"Pages:           2", "MediaBox:            0.00     0.00   481.89   360.00", // 148+2·(3+8) mm
		"BleedBox:           22.68    22.68   459.21   337.32", "TrimBox:            31.18    31.18   450.71   328.82", // 148 by 105 mm
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	fonts := poppler(t, pdfOf(t, card.Press{}, anniversary(t, "a6")), "pdffonts", "in.pdf")
	for _, line := range strings.Split(strings.TrimSpace(fonts), "\n")[2:] {
		if !strings.Contains(line, "TrueType") || !strings.Contains(line, "yes") {
			t.Errorf("not embedded: %s", line)
		}
	}
}

// TestWhatIsPrintedCanBeRead: a second program reads address and text; without the address,
// for who prints it by themselves, there is none.
func TestWhatIsPrintedCanBeRead(t *testing.T) {
	t.Parallel()
	one := anniversary(t, "6x9")
	words := poppler(t, pdfOf(t, card.Press{}, one), "pdftotext", "-layout", "in.pdf", "-")
	for _, want := range []string{"Maria Ortiz", "2 Harbor Road", "AUSTIN TX 78701", "A year with your heat pump", "two tons of CO₂", "• call us when it hums", "harborview.example/u/K7QM-2XWB-9T", "harborview.example/plan"} {
		if !strings.Contains(words, want) {
			t.Errorf("no %q in\n%s", want, words)
		}
	}
	bare := poppler(t, pdfOf(t, card.Press{Bare: true}, one), "pdftotext", "-layout", "in.pdf", "-")
	if strings.Contains(bare, "AUSTIN") || !strings.Contains(bare, "Dear Maria") {
		t.Errorf("bare:\n%s", bare)
	}
}

// TestTheSameBytesTwice: a batch that is printed again is the same batch.
func TestTheSameBytesTwice(t *testing.T) {
	t.Parallel()
	list := []paper.Piece{anniversary(t, "a5"), anniversary(t, "a5")}
	if !bytes.Equal(pdfOf(t, card.Press{CropMarks: true}, list...), pdfOf(t, card.Press{CropMarks: true}, list...)) {
		t.Error("two PDFs of the same pieces differ")
	}
}

// TestLettersBeginASheet: of several letters each has an even number of pages, so that a
// printer can print on both sides.
func TestLettersBeginASheet(t *testing.T) {
	t.Parallel()
	out := poppler(t, pdfOf(t, card.Press{}, anniversary(t, "a4"), anniversary(t, "a4"), anniversary(t, "a4")), "pdfinfo", "in.pdf")
	if !strings.Contains(out, "Pages:           6") {
		t.Error(out)
	}
}

func TestCover(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	batch := card.Batch{Name: "postcard-2026-03-04", Closed: time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC), Pieces: []paper.Piece{anniversary(t, "a6"), anniversary(t, "a6")}, Price: .85}
	if err := (&card.Press{}).Cover(&b, batch); err != nil {
		t.Fatal(err)
	}
	words := poppler(t, b.Bytes(), "pdftotext", "-layout", "in.pdf", "-")
	for _, want := range []string{"Batch postcard-2026-03-04", "0.85 a piece, 1.70 in all", "a6: 148.0 × 105.0 mm", "US 2", "andante cards mailed postcard-2026-03-04"} {
		if !strings.Contains(words, want) {
			t.Errorf("no %q in\n%s", want, words)
		}
	}
}
