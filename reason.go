package andante

import "slices"

// Reason says why a touch did not go, or does not go yet. The list is closed:
// attempts, log, metric and `why` use these words and no others.
type Reason string

// Reasons of the governor.
const (
	ReasonLimit    Reason = "limit"     // a limit is full
	ReasonGap      Reason = "gap"       // too soon after another touch
	ReasonCoolDown Reason = "cool_down" // silence after an introduction, a reply or a stage change
	ReasonEase     Reason = "ease"      // the contact ignored the last touches
	ReasonChoice   Reason = "choice"    // the contact's own choice
	ReasonWindow   Reason = "window"    // outside the local hours
	ReasonHoliday  Reason = "holiday"   // a holiday where the contact lives
	ReasonYielded  Reason = "yielded"   // a more important touch took the place
	ReasonNoRoom   Reason = "no_room"   // nothing free within valid_for or 400 days
)

// Reasons of rules about the contact.
const (
	ReasonSuppressed Reason = "suppressed"
	ReasonNoConsent  Reason = "no_consent"
	ReasonHeld       Reason = "held"
	ReasonCatchUp    Reason = "catch_up" // it was held, and goes as much later as the hold lasted
	ReasonNoAddress  Reason = "no_address"
	ReasonMissing    Reason = "missing" // a field that the step needs is empty
	ReasonCondition  Reason = "condition"
	ReasonFirstMails Reason = "first_mails" // of an import: they go alone
	ReasonHeldOut    Reason = "held_out"
	ReasonStale      Reason = "stale" // past valid_for
	ReasonLate       Reason = "late"  // it came due while the machine was off
	ReasonNoChannel  Reason = "no_channel"
	ReasonNoSender   Reason = "no_sender"
	ReasonNoOwner    Reason = "no_owner"
	ReasonWaiting    Reason = "waiting" // the step waits for something that has not happened yet
	ReasonDecided    Reason = "decided" // a decision was made: nothing is sent
)

// Reasons of failures.
const (
	ReasonRender    Reason = "render"
	ReasonPrepare   Reason = "prepare"
	ReasonExpr      Reason = "condition_error"
	ReasonTemporary Reason = "temporary"
	ReasonPermanent Reason = "permanent"
	ReasonAddress   Reason = "bad_address"
	ReasonNumber    Reason = "wrong_number"
	ReasonSender    Reason = "sender"
	ReasonUnknown   Reason = "unknown"
	ReasonTakenOver Reason = "taken_over" // another may have sent it before the store was taken over
	ReasonGaveUp    Reason = "gave_up"
	ReasonNotSent   Reason = "not_sent" // nobody knew, and a person found out
	ReasonResend    Reason = "resend"
	ReasonStore     Reason = "store" // the store could not answer
	ReasonReturned  Reason = "returned"
	ReasonThrottled Reason = "throttled"
	ReasonInLine    Reason = "in_line"
)

// Reasons for the end of an enrollment, or a refusal to begin one.
const (
	ReasonFinished     Reason = "finished"
	ReasonNotFollowed  Reason = "not_followed"
	ReasonReplied      Reason = "replied"
	ReasonMet          Reason = "met"
	ReasonHandedOver   Reason = "handed_over"
	ReasonOptedOut     Reason = "opted_out"
	ReasonComplained   Reason = "complained"
	ReasonUnreachable  Reason = "unreachable"
	ReasonExit         Reason = "exit"
	ReasonStopped      Reason = "stopped"
	ReasonUndone       Reason = "undone"
	ReasonPassedOver   Reason = "passed_over"
	ReasonReview       Reason = "review"
	ReasonOverLimit    Reason = "over_limit"
	ReasonAlready      Reason = "already_enrolled"
	ReasonReenter      Reason = "reenter"
	ReasonExclusive    Reason = "exclusive"
	ReasonWrongPersona Reason = "persona"
	ReasonWrongStage   Reason = "stage"
	ReasonNotPrimary   Reason = "not_primary"
	ReasonByHand       Reason = "by_hand" // no rule lets them in
	ReasonRetired      Reason = "retired"
	ReasonColleague    Reason = "colleague" // a colleague's exit ended it
	ReasonAtOnce       Reason = "at_once"   // account.at_once is reached
	ReasonNoStep       Reason = "no_step"
	ReasonForgotten    Reason = "forgotten"
	ReasonMerged       Reason = "merged" // another of the contact goes on, who was two before
)

