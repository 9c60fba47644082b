package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var touchTests = []test{
	{"round trip", touchesRoundTrip},
	{"a key exists once", touchKey},
	{"found by contact and by lease", touchesFound},
	{"woken by contact and reason", touchesWoken},
	{"what did not go", touchesNotSent},
	{"found by Message-ID", touchByMessageID},
	{"due in order", dueInOrder},
	{"the first of each sender and priority", heads},
	{"change writes every field", changeWrites},
	{"change leaves alone what has moved", changeGuard},
	{"change refuses a transition outside the table", changeTable},
	{"leased once", markLeased},
	{"attempted only from claimed", markAttempted},
	{"a released hold wakes its touches", wakeHeld},
}

// touch returns the n-th touch, planned and due n minutes after the beginning.
func touch(n int) andante.Touch {
	return andante.Touch{
		ID: id[andante.TouchID](n), Enrollment: id[andante.EnrollmentID](n), Contact: id[andante.ContactID](n), Account: id[andante.AccountID](n),
		Sequence: "building-brief", Step: "step " + text(n), Repeat: n % 4, Kind: andante.Email, Purpose: andante.Marketing, Priority: andante.Normal,
		Sender: "news", State: andante.Planned, Due: at(n), FirstDue: at(n),
	}
}

func touchID(t andante.Touch) andante.TouchID { return t.ID }

func dueID(d store.DueTouch) andante.TouchID { return d.ID }

// fullTouch has something in every field that may be empty.
func fullTouch(n int) andante.Touch {
	t := touch(n)
	until := at(n + 9)
	t.Kind, t.Purpose, t.Priority, t.Variant, t.State = andante.Postcard, andante.Requested, andante.Low, text(n+1), andante.Claimed
	t.FirstDue, t.Lease, t.NotAfter, t.Counted, t.Settled = at(n-60), id[andante.LeaseID](n), at(n+1), at(n+2), at(n+3)
	t.Attempts, t.Deferred, t.Yielded, t.Reason = n+1, n+2, n%4, andante.ReasonLimit
	t.Introduction, t.Result = n%2 == 0, andante.Voicemail
	t.Evidence = andante.Evidence{
		Rule: text(n), Scope: "contact", Max: 2.5, Period: "7d", Zone: "Europe/Berlin", Source: text(n + 1), Until: &until, Since: &until, Detail: text(n + 2),
		Unit: "points", Reserved: 1, Ignored: n, YieldedTo: id[andante.TouchID](n + 2), SwitchedTo: andante.Letter,
		Filled: []andante.Filler{{Touch: id[andante.TouchID](n + 1), Contact: id[andante.ContactID](n), Kind: andante.Email, At: at(n)}},
	}
	t.Address, t.MessageID, t.MessageHash, t.MessageSize = andante.AddressHash("a"+text(n)), id[string](n)+"@mail.example", "00ff", 10<<20+n
	t.Subject = text(n + 3)
	return t
}

// add appends touches.
func (s db) add(touches ...andante.Touch) {
	s.t.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddTouches(ctx, touches) })
}

// touches returns touches by id, in the order of their ids.
func (s db) touches(ids ...andante.TouchID) []andante.Touch {
	s.t.Helper()
	return sorted(read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) { return tx.Touches(ctx, ids) }), touchID)
}

func touchesRoundTrip(_ *testing.T, s db) {
	want := list(many, func(n int) andante.Touch {
		switch n % 3 {
		case 0:
			return touch(n)
		case 1:
			return fullTouch(n)
		}
		t := fullTouch(n) // logged: it belongs to no enrollment, and time began long ago
		t.Enrollment, t.Sequence, t.Step, t.Repeat, t.Lease = "", "", "", 0, ""
		t.Counted, t.Settled = time.UnixMilli(0).UTC(), time.UnixMilli(-1).UTC()
		return t
	})
	s.add(want...)
	s.same("touches", want, s.touches(pick(want, touchID)...))
	s.same("touches of enrollments", []andante.Touch{want[3], want[4], want[600]},
		sorted(read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
			return tx.TouchesOf(ctx, []andante.EnrollmentID{want[3].Enrollment, want[4].Enrollment, want[600].Enrollment})
		}), touchID))
	s.refused(func(ctx context.Context, tx *store.Tx) error {
		t := touch(many)
		t.Due = time.Time{}
		return tx.AddTouches(ctx, []andante.Touch{t})
	})
}

