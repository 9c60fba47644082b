package inbound

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // reads what is not UTF-8
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Limits of what is read of a mail. What goes beyond them is left out, and the rest stands.
const (
	maxDepth = 10
	maxParts = 200
	maxText  = 64 << 10  // bytes of all its texts
	maxPage  = 512 << 10 // bytes of its HTML
	maxPart  = 1 << 20   // bytes of a part
)

// MaxMail is how many bytes a mail may have that is taken in.
const MaxMail = 25 << 20

// Envelope is what the server was told that handed a mail over.
type Envelope struct {
	From string   // MAIL FROM; empty for <> or if nobody knows
	Null bool     // MAIL FROM was <>
	To   []string // RCPT TO
	Sent bool     // it lies among what somebody of ours has sent
}

// Mail is what was read of a mail that came in.
type Mail struct {
	Envelope
	Header  Header
	Subject string
	Sender  Address // From
	ID      string  // Message-ID, without angle brackets
	Date    time.Time

	Plain, HTML string // the texts of all its parts that are shown
	Files       int    // attachments
	Method      string // of a calendar part (RFC 5546), in capital letters

	Original *Header // of a mail that lies in this one
	Status   []Group // of message/delivery-status (RFC 3464)
	Feedback Group   // of message/feedback-report (RFC 5965)
	Receipt  Group   // of message/disposition-notification (RFC 8098)

	ReportType string // of multipart/report
	parts      int
	own        *string  // once it was asked for
	recipients []string // likewise
}

// Group are fields that belong together.
type Group = Header

// Read reads a mail. It always returns something.
func Read(raw []byte, e Envelope) *Mail {
	m := &Mail{Envelope: e}
	var body []byte
	m.Header, body = readHeader(raw)
	if more, rest := readHeader(body); !m.Header.Has("Content-Type") && more.Has("Content-Type") && len(rest) < len(body) { // a blank line in it
		m.Header.fields, body = append(m.Header.fields, more.fields...), rest
	}
	m.head()
	entity, err := message.New(mimeHeader(m.Header), bytes.NewReader(body))
	if entity == nil || err != nil && !readable(err) {
		m.Plain = clip(asText(body))
		return m
	}
	m.walk(entity, 0)
	if m.parts > 1 || m.Plain != "" || m.HTML != "" || m.Files > 0 || m.Method != "" || m.Original != nil {
		return m
	}
	if again := m.otherBoundary(body); again != nil {
		m.walk(again, 0)
	}
	if m.Plain == "" && m.HTML == "" {
		m.Plain = clip(asText(body))
	}
	return m
}

// boundaryLine is the first line of a multipart body.
var boundaryLine = regexp.MustCompile(`(?m)^--([^\s-][^\r\n]{0,120}?)[ \t]*\r?\n(?i:content-)`)

// otherBoundary reads a multipart body by the boundary that it has and not by the one that its
// header names; nil if it has none.
func (m *Mail) otherBoundary(body []byte) *message.Entity {
	found := boundaryLine.FindSubmatch(body)
	if found == nil || !strings.HasPrefix(lower(m.Header.Get("Content-Type")), "multipart/") {
		return nil
	}
	var h message.Header
	h.Set("Content-Type", `multipart/mixed; boundary="`+strings.ReplaceAll(string(found[1]), `"`, "")+`"`)
	m.parts = 0
	e, err := message.New(h, bytes.NewReader(body))
	if err != nil && !readable(err) {
		return nil
	}
	return e
}

func (m *Mail) head() {
	h := m.Header
	m.Subject = h.Text("Subject")
	if from := h.Addresses("From"); len(from) > 0 {
		m.Sender = from[0]
	} else {
		m.Sender.Name = strings.Trim(h.Text("From"), " <>\"")
	}
	if ids := idsIn(h.Get("Message-ID")); len(ids) > 0 {
		m.ID = ids[0]
	}
	m.Date = readDate(h.Get("Date"))
	if path := h.Get("Return-Path"); m.From == "" && h.Has("Return-Path") {
		m.Null = m.Null || strings.TrimSpace(path) == "<>"
		if list := addressesIn(path); len(list) > 0 {
			m.From = list[0]
		}
	}
}

