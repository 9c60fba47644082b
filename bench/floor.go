package bench

import (
	"net/smtp"
	"sync"
	"sync/atomic"
)

// A mail is ready to go, as a floor sends it.
type mail struct {
	From, To string
	Data     []byte
}

// floor sends n mails over so many connections of Go's own net/smtp, in a bare loop. It
// reads no contact, asks no limit and writes nothing down: nobody sends much faster in
// lock-step, and nobody may send with less care.
func floor(address string, mails []mail, n, connections int) error {
	clients := make([]*smtp.Client, connections)
	for i := range clients {
		c, err := smtp.Dial(address)
		if err != nil {
			return err
		}
		defer c.Close()
		clients[i] = c
	}
	var next atomic.Int64
	var all sync.WaitGroup
	failed := make(chan error, connections)
	for _, c := range clients {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if err := sendOne(c, mails[int(i)%len(mails)]); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(failed)
	return <-failed
}

func sendOne(c *smtp.Client, m mail) error {
	if err := c.Mail(m.From); err != nil {
		return err
	}
	if err := c.Rcpt(m.To); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(m.Data); err != nil {
		return err
	}
	return w.Close()
}