func touchKey(_ *testing.T, s db) {
	first := touch(1)
	s.add(first)
	again := fullTouch(2)
	again.Enrollment, again.Step, again.Repeat = first.Enrollment, first.Step, first.Repeat
	repeat := touch(3)
	repeat.Enrollment, repeat.Step, repeat.Repeat = first.Enrollment, first.Step, first.Repeat+1
	logged, alike := touch(4), touch(5)
	logged.Enrollment, alike.Enrollment, alike.Step, alike.Repeat = "", "", logged.Step, logged.Repeat
	s.add(again, repeat, logged, alike)
	got := s.touches(first.ID, again.ID, repeat.ID, logged.ID, alike.ID)
	s.same("touches", []andante.Touch{first, repeat, logged, alike}, got)
}

func touchesFound(_ *testing.T, s db) {
	lease, contact := id[andante.LeaseID](1), id[andante.ContactID](1)
	row := func(n int, state andante.State, priority andante.Priority, due, settled int) andante.Touch {
		t := touch(n)
		t.Contact, t.State, t.Priority, t.Due = contact, state, priority, at(due)
		if settled != 0 {
			t.Settled = at(settled)
		}
		if state == andante.Leased {
			t.Lease = lease
		}
		return t
	}
	other := touch(99)
	other.State, other.Lease = andante.Leased, id[andante.LeaseID](2)
	all := []andante.Touch{
		row(0, andante.Sent, andante.Normal, 50, 10), row(1, andante.Leased, andante.Low, 1, 0), row(2, andante.Leased, andante.High, 30, 0),
		row(3, andante.Leased, andante.High, 20, 0), row(4, andante.Planned, andante.Normal, 40, 0), row(5, andante.Review, andante.Normal, 41, 0),
		row(6, andante.Open, andante.Normal, 42, 0), row(7, andante.Attempted, andante.Normal, 43, 0), row(8, andante.Unknown, andante.Normal, 44, 44),
		row(9, andante.Claimed, andante.Normal, 45, 0),
	}
	s.add(append(all, other)...)
	taken := store.Lease{ID: lease, Attempt: 1, Kind: andante.Email, Touches: []andante.TouchID{all[3].ID, all[2].ID, all[1].ID, other.ID, all[0].ID}, Created: day, Queued: day, Expires: day}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddLease(ctx, taken) })
	numbers := func(touches []andante.Touch) (got []int) {
		for _, t := range touches {
			got = append(got, slices.IndexFunc(all, func(o andante.Touch) bool { return o.ID == t.ID }))
		}
		return got
	}
	s.same("in the lease", []int{3, 2, 1}, numbers(read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
		return tx.TouchesIn(ctx, lease)
	})))
	s.same("ids that the lease was given", taken.Touches, read(s, func(ctx context.Context, tx *store.Tx) ([]andante.TouchID, error) {
		return tx.TouchIDsIn(ctx, lease)
	}))
	s.same("over", []int{0, 8}, numbers(sorted(read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
		return tx.SettledTouchesOf(ctx, []andante.EnrollmentID{all[0].Enrollment, all[4].Enrollment, all[8].Enrollment})
	}), touchID)))
	s.same("to come", []int{1, 2, 3, 9}, numbers(read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
		ids := pick(all, func(t andante.Touch) andante.EnrollmentID { return t.Enrollment })
		return tx.ComingOf(ctx, append(ids[1:4:4], ids[9], ids[6], ids[0]), all[9].Due)
	})))
	accounts := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.AccountID, error) {
		return tx.AccountsOfTouches(ctx, []andante.TouchID{all[0].ID, all[1].ID, all[0].ID, id[andante.TouchID](77)})
	})
	slices.Sort(accounts)
	s.same("accounts of touches", []andante.AccountID{all[0].Account, all[1].Account}, accounts)
	s.same("of the contact", []int{1, 0, 3, 2, 4, 5, 6, 7, 8, 9}, numbers(read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
		return tx.TouchesOfContact(ctx, contact)
	})))
}

