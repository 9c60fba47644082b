package doctor

import (
	"cmp"
	"context"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// unknown counts the touches of which nobody knows whether they went.
func unknown(ctx context.Context, s *Subject) []Finding {
	if !s.usable {
		return nil
	}
	n := 0
	found := s.read(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.CountUnknown(ctx, store.UnknownFilter{})
		return err
	})
	switch {
	case found != nil:
		return found
	case n > 0:
		return one(look("`andante settle` lists them, and settles them as you say", "%s of unknown fate", number(n, "touch")))
	}
	return one(fine("the fate of every touch is known"))
}

// fewUnfollowed is how many enrollments are counted.
const fewUnfollowed = 1000

// notFollowed counts the enrollments whose next step the store refused.
func notFollowed(ctx context.Context, s *Subject) []Finding {
	if !s.usable {
		return nil
	}
	var ids []andante.EnrollmentID
	found := s.read(ctx, func(tx *store.Tx) (err error) {
		ids, err = tx.Unfollowed(ctx, "", fewUnfollowed)
		return err
	})
	switch {
	case found != nil:
		return found
	case len(ids) == 0:
		return one(fine("every enrollment has its next step"))
	}
	many := number(len(ids), "enrollment")
	if len(ids) == fewUnfollowed {
		many = "more than " + many
	}
	return one(bad("the scheduler tries again every 10 minutes and logs what the store says: mend that. `andante why "+string(ids[0])+"` tells of the first",
		"the store refuses the next step of %s", many))
}

// tasks looks for what nobody is told of, for it is no colleague's.
func tasks(ctx context.Context, s *Subject) []Finding {
	if !s.usable || s.published == nil {
		return nil
	}
	var owners []string
	if found := s.read(ctx, func(tx *store.Tx) (err error) {
		owners, err = tx.TaskOwners(ctx, s.Clock.Now())
		return err
	}); found != nil {
		return found
	}
	var list []Finding
	for _, key := range owners {
		if _, ok := s.published.Config.Person(key); !ok {
			list = append(list, look("give the accounts an owner who is a person in andante.yaml, and name in tasks: unowned: who gets such tasks from now on; `andante task list` shows them",
				"tasks of %s are told to nobody", cmp.Or(key, "accounts without an owner")))
		}
	}
	if len(list) == 0 {
		return one(fine("every open task is a colleague's"))
	}
	return list
}

// holds lists what is stopped until somebody releases it.
func holds(ctx context.Context, s *Subject) []Finding {
	if !s.usable {
		return nil
	}
	var all []andante.Hold
	found := s.read(ctx, func(tx *store.Tx) (err error) {
		all, err = tx.AllHolds(ctx)
		return err
	})
	if found != nil {
		return found
	}
	now := s.Clock.Now()
	var list []Finding
	endless := map[andante.HoldScope]int{}
	for _, h := range all {
		switch {
		case !h.Holds(now):
		case h.Scope == andante.HoldSender && h.Author == andante.HoldAuthor:
			list = append(list, bad("mend the cause, then `andante release --sender "+h.Key+"`"+itself(h), "sender %s is stopped since %s: %s", h.Key, stamp(h.From), h.Reason))
		case !h.Until.IsZero():
		case h.Scope == andante.HoldContact || h.Scope == andante.HoldAccount:
			endless[h.Scope]++
		default:
			target := strings.TrimSpace(string(h.Scope) + " " + h.Key)
			list = append(list, look("`andante release --"+target+"` when it is to go on", "%s is on hold without an end, by %s since %s: %s", target, h.Author, stamp(h.From), h.Reason))
		}
	}
	for _, scope := range []andante.HoldScope{andante.HoldAccount, andante.HoldContact} {
		if n := endless[scope]; n > 0 {
			list = append(list, look("`andante status` lists them", "%s on hold without an end", number(n, string(scope))))
		}
	}
	if len(list) == 0 {
		return one(fine("nothing is on hold without an end"))
	}
	return list
}

// itself tells of a hold that ends by itself.
func itself(h andante.Hold) string {
	if h.Until.IsZero() {
		return ""
	}
	return "; it ends by itself at " + stamp(h.Until)
}
