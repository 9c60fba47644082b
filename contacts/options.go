package contacts

import (
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/workspace"
)

// Ceilings on what a file may hold. They are far above honest files and keep a
// broken one from filling the memory.
const (
	MaxRows    = 5_000_000
	MaxColumns = 500
	MaxCell    = 64 << 10 // bytes
	MaxLine    = 1 << 20  // bytes of a whole row
)

// A batch is handed on when it has so many rows or bytes.
const (
	batchRows  = 500
	batchBytes = 4 << 20
)

// Options say how a file is to be read.
type Options struct {
	// Map gives columns a meaning by hand: heading → path, such as "Kunde seit"
	// → contact.customer_since. An empty path leaves the column out.
	Map map[string]string
	// Encoding of the text: empty for UTF-8, or UTF-16 with a byte order mark;
	// else a name of the WHATWG Encoding Standard, such as windows-1252.
	Encoding string
	// Comma parts the cells. 0: found in the first line among , ; tab and |.
	Comma rune
	// Country (ISO 3166-1 alpha-2) of phone numbers that are written without +
	// in rows without a country of their own.
	Country string

	// Basis is the consent that comes with every row; empty for none. The
	// columns consent.basis, consent.source, consent.at, consent.kind and
	// consent.purpose and consent.wording say otherwise for one row.
	Basis   andante.Basis
	Source  string          // of the consent, such as "Fair 2026"; empty: "import"
	Wording string          // what people agreed to; its SHA-256 in hex is kept
	Kind    andante.Kind    // that the consent is for; empty: every kind
	Purpose andante.Purpose // that the consent is for; empty: every purpose
	// AtColumn is the heading of the column that says when the consent was given.
	AtColumn string
	// At is when, where no column says it. If it is zero too, the time of the
	// import stands in, but for customer and inquiry, which run out.
	At time.Time

	// Unknown is the name of the import, if nobody is known to have written to its mailboxes:
	// the first mails to them go alone. Empty: they are known to be good.
	Unknown andante.ImportID

	// Bare says that whoever gives the file can't say Map and Encoding, so no error
	// asks for them.
	Bare bool
	// DryRun reads and checks everything and writes nothing.
	DryRun bool
	// Progress is called after each batch with the rows and bytes read so far.
	Progress func(rows int, bytes int64)
}

// A Report says what became of a file.
type Report struct {
	Rows     int `json:"rows"` // without empty ones; the sum of the four below, which a dry run foresees for contacts
	Added    int `json:"added"`
	Changed  int `json:"changed"`
	Same     int `json:"same"`
	Rejected int `json:"rejected"`
	// Columns that were taken, and as what, in the order of the file.
	Columns []Column `json:"columns"`
	// Unmapped are the headings of the columns that were not taken.
	Unmapped []string `json:"unmapped"`
	// Repeated counts the rows that speak of the same contact as one above, or of its account
	// in another way; the last one holds. The first few are told in Repeats.
	Repeated int      `json:"repeated"`
	Repeats  []string `json:"repeats,omitempty"`
	// Entered counts those whom the rule of a sequence let in, by sequence.
	Entered map[string]int `json:"entered"`
	// Reasons counts the rejected rows by what is wrong with them.
	Reasons map[string]int `json:"reasons"`
	// Examples are the first few of them: their lines, and all that is wrong there.
	Examples []string `json:"examples,omitempty"`
	DryRun   bool     `json:"dry_run"`
}

// A Column is a heading and the path that it fills.
type Column struct {
	Heading string `json:"heading"`
	Path    string `json:"path"`
}

// An Importer takes files into a store. Ops may be nil for a dry run. Safe for
// concurrent use.
type Importer struct {
	Ops       *ops.Ops
	Workspace *workspace.Workspace
}

// now returns the calendar's instant, or zero when nothing can be written.
func (im *Importer) now() time.Time {
	if im.Ops == nil {
		return time.Time{}
	}
	return im.Ops.Clock.Now()
}