func touchByMessageID(t *testing.T, s db) {
	want := fullTouch(1)
	s.add(touch(0), want, touch(2))
	find := func(messageID string) (got andante.Touch, err error) {
		err = s.Read(t.Context(), func(tx *store.Tx) (err error) {
			got, err = tx.TouchByMessageID(t.Context(), messageID)
			return err
		})
		return got, err
	}
	got, err := find(want.MessageID)
	if err != nil {
		t.Fatal(err)
	}
	s.same("touch", want, got)
	for _, none := range []string{"", "nobody@mail.example"} {
		if got, err := find(none); err != andante.ErrNotFound {
			t.Errorf("%q: touch %s, error %v", none, got.ID, err)
		}
	}
}

// dueList has touches out of order; want is the order in which they are due.
func dueList() (all []andante.Touch, want []andante.TouchID) {
	row := func(n int, priority andante.Priority, due time.Time, sender string, state andante.State) andante.Touch {
		t := touch(n)
		t.Priority, t.Due, t.Sender, t.State = priority, due, sender, state
		return t
	}
	now := at(100)
	all = []andante.Touch{
		row(0, andante.Low, at(1), "news", andante.Planned),
		row(1, andante.Normal, at(5), "news", andante.Planned),
		row(2, andante.Normal, at(5), "nora", andante.Planned),
		row(3, andante.Normal, at(4), "news", andante.Planned),
		row(4, andante.High, now, "nora", andante.Planned),
		row(5, andante.High, now.Add(time.Millisecond), "news", andante.Planned), // not yet
		row(6, andante.High, at(1), "news", andante.Leased),
		row(7, andante.High, at(1), "news", andante.Sent),
		row(8, andante.Low, at(0), "nora", andante.Planned),
	}
	for _, n := range []int{4, 3, 1, 2, 8, 0} {
		want = append(want, all[n].ID)
	}
	return all, want
}

func dueInOrder(_ *testing.T, s db) {
	all, want := dueList()
	slices.Reverse(all)
	s.add(all...)
	due := func(sender string, p andante.Priority, n int) (got []andante.TouchID) {
		s.t.Helper()
		s.write(func(ctx context.Context, tx *store.Tx) error {
			touches, err := tx.Due(ctx, at(100), store.Head{Lane: mail(sender), Priority: p}, n)
			got = pick(touches, dueID)
			return err
		})
		return got
	}
	s.same("high of nora", want[:1], due("nora", andante.High, 9))
	s.same("high of news is not due yet", []andante.TouchID(nil), due("news", andante.High, 9))
	s.same("normal of news", []andante.TouchID{want[1], want[2]}, due("news", andante.Normal, 9))
	s.same("the first of them", want[1:2], due("news", andante.Normal, 1))
	s.same("none of them", []andante.TouchID(nil), due("news", andante.Normal, 0))
	s.same("low of nora", want[4:5], due("nora", andante.Low, 9))
}

// mail is the lane of a sender's mails.
func mail(sender string) store.Lane { return store.Lane{Kind: andante.Email, Sender: sender} }

func heads(_ *testing.T, s db) {
	look := func() []store.Head {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.Head, error) { return tx.Heads(ctx) })
	}
	s.same("of none", []store.Head(nil), look())
	all, _ := dueList()
	s.add(all...)
	s.same("heads", []store.Head{
		{Lane: mail("nora"), Priority: andante.High, Due: at(100)},
		{Lane: mail("news"), Priority: andante.High, Due: at(100).Add(time.Millisecond)},
		{Lane: mail("news"), Priority: andante.Normal, Due: at(4)},
		{Lane: mail("nora"), Priority: andante.Normal, Due: at(5)},
		{Lane: mail("nora"), Priority: andante.Low, Due: at(0)},
		{Lane: mail("news"), Priority: andante.Low, Due: at(1)},
	}, look())
	call := touch(90)
	call.Kind, call.Sender, call.Priority, call.Due = andante.Call, "nora", andante.High, at(0)
	s.add(call)
	s.same("whom she calls waits beside whom she mails", store.Head{Lane: store.Lane{Kind: andante.Call, Sender: "nora"}, Priority: andante.High, Due: at(0)}, look()[0])
}

