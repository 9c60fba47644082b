package contacts

import (
	"cmp"
	"context"
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
)

// exportFirst are the columns that a reader looks for first.
var exportFirst = []string{pathID, pathEmail, "contact.first_name", "contact.last_name", pathPhone, pathAccount}

// exportPage is how many contacts are read at a time.
const exportPage = 500

// Export writes every contact with its account into a CSV file that [Importer.Import] reads: a line
// each, a column for each field of the workspace, and the latest evidence of consent. What a rule
// chose is left out, for the rule will choose it again. Cells that a spreadsheet would run are
// defused. It returns how many it wrote.
func (im *Importer) Export(ctx context.Context, w io.Writer) (n int, err error) {
	paths := exportPaths(importFields(im.Workspace))
	out := csv.NewWriter(w)
	if err := out.Write(paths); err != nil {
		return 0, err
	}
	for after, more := andante.ContactID(""), true; more; {
		page, err := im.Ops.ContactsPage(ctx, after, exportPage)
		if err != nil {
			return n, err
		}
		for _, k := range page {
			if err := out.Write(exportRow(k, paths)); err != nil {
				return n, err
			}
			after = k.Contact.ID
		}
		n, more = n+len(page), len(page) == exportPage
	}
	out.Flush()
	return n, out.Error()
}

// exportPaths orders the columns: who it is, the rest by name, consent last.
func exportPaths(fields map[string]check) []string {
	rank := func(path string) int {
		switch i := slices.Index(exportFirst, path); {
		case i >= 0:
			return i
		case strings.HasPrefix(path, "consent."):
			return len(exportFirst) + 1
		}
		return len(exportFirst)
	}
	return slices.SortedFunc(maps.Keys(fields), func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
}

func exportRow(k ops.KnownContact, paths []string) []string {
	row := make([]string, len(paths))
	for i, path := range paths {
		row[i] = defuse(exported(k, path))
	}
	return row
}

func exported(k ops.KnownContact, path string) string {
	if !strings.HasPrefix(path, "consent.") {
		return ops.FieldOf(k.Contact, k.Account, path)
	}
	if k.Consent == nil {
		return ""
	}
	switch path {
	case pathBasis:
		return string(k.Consent.Basis)
	case pathSource:
		return k.Consent.Source
	case pathWording:
		return k.Consent.Wording
	case pathKind:
		return cmp.Or(string(k.Consent.Kind), anyOf)
	case pathPurpose:
		return cmp.Or(string(k.Consent.Purpose), anyOf)
	}
	return k.Consent.At.UTC().Format(time.RFC3339Nano)
}
