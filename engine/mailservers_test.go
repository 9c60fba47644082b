package engine

import (
	"context"
	"errors"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/workspace"
)

// TestNoSenderIsToBlameForTheStore: while the store does not answer nobody knows by which
// server a sender's mails leave. That puts them off and stops no sender.
func TestNoSenderIsToBlameForTheStore(t *testing.T) {
	t.Parallel()
	away := &mailServers{config: func(context.Context) (*workspace.Config, error) { return nil, errors.New("the store is away") }}
	ch, err := email.New(email.Config{ServerOf: away.of}, andante.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := ch.Prepare(channeltest.Message("email", 1))
	if err != nil {
		t.Fatal(err)
	}
	err = ch.Deliver(t.Context(), []channels.Sealed{s}, &channeltest.Gate{})
	if channels.KindOf(err) != channels.Temporary {
		t.Errorf("%v, want it tried later", err)
	}
}
