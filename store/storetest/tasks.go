package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var taskTests = []test{
	{"round trip", tasks},
	{"somebody is told of them", minded},
	{"notices", notices},
	{"notices scrubbed", noticesScrubbed},
	{"messages that were looked at", reviews},
	{"nuggets", nuggets},
}

func tasks(_ *testing.T, s db) {
	touches := list(4, touch)
	for i := range touches {
		touches[i].State, touches[i].Kind, touches[i].Counted, touches[i].Address = andante.Open, andante.Call, at(i), andante.AddressHash("a"+text(i))
	}
	touches[3].State = andante.Canceled
	s.add(touches...)
	all := list(4, func(n int) store.Task {
		return store.Task{Touch: touches[n].ID, Owner: []string{"nora", "ben"}[n%2], Opened: at(9 - n), Title: text(n), Body: text(n + 1)}
	})
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutTasks(ctx, all) })
	open := func(owner string, n int) []store.Task {
		s.t.Helper()
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.Task, error) { return tx.OpenTasks(ctx, owner, n) })
	}
	s.same("open, the oldest first", []store.Task{all[2], all[1], all[0]}, open("", 9))
	s.same("of one", []store.Task{all[2], all[0]}, open("nora", 9))
	s.same("the first", []store.Task{all[2]}, open("", 1))
	inHands := func(contact andante.ContactID, address andante.AddressHash) (ids []andante.TouchID) {
		for _, t := range read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
			return tx.OpenOf(ctx, []andante.ContactID{contact}, []andante.AddressHash{address})
		}) {
			ids = append(ids, t.ID)
		}
		return ids
	}
	s.same("what is in hands to somebody", true, slices.Contains(inHands(touches[0].Contact, "none"), touches[0].ID))
	s.same("and to an address", true, slices.Contains(inHands(id[andante.ContactID](99), touches[0].Address), touches[0].ID))
	s.same("and no more what is over", false, slices.Contains(inHands(touches[3].Contact, touches[3].Address), touches[3].ID))
	reply := touches[0]
	reply.ID, reply.Enrollment, reply.Sequence, reply.FirstDue = id[andante.TouchID](777), "", "reply", at(50)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddTouches(ctx, []andante.Touch{reply}) })
	replies := func(since, until time.Time) []andante.TouchID {
		return pick(read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) { return tx.Replies(ctx, since, until) }), func(t andante.Touch) andante.TouchID { return t.ID })
	}
	s.same("replies", []andante.TouchID{reply.ID}, replies(at(50), at(51)))
	s.same("before, or after", 0, len(replies(at(49), at(50)))+len(replies(at(51), at(99))))
	theirs := []andante.AccountID{touches[1].Account}
	mine := len(slices.DeleteFunc(slices.Clone(touches[:3]), func(t andante.Touch) bool { return t.Account != theirs[0] }))
	s.same("of an account", mine, read(s, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.CountTasksOf(ctx, theirs) }))
	given := 0
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		if given, err = tx.GiveTasks(ctx, theirs, "cem", []string{"billing", all[1].Owner}); err != nil {
			return err
		}
		s.same("those of departments stay", 0, given)
		given, err = tx.GiveTasks(ctx, theirs, "cem", nil)
		return err
	})
	s.same("given to another", mine, given)
	s.same("and theirs now", mine, len(open("cem", 9)))
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutTasks(ctx, all) })
	again := all[1]
	again.Owner, again.Title, again.Body = "nora", text(7), text(8)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.DropTasks(ctx, []andante.TouchID{all[0].Touch}); err != nil {
			return err
		}
		return tx.PutTasks(ctx, []store.Task{again})
	})
	s.same("handed over, and dropped", []store.Task{all[2], again}, open("nora", 9))
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SnoozeTask(ctx, again.Touch, at(70)) })
	again.Snoozed, again.Mind = at(70), at(70)
	s.same("snoozed", []store.Task{all[2], again}, open("nora", 9))
	s.same("by id", []store.Task{all[3]}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Task, error) {
		return tx.Tasks(ctx, []andante.TouchID{all[0].Touch, all[3].Touch})
	}))
}

