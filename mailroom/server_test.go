package mailroom_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/mailroom"
	"github.com/andante-hq/andante/ops"
)

// taker takes everything in for in.x.example, as long as nothing is wrong with it.
type taker struct {
	mu    sync.Mutex
	wrong error
	raw   [][]byte
	from  []inbound.Envelope
}

func (k *taker) TakeMail(_ context.Context, raw []byte, e inbound.Envelope) (ops.Arrived, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.wrong != nil {
		return ops.Arrived{}, k.wrong
	}
	k.raw, k.from = append(k.raw, raw), append(k.from, e)
	return ops.Arrived{Class: inbound.Reply}, nil
}

func (k *taker) TakesMailTo(_ context.Context, address string) (bool, error) {
	local, domain, _ := strings.Cut(address, "@")
	if !strings.EqualFold(domain, "in.x.example") {
		return false, ops.ErrOtherDomain
	}
	return local != "nobody", nil
}

func (k *taker) taken() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.raw)
}

// open starts a mailroom and returns its address.
func open(t *testing.T, c mailroom.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.Name, c.Log = "in.x.example", slog.New(slog.DiscardHandler)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- mailroom.Serve(ctx, l, c) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the mailroom ended: %v", err)
		}
	})
	return l.Addr().String()
}

const mail = "From: ana@y.example\r\nSubject: Re: About one\r\n\r\nCall me.\r\n.. and so on\r\n"

func send(addr, from string, to []string, text string) error {
	c, err := smtp.Dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SendMail(from, to, strings.NewReader(text)); err != nil {
		return err
	}
	return c.Quit()
}

func TestTakesMail(t *testing.T) {
	t.Parallel()
	k := &taker{}
	addr := open(t, mailroom.Config{Taker: k})
	if err := send(addr, "", []string{"B+ABC@in.x.example", "r+def@IN.x.example"}, mail); err != nil {
		t.Fatal(err)
	}
	if len(k.raw) != 1 || string(k.raw[0]) != mail {
		t.Errorf("taken %q", k.raw)
	}
	if e := k.from[0]; !e.Null || !slices.Equal(e.To, []string{"b+abc@in.x.example", "r+def@in.x.example"}) {
		t.Errorf("envelope %+v", e)
	}
}

func code(err error) int {
	var e *smtp.SMTPError
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// TestRefuses: what can't be taken is said at once, and to whom it is known only whether to try
// again.
func TestRefuses(t *testing.T) {
	t.Parallel()
	k := &taker{}
	addr := open(t, mailroom.Config{Taker: k})
	for _, test := range []struct {
		name, to string
		text     string
		wrong    error
		want     int
	}{
		{"mail for others", "ana@elsewhere.example", mail, nil, 550},
		{"nobody's mailbox", "nobody@in.x.example", mail, nil, 550},
		{"a store that is away", "r+a@in.x.example", mail, errors.New("the store is away"), 451},
		{"too much", "r+a@in.x.example", "Subject: s\r\n\r\n" + strings.Repeat(strings.Repeat("x", 998)+"\r\n", inbound.MaxMail/1000+1), nil, 552},
	} {
		k.mu.Lock()
		k.wrong = test.wrong
		k.mu.Unlock()
		if err := send(addr, "a@y.example", []string{test.to}, test.text); code(err) != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if k.taken() != 0 {
		t.Errorf("%d were taken", k.taken())
	}
}

func TestLMTP(t *testing.T) {
	t.Parallel()
	k := &taker{}
	addr := open(t, mailroom.Config{Taker: k, LMTP: true})
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c := smtp.NewClientLMTP(conn)
	defer c.Close()
	if err := c.Mail("a@y.example", nil); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"R+A@in.x.example", "r+b@IN.x.example"} {
		if err := c.Rcpt(to, nil); err != nil {
			t.Fatal(err)
		}
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(mail)); err != nil {
		t.Fatal(err)
	}
	said, err := w.CloseWithLMTPResponse()
	if err != nil {
		t.Fatal(err)
	}
	if len(said) != 2 || k.taken() != 1 {
		t.Errorf("said %v, taken %d", said, k.taken())
	}
}

func TestSTARTTLS(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"in.x.example"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	k := &taker{}
	addr := open(t, mailroom.Config{Taker: k, TLS: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}})
	c, err := smtp.DialStartTLS(addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SendMail("a@y.example", []string{"r+a@in.x.example"}, strings.NewReader(mail)); err != nil || k.taken() != 1 {
		t.Errorf("%v, taken %d", err, k.taken())
	}
}

// TestSmuggling: a mail ends with CR LF . CR LF and with nothing else, so that nobody hides a
// second one in it (CVE-2023-51764 and its like).
func TestSmuggling(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r"} {
		k := &taker{}
		addr := open(t, mailroom.Config{Taker: k})
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "EHLO y\r\nMAIL FROM:<a@y.example>\r\nRCPT TO:<r+a@in.x.example>\r\nDATA\r\nSubject: one\r\n\r\none%sMAIL FROM:<b@y.example>\r\nRCPT TO:<r+b@in.x.example>\r\nDATA\r\nSubject: two\r\n\r\ntwo\r\n.\r\nQUIT\r\n", end)
		var said bytes.Buffer
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		_, _ = said.ReadFrom(conn)
		conn.Close()
		if k.taken() > 1 {
			t.Errorf("%q ends a mail:\n%s", end, said.String())
		}
	}
}

// TestIdleConnectionsKeepNobodyOut: those that say nothing wait beside those that do.
func TestIdleConnectionsKeepNobodyOut(t *testing.T) {
	t.Parallel()
	k := &taker{}
	addr := open(t, mailroom.Config{Taker: k})
	for range 200 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	if err := send(addr, "a@y.example", []string{"r+a@in.x.example"}, mail); err != nil {
		t.Fatal(err)
	}
}
