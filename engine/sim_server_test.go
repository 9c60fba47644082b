package engine

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/andante-hq/andante/internal/inbox"
)

// simServer is the mood of the mail server.
type simServer struct {
	mu   sync.Mutex
	code int
	text string
	next int    // so many recipients are refused; -1: every one
	to   string // only this one
	down bool
	lost int // so many mails are taken without an answer
}

func (s *simServer) set(f func(*simServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

// refuses tells whether complaints in the log are to be expected.
func (s *simServer) refuses() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.code != 0 || s.down || s.lost > 0
}

// answer is the script of the mail server.
func (s *simServer) answer(c inbox.Command) *inbox.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.down && (c.Stage == inbox.Connect || c.Stage == inbox.MailFrom):
		return &inbox.Reply{DropBefore: true}
	case s.lost > 0 && c.Stage == inbox.Dot:
		s.lost--
		return &inbox.Reply{DropBefore: true, Keep: true}
	case c.Stage != inbox.RcptTo || s.next == 0 || s.to != "" && s.to != c.To:
		return nil
	}
	if s.next > 0 {
		s.next--
	}
	return &inbox.Reply{Code: s.code, Text: s.text}
}

// doServer sets the mail server's mood: CODE next N, CODE for ADDRESS, lost next N
// (taken, and no answer), down, ok.
func (w *simWorld) doServer(args []string) error {
	if len(args) == 1 && (args[0] == "ok" || args[0] == "down") {
		w.log.Reset()
		w.server.set(func(s *simServer) { s.code, s.next, s.to, s.lost, s.down = 0, 0, "", 0, args[0] == "down" })
		return nil
	}
	if len(args) < 3 {
		return errors.New("write server CODE next N, server CODE for ADDRESS, server lost next N, server down or server ok")
	}
	if n, err := strconv.Atoi(args[2]); args[0] == "lost" && err == nil {
		w.server.set(func(s *simServer) { s.lost = n })
		return nil
	}
	code, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	text := map[int]string{550: "5.1.1 no such mailbox"}[code]
	switch {
	case text != "":
	case code < 500:
		text = "4.2.0 try again later"
	default:
		text = "5.6.0 not taken"
	}
	next, to := -1, ""
	switch args[1] {
	case "next":
		next, err = strconv.Atoi(args[2])
	case "for":
		to = args[2]
	default:
		err = fmt.Errorf("what is %q", args[1])
	}
	w.server.set(func(s *simServer) { s.code, s.text, s.next, s.to = code, text, next, to })
	return err
}
