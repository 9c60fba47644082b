package paper

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/postal"
)

// A Piece is what goes by post, as it is kept until it is printed.
type Piece struct {
	Touch   andante.TouchID       `json:"touch"`
	Kind    andante.Kind          `json:"kind"`
	Format  string                `json:"format"`
	To      andante.PostalAddress `json:"to"`
	From    andante.PostalAddress `json:"from"`
	Subject string                `json:"subject,omitempty"` // headline of a front without a picture, and of a letter
	Text    string                `json:"text"`
	Signed  []string              `json:"signed,omitempty"` // lines below the text
	Link    string                `json:"link,omitempty"`   // shown as a code
	WayOut  string                `json:"way_out,omitempty"`
	Front   string                `json:"front,omitempty"` // hash of the picture
	Date    time.Time             `json:"date"`            // as it stands in a letter
	// Requested: who gets it asked for it, so that it is no advertising.
	Requested bool `json:"requested,omitempty"`
}

// ReadPiece reads a piece as it is kept, in JSON.
func ReadPiece(b []byte) (p Piece, err error) {
	err = json.Unmarshal(b, &p)
	if _, ok := Formats[p.Format]; err == nil && !ok {
		err = fmt.Errorf("there is no format %s", p.Format)
	}
	return p, err
}

// AddressLines returns the address of a piece as it stands on it.
func (p Piece) AddressLines() []string { return postal.Lines(p.To, p.From.Country) }

// SenderLines returns whom it comes from.
func (p Piece) SenderLines() []string { return postal.Lines(p.From, p.From.Country) }

// maxText is the longest text that is looked at, in bytes; no sheet holds as much. maxLines is
// the most lines that an address may have.
const (
	maxText  = 20 << 10
	maxLines = 7
)

// A RecipientError is why a piece can't be printed for its recipient, though it may be for
// others.
type RecipientError struct{ Why string }

// Error is why.
func (e *RecipientError) Error() string { return e.Why }

func recipient(format string, args ...any) error {
	return &RecipientError{fmt.Sprintf(format, args...)}
}

// LayOut lays a piece out. The error says why it can't be printed.
func (p Piece) LayOut(f *Font) (Sheet, error) {
	format := Formats[p.Format]
	switch lacks := postal.Lacks(p.To); {
	case len(lacks) > 0:
		return Sheet{}, recipient("its address lacks %s", strings.Join(lacks, ", "))
	case len(p.Text) > maxText || !utf8.ValidString(p.Text):
		return Sheet{}, errors.New("its text is too long, or no text")
	case len(p.AddressLines()) > maxLines:
		return Sheet{}, recipient("its address has more than %d lines", maxLines)
	case format.Letter() && p.Front != "":
		return Sheet{}, errors.New("a letter has no front")
	}
	lay := f.card
	if format.Letter() {
		lay = f.letter
	}
	s, err := lay(p, format)
	if err != nil {
		return s, err
	}
	return s, s.printable(f)
}
