package contacts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/ops"
)

// Import takes in contacts and their accounts from a CSV file whose first line
// names the columns. Rows that can't be taken go to rejects, which may be nil,
// with the reason in the last column; nothing is written there if all are good.
//
// An error is about the file as a whole, or the store. The report, if there is
// one, says what was taken before it; to read the file again does no harm.
func (im *Importer) Import(ctx context.Context, r io.Reader, rejects io.Writer, o Options) (*Report, error) {
	home, err := im.home(o)
	if err != nil {
		return nil, err
	}
	fields := importFields(im.Workspace)
	s, err := openSheet(r, fields, nil, o)
	if err != nil {
		return nil, err
	}
	if err := s.need("who it is", pathEmail, pathID, pathPhone); err != nil {
		return nil, err
	}
	e, err := newEvidence(o, s.headings, im.now(), im.zone())
	if err != nil {
		return nil, err
	}
	j := newJob[ops.Row](s, rejects, o)
	above := newRepeats(j.report)
	j.read = func(r row) (ops.Row, *flaw) {
		v, bad := contact(r, fields, e, home)
		v.Import = o.Unknown
		if bad == nil {
			bad = above.note(v)
		}
		return v, bad
	}
	j.take = func(ctx context.Context, rows []ops.Row) (ops.Taken, error) {
		switch {
		case im.Ops == nil:
			return ops.Taken{}, nil
		case o.DryRun:
			return im.Ops.WouldTake(ctx, im.Workspace, rows)
		}
		return im.Ops.TakeIn(ctx, im.Workspace, rows)
	}
	return j.run(ctx)
}

// home checks Options.Country, and that there is a store to write to.
func (im *Importer) home(o Options) (string, error) {
	if im.Ops == nil && !o.DryRun {
		return "", errors.New("an import that is no dry run needs a store")
	}
	return homeCountry(o.Country)
}

func homeCountry(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	code, err := country(s)
	if err != nil {
		return "", fmt.Errorf("--country %q: %w", s, err)
	}
	return code, nil
}

// zone is where dates without an offset are read.
func (im *Importer) zone() *time.Location {
	loc, err := calendar.LoadZone(im.Workspace.Config.Company.Zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// contact reads one row.
func contact(r row, fields map[string]check, e *evidence, home string) (ops.Row, *flaw) {
	values, f := r.values(fields)
	if f != nil {
		return ops.Row{}, f
	}
	if f := dial(values, home); f != nil {
		return ops.Row{}, f
	}
	out := ops.Row{Line: r.line, Email: values[pathEmail], ExternalID: values[pathID], Account: values[pathAccount]}
	if out.Email == "" && out.ExternalID == "" && values[pathPhone] == "" {
		return ops.Row{}, &flaw{"the row names nobody", "it has neither an id nor an address"}
	}
	if strings.HasPrefix(out.Account, "contact:") {
		out.Account = "" // the key of an account of one's own, as an export writes it
	}
	if out.Consent, f = e.of(r, values); f != nil {
		return ops.Row{}, f
	}
	for _, p := range []string{pathEmail, pathID, pathAccount} {
		delete(values, p)
	}
	out.Fields = values
	return out, nil
}

// History takes in what was sent or done before, so that limits and gaps know of
// it. The columns are contact (the external id) or email, at, kind, purpose
// (marketing if empty) and subject. A date without a time is its beginning in the
// workspace's zone. The same line twice counts once. The rest is as with Import.
func (im *Importer) History(ctx context.Context, r io.Reader, rejects io.Writer, o Options) (*Report, error) {
	if _, err := im.home(o); err != nil {
		return nil, err
	}
	fields := historyFields()
	s, err := openSheet(r, fields, historyIDs, o)
	if err != nil {
		return nil, err
	}
	err = errors.Join(s.need("who it was", pathID, pathEmail), s.need("when it was", historyAt), s.need("what it was", historyKind))
	if err != nil {
		return nil, err
	}
	now, loc := im.now(), im.zone()
	j := newJob[ops.PastTouch](s, rejects, o)
	j.read = func(r row) (ops.PastTouch, *flaw) { return pastTouch(r, fields, now, loc) }
	j.take = func(ctx context.Context, rows []ops.PastTouch) (ops.Taken, error) {
		if o.DryRun {
			return ops.Taken{}, nil
		}
		return im.Ops.TakeHistory(ctx, rows)
	}
	return j.run(ctx)
}

// pastTouch reads one row of a history.
func pastTouch(r row, fields map[string]check, now time.Time, loc *time.Location) (ops.PastTouch, *flaw) {
	values, f := r.values(fields)
	if f != nil {
		return ops.PastTouch{}, f
	}
	t := ops.PastTouch{
		Line: r.line, ExternalID: values[pathID], Email: values[pathEmail], Kind: andante.Kind(values[historyKind]),
		Purpose: andante.Purpose(values[historyFor]), Subject: values[historyTitle],
	}
	if t.Purpose == "" {
		t.Purpose = andante.Marketing
	}
	switch {
	case t.ExternalID == "" && t.Email == "":
		return t, &flaw{"the row names nobody", "it has neither an id nor an address"}
	case t.Kind == "":
		return t, &flaw{"the kind is missing", ""}
	case values[historyAt] == "":
		return t, &flaw{"the time is missing", ""}
	}
	at, err := instant(values[historyAt], loc)
	if err == nil && future(at, now) {
		err = errors.New("it lies in the future")
	}
	if err != nil {
		return t, wrong(historyAt, values[historyAt], err)
	}
	t.At = at
	return t, nil
}
