package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/reports"
)

// reconciled tells how the books compare.
func (a *app) reconciled(r *reports.Reconciliation, loc *time.Location, f *reconcileFlags) {
	a.printf("%s received, with %s.\n\n", count(r.Received, "mail"), count(r.Distinct, "Message-ID"))
	for _, row := range []struct {
		n    int
		text string
		more bool // tell it though it is none
	}{
		{r.Planned, "planned, not tried yet", false},
		{r.Again, "tried, and wait for another try", false},
		{r.OnWire, "on the wire just now", false},
		{r.Sent, "recorded as sent" + span(r, loc), true},
		{r.Matched, "of these received", true},
		{r.Outside, "received, and recorded outside of that time", false},
		{r.Missing.N, "missing: recorded as sent, and not received", true},
		{r.Doubled.N, "doubled: received more than once", true},
		{r.Contrary.N, "contrary: received, and recorded as not sent", true},
		{r.Arrived.N, "unknown, and received", false},
		{r.NotArrived.N, "unknown, and not received", false},
		{r.Strangers.N, "strangers: received, and no touch of ours", false},
	} {
		if row.n > 0 || row.more {
			a.printf("%8d  %s\n", row.n, row.text)
		}
	}
	for _, list := range []struct {
		name string
		reports.Findings
	}{
		{"missing", r.Missing},
		{"doubled", r.Doubled},
		{"contrary", r.Contrary},
		{"unknown, and received", r.Arrived},
		{"unknown, and not received", r.NotArrived},
		{"strangers", r.Strangers},
	} {
		a.mailFindings(list.name, list.Findings, loc)
	}
	a.advise(r, f, loc)
}

func span(r *reports.Reconciliation, loc *time.Location) string {
	text := ""
	if !r.Since.IsZero() {
		text += " from " + r.Since.In(loc).Format(minute) + " on"
	}
	if !r.Until.IsZero() {
		text += " before " + r.Until.In(loc).Format(minute)
	}
	return text
}

func (a *app) mailFindings(name string, list reports.Findings, loc *time.Location) {
	if list.N == 0 {
		return
	}
	a.printf("\n%s:\n", name)
	for _, m := range list.First {
		if m.MessageID != "" {
			a.printf("  <%s>%s\n", m.MessageID, about(m, loc))
		} else {
			a.printf("  without a Message-ID%s\n", about(m, loc))
		}
		if m.Name != "" {
			a.printf("      %s\n", forWhom(m, loc))
		}
	}
	if more := list.N - len(list.First); more > 0 {
		a.printf("  ... and %d more; --limit 0 names all\n", more)
	}
}

// forWhom names a touch and its contact, and says when it was due if nothing was tried here.
func forWhom(m reports.MailFinding, loc *time.Location) string {
	text := string(m.Touch) + "  " + m.Name
	if m.Address != "" && m.Address != m.Name {
		text += ", to " + m.Address
	}
	if !m.Due.IsZero() {
		text += ", was due " + m.Due.In(loc).Format(minute) + " and never tried here"
	}
	return text
}

// about tells of a mail what is worth knowing beside its Message-ID.
func about(m reports.MailFinding, loc *time.Location) (text string) {
	if m.Touch != "" {
		text = fmt.Sprintf("  %s/%s, %s", m.Sequence, m.Step, m.State)
		if !m.At.IsZero() {
			text += " " + m.At.In(loc).Format(minute)
		}
	}
	if m.Name == "" && !strings.HasPrefix(m.MessageID, string(m.Touch)) { // else it has a line of its own
		text += ", touch " + string(m.Touch)
	}
	if m.Times > 1 {
		text += fmt.Sprintf(", received %d times", m.Times)
	}
	if m.Attempts > 1 {
		text += fmt.Sprintf(", tried %d times", m.Attempts)
	}
	if m.Resent {
		text += ", received although it waits to be sent again"
	}
	if m.State == andante.Planned && m.Times > 0 && m.Attempts == 0 {
		text += ", received although it was never tried here: another store sends the same"
	}
	if m.Folder {
		text += ", written to a folder: it never left"
	}
	return text
}

// advise says what to do next.
func (a *app) advise(r *reports.Reconciliation, f *reconcileFlags, loc *time.Location) {
	if r.Sent == 0 && r.Outside > 0 {
		a.printf("\nNothing is recorded in that time, so nothing was compared. Times are read and told in the company's zone, %s.\n", loc)
	}
	if r.Missing.N+r.Doubled.N+r.Contrary.N > 0 {
		a.printf("\n`andante why TOUCH` tells what the ledger knows; the touch is what stands before the @, or the one that is named.\n")
	}
	switch n := len(r.TakeBack); n {
	case 0:
	case 1:
		a.printf("\n`andante settle %s --sent` takes back what waits to be sent again, though it was received.\n", r.TakeBack[0])
	default:
		a.printf("\nThis takes back the %d touches that wait to be sent again, though they were received:\n", n)
		a.settleLine(r.TakeBack, f.limit)
	}
	switch n := len(r.ToSettle); {
	case n == 0 || f.settle:
	case n == 1:
		a.printf("\n`andante settle %s --sent` settles the unknown touch that was received, and so does --settle.\n", r.ToSettle[0])
	default:
		a.printf("\n--settle settles the %d unknown touches that were received as sent; or by hand:\n", n)
		a.settleLine(r.ToSettle, f.limit)
	}
}

// settleLine is the command that settles touches as sent.
func (a *app) settleLine(ids []andante.TouchID, limit int) {
	a.printf("  andante settle")
	for i, id := range ids {
		if i == limit && i > 0 {
			a.printf(" ...")
			break
		}
		a.printf(" %s", id)
	}
	a.printf(" --sent\n")
}
