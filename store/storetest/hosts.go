package storetest

import (
	"context"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var hostTests = []test{
	{"who runs mailboxes", hosts},
	{"addresses of touches", addressesOf},
	{"slots", slots},
	{"who wrote to whom", correspondents},
	{"numbers that had a text", texted},
}

func hosts(_ *testing.T, s db) {
	put := func(list ...store.Host) {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutHosts(ctx, list) })
	}
	look := func(domains ...string) []store.Host {
		return sorted(read(s, func(ctx context.Context, tx *store.Tx) ([]store.Host, error) { return tx.Hosts(ctx, domains) }),
			func(h store.Host) string { return h.Domain })
	}
	s.same("of nobody", []store.Host(nil), look())
	acme, quay := store.Host{Domain: "acme.example", Provider: "google", Asked: at(1)}, store.Host{Domain: "quay.example", Asked: at(2)}
	put(acme, quay)
	s.same("both", []store.Host{acme, quay}, look("acme.example", "quay.example", "other.example"))
	quay.Provider, quay.Asked = "microsoft", at(3)
	put(quay)
	s.same("changed", []store.Host{quay}, look("quay.example"))
}

func addressesOf(_ *testing.T, s db) {
	want := map[andante.TouchID]string{}
	_, people := s.people(3)
	for n, c := range people {
		t := touch(n)
		t.Contact = c.ID
		s.add(t)
		if n != 1 {
			want[t.ID] = c.Email
		}
	}
	s.same("of those asked for", want, read(s, func(ctx context.Context, tx *store.Tx) (map[andante.TouchID]string, error) {
		return tx.AddressesOf(ctx, []andante.TouchID{touch(0).ID, touch(2).ID, touch(9).ID})
	}))
}

func slots(_ *testing.T, s db) {
	gone := touch(2)
	gone.State = andante.Sent
	s.add(touch(0), touch(1), gone)
	rule := andante.Evidence{Rule: "google"}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutSlots(ctx, []store.Slot{{Touch: touch(0).ID, Due: at(50), Reason: andante.ReasonThrottled, Evidence: rule}, {Touch: gone.ID, Due: at(50), Reason: andante.ReasonInLine}})
	})
	put := touch(0)
	put.Due, put.Reason, put.Evidence = at(50), andante.ReasonThrottled, rule
	s.same("only what is planned is put off", []andante.Touch{put, touch(1), gone}, s.touches(touch(0).ID, touch(1).ID, gone.ID))
}

func texted(_ *testing.T, s db) {
	hash := func(n int) andante.AddressHash { return andante.AddressHash("number " + text(n)) }
	for n, row := range []struct {
		kind  andante.Kind
		state andante.State
	}{{andante.SMS, andante.Sent}, {andante.SMS, andante.Unknown}, {andante.SMS, andante.Skipped}, {andante.Call, andante.Done}} {
		t := touch(n)
		t.Kind, t.Address, t.State, t.Counted = row.kind, hash(n), andante.Attempted, at(n)
		s.add(t)
		was := t.State
		t.State = row.state
		if row.state != andante.Skipped && row.state != andante.Done {
			s.change(was, t, false)
		}
	}
	want := map[andante.AddressHash]bool{hash(0): true, hash(1): true}
	s.same("texted", want, read(s, func(ctx context.Context, tx *store.Tx) (map[andante.AddressHash]bool, error) {
		return tx.Texted(ctx, []andante.AddressHash{hash(0), hash(1), hash(2), hash(3), hash(4)})
	}))
}

func correspondents(_ *testing.T, s db) {
	row := func(n, to int, sender string, state andante.State, kind andante.Kind) {
		t := touch(n)
		t.Contact, t.Sender, t.State, t.Kind, t.Settled = id[andante.ContactID](to), sender, state, kind, at(n)
		s.add(t)
	}
	row(1, 1, "anna", andante.Sent, andante.Email)
	row(2, 1, "ben", andante.Unknown, andante.Email)
	row(3, 1, "cara", andante.Skipped, andante.Email)
	row(4, 1, "cara", andante.Done, andante.Call)
	row(5, 2, "cara", andante.Sent, andante.Email)
	row(6, 1, "anna", andante.Sent, andante.Email)
	row(7, 3, "anna", andante.Sent, andante.Email)
	want := map[andante.ContactID][]string{id[andante.ContactID](1): {"anna", "ben"}, id[andante.ContactID](2): {"cara"}}
	s.same("the last one first", want, read(s, func(ctx context.Context, tx *store.Tx) (map[andante.ContactID][]string, error) {
		return tx.Correspondents(ctx, []andante.ContactID{id[andante.ContactID](1), id[andante.ContactID](2), id[andante.ContactID](9)})
	}))
}
