package inbox

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"sync"
)

// errDropped ends a conversation that the script has cut.
var errDropped = errors.New("inbox: dropped by the script")

// serveScript runs the scripted server on l and returns what stops it.
func serveScript(in *Inbox, l net.Listener) (stop func() error) {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		conns = map[net.Conn]bool{}
	)
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns[c] = true
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				talk := &talk{in: in, number: numberOf(c)}
				talk.use(c)
				_ = talk.serve()
				mu.Lock()
				delete(conns, c)
				mu.Unlock()
			})
		}
	})
	return func() error {
		err := l.Close()
		mu.Lock()
		for c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
		return ignoreClosed(err)
	}
}

// talk is one scripted conversation.
type talk struct {
	in     *Inbox
	conn   net.Conn
	r      *bufio.Reader
	number int
	count  int // of MAIL commands
	tls    bool
	authed bool
	helo   string
	mail   Mail
}

func (t *talk) use(c net.Conn) { t.conn, t.r = c, bufio.NewReader(c) }

// serve greets and answers until the client or the script ends it.
func (t *talk) serve() error {
	if t.in.opt.TLS != nil && t.in.opt.Implicit {
		t.tls = true
		t.use(tls.Server(t.conn, t.in.opt.TLS))
	}
	if _, err := t.answer(Connect, "", 220, "inbox.localhost ESMTP"); err != nil {
		return err
	}
	for {
		line, err := textproto.NewReader(t.r).ReadLine()
		if err != nil {
			return err
		}
		if err := t.command(line); err != nil {
			return err
		}
	}
}

func (t *talk) command(line string) error {
	verb, arg, _ := strings.Cut(line, " ")
	var err error
	switch strings.ToUpper(verb) {
	case "EHLO", "HELO":
		t.helo, t.mail = arg, Mail{} // section 4.1.4: as RSET does
		_, err = t.answer(Ehlo, line, 250, t.extensions())
	case "STARTTLS":
		err = t.startTLS(line)
	case "AUTH":
		err = t.auth(line)
	case "MAIL":
		err = t.from(line)
	case "RCPT":
		err = t.to(line)
	case "DATA":
		err = t.data(line)
	case "RSET":
		t.mail = Mail{}
		_, err = t.answer(Rset, line, 250, "2.0.0 OK")
	case "NOOP":
		_, err = t.answer(Noop, line, 250, "2.0.0 OK")
	case "QUIT":
		_, err = t.answer(Quit, line, 221, "2.0.0 Bye")
		err = errors.Join(err, io.EOF)
	default:
		err = t.write(nil, []byte("500 5.5.2 unknown command\r\n"))
	}
	return err
}

