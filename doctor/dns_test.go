package doctor

import (
	"context"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// A real resolver asks a real, small name server: what it says of names that are not there,
// of texts in several strings and of a domain without mail is understood.
func TestARealResolver(t *testing.T) {
	t.Parallel()
	s := nameServer(t, map[string][]dnsmessage.ResourceBody{
		"acme.com.": {
			&dnsmessage.TXTResource{TXT: []string{"v=spf1 include:relay", ".acme.com -all"}},
			&dnsmessage.TXTResource{TXT: []string{"something else"}},
			&dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName("mx.acme.com.")},
		},
		"_dmarc.acme.com.":        {&dnsmessage.TXTResource{TXT: []string{"v=DMARC1; p=none"}}},
		"k1._domainkey.acme.com.": {&dnsmessage.TXTResource{TXT: []string{"v=DKIM1; p=", "MIGf"}}},
		"in.acme.com.":            {&dnsmessage.TXTResource{TXT: []string{"v=spf1 ip4:192.0.2.1 -all"}}, &dnsmessage.MXResource{MX: dnsmessage.MustNewName("mx.acme.com.")}},
		"post.acme.com.":          {&dnsmessage.MXResource{MX: dnsmessage.MustNewName(".")}},
		"bare.net.":               {&dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}},
	})
	c := newClinic(t, nil)
	c.Resolver = s
	c.configure("news@acme.com", "news@post.acme.com", "olga@acme.com", "olga@bare.net", "nora@acme.com", "nora@acme.com}, olga: {name: Olga, email: olga@bare.net", "[k1, k2]", "k1", "public_url:", "inbound: {domain: in.acme.com}\npublic_url:")
	c.publish()
	want := []string{
		"ok spf acme.com: v=spf1 include:relay.acme.com -all",
		"problem spf bare.net has no SPF record",
		"problem spf post.acme.com has no SPF record",
		"ok spf in.acme.com: v=spf1 ip4:192.0.2.1 -all",
		"ok dkim acme.com has the DKIM key k1",
		"problem dkim bare.net has no DKIM key: k1 is not there",
		"problem dkim post.acme.com has no DKIM key: k1 is not there",
		"ok dmarc _dmarc.acme.com: v=DMARC1; p=none",
		"problem dmarc bare.net has no DMARC policy",
		"ok dmarc _dmarc.acme.com: v=DMARC1; p=none",
		"ok replies acme.com takes mail at mx.acme.com",
		"ok replies bare.net takes mail itself, for it has no MX",
		"problem replies post.acme.com says that it takes no mail",
		"ok replies in.acme.com takes mail at mx.acme.com",
	}
	var got []string
	for _, f := range Examine(t.Context(), c.Subject) {
		switch f.Check {
		case "spf", "dkim", "dmarc", "replies":
			got = append(got, string(f.Level)+" "+f.Check+" "+f.Found)
		}
	}
	if a, b := strings.Join(want, "\n"), strings.Join(got, "\n"); a != b {
		t.Errorf("want\n%s\n\ngot\n%s", a, b)
	}
}

// nameServer answers by UDP from a list of records, and returns a resolver that asks it.
func nameServer(t *testing.T, zone map[string][]dnsmessage.ResourceBody) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var q dnsmessage.Message
			if err := q.Unpack(buf[:n]); err != nil || len(q.Questions) != 1 {
				continue
			}
			if b, err := answer(q, zone); err == nil {
				_, _ = conn.WriteTo(b, from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answer gives the records of the name and type; a name without any does not exist.
func answer(q dnsmessage.Message, zone map[string][]dnsmessage.ResourceBody) ([]byte, error) {
	ask := q.Questions[0]
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: q.ID, Response: true, Authoritative: true, RecursionAvailable: true}, Questions: q.Questions}
	records, ok := zone[ask.Name.String()]
	if !ok {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, body := range records {
		r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: ask.Name, Type: ask.Type, Class: ask.Class, TTL: 60}, Body: body}
		var is dnsmessage.Type
		switch body.(type) {
		case *dnsmessage.TXTResource:
			is = dnsmessage.TypeTXT
		case *dnsmessage.MXResource:
			is = dnsmessage.TypeMX
		case *dnsmessage.AResource:
			is = dnsmessage.TypeA
		}
		if is == ask.Type {
			m.Answers = append(m.Answers, r)
		}
	}
	return m.Pack()
}
