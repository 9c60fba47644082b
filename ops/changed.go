package ops

import (
	"context"
	"errors"
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
)

// putOff are the reasons for which a touch waits that hang on who somebody is and on what is
// published: when that changes, it is looked at again.
var putOff = slices.Concat(governor.OverLimit, []andante.Reason{
	andante.ReasonInLine, andante.ReasonYielded, andante.ReasonWindow, andante.ReasonHoliday, andante.ReasonWaiting, andante.ReasonHeld, andante.ReasonSender,
})

// changed does what follows when contacts have changed, or what is known of their accounts,
// within a transaction in which those are locked: what was put off is looked at again, the
// rules are asked who enters, and calendar sequences get their new dates. In staged are those
// whose stage changed. It returns how many entered each sequence.
func (o *Ops) changed(ctx context.Context, tx *store.Tx, contacts []andante.Contact, staged map[andante.ContactID]bool) (entered map[string]int, err error) {
	entered = map[string]int{}
	accounts := unique(contacts, accountOf)
	if err := tx.WakeIn(ctx, accounts, o.now(), putOff...); err != nil {
		return nil, err
	}
	by := map[bool][]andante.Contact{}
	for _, c := range contacts {
		by[staged[c.ID]] = append(by[staged[c.ID]], c)
	}
	return entered, errors.Join(
		o.enterBy(ctx, tx, by[true], andante.CauseStage, func(x *sequences.Enter) bool { return x.Event == andante.EventStageChanged }, entered),
		o.enterBy(ctx, tx, by[true], andante.CauseStage, byRule, entered),
		o.enterBy(ctx, tx, by[false], andante.CauseRule, byRule, entered),
		o.enterBy(ctx, tx, contacts, andante.CauseDate, byDate, entered),
		o.replanYearly(ctx, tx, contacts),
	)
}

// add puts counts by name together.
func add(a, b map[string]int) map[string]int {
	sum := map[string]int{}
	for name, n := range a {
		sum[name] += n
	}
	for name, n := range b {
		sum[name] += n
	}
	return sum
}
