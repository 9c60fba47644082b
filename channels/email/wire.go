package email

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

// maxReply bounds what a relay may send between two of our writes. Replies are a
// few lines, TLS handshakes a few kilobytes.
const maxReply = 256 << 10

// errNonsense tells that the other side doesn't speak SMTP.
var errNonsense = errors.New("not an SMTP reply")

// bounded is a connection that refuses to read without end.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	b.left = maxReply
	return b.Conn.Write(p)
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("%w: too long", errNonsense)
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// A wire exchanges lines with the relay. It knows time-outs and the form of a
// reply, nothing of their meaning.
type wire struct {
	clock andante.Clock
	conn  net.Conn
	r     *bufio.Reader
}

func newWire(c net.Conn, clock andante.Clock) *wire {
	w := &wire{clock: clock}
	w.use(&bounded{Conn: c, left: maxReply})
	return w
}

// use goes on over c. What was buffered of the layer below is dropped: a relay,
// or whoever stands between, must not slip plain text into an encrypted talk.
func (w *wire) use(c net.Conn) { w.conn, w.r = c, bufio.NewReader(c) }

// write sends b within d and returns how much of it was handed to the socket.
func (w *wire) write(d time.Duration, b []byte) (int, error) {
	if err := w.conn.SetDeadline(w.clock.Wall().Add(d)); err != nil {
		return 0, err
	}
	return w.conn.Write(b)
}

// ask sends one command and reads its reply.
func (w *wire) ask(d time.Duration, command string) (reply, error) {
	if _, err := w.write(d, []byte(command+"\r\n")); err != nil {
		return reply{}, err
	}
	return w.reply(d)
}

// reply reads one reply within d (RFC 5321 section 4.2).
func (w *wire) reply(d time.Duration) (reply, error) {
	if err := w.conn.SetDeadline(w.clock.Wall().Add(d)); err != nil {
		return reply{}, err
	}
	var lines []string
	for {
		line, err := w.r.ReadString('\n')
		if err != nil {
			return reply{}, err
		}
		code, text, last, ok := parseLine(strings.TrimRight(line, "\r\n"))
		if !ok {
			return reply{}, fmt.Errorf("%w: %.80q", errNonsense, line)
		}
		lines = append(lines, text)
		if last {
			return reply{code: code, lines: lines}, nil
		}
	}
}

// parseLine takes a line of a reply apart. A code without text is a whole line
// (RFC 5321 section 4.2, Reply-line).
func parseLine(line string) (code int, text string, last, ok bool) {
	if len(line) < 3 {
		return 0, "", false, false
	}
	for _, digit := range []byte(line[:3]) {
		if digit < '0' || digit > '9' {
			return 0, "", false, false
		}
		code = code*10 + int(digit-'0')
	}
	if code < 200 || code > 599 {
		return 0, "", false, false
	}
	if len(line) == 3 {
		return code, "", true, true
	}
	if line[3] != ' ' && line[3] != '-' {
		return 0, "", false, false
	}
	return code, line[4:], line[3] == ' ', true
}
