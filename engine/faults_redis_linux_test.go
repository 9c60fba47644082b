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
	for name, trouble := range map[string]struct{ begins, ends func(*faults.Redis) }{
		"flushed":                   {(*faults.Redis).Flush, nil},
		"stopped and started empty": {(*faults.Redis).Stop, (*faults.Redis).Start},
		"killed and started empty":  {(*faults.Redis).Kill, (*faults.Redis).Start},
		"asleep":                    {(*faults.Redis).Pause, (*faults.Redis).Resume},
		"full":                      {(*faults.Redis).Fill, (*faults.Redis).Drain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			people := atLength(8000, 1000)
			redis := faults.StartRedis(t)
			s := newScene(t, harness.Workspace{}, harness.NewTown(people/4, 4), inbox.Options{NoRaw: true, DelayPerMail: time.Millisecond})
			s.part.Connections, s.part.Batch = 1, 50 // most leases wait in the queue
			s.part.Store, s.part.Redis = onSomePostgres(t), redis.URL()
			s.enroll("hello")

			schedulers, workers := s.team()
			for i := range atLength(4, 2) {
				s.received(people/5*i + people/10)
				trouble.begins(redis)
				if trouble.ends == nil {
					continue
				}
				s.standsStill()
				if n := s.inbox.Count(); n == people {
					t.Fatal("everything was sent before anybody felt it")
				}
				if name == "full" && redis.Refused() == 0 {
					t.Error("it had room for everything")
				}
				trouble.ends(redis)
			}
			s.goHome(schedulers, workers)
			s.allReceived()
		})
	}
}
