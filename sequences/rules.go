package sequences

import (
	"slices"

	"github.com/andante-hq/andante"
)

// A Rule is one thing that is checked. Rules without a check of their own are
// kept while the file is read.
type Rule struct {
	Name     string
	Severity andante.Severity
	Doc      string // one line, for docs/rules.md
	// Firm rules can't be allowed by a comment: without them the sequence means
	// nothing, or would break a promise to its contacts.
	Firm bool

	check func(*draft)
}

// Rules returns every rule that [Parse], [Sequence.CheckConditions] and
// [Sequence.CheckPersonas] keep, in the order of docs/rules.md.
func Rules() []Rule { return slices.Concat(formRules, planRules(), textRules()) }

func ruleByName(name string) (Rule, bool) {
	r, ok := ruleNames[name]
	return r, ok
}

// ruleNames is filled by init, for the checks refer to it by way of report.
var ruleNames = map[string]Rule{}

func init() {
	for _, r := range Rules() {
		ruleNames[r.Name] = r
	}
}

// runRules runs the rules that look at the whole sequence.
func (d *draft) runRules() {
	for _, r := range Rules() {
		if r.check != nil {
			d.rule = &r
			r.check(d)
		}
	}
}

// steps calls f for each step whose fence was read.
func (d *draft) steps(f func(*Step)) {
	for i := range d.Steps {
		if !d.torn[i] {
			f(&d.Steps[i])
		}
	}
}

const (
	isError   = andante.SeverityError
	isWarning = andante.SeverityWarning
)

// formRules are kept while the file is read.
var formRules = []Rule{
	{Name: "yaml", Severity: isError, Firm: true, Doc: "The front matter and each step's fence are YAML, and each value has the type that its key asks for."},
	{Name: "unknown-key", Severity: isError, Firm: true, Doc: "Every key is one that the format knows."},
	{Name: "duplicate-key", Severity: isError, Firm: true, Doc: "No key is written twice in the same place."},
	{Name: "bad-value", Severity: isError, Firm: true, Doc: "Each value is one that its key can have."},
	{Name: "name", Severity: isError, Firm: true, Doc: "Ids, personas, senders and variants are lower case, with dashes or underscores; a sequence and each step have a name."},
	{Name: "encoding", Severity: isError, Firm: true, Doc: "The file is UTF-8 text without control characters."},
	{Name: "size", Severity: isError, Firm: true, Doc: "A file has at most 1 MB and 200 steps, a step at most 500 blocks."},
	{Name: "front-matter", Severity: isError, Firm: true, Doc: "The file begins with a front matter between two lines of three dashes."},
	{Name: "step", Severity: isError, Firm: true, Doc: "A `yaml step` fence stands right under a level-2 heading and is closed."},
	{Name: "step-fence", Severity: isWarning, Doc: "A fence under a level-2 heading that looks like a step is written `yaml step`."},
	{Name: "block", Severity: isError, Firm: true, Doc: "::: blocks are closed, don't nest, and choose by persona, variant, lang, kind or otherwise."},
	{Name: "enter", Severity: isError, Firm: true, Doc: "`enter:` takes exactly one of event, when and each."},
	{Name: "test", Severity: isError, Firm: true, Doc: "A test has two variants or more with whole weights, or a share that is held out."},
	{Name: "empty-condition", Severity: isError, Firm: true, Doc: "A condition that is written is not empty."},
	{Name: "condition", Severity: isError, Firm: true, Doc: "Every condition compiles."},
	{Name: "silence", Severity: isError, Firm: true, Doc: "A comment that allows a finding names its rule and gives a reason."},
}
