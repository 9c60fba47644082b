package inbound

import (
	"bytes"
	"mime"
	"net/mail"
	"regexp"
	"strings"

	"github.com/emersion/go-message/charset"
)

// Header is a mail's header as far as it could be read. Lines that are none are left out.
type Header struct{ fields []field }

type field struct{ name, value string }

// Limits of a header: what comes after them is not looked at.
const (
	maxHeader = 256 << 10 // bytes
	maxFields = 1000
	maxValue  = 16 << 10 // bytes of a field
)

// readHeader reads the header of a mail (RFC 5322 section 2.2) and returns what follows it.
func readHeader(raw []byte) (h Header, body []byte) {
	for n := 0; len(raw) > 0 && n < maxHeader && len(h.fields) < maxFields; {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		n += len(raw) - len(rest)
		text := strings.TrimRight(string(line), "\r")
		name, value, ok := strings.Cut(text, ":")
		switch {
		case text == "" && len(h.fields) > 0:
			return h, rest
		case text == "": // blank lines before it
		case (text[0] == ' ' || text[0] == '\t') && len(h.fields) > 0:
			h.fold(text)
		case ok && isName(name):
			h.fields = append(h.fields, field{strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)})
		case len(h.fields) == 0 && !strings.HasPrefix(text, "From ") && !strings.HasPrefix(text, ">From "):
			return h, raw // no header at all
		}
		raw = rest
	}
	return h, raw
}

func (h *Header) fold(text string) {
	last := &h.fields[len(h.fields)-1]
	if len(last.value) < maxValue {
		last.value += " " + strings.TrimSpace(text)
	}
}

// isName tells whether a field may have a name (RFC 5322 section 3.6.8); blanks before the colon
// are forgiven.
func isName(name string) bool {
	name = strings.TrimRight(name, " \t")
	return name != "" && len(name) < 128 && strings.IndexFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f }) < 0
}

// Get returns the first field of a name as it stands there; empty if there is none.
func (h Header) Get(name string) string {
	for _, f := range h.fields {
		if f.name == strings.ToLower(name) {
			return f.value
		}
	}
	return ""
}

// Has tells whether there is a field of a name, were it empty.
func (h Header) Has(name string) bool {
	for _, f := range h.fields {
		if f.name == strings.ToLower(name) {
			return true
		}
	}
	return false
}

// All returns every field of a name.
func (h Header) All(name string) (list []string) {
	for _, f := range h.fields {
		if f.name == strings.ToLower(name) {
			list = append(list, f.value)
		}
	}
	return list
}

var words = mime.WordDecoder{CharsetReader: charset.Reader}

// Text returns the first field of a name with its encoded words (RFC 2047) read.
func (h Header) Text(name string) string {
	value := h.Get(name)
	if text, err := words.DecodeHeader(value); err == nil {
		value = text
	}
	return asText([]byte(value))
}

// An Address of a mail.
type Address struct{ Name, Address string }

// anAddress finds addresses in what is no list of them (RFC 5322 section 3.4).
var anAddress = regexp.MustCompile(`[\p{L}\p{N}.!#$%&'*+/=?^_{|}~-]+@[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?(?:\.[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?)+`)

// Addresses returns those of every field of a name.
func (h Header) Addresses(name string) (list []Address) {
	parser := mail.AddressParser{WordDecoder: &words}
	for _, value := range h.All(name) {
		if read, err := parser.ParseList(value); err == nil {
			for _, a := range read {
				list = append(list, Address{asText([]byte(a.Name)), lower(a.Address)})
			}
			continue
		}
		for _, a := range addressesIn(value) {
			before, _, _ := strings.Cut(value, "<")
			list = append(list, Address{strings.Trim(asText([]byte(before)), ` "'`), a})
		}
	}
	return list
}

// maxAddresses is how many addresses of a text are looked at.
const maxAddresses = 100

// addressesIn returns the addresses in a text, in small letters, each once.
func addressesIn(text string) (list []string) {
	seen := map[string]bool{}
	for _, a := range anAddress.FindAllString(text, maxAddresses) {
		if a = lower(strings.Trim(a, ".'=")); !seen[a] {
			seen[a] = true
			list = append(list, a)
		}
	}
	return list
}

func lower(s string) string { return strings.ToLower(s) }
