package paper

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // the pictures of fronts
	_ "image/png"
)

// Pictures need 200 dots an inch to look like a print; presses ask for 300.
const (
	leastDots = 200
	goodDots  = 300
	mostDots  = 900 // more is only memory: a picture that is all one colour is small as a file
)

// leastShown is how much of a picture is seen at least.
const leastShown = .6

// CheckPicture tells whether a picture prints well over the whole front of a format.
func CheckPicture(raw []byte, f Format) error {
	c, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("it is no JPEG or PNG: %w", err)
	}
	// PNG (third edition) section 11.2.2: byte 24 is the bit depth, byte 28 the interlacing.
	if kind == "png" && len(raw) > 28 && (raw[24] > 8 || raw[28] != 0) {
		return errors.New("a PNG with 16 bits a colour, or an interlaced one, can't go into a PDF: save it with 8 bits, plain")
	}
	dots := func(length float64, perInch int) int { return int(length / inch * float64(perInch)) }
	w, h := f.Width+2*f.Bleed, f.Height+2*f.Bleed
	if c.Width < dots(w, leastDots) || c.Height < dots(h, leastDots) {
		return fmt.Errorf("it has %d by %d pixels; %s needs %d by %d, better %d by %d", c.Width, c.Height, f.Name,
			dots(w, leastDots), dots(h, leastDots), dots(w, goodDots), dots(h, goodDots))
	}
	if c.Width > dots(w, mostDots) || c.Height > dots(h, mostDots) {
		return fmt.Errorf("it has %d by %d pixels; %s needs no more than %d by %d", c.Width, c.Height, f.Name, dots(w, goodDots), dots(h, goodDots))
	}
	if shown := (w / h) / (float64(c.Width) / float64(c.Height)); min(shown, 1/shown) < leastShown {
		return fmt.Errorf("it has %d by %d pixels, and so much of it would be cut off: %s is %.0f by %.0f mm; turn it, or cut it to that shape", c.Width, c.Height, f.Name, f.Width, f.Height)
	}
	return nil
}