func minded(_ *testing.T, s db) {
	touches := list(4, touch)
	for i := range touches {
		touches[i].State, touches[i].Kind = andante.Open, andante.Call
	}
	touches[3].State = andante.Canceled
	s.add(touches...)
	all := list(4, func(n int) store.Task {
		return store.Task{Touch: touches[n].ID, Owner: []string{"nora", "ben"}[n%2], Opened: at(n), Mind: at(20 - n), Title: text(n), Body: text(n + 1)}
	})
	next := func() time.Time {
		return read(s, func(ctx context.Context, tx *store.Tx) (time.Time, error) { return tx.NextToMind(ctx) })
	}
	due := func(now time.Time, n int) []store.Task {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.Task, error) { return tx.TasksToMind(ctx, now, n) })
	}
	s.same("nobody has any", time.Time{}, next())
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutTasks(ctx, all) })
	s.same("the next", at(18), next())
	s.same("not yet", []store.Task{}, due(at(17), 9))
	s.same("due", []store.Task{all[2], all[1]}, due(at(19), 9))
	s.same("some", []store.Task{all[2]}, due(at(20), 1))
	over := all[2]
	over.Owner, over.Mind, over.Stage = "cem", time.Time{}, 3
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.MindTask(ctx, over) })
	s.same("over", []store.Task{all[1], all[0]}, due(at(90), 9))
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SnoozeTask(ctx, all[0].Touch, at(60)) })
	owners := func(now time.Time) []string {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]string, error) { return tx.TaskOwners(ctx, now) })
	}
	s.same("who has something to do", []string{"ben", "cem"}, owners(at(59)))
	s.same("and later", []string{"ben", "cem", "nora"}, owners(at(60)))
}

func noticesScrubbed(_ *testing.T, s db) {
	all := list(3, func(n int) store.Notice {
		return store.Notice{ID: id[andante.TouchID](n), Person: "nora", Subject: "Call Ann Berg", Body: "ann@berg.example", Calendar: "of Ann Berg", ReplyTo: "ann@berg.example", State: andante.Planned, Due: at(n)}
	})
	all[1].Subject, all[1].Body, all[1].Calendar, all[1].ReplyTo = "Call Ben", "", "", ""
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddNotices(ctx, all) })
	s.write(func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.ScrubNotices(ctx, []string{"ann@berg.example", "Ann Berg"}, "(gone)")
		s.same("scrubbed", 2, n)
		if _, err := tx.ScrubNotices(ctx, nil, ""); err != nil {
			return err
		}
		return err
	})
	for _, i := range []int{0, 2} {
		all[i].Subject, all[i].Body, all[i].Calendar, all[i].ReplyTo = "Call (gone)", "(gone)", "of (gone)", "(gone)"
	}
	s.same("notices", all, sorted(read(s, func(ctx context.Context, tx *store.Tx) ([]store.Notice, error) {
		return tx.Notices(ctx, []andante.TouchID{all[0].ID, all[1].ID, all[2].ID})
	}), func(n store.Notice) andante.TouchID { return n.ID }))
}

