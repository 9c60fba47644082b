package email_test

import (
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/email"
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

// BenchmarkDeliver hands mails to go-smtp on loopback, over a connection for
// each processor.
func BenchmarkDeliver(b *testing.B) {
	in, err := inbox.Start(inbox.Options{NoRaw: true})
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	ch, err := email.New(email.Config{Host: "127.0.0.1", Port: portOf(in), TLS: email.NoTLS}, andante.SystemClock{})
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
