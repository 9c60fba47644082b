package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/store"
)

// cmdInbox starts a mail server: inbox [lossy] [tls] [USER PASSWORD]. Its port is in
// $PORT, its mails are files in the folder inbox, and with tls the authority to
// trust is in $SSL_CERT_FILE. A lossy one hangs up without an answer to the final dot of
// a mail to an address with +kept, which it keeps, or +lost, which it does not.
func cmdInbox(ts *testscript.TestScript, _ bool, args []string) {
	o := inbox.Options{Dir: ts.MkAbs("inbox")}
	if len(args) > 0 && args[0] == "lossy" {
		o.Script, args = lossy, args[1:]
	}
	if len(args) > 0 && args[0] == "tls" {
		cert, authority, err := certificate()
		ts.Check(err)
		file := ts.MkAbs("authority.pem")
		ts.Check(os.WriteFile(file, authority, 0o600))
		ts.Setenv("SSL_CERT_FILE", file)
		o.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
		args = args[1:]
	}
	if len(args) == 2 {
		o.User, o.Password = args[0], args[1]
	}
	in, err := inbox.Start(o)
	ts.Check(err)
	ts.Defer(func() { in.Close() })
	_, port, err := net.SplitHostPort(in.Addr())
	ts.Check(err)
	ts.Setenv("PORT", port)
}

func lossy(c inbox.Command) *inbox.Reply {
	kept := strings.Contains(c.To, "+kept@")
	if c.Stage == inbox.Dot && (kept || strings.Contains(c.To, "+lost@")) {
		return &inbox.Reply{DropBefore: true, Keep: kept}
	}
	return nil
}

// certificate makes a certificate for localhost that is its own authority.
func certificate() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), err
}

// cmdMails counts the mails in a folder: mails FOLDER N.
func cmdMails(ts *testscript.TestScript, neg bool, args []string) {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*.eml"))
	ts.Check(err)
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	if (len(files) == want) == neg {
		ts.Fatalf("%s holds %d mails", args[0], len(files))
	}
}

// cmdUnpack takes the mails of a folder apart: unpack FOLDER TO writes
// TO/<address>-<n>.header (unfolded), .text, .html and .ics, n from 1 in the order in
// which they came.
func cmdUnpack(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*.eml"))
	ts.Check(err)
	slices.Sort(files)
	ts.Check(os.MkdirAll(ts.MkAbs(args[1]), 0o755))
	seen := map[string]int{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		ts.Check(err)
		header, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
		parts := map[string][]byte{"header": bytes.ReplaceAll(bytes.ReplaceAll(header, []byte("\r\n "), []byte(" ")), []byte("\r\n"), []byte("\n"))}
		to, err := parse(raw, parts)
		ts.Check(err)
		seen[to]++
		for kind, body := range parts {
			ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[1]), fmt.Sprintf("%s-%d.%s", to, seen[to], kind)), body, 0o644))
		}
	}
}

func parse(raw []byte, parts map[string][]byte) (to string, err error) {
	m, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	list, err := m.Header.AddressList("To")
	if err != nil || len(list) != 1 {
		return "", fmt.Errorf("to %v: %w", list, err)
	}
	for {
		p, err := m.NextPart()
		if errors.Is(err, io.EOF) {
			return list[0].Address, nil
		}
		if err != nil {
			return "", err
		}
		body, err := io.ReadAll(p.Body)
		if err != nil {
			return "", err
		}
		kind := "text"
		switch media := p.Header.Get("Content-Type"); {
		case strings.HasPrefix(media, "text/html"):
			kind = "html"
		case strings.HasPrefix(media, "text/calendar"):
			kind = "ics"
		}
		parts[kind] = bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
	}
}

// cmdPick takes a value out of the JSON that the last command printed: pick VAR
// contact, or pick VAR lines.0.touch.
func cmdPick(ts *testscript.TestScript, _ bool, args []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	for key := range strings.SplitSeq(args[1], ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			n, err := strconv.Atoi(key)
			ts.Check(err)
			v = x[n]
		}
	}
	if v == nil || v == "" {
		ts.Fatalf("%s is empty", args[1])
	}
	ts.Setenv(args[0], fmt.Sprint(v))
}

// cmdEnrollment finds the latest enrollment of a contact: enrollment VAR ID.
func cmdEnrollment(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	e, err := engine.Open(ctx, engine.Options{Dir: ts.MkAbs(".")})
	ts.Check(err)
	defer e.Close()
	ts.Check(e.Store.Read(ctx, func(tx *store.Tx) error {
		c, err := reports.FindContact(ctx, tx, e.Ops.Keys.Hash, args[1])
		if err != nil {
			return err
		}
		list, err := tx.EnrollmentsOf(ctx, []andante.ContactID{c.ID})
		if err == nil {
			ts.Setenv(args[0], string(list[len(list)-1].ID))
		}
		return err
	}))
}

// cmdGateway starts a gateway of text messages and fills its port into a configuration:
// gateway FROM TO. It notes each request in gateway.log. To 99 nobody may write any more; to
// 98 it says something that nobody understands.
func cmdGateway(ts *testscript.TestScript, _ bool, args []string) {
	var mu sync.Mutex
	log, taken := ts.MkAbs("gateway.log"), 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			fmt.Fprintf(f, "%s %s %s %s\n", r.Method, r.URL, r.Header.Get("Authorization"), body)
			f.Close()
		}
		switch {
		case bytes.Contains(body, []byte(`99", "text"`)):
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, "stopped by its owner")
		case bytes.Contains(body, []byte(`98", "text"`)):
			fmt.Fprint(w, "hm")
		default:
			taken++
			fmt.Fprintf(w, "queued as %d", taken)
		}
	}))
	ts.Defer(srv.Close)
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	ts.Check(err)
	src, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), bytes.ReplaceAll(src, []byte("PORT"), []byte(port)), 0o644))
}

// cmdFill writes a large file: fill FILE MEGABYTES BEGINNING, the beginning with
// the escapes of a Go string.
func cmdFill(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	begin, err := strconv.Unquote(`"` + args[2] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), append([]byte(begin), bytes.Repeat([]byte("x"), n<<20)...), 0o644))
}

// cmdGlob finds the one file that a pattern names: glob VAR PATTERN.
func cmdGlob(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	if len(files) != 1 {
		ts.Fatalf("%d files are named %s", len(files), args[1])
	}
	ts.Setenv(args[0], files[0])
}

// cmdHeader takes a field of a mail's header, without its folds: header VAR FILE NAME.
func cmdHeader(ts *testscript.TestScript, _ bool, args []string) {
	raw := ts.ReadFile(args[1])
	header, _, _ := strings.Cut(strings.ReplaceAll(raw, "\r\n", "\n"), "\n\n")
	for line := range strings.SplitSeq(strings.ReplaceAll(header, "\n ", " "), "\n") {
		if value, ok := strings.CutPrefix(line, args[2]+": "); ok {
			ts.Setenv(args[0], value)
			return
		}
	}
	ts.Fatalf("%s has no %s", args[1], args[2])
}

// cmdExpand writes a copy of a file with what its $NAMES stand for: expand FROM TO.
func cmdExpand(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o644))
}