func notices(_ *testing.T, s db) {
	lease := id[andante.LeaseID](50)
	all := list(4, func(n int) store.Notice {
		return store.Notice{
			ID: id[andante.TouchID](90 + n), Contact: sometimes(n, id[andante.ContactID](n)), ToContact: n%3 == 0, Person: []string{"nora", "ben"}[n%2], Subject: text(n), Body: text(n + 1), Calendar: text(n + 2),
			State: andante.Planned, Due: at(n), Answer: "", ReplyTo: sometimes(n, "a@x.example"), Original: map[bool][]byte{true: []byte(text(n))}[n%2 == 1],
		}
	})
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddNotices(ctx, all) })
	again := all[0]
	again.Subject = "said twice"
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddNotices(ctx, []store.Notice{again}) })
	due := func(now time.Time, n int) (list []store.DueNotice) {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			list, err = tx.DueNotices(ctx, now, n)
			return err
		})
		return list
	}
	told := func(list []store.Notice) (due []store.DueNotice) {
		for _, n := range list {
			due = append(due, store.DueNotice{ID: n.ID, Person: n.Person, Large: n.Original != nil})
		}
		return due
	}
	s.same("due", told(all[:3]), due(at(2), 9))
	s.same("some", told(all[:1]), due(at(9), 1))
	s.same("the next", at(0), read(s, func(ctx context.Context, tx *store.Tx) (time.Time, error) { return tx.NextNotice(ctx) }))
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.LeaseNotices(ctx, []andante.TouchID{all[0].ID, all[1].ID}, lease)
	})
	for i := range all[:2] {
		all[i].State, all[i].Lease = andante.Leased, lease
	}
	in := func() []store.Notice {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.Notice, error) { return tx.NoticesIn(ctx, lease) })
	}
	s.same("leased", all[:2], in())
	s.same("the rest", told(all[2:]), due(at(9), 9))
	change := func(n store.Notice, was andante.State, of andante.LeaseID) (ok bool) {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			ok, err = tx.ChangeNotice(ctx, n, was, of)
			return err
		})
		return ok
	}
	tried, failed := all[0], all[1]
	tried.State, tried.Attempts = andante.Attempted, 1
	failed.State, failed.Lease, failed.Settled, failed.Answer, failed.Original = andante.Failed, "", at(30), "550 no", nil // it is kept no longer than it is needed
	s.same("attempted", true, change(tried, andante.Leased, lease))
	s.same("not twice", false, change(tried, andante.Leased, lease))
	s.same("of another lease", false, change(tried, andante.Attempted, id[andante.LeaseID](51)))
	s.same("failed", true, change(failed, andante.Leased, lease))
	s.same("what is not over", []store.Notice{tried}, in())
	s.same("in doubt", []store.Notice{failed}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Notice, error) {
		return tx.NoticesInDoubt(ctx, at(30), 9)
	}))
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropNotices(ctx, at(31)) })
	s.same("what is left", []store.Notice{tried}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Notice, error) {
		return tx.Notices(ctx, []andante.TouchID{failed.ID, tried.ID})
	}))

	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DoubtNotices(ctx, at(2), "nobody knows") })
	tried.State, tried.Lease, tried.Settled, tried.Answer = andante.Unknown, "", at(2), "nobody knows"
	s.same("a worker had it", []store.Notice{tried}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Notice, error) {
		return tx.Notices(ctx, []andante.TouchID{tried.ID})
	}))
	s.same("or it was due", told(all[3:]), due(at(9), 9))
}

func reviews(_ *testing.T, s db) {
	all := list(3, func(n int) store.Review {
		return store.Review{Touch: id[andante.TouchID](n), Enrollment: id[andante.EnrollmentID](20 + n%2), Person: "nora", At: at(n), Line: text(n), Seen: text(n + 1)}
	})
	again := all[1]
	again.Person, again.At, again.Line = "ben", at(9), ""
	s.write(func(ctx context.Context, tx *store.Tx) error {
		for _, r := range append(slices.Clone(all), again) {
			if err := tx.PutReview(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
	of := func(ids ...int) []store.Review {
		var touches []andante.TouchID
		for _, n := range ids {
			touches = append(touches, all[n].Touch)
		}
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]store.Review, error) { return tx.Reviews(ctx, touches) })
		slices.SortFunc(got, func(a, b store.Review) int { return a.At.Compare(b.At) })
		return got
	}
	s.same("some", []store.Review{all[0], again}, of(0, 1))
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.DropQuotes(ctx, []andante.EnrollmentID{all[0].Enrollment})
	})
	s.same("of an enrollment that is over", []store.Review{again}, of(0, 1, 2))
}

func nuggets(_ *testing.T, s db) {
	touches := list(5, touch)
	states := []andante.State{andante.Sent, andante.Planned, andante.Claimed, andante.Open, andante.Skipped}
	all := list(5, func(n int) store.HadNugget {
		touches[n].State = states[n]
		return store.HadNugget{Contact: id[andante.ContactID](n % 2), Nugget: text(n), Touch: touches[n].ID, At: at(n)}
	})
	s.add(touches...)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutNuggets(ctx, all) })
	of := func(n int) []store.HadNugget {
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]store.HadNugget, error) {
			return tx.NuggetsOf(ctx, []andante.ContactID{id[andante.ContactID](n), id[andante.ContactID](7)})
		})
		slices.SortFunc(got, func(a, b store.HadNugget) int { return a.At.Compare(b.At) })
		return got
	}
	s.same("of one, but for what was skipped", []store.HadNugget{all[0], all[2]}, of(0))
	s.same("of another, but for what waits again", []store.HadNugget{all[3]}, of(1))
	again := all[1]
	again.Touch, again.At = touches[2].ID, at(9)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutNuggets(ctx, []store.HadNugget{again}) })
	s.same("by another touch", []store.HadNugget{all[3], again}, of(1))
}
