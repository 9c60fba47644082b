package contacts

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// peekSize is how much of a file is looked at before it is read.
const peekSize = MaxCell

// notText tells files that people take for CSV by their first bytes.
var notText = []struct{ prefix, what string }{
	{"PK\x03\x04", "a spreadsheet or an archive"},
	{"\xd0\xcf\x11\xe0", "an old spreadsheet"},
	{"\x1f\x8b", "a compressed file"},
	{"%PDF", "a PDF"},
}

// counter counts the bytes that were read through it.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// decode returns r as UTF-8 without byte order mark. A mark wins over the name
// of an encoding, as browsers have it. What can't be decoded becomes U+FFFD; text
// that is said to be UTF-8 is passed on as it is, good or bad.
func decode(r io.Reader, name string) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, peekSize)
	start, err := in.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	for _, n := range notText {
		if bytes.HasPrefix(start, []byte(n.prefix)) {
			return nil, fmt.Errorf("this is %s, not text: save it as CSV first", n.what)
		}
	}
	enc, err := encodingOf(start, name)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(start, []byte("\xef\xbb\xbf")) {
		in.Discard(3) // they are in the buffer
	}
	if enc == nil {
		return in, nil
	}
	return bufio.NewReaderSize(enc.NewDecoder().Reader(in), peekSize), nil
}

// encodingOf chooses the encoding; nil is UTF-8.
func encodingOf(start []byte, name string) (encoding.Encoding, error) {
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		return nil, nil
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case name != "":
		return named(name)
	case bytes.Count(start, []byte{0}) > len(start)/4:
		return nil, errors.New("the file is full of zero bytes, as UTF-16 is: say --encoding utf-16le, or save it as UTF-8")
	}
	return nil, nil
}

func named(name string) (encoding.Encoding, error) {
	enc, err := htmlindex.Get(name)
	if err != nil || enc == encoding.Replacement {
		return nil, fmt.Errorf("there is no encoding %q here: use utf-8, utf-16le, windows-1252, iso-8859-1 or another name of the web's standard", name)
	}
	if enc == unicode.UTF8 {
		return nil, nil
	}
	return enc, nil
}