func changeWrites(_ *testing.T, s db) {
	var before, after []andante.Touch
	var changes []store.Change
	for n := range many {
		from, to := touch(n), fullTouch(n)
		if n%2 == 0 {
			from, to = fullTouch(n), touch(n)
			from.State, to.State = andante.Leased, andante.Failed
		} else {
			from.State, to.State = andante.Leased, andante.Claimed
		}
		from.Lease = id[andante.LeaseID](n % 5)
		// What names and places a touch is not changed.
		to.Purpose, to.Priority, to.Variant, to.Introduction = from.Purpose, from.Priority, from.Variant, from.Introduction
		to.Sender, to.Due = "nora", at(n+1000)
		before, after = append(before, from), append(after, to)
		changes = append(changes, store.Change{Touch: to, Was: from.State, Lease: from.Lease})
	}
	s.add(before...)
	var done map[andante.TouchID]bool
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		done, err = tx.Change(ctx, changes)
		return err
	})
	s.same("number of changes", many, len(done))
	s.same("touches", after, s.touches(pick(after, touchID)...))
}

func changeGuard(_ *testing.T, s db) {
	ours, theirs := id[andante.LeaseID](1), id[andante.LeaseID](2)
	cases := []struct {
		name  string
		state andante.State   // as it is
		lease andante.LeaseID // likewise
		was   andante.State   // as the caller believes
		in    andante.LeaseID // likewise
		on    int             // the attempt, likewise; it is on its second
		ok    bool
	}{
		{"as believed", andante.Leased, ours, andante.Leased, ours, 0, true},
		{"whatever the lease", andante.Leased, theirs, andante.Leased, "", 0, true},
		{"without a lease", andante.Planned, "", andante.Planned, "", 0, true},
		{"of another lease", andante.Leased, theirs, andante.Leased, ours, 0, false},
		{"no longer leased", andante.Leased, "", andante.Leased, ours, 0, false},
		{"gone on", andante.Claimed, ours, andante.Leased, ours, 0, false},
		{"canceled", andante.Canceled, "", andante.Planned, "", 0, false},
		{"on that attempt", andante.Leased, ours, andante.Leased, ours, 2, true},
		{"on an earlier attempt", andante.Leased, ours, andante.Leased, ours, 3, false},
		{"on a later attempt", andante.Leased, ours, andante.Leased, "", 1, false},
	}
	var before []andante.Touch
	for n, c := range cases {
		t := touch(n)
		t.State, t.Lease, t.Attempts = c.state, c.lease, 2
		before = append(before, t)
	}
	s.add(before...)
	want, wantDone := slices.Clone(before), map[andante.TouchID]bool{}
	var changes []store.Change
	for n, c := range cases {
		to := touch(n)
		to.State, to.Reason = andante.Skipped, andante.ReasonStale
		changes = append(changes, store.Change{Touch: to, Was: c.was, Lease: c.in, Attempt: c.on})
		if c.ok {
			want[n], wantDone[to.ID] = to, true
		}
	}
	absent := touch(50)
	absent.State = andante.Skipped
	changes = append(changes, store.Change{Touch: absent, Was: andante.Planned})
	var done map[andante.TouchID]bool
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		done, err = tx.Change(ctx, changes)
		return err
	})
	s.same("changed", wantDone, done)
	got := s.touches(pick(want, touchID)...)
	for n, c := range cases {
		s.same(c.name, want[n], got[n])
	}
	// A planned touch that stays planned is put off.
	off := before[2]
	off.ID, off.Enrollment = id[andante.TouchID](60), id[andante.EnrollmentID](60)
	s.add(off)
	off.Due, off.Deferred = at(500), 1
	s.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Change(ctx, []store.Change{{Touch: off, Was: andante.Planned}})
		return err
	})
	s.same("put off", []andante.Touch{off}, s.touches(off.ID))
}

func changeTable(_ *testing.T, s db) {
	good, bad := touch(1), touch(2)
	s.add(good, bad)
	to, wrong := good, bad
	to.State, wrong.State = andante.Skipped, andante.Done
	err := s.refused(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Change(ctx, []store.Change{{Touch: to, Was: andante.Planned}, {Touch: wrong, Was: andante.Planned}})
		return err
	})
	if err != nil && !strings.Contains(err.Error(), "planned may not become done") {
		s.t.Errorf("error %q names no states", err)
	}
	s.same("touches", []andante.Touch{good, bad}, s.touches(good.ID, bad.ID))
}

