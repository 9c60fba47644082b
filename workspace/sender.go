package workspace

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/internal/mailaddr"
	"github.com/andante-hq/andante/templates"
)

// MessageID is the Message-ID, without angle brackets, of a touch that is sent as id.
func (id Identity) MessageID(t andante.TouchID) string {
	address, _ := mailaddr.ASCII(id.Email) // the checker has seen to it
	_, domain, _ := strings.Cut(address, "@")
	return string(t) + "@" + domain
}

// hasLiquid tells whether a name differs from contact to contact.
func hasLiquid(name string) bool { return strings.Contains(name, "{{") || strings.Contains(name, "{%") }

// Named returns the identity with its name filled in for a contact: a sender may be
// called "{{ owner.first_name }} at Acme".
func (w *Workspace) Named(ctx context.Context, id Identity, v andante.Values) (Identity, error) {
	if !hasLiquid(id.Name) {
		return id, nil
	}
	line, found := w.senderName(id.Name, 1, 1)
	if bad := Errors(found); len(bad) > 0 {
		return id, fmt.Errorf("the name of sender %s: %w", id.Key, bad[0])
	}
	name, err := line.Render(ctx, v)
	id.Name = name
	return id, err
}

// ZoneOf is where a sender reads the clock: a person's own zone, else the company's.
func (w *Workspace) ZoneOf(id Identity) *time.Location {
	zone, err := calendar.LoadZone(cmp.Or(id.Zone, w.Config.Company.Zone))
	if err != nil {
		return time.UTC
	}
	return zone
}

// senderName compiles a name, once.
func (w *Workspace) senderName(name string, line, column int) (*templates.Line, []*andante.Finding) {
	if l, ok := w.names.Load(name); ok {
		return l.(*templates.Line), nil
	}
	l, found := w.templates.CompileLine(name, ConfigFile, line, column)
	if len(Errors(found)) == 0 {
		w.names.Store(name, l)
	}
	return l, found
}

// nameFindings checks the Liquid in a sender's name.
func (w *Workspace) nameFindings(name string, path ...string) []*andante.Finding {
	if !hasLiquid(name) {
		return nil
	}
	at := w.at("sender", path, "")
	_, found := w.senderName(name, at.Line, at.Column)
	return found
}
