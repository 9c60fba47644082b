package bench

import (
	"bufio"
	"bytes"
	"net"
	"strings"
	"sync/atomic"
)

// A Sink is a mail server that takes every mail in and forgets it. It understands
// PIPELINING (RFC 2920): what comes in one go is answered in one go.
type Sink struct {
	mails atomic.Int64
}

// Serve answers on l until it is closed.
func (s *Sink) Serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go s.talk(c)
	}
}

// Mails returns how many mails were taken in so far.
func (s *Sink) Mails() int { return int(s.mails.Load()) }

func (s *Sink) talk(c net.Conn) {
	defer c.Close()
	r, w := bufio.NewReaderSize(c, 64<<10), bufio.NewWriter(c)
	w.WriteString("220 sink.localhost ESMTP\r\n")
	for {
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(string(line[:min(4, len(line))])); verb {
		case "EHLO":
			w.WriteString("250-sink.localhost\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 52428800\r\n")
		case "DATA":
			w.WriteString("354 go ahead\r\n")
			if w.Flush() != nil || !skipBody(r) {
				return
			}
			s.mails.Add(1)
			w.WriteString("250 2.0.0 taken\r\n")
		case "QUIT":
			w.WriteString("221 2.0.0 bye\r\n")
			w.Flush()
			return
		default:
			w.WriteString("250 2.0.0 ok\r\n")
		}
	}
}

// skipBody reads up to the line that is a dot alone.
func skipBody(r *bufio.Reader) bool {
	for whole := true; ; {
		line, err := r.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return false
		}
		if whole && bytes.Equal(line, []byte(".\r\n")) {
			return true
		}
		whole = err == nil
	}
}
