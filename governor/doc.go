// Package governor answers one question: may this touch go now?
//
// [Policy.Decide] is a pure function of the policy, the facts about the contact,
// the touches that count, the candidate and now. It reads no clock, no store and
// no file. It knows nothing of sequences, texts or channels.
//
// A touch is admitted only if for every t from now to its not_after every period
// (x - P, x] that contains t stays within its maximum. Otherwise the verdict
// names the exact next instant at which every rule at once lets it go, or says
// that there is none in time.
//
//	v := policy.Decide(facts, candidate, now)
//	if v.Action == andante.Go { ... }
package governor
