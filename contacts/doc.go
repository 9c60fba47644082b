// Package contacts reads files of people: contacts with their accounts, what was
// sent to them before, and lists of addresses that must be left alone.
//
// It decides what a column means, what a cell may hold and which rows are good.
// It refuses to know how a contact is stored or found again; that is
// [github.com/andante-hq/andante/ops]. What it hands on is checked and
// normalised: addresses in one spelling, phone numbers in E.164, countries,
// languages and zones by their codes, personas, tiers and owners that exist.
//
// Invariants:
//
//   - A row is taken whole or not at all, and each row that isn't has a reason in
//     plain words. The text of [Report.Reasons] never holds what the row says.
//   - A file of any size needs the same memory: rows are read one by one and
//     handed on in batches, each a transaction of its own. A file that breaks off
//     half way can be read again from the start.
//   - A column counts by its heading only. Nothing is split, joined or guessed:
//     an account is found by the key that the file names.
//   - An empty cell leaves what is there. It empties nothing.
//   - No opt-out is lifted.
//
// For example:
//
//	im := &contacts.Importer{Ops: ops, Workspace: w}
//	report, err := im.Import(ctx, file, rejects, contacts.Options{
//		Map:     map[string]string{"Ansprechpartner": "contact.last_name"},
//		Country: "DE",
//		Basis:   andante.OptIn, Source: "Fair 2026", AtColumn: "Signed on",
//	})
package contacts
