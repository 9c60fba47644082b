package email_test

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/faults"
	"github.com/andante-hq/andante/internal/inbox"
)

func BenchmarkPrepare(b *testing.B) {
	ch := builder(b)
	for b.Loop() {
		if _, err := ch.Prepare(welcome()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFarAway delivers over one connection to a relay that is 20 ms away: a mail costs
// as many round trips as its answers are waited for.
func BenchmarkFarAway(b *testing.B) {
	const roundTrip = 20 * time.Millisecond
	plain := func(c inbox.Command) *inbox.Reply {
		if c.Stage != inbox.Ehlo {
			return nil
		}
		return &inbox.Reply{Code: 250, Text: "inbox.localhost\n8BITMIME"}
	}
	for name, o := range map[string]inbox.Options{"pipelined": {NoRaw: true}, "lock-step": {NoRaw: true, Script: plain}} {
		b.Run(name, func(b *testing.B) {
			in, err := inbox.Start(o)
			if err != nil {
				b.Fatal(err)
			}
			defer in.Close()
			far := faults.NewProxy(b, in.Addr())
			far.Delay(faults.ToServer, roundTrip/2)
			far.Delay(faults.ToClient, roundTrip/2)
			_, port, _ := net.SplitHostPort(far.Addr())
			n, _ := strconv.Atoi(port)
			ch, err := email.New(email.Config{Server: email.Server{Host: "127.0.0.1", Port: n, TLS: email.NoTLS}}, andante.SystemClock{})
			if err != nil {
				b.Fatal(err)
			}
			defer ch.Close()
			var batch []channels.Sealed
			for i := range b.N {
				s, err := ch.Prepare(channeltest.Message(andante.Email, i))
				if err != nil {
					b.Fatal(err)
				}
				batch = append(batch, s)
			}
			b.ResetTimer()
			if err := ch.Deliver(b.Context(), batch, &channeltest.Gate{}); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(b.Elapsed().Seconds()/roundTrip.Seconds()/float64(b.N), "round-trips/mail")
		})
	}
}

// BenchmarkDeliver hands mails to go-smtp on loopback, over a connection for
// each processor.
func BenchmarkDeliver(b *testing.B) {
	in, err := inbox.Start(inbox.Options{NoRaw: true})
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	ch, err := email.New(email.Config{Server: email.Server{Host: "127.0.0.1", Port: portOf(in), TLS: email.NoTLS}}, andante.SystemClock{})
	if err != nil {
		b.Fatal(err)
	}
	defer ch.Close()
	one, err := ch.Prepare(channeltest.Message(andante.Email, 0))
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := ch.Deliver(b.Context(), []channels.Sealed{one}, &channeltest.Gate{}); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(in.Count())/b.Elapsed().Seconds(), "mails/s")
}