func markLeased(_ *testing.T, s db) {
	mine, lease := id[andante.LeaseID](1), id[andante.LeaseID](2)
	all := list(many, touch)
	all[7].State, all[8].State, all[8].Lease = andante.Skipped, andante.Leased, mine
	s.add(all...)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.MarkLeased(ctx, pick(all, touchID)[:many-1], lease)
	})
	for n := range all[:many-1] {
		if n != 7 && n != 8 {
			all[n].State, all[n].Lease = andante.Leased, lease
		}
	}
	s.same("touches", all, s.touches(pick(all, touchID)...))
}

func markAttempted(_ *testing.T, s db) {
	ours, theirs := id[andante.LeaseID](1), id[andante.LeaseID](2)
	all := list(many, fullTouch)
	for n := range all {
		all[n].State, all[n].Lease = andante.Claimed, ours
	}
	all[0].State, all[1].State, all[2].State, all[3].Lease = andante.Canceled, andante.Leased, andante.Attempted, theirs
	s.add(all...)
	var marked []andante.TouchID
	mark := func() {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			marked, err = tx.MarkAttempted(ctx, ours, pick(all, touchID), "policy", at(20))
			return err
		})
		slices.Sort(marked)
	}
	mark()
	s.same("marked", pick(all[4:], touchID), marked)
	for n := range all[4:] {
		all[4+n].State = andante.Attempted
		all[4+n].Attempts++
	}
	s.same("touches", all, s.touches(pick(all, touchID)...))
	var begun []andante.Attempt
	for _, t := range all[4:] {
		begun = append(begun, andante.Attempt{
			Touch: t.ID, Contact: t.Contact, Account: t.Account, Number: t.Attempts, Sender: t.Sender, Policy: "policy",
			Started: at(20), Outcome: andante.OutcomePending,
		})
	}
	attempts := func() []andante.Attempt {
		return sorted(s.attempts(pick(all, touchID)...), func(a andante.Attempt) andante.TouchID { return a.Touch })
	}
	s.same("attempts", begun, attempts())
	mark()
	s.same("marked again", []andante.TouchID(nil), marked)
	s.same("attempts after that", begun, attempts())
}

func wakeHeld(_ *testing.T, s db) {
	now := at(100)
	// 0 to 4 are held; each of 1 to 4 shares one thing with 0.
	row := func(n int) andante.Touch {
		t := touch(n)
		t.Contact, t.Account, t.Sequence, t.Sender = id[andante.ContactID](50+n), id[andante.AccountID](50+n), "other", "other"
		t.Reason, t.Due = andante.ReasonHeld, at(200)
		return t
	}
	zero := row(0)
	zero.Sequence, zero.Sender = "brief", "news"
	all := []andante.Touch{zero, row(1), row(2), row(3), row(4), row(5), row(6), row(7)}
	all[1].Contact, all[2].Account, all[3].Sequence, all[4].Sender = zero.Contact, zero.Account, zero.Sequence, zero.Sender
	all[5].Reason = andante.ReasonLimit // put off for another reason
	all[6].State = andante.Skipped
	all[7].Due = at(50) // due already
	for _, c := range []struct {
		scope andante.HoldScope
		key   string
		woken []int
	}{
		{andante.HoldContact, string(zero.Contact), []int{0, 1}},
		{andante.HoldAccount, string(zero.Account), []int{0, 2}},
		{andante.HoldSequence, zero.Sequence, []int{0, 3}},
		{andante.HoldSender, zero.Sender, []int{0, 4}},
		{andante.HoldEverything, "", []int{0, 1, 2, 3, 4}},
	} {
		var got []andante.Touch
		ctx := s.t.Context()
		err := s.Write(ctx, func(tx *store.Tx) (err error) {
			if err := firstError(tx.AddTouches(ctx, all), tx.WakeHeld(ctx, c.scope, c.key, now)); err != nil {
				return err
			}
			if got, err = tx.Touches(ctx, pick(all, touchID)); err != nil {
				return err
			}
			return errUndo
		})
		if err != errUndo {
			s.t.Fatal(err)
		}
		want := slices.Clone(all)
		for _, n := range c.woken {
			want[n].Due = now
		}
		s.same(string(c.scope), want, sorted(got, touchID))
	}
}