func (t *talk) extensions() string {
	list := []string{"inbox.localhost", "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "SIZE 52428800"}
	if t.in.opt.TLS != nil && !t.tls {
		list = append(list, "STARTTLS")
	}
	if t.in.opt.User != "" {
		list = append(list, "AUTH PLAIN")
	}
	return strings.Join(list, "\n")
}

func (t *talk) startTLS(line string) error {
	code, err := t.answer(StartTLS, line, 220, "2.0.0 Go ahead")
	if err != nil || code != 220 || t.in.opt.TLS == nil {
		return err
	}
	t.tls = true
	t.use(tls.Server(t.conn, t.in.opt.TLS))
	return nil
}

// auth knows PLAIN with an initial response; anything else is for go-smtp.
func (t *talk) auth(line string) error {
	b, _ := base64.StdEncoding.DecodeString(line[strings.LastIndexByte(line, ' ')+1:])
	parts := strings.Split(string(b), "\x00")
	if len(parts) == 3 && t.in.knows(parts[1], parts[2]) {
		t.authed = true
		_, err := t.answer(Auth, line, 235, "2.7.0 Accepted")
		return err
	}
	_, err := t.answer(Auth, line, 535, "5.7.8 Authentication credentials invalid")
	return err
}

// from begins a mail. One that is still open must be ended by RSET first (RFC 5321
// section 4.1.4); not every server says so.
func (t *talk) from(line string) error {
	t.count++
	if t.open() {
		_, err := t.answer(MailFrom, line, 503, "5.5.1 nested MAIL")
		return err
	}
	t.mail = Mail{MailAt: t.in.opt.Now(), Conn: t.number, From: path(line)}
	code, text := 250, "2.1.0 OK"
	if t.in.opt.User != "" && !t.authed {
		code, text = 530, "5.7.0 Authentication required"
	}
	code, err := t.answer(MailFrom, line, code, text)
	if code/100 != 2 {
		t.mail = Mail{}
	}
	return err
}

// to names a recipient. Without a mail there can be none (RFC 5321 section 3.3), also
// where commands come in a bunch and MAIL was refused.
func (t *talk) to(line string) error {
	code, text := 250, "2.1.5 OK"
	if !t.open() {
		code, text = 503, "5.5.1 no MAIL before RCPT"
	}
	t.mail.To = append(t.mail.To, path(line))
	code, err := t.answer(RcptTo, line, code, text)
	if code/100 != 2 {
		t.mail.To = t.mail.To[:len(t.mail.To)-1]
	}
	return err
}

// open tells whether a MAIL was accepted and neither ended nor reset.
func (t *talk) open() bool { return t.mail.Conn != 0 }

// data answers DATA, takes the body in and answers the final dot.
func (t *talk) data(line string) error {
	code, text := 354, "Go ahead"
	if len(t.mail.To) == 0 {
		code, text = 554, "5.5.1 no valid recipients"
	}
	code, err := t.answer(Data, line, code, text)
	if err != nil || code != 354 {
		return err
	}
	if r := t.script(Body, ""); r != nil {
		return t.cut(r)
	}
	raw, err := readBody(t.r)
	if err != nil {
		return err
	}
	return t.dot(raw)
}

// cut reads as much of the body as the script says, then resets the connection.
func (t *talk) cut(r *Reply) error {
	if err := t.wait(r); err != nil {
		return err
	}
	_, _ = io.CopyN(io.Discard, t.r, int64(r.After))
	return t.hangUp(true)
}

func (t *talk) dot(raw []byte) error {
	if err := t.in.pause(t.in.opt.DelayPerMail); err != nil {
		return err
	}
	r := t.script(Dot, "")
	keep := r == nil || r.Keep || r.Code/100 == 2 || r.Code == 0 && r.Raw == nil && !r.DropBefore
	if len(t.mail.To) == 0 {
		keep, r = false, &Reply{Code: 554, Text: "5.5.1 no valid recipients"}
	}
	if keep {
		if err := t.in.keep(t.mail, raw, t.helo); err != nil {
			return err
		}
	}
	t.mail = Mail{}
	_, err := t.carryOut(r, 250, "2.0.0 OK: queued")
	return err
}

// readBody reads up to the final dot, byte for byte: unlike a DotReader it keeps
// CR LF as it came.
func readBody(r *bufio.Reader) ([]byte, error) {
	var b bytes.Buffer
	for {
		line, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		start := b.Len() == 0 || bytes.HasSuffix(b.Bytes(), []byte("\r\n"))
		if start && string(line) == ".\r\n" {
			return b.Bytes(), nil
		}
		if start && len(line) > 0 && line[0] == '.' {
			line = line[1:] // RFC 5321 section 4.5.2
		}
		b.Write(line)
	}
}

// path returns what stands between the angle brackets.
func path(line string) string {
	_, rest, _ := strings.Cut(line, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}

// line formats a reply, with a hyphen after the code of all lines but the last.
func replyLines(code int, text string) []byte {
	var b bytes.Buffer
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		mark := "-"
		if i == len(lines)-1 {
			mark = " "
		}
		fmt.Fprintf(&b, "%d%s%s\r\n", code, mark, l)
	}
	return b.Bytes()
}
