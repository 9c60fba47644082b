package webhooks

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// BenchmarkCallbacks posts events of SendGrid, one in each request, 200 at a time, about the mails of
// a thousand contacts, on SQLite as it is used. It reports posts a second and the time within which 99
// of 100 are answered; nothing may be lost.
func BenchmarkCallbacks(b *testing.B) {
	const contacts, clients = 1000, 200
	s := newSite(b, "en")
	var rows []ops.Row
	for i := range contacts {
		rows = append(rows, ops.Row{Line: i + 1, ExternalID: fmt.Sprint("c", i), Email: fmt.Sprintf("c%d@x.example", i)})
	}
	if _, err := s.ops.TakeIn(b.Context(), s.w, rows); err != nil {
		b.Fatal(err)
	}
	if _, err := s.ops.Enroll(b.Context(), ops.EnrollRequest{Sequence: "brief"}); err != nil {
		b.Fatal(err)
	}
	ids := s.allSent()
	c := &Callback{Name: "bench", Provider: unsigned{&SendGrid{}}, Ops: s.ops, Log: slog.New(slog.DiscardHandler)}
	srv := httptest.NewServer(c)
	b.Cleanup(srv.Close)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients}}
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range clients {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
				k := i % len(ids)
				body := fmt.Sprintf(`[{"event":"delivered","email":"c%d@x.example","sg_event_id":"e%d","smtp-id":"<%s>","timestamp":1767603600}]`, k, i, ids[k])
				began := time.Now()
				answer, err := client.Post(srv.URL, "application/json", strings.NewReader(body))
				if err != nil {
					b.Error(err)
					return
				}
				answer.Body.Close()
				if took[i] = time.Since(began); answer.StatusCode != http.StatusOK {
					b.Errorf("%d", answer.StatusCode)
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
	b.ReportMetric(float64(took[b.N*99/100].Milliseconds()), "ms-p99")
	got := 0
	s.read(func(tx *store.Tx) error {
		all, err := tx.ContactsByExternalID(b.Context(), names(contacts))
		for _, who := range all {
			list, err := tx.EventsOf(b.Context(), who.ID)
			if err != nil {
				return err
			}
			for _, e := range list {
				if e.Name == andante.EventDelivered {
					got++
				}
			}
		}
		return err
	})
	if got != b.N {
		b.Errorf("%d of %d are there", got, b.N)
	}
}

// allSent marks everybody's first mail as sent, and returns the Message-IDs by contact.
func (s *site) allSent() (ids []string) {
	s.t.Helper()
	err := s.ops.Store.Write(s.t.Context(), func(tx *store.Tx) error {
		var changes []store.Change
		for _, name := range names(1000) {
			who, err := tx.ContactsByExternalID(s.t.Context(), []string{name})
			if err != nil {
				return err
			}
			list, err := tx.TouchesOfContact(s.t.Context(), who[0].ID)
			if err != nil {
				return err
			}
			t := list[0]
			t.State, t.Settled, t.Counted, t.MessageID, t.Address = andante.Sent, s.clock.Now(), s.clock.Now(), string(t.ID)+"@acme.example", s.ops.Keys.Hash(who[0].Email)
			changes, ids = append(changes, store.Change{Touch: t, Was: andante.Planned}), append(ids, t.MessageID)
		}
		_, err := tx.Change(s.t.Context(), changes)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return ids
}

func names(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint("c", i))
	}
	return list
}
