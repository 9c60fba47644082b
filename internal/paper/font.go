package paper

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Noto Sans, SIL Open Font License 1.1 (fonts/OFL.txt): Latin, Greek and Cyrillic.
var (
	//go:embed fonts/NotoSans-Regular.ttf
	notoRegular []byte
	//go:embed fonts/NotoSans-Bold.ttf
	notoBold []byte
)

// A Font is a face in two weights. Safe for concurrent use.
type Font struct{ regular, bold *face }

// Noto returns the font that is built in.
var Noto = sync.OnceValue(func() *Font {
	f, err := NewFont(notoRegular, notoBold)
	if err != nil {
		panic(err) // it is embedded
	}
	return f
})

// NewFont reads a TrueType font. Without a bold face the regular one serves for both.
func NewFont(regular, bold []byte) (*Font, error) {
	if len(bold) == 0 {
		bold = regular
	}
	r, err := newFace(regular)
	if err != nil {
		return nil, err
	}
	b, err := newFace(bold)
	return &Font{r, b}, err
}

func (f *Font) face(bold bool) *face {
	if bold {
		return f.bold
	}
	return f.regular
}

// Files returns the TrueType files of the two weights, not to be changed.
func (f *Font) Files() (regular, bold []byte) { return f.regular.raw, f.bold.raw }

// Wrap breaks words into lines no wider than width millimetres, at a size in points.
func (f *Font) Wrap(words string, size, width float64) []string {
	return f.regular.wrap(words, size, width)
}

// A face is one weight of a font.
type face struct {
	raw    []byte
	font   *sfnt.Font
	widths sync.Map // rune → float64, of a face of size 1; less than 0: there is no such letter
}

func newFace(raw []byte) (*face, error) {
	f, err := sfnt.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("the font is no TrueType font: %w", err)
	}
	if len(raw) > 4 && string(raw[:4]) == "OTTO" {
		return nil, fmt.Errorf("the font has PostScript outlines, which can't be embedded: use its TrueType form (.ttf)")
	}
	return &face{raw: raw, font: f}, nil
}

// width returns how wide a letter is in a face of size 1; less than 0 if there is none.
func (f *face) width(r rune) float64 {
	if w, ok := f.widths.Load(r); ok {
		return w.(float64)
	}
	var b sfnt.Buffer
	w := -1.0
	em := fixed.I(int(f.font.UnitsPerEm()))
	if i, err := f.font.GlyphIndex(&b, r); err == nil && i != 0 {
		if a, err := f.font.GlyphAdvance(&b, i, em, font.HintingNone); err == nil {
			w = float64(a) / float64(em)
		}
	}
	f.widths.Store(r, w)
	return w
}

// pt is the length of a typographic point, in millimetres.
const pt = inch / 72

// measure returns how wide words are at a size in points, in millimetres.
func (f *face) measure(words string, size float64) float64 {
	total := 0.0
	for _, r := range words {
		total += max(f.width(r), 0)
	}
	return total * size * pt
}

// lacks returns the letters of a text that the face has none for.
func (f *face) lacks(text string) string {
	var missing []rune
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || f.width(r) < 0) && !strings.ContainsRune(string(missing), r) {
			missing = append(missing, r)
		}
	}
	return string(missing)
}

// wrap breaks a paragraph into lines no wider than width. A word that is wider is broken.
func (f *face) wrap(words string, size, width float64) (lines []string) {
	line := ""
	for _, w := range strings.Fields(words) {
		switch longer := strings.TrimPrefix(line+" "+w, " "); {
		case f.measure(longer, size) <= width:
			line = longer
			continue
		case line != "":
			lines = append(lines, line)
		}
		for f.measure(w, size) > width {
			n := f.fits(w, size, width)
			lines, w = append(lines, w[:n]), w[n:]
		}
		line = w
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// fits returns how many bytes of a word fit, at least one letter.
func (f *face) fits(word string, size, width float64) int {
	total := 0.0
	for i, r := range word {
		total += max(f.width(r), 0) * size * pt
		if total > width && i > 0 {
			return i
		}
	}
	return len(word)
}
