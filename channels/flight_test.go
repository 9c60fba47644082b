package channels_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/internal/testclock"
)

func batch(n int) []channels.Sealed {
	list := make([]channels.Sealed, n)
	for i := range list {
		list[i].Touch = andante.TouchID(string(rune('A' + i)))
	}
	return list
}

// flights returns flights in which each message takes d.
func flights(clock *testclock.Clock, d time.Duration) *channels.Flights {
	return &channels.Flights{Clock: clock, Send: func(_ context.Context, _ channels.Sealed, open func() bool, _ channels.Ahead) (channels.Receipt, error) {
		if !open() {
			return channels.Receipt{}, &channels.SendError{Kind: channels.Untried}
		}
		clock.Tick(d)
		return channels.Receipt{}, nil
	}}
}

func TestFlightSizes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		per     time.Duration
		n       int
		want    []int
		untried int
	}{
		"fast":      {time.Millisecond, 120, []int{10, 50, 50, 10}, 0},
		"slow":      {200 * time.Millisecond, 30, []int{10, 7, 7, 6}, 0},
		"very slow": {time.Second, 13, []int{10, 1, 1, 1}, 8},
		"crawling":  {10 * time.Second, 12, []int{10, 1, 1}, 9},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := &channeltest.Gate{}
			if err := flights(&testclock.Clock{}, tt.per).Run(t.Context(), batch(tt.n), g); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, g.Flights()); diff != "" {
				t.Errorf("flights (-want +got):\n%s", diff)
			}
			untried := 0
			for _, k := range g.Kinds() {
				if k == channels.Untried {
					untried++
				}
			}
			if untried != tt.untried {
				t.Errorf("%d untried, want %d", untried, tt.untried)
			}
		})
	}
}

func TestPaceIsRemembered(t *testing.T) {
	t.Parallel()
	var pace channels.Pace
	clock := &testclock.Clock{}
	for _, want := range [][]int{{10, 10}, {20}} {
		f := flights(clock, time.Millisecond)
		f.Pace = &pace
		g := &channeltest.Gate{}
		if err := f.Run(t.Context(), batch(20), g); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, g.Flights()); diff != "" {
			t.Errorf("flights (-want +got):\n%s", diff)
		}
	}
}

func TestPaceSlowsAtOnceAndQuickensByHalf(t *testing.T) {
	t.Parallel()
	var p channels.Pace
	p.Record(0, time.Hour) // nothing written says nothing
	sizes := []int{p.Size(channels.FlightTime, channels.FlightSize)}
	for _, per := range []time.Duration{time.Millisecond, time.Second, time.Millisecond, time.Millisecond, time.Millisecond, 0} {
		p.Record(10, 10*per)
		sizes = append(sizes, p.Size(channels.FlightTime, channels.FlightSize))
	}
	if diff := cmp.Diff([]int{10, 50, 1, 2, 5, 11, 23}, sizes); diff != "" {
		t.Errorf("sizes (-want +got):\n%s", diff)
	}
}

func TestConnectComesFirst(t *testing.T) {
	t.Parallel()
	calls := 0
	f := flights(&testclock.Clock{}, 0)
	f.Connect = func(context.Context) (int, error) {
		if calls++; calls == 3 {
			return 0, &channels.SendError{Kind: channels.Sender, Code: 535}
		}
		return 2, nil
	}
	g := &channeltest.Gate{}
	err := f.Run(t.Context(), batch(9), g)
	if channels.KindOf(err) != channels.Sender {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff([]int{2, 2}, g.Flights()); diff != "" {
		t.Errorf("flights (-want +got):\n%s", diff)
	}
}

// TestStrangePermit: a permit that names others, twice or out of order opens
// nothing that was not asked for.
func TestStrangePermit(t *testing.T) {
	t.Parallel()
	var got []andante.TouchID
	f := &channels.Flights{Clock: &testclock.Clock{}, Send: func(_ context.Context, s channels.Sealed, _ func() bool, _ channels.Ahead) (channels.Receipt, error) {
		got = append(got, s.Touch)
		return channels.Receipt{}, nil
	}}
	g := &channeltest.Gate{OnPermit: func([]andante.TouchID) ([]andante.TouchID, error) {
		return []andante.TouchID{"C", "Z", "A", "A"}, nil
	}}
	if err := f.Run(t.Context(), batch(4), g); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]andante.TouchID{"A", "C"}, got); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestOutcomesAreMadeFit(t *testing.T) {
	t.Parallel()
	plain := errors.New("something broke")
	results := []error{nil, plain, &channels.SendError{Kind: channels.Permanent, Code: 550, Response: "\x00\xff"}}
	f := &channels.Flights{Clock: &testclock.Clock{}, Send: func(_ context.Context, s channels.Sealed, open func() bool, _ channels.Ahead) (channels.Receipt, error) {
		open()
		return channels.Receipt{Response: "\x00"}, results[s.Touch[0]-'A']
	}}
	g := &channeltest.Gate{}
	if err := f.Run(t.Context(), batch(3), g); err != nil {
		t.Fatal(err)
	}
	if err := g.Err(); err != nil {
		t.Error(err)
	}
	want := []channels.ErrorKind{"", channels.Unknown, channels.Permanent}
	if diff := cmp.Diff(want, g.Kinds()); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if o, _ := g.Outcome("B"); !errors.Is(o.Err, plain) {
		t.Errorf("the cause is lost: %v", o.Err)
	}
	if o, _ := g.Outcome("C"); o.Err.Error() != "permanent: 550: \uFFFD\uFFFD" {
		t.Errorf("error %q", o.Err)
	}
}

// TestSlowConnect: a channel that takes the whole flight's time before it is
// ready to write may not write any more.
func TestSlowConnect(t *testing.T) {
	t.Parallel()
	clock := &testclock.Clock{}
	f := &channels.Flights{Clock: clock, Send: func(_ context.Context, _ channels.Sealed, open func() bool, _ channels.Ahead) (channels.Receipt, error) {
		clock.Tick(channels.FlightTime)
		if open() {
			t.Error("open after the flight's time")
		}
		return channels.Receipt{}, &channels.SendError{Kind: channels.Untried}
	}}
	if err := f.Run(t.Context(), batch(2), &channeltest.Gate{}); err != nil {
		t.Fatal(err)
	}
}
