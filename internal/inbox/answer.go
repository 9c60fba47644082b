package inbox

import (
	"net"
)

// script asks the script about a stage; nil means the server's own answer.
func (t *talk) script(stage Stage, line string) *Reply {
	c := Command{Stage: stage, Line: line, Conn: t.number, Mail: t.count, From: t.mail.From}
	if n := len(t.mail.To); n > 0 {
		c.To = t.mail.To[n-1]
	}
	return t.in.opt.Script(c)
}

// answer writes the script's reply, or the given one, and returns the code that
// the client has seen (0 for raw bytes).
func (t *talk) answer(stage Stage, line string, code int, text string) (int, error) {
	return t.carryOut(t.script(stage, line), code, text)
}

func (t *talk) carryOut(r *Reply, code int, text string) (int, error) {
	if r == nil {
		return code, t.write(nil, replyLines(code, text))
	}
	if err := t.wait(r); err != nil {
		return 0, err
	}
	if r.DropBefore {
		return 0, t.hangUp(false)
	}
	out := r.Raw
	switch {
	case r.Raw != nil:
		code = 0
	case r.Code != 0:
		code = r.Code
		out = replyLines(r.Code, r.Text)
	default:
		out = replyLines(code, text)
	}
	if err := t.write(r, out); err != nil {
		return 0, err
	}
	if r.DropAfter {
		return code, t.hangUp(false)
	}
	return code, nil
}

// wait holds the answer as long as the script says.
func (t *talk) wait(r *Reply) error {
	if r.Wait != nil {
		select {
		case <-r.Wait:
		case <-t.in.ctx.Done():
			return errClosed
		}
	}
	return t.in.pause(r.Delay)
}

// write sends the bytes, one by one if the script wants them slow.
func (t *talk) write(r *Reply, b []byte) error {
	if r == nil || r.Slow == 0 {
		_, err := t.conn.Write(b)
		return err
	}
	for i := range b {
		if _, err := t.conn.Write(b[i : i+1]); err != nil {
			return err
		}
		if err := t.in.pause(r.Slow); err != nil {
			return err
		}
	}
	return nil
}

// hangUp closes the connection. With reset the client's unread bytes make it see
// a reset at once instead of an end of file.
func (t *talk) hangUp(reset bool) error {
	c := t.conn
	if n, ok := c.(*numberedConn); ok {
		c = n.Conn
	}
	if tcp, ok := c.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = t.conn.Close()
	return errDropped
}