// reasonText explains each reason in a few words; it is also the closed list.
var reasonText = map[Reason]string{
	ReasonLimit:    "a limit is full",
	ReasonGap:      "too soon after another touch",
	ReasonCoolDown: "a cool-down is running",
	ReasonEase:     "the contact ignored the last touches",
	ReasonChoice:   "the contact chose so",
	ReasonWindow:   "outside the contact's hours",
	ReasonHoliday:  "a holiday where the contact lives",
	ReasonYielded:  "a more important touch took the place",
	ReasonNoRoom:   "no free place in time",

	ReasonSuppressed: "contact or address is suppressed",
	ReasonNoConsent:  "consent is missing",
	ReasonHeld:       "on hold",
	ReasonCatchUp:    "a hold is over, and it goes as much later as that lasted",
	ReasonNoAddress:  "no address for this kind",
	ReasonMissing:    "a field that the step needs is empty",
	ReasonCondition:  "its condition does not hold",
	ReasonFirstMails: "the first mails of an import go alone, and the others wait for what comes back of them",
	ReasonHeldOut:    "drawn for the hold-out of a test",
	ReasonStale:      "past its valid_for",
	ReasonLate:       "it came due while the machine was off",
	ReasonNoChannel:  "no channel sends this kind yet",
	ReasonNoSender:   "its sender is in andante.yaml no more",
	ReasonNoOwner:    "the account has no owner to send as",
	ReasonWaiting:    "it waits for something that has not happened yet",
	ReasonDecided:    "a decision was made",

	ReasonRender:    "the text could not be rendered",
	ReasonPrepare:   "the message could not be built",
	ReasonExpr:      "its condition could not be evaluated",
	ReasonTemporary: "the server could not be reached or asked to try later",
	ReasonPermanent: "the server refused it",
	ReasonAddress:   "the address does not exist",
	ReasonNumber:    "the number is somebody else's",
	ReasonSender:    "the server refused the sender",
	ReasonUnknown:   "sent, but the answer was lost",
	ReasonTakenOver: "it may have been sent before the store was taken over",
	ReasonGaveUp:    "tried until it was too late",
	ReasonNotSent:   "nobody knew whether it had gone; a person found that it had not",
	ReasonResend:    "nobody knew whether it had gone; a person asked to send it again",
	ReasonStore:     "the store did not answer",
	ReasonReturned:  "taken back before it was sent",
	ReasonThrottled: "the sender's throttle is spent",
	ReasonInLine:    "many wait for the sender's pace toward that provider; it asks again within the hour",

	ReasonFinished:     "all steps are done",
	ReasonNotFollowed:  "the store refused to plan its next step; it is tried again every few minutes",
	ReasonReplied:      "the contact replied",
	ReasonMet:          "the contact was met",
	ReasonHandedOver:   "handed over to sales",
	ReasonOptedOut:     "the contact opted out",
	ReasonComplained:   "the contact complained",
	ReasonUnreachable:  "the contact can't be reached",
	ReasonExit:         "an exit condition came true",
	ReasonStopped:      "stopped by hand",
	ReasonUndone:       "nobody did the task in time",
	ReasonPassedOver:   "a colleague passed the task over",
	ReasonReview:       "it waits for its owner's line",
	ReasonOverLimit:    "over a limit, and the step says over_limit: end",
	ReasonAlready:      "already enrolled",
	ReasonReenter:      "was enrolled before",
	ReasonExclusive:    "on another sequence of the same exclusive group",
	ReasonWrongPersona: "the sequence is not for this persona",
	ReasonWrongStage:   "the sequence is not for this stage",
	ReasonNotPrimary:   "not the account's primary contact",
	ReasonByHand:       "only a person enrolls this contact, for it said no or was named by somebody else",
	ReasonRetired:      "the sequence is retired",
	ReasonColleague:    "a colleague's exit ended it",
	ReasonAtOnce:       "enough colleagues of the account are enrolled",
	ReasonNoStep:       "the step is no longer in the plan",
	ReasonForgotten:    "the contact asked to be forgotten",
	ReasonMerged:       "the contact was two, and the other was on it already",
}

// Reasons returns the closed list in alphabetical order.
func Reasons() []Reason {
	list := make([]Reason, 0, len(reasonText))
	for r := range reasonText {
		list = append(list, r)
	}
	slices.Sort(list)
	return list
}

// Text explains the reason in a few words.
func (r Reason) Text() string {
	if t, ok := reasonText[r]; ok {
		return t
	}
	return string(r)
}

// Valid tells whether r is on the closed list.
func (r Reason) Valid() bool { _, ok := reasonText[r]; return ok }
