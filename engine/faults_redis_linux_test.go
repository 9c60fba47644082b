package engine

import (
	"testing"
	"time"

	"github.com/andante-hq/andante/internal/faults"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
)

// TestRedisInTrouble: while two schedulers and two workers send, their Redis forgets
// everything, or is away for as long as it takes until nobody can go on. Nothing is
// lost, nothing is doubled, nothing is in doubt, and the work goes on when it is back.
func TestRedisInTrouble(t *testing.T) {
	redis := faults.StartRedis(t)
	for _, trouble := range []struct {
		name         string
		begins, ends func()
	}{
		{"flushed", redis.Flush, nil},
		{"stopped and started empty", redis.Stop, redis.Start},
		{"killed and started empty", redis.Kill, redis.Start},
		{"asleep", redis.Pause, redis.Resume},
		{"full", redis.Fill, redis.Drain},
	} {
		t.Run(trouble.name, func(t *testing.T) {
			people := atLength(8000, 1000)
			redis.Flush()
			s := newScene(t, harness.Workspace{}, harness.NewTown(people/4, 4), inbox.Options{NoRaw: true, DelayPerMail: time.Millisecond})
			s.part.Connections, s.part.Batch = 1, 50 // most leases wait in the queue
			s.part.Store, s.part.Redis = onSomePostgres(t), redis.URL()
			s.enroll("hello")

			schedulers, workers := s.team()
			for i := range atLength(4, 2) {
				s.received(people/5*i + people/10)
				trouble.begins()
				if trouble.ends != nil {
					s.standsStill()
					if n := s.inbox.Count(); n == people {
						t.Fatal("everything was sent before anybody felt it")
					}
					if trouble.name == "full" && redis.Refused() == 0 {
						t.Error("it had room for everything")
					}
					trouble.ends()
				}
			}
			s.goHome(schedulers, workers)
			s.allReceived()
		})
	}
}