// mimeHeader hands over what says how a body is to be read.
func mimeHeader(h Header) (mh message.Header) {
	for _, name := range []string{"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"} {
		if value := h.Get(name); value != "" {
			mh.Set(name, repaired(name, value))
		}
	}
	return mh
}

var mimeParam = regexp.MustCompile(`(?i)\b(boundary|charset|report-type|format|delsp|method)\s*=\s*("[^"]*"|[^\s;"]+)`)

// repaired drops from a Content-Type what Go's reader refuses.
func repaired(name, value string) string {
	if name != "Content-Type" {
		return value
	}
	kind, _, _ := strings.Cut(value, ";")
	kind = strings.TrimSpace(kind)
	if !strings.Contains(kind, "/") {
		kind = "text/plain"
	}
	for _, p := range mimeParam.FindAllStringSubmatch(value, 10) {
		kind += "; " + p[1] + `="` + strings.Trim(p[2], `"`) + `"`
	}
	return kind
}

func readable(err error) bool {
	return message.IsUnknownCharset(err) || message.IsUnknownEncoding(err)
}

// walk takes in a part and what lies in it.
func (m *Mail) walk(e *message.Entity, depth int) {
	if m.parts++; m.parts > maxParts || depth > maxDepth {
		return
	}
	kind, params, _ := e.Header.ContentType()
	disposition, _, _ := e.Header.ContentDisposition()
	kind = lower(kind)
	if parts := e.MultipartReader(); parts != nil {
		if kind == "multipart/report" {
			m.ReportType = lower(params["report-type"])
		}
		for {
			part, err := parts.NextPart()
			if part == nil || err != nil && !readable(err) {
				return
			}
			m.walk(part, depth+1)
		}
	}
	switch kind {
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "text/rfc822":
		m.original(e)
	case "message/delivery-status", "message/global-delivery-status":
		m.Status = append(m.Status, groups(bodyOf(e))...)
	case "message/feedback-report":
		m.Feedback = first(groups(bodyOf(e)))
	case "message/disposition-notification", "message/global-disposition-notification":
		m.Receipt = first(groups(bodyOf(e)))
	case "text/calendar":
		m.Method = strings.ToUpper(params["method"])
	case "text/html":
		if disposition != "attachment" {
			m.HTML = clipTo(m.HTML+asText(bodyOf(e)), maxPage)
			return
		}
		m.Files++
	case "text/plain", "":
		if text := bodyOf(e); isStatus.Match(text) { // a report that calls itself a text
			m.Status = append(m.Status, groups(text)...)
			return
		} else if disposition != "attachment" {
			m.Plain = clip(joined(m.Plain, flowed(asText(text), params)))
			return
		}
		m.Files++
	default:
		m.Files++
	}
}

// isStatus tells a report of delivery by its first field (RFC 3464 section 2.2).
var isStatus = regexp.MustCompile(`(?is)^\s*(?:reporting-mta|original-envelope-id|arrival-date):.*\n(?:final|original)-recipient:`)

// original keeps the header of a mail that lies in this one: the first of them.
func (m *Mail) original(e *message.Entity) {
	raw := bodyOf(e)
	if m.Original == nil {
		h, _ := readHeader(raw)
		m.Original = &h
	}
}

// bodyOf reads a part as far as it goes: of what is broken, what came before.
func bodyOf(e *message.Entity) []byte {
	b, _ := io.ReadAll(io.LimitReader(e.Body, maxPart))
	return b
}

// maxGroups is how many groups of fields are looked at.
const maxGroups = 200

