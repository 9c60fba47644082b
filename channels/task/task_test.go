package task

import (
	"strings"
	"sync"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(*testing.T) channeltest.Rig {
		var mu sync.Mutex
		var opened []string
		c := New(andante.SystemClock{})
		c.opened = func(s channels.Sealed) {
			mu.Lock()
			defer mu.Unlock()
			opened = append(opened, s.MessageID)
		}
		return channeltest.Rig{Channel: c, Arrived: func() []string {
			mu.Lock()
			defer mu.Unlock()
			return opened
		}}
	})
}

func TestBriefing(t *testing.T) {
	t.Parallel()
	c := New(andante.SystemClock{})
	m := channeltest.Message(andante.Visit, 1)
	m.Text = "\n Ask which building\x00 worries them.\n"
	s, err := c.Prepare(m)
	if err != nil || string(s.Bytes) != "Ask which building\uFFFD worries them." {
		t.Errorf("%q, %v", s.Bytes, err)
	}
	m.Text = strings.Repeat("é", maxBriefing)
	if s, err := c.Prepare(m); err != nil || len(s.Bytes) > maxBriefing {
		t.Errorf("%d bytes, %v", len(s.Bytes), err)
	}
	if _, err := c.Prepare(channeltest.Message(andante.Email, 1)); err == nil {
		t.Error("a mail is no task")
	}
}