// groups reads fields in groups that blank lines part (RFC 3464 section 2.1).
func groups(b []byte) (list []Group) {
	for len(bytes.TrimSpace(b)) > 0 && len(list) < maxGroups {
		g, rest := readHeader(b)
		if len(g.fields) > 0 {
			list = append(list, g)
		}
		if len(rest) >= len(b) {
			return list
		}
		b = rest
	}
	return list
}

func first(list []Group) Group {
	if len(list) == 0 {
		return Group{}
	}
	return list[0]
}

// joined puts texts of one mail below each other.
func joined(a, b string) string {
	if a == "" {
		return b
	}
	return strings.TrimRight(a, "\n") + "\n\n" + b
}

func clip(s string) string { return clipTo(s, maxText) }

func clipTo(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// asText makes valid UTF-8 with simple line ends: what is none is taken for Windows-1252, as what
// is not labelled mostly is.
func asText(b []byte) string {
	if !utf8.Valid(b) {
		if read, err := charmap.Windows1252.NewDecoder().Bytes(b); err == nil {
			b = read
		}
	}
	s := norm.NFC.String(twiceEncoded(strings.ToValidUTF8(string(b), "\uFFFD")))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "ÿþ"), "þÿ") // UTF-16 that calls itself something else
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == 0, r == '\uFEFF', r >= '\u200B' && r <= '\u200F', r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069', r == '\u00AD':
			return -1
		case r == '\u00A0', r == '\u202F', r == '\u2007':
			return ' '
		case r >= 0x80 && r < 0xA0: // Windows-1252 that calls itself Latin 1
			return charmap.Windows1252.DecodeByte(byte(r))
		}
		return r
	}, s)
}

// twiceEncoded mends UTF-8 that was taken for Latin 1 and encoded once more.
func twiceEncoded(s string) string {
	if !strings.ContainsAny(s, "ÃÂ") {
		return s
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if c, ok := charmap.Windows1252.EncodeRune(r); ok {
			b = append(b, c)
		} else if r < 0x100 {
			b = append(b, byte(r))
		} else {
			return s
		}
	}
	if !utf8.Valid(b) {
		return s
	}
	return string(b)
}

// flowed joins the lines of a text that was broken for display (RFC 3676).
func flowed(text string, params map[string]string) string {
	if !strings.EqualFold(params["format"], "flowed") {
		return text
	}
	drop := strings.EqualFold(params["delsp"], "yes")
	var out []string
	open := false // the last line goes on
	for line := range strings.SplitSeq(text, "\n") {
		depth := len(line) - len(strings.TrimLeft(line, ">"))
		rest := strings.TrimPrefix(line[depth:], " ") // space-stuffed
		last := ""
		if len(out) > 0 {
			last = out[len(out)-1]
		}
		goesOn := strings.HasSuffix(rest, " ") && rest != "-- "
		if open && depth == len(last)-len(strings.TrimLeft(last, ">")) && rest != "-- " && rest != "" {
			if drop {
				last = strings.TrimSuffix(last, " ")
			}
			out[len(out)-1] = last + rest
		} else {
			mark := strings.Repeat(">", depth)
			if depth > 0 {
				mark += " "
			}
			out = append(out, mark+rest)
		}
		open = goesOn
	}
	return strings.Join(out, "\n")
}

var aComment = regexp.MustCompile(`\([^)]*\)`)

// dateForms are those of Date fields (RFC 5322 section 3.3), and of what some write instead.
var dateForms = []string{
	"Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 MST", "Mon, 2 Jan 2006 15:04 -0700",
	"Mon, 2 Jan 06 15:04:05 -0700", "Mon Jan 2 15:04:05 2006", time.RFC3339,
}

func readDate(s string) time.Time {
	s = strings.Join(strings.Fields(aComment.ReplaceAllString(s, "")), " ")
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil {
			return t
		}
	}
	return time.Time{}
}
