package ops

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// A Row is one contact on its way in: what a file says of it, and no more. Fields
// that the file does not have are left as they are. Values are checked and
// normalised already.
type Row struct {
	Line       int               // in the file, for the report
	Contact    andante.ContactID // whose row it is, where that is known
	ExternalID string            // else found by it first,
	Email      string            // and then by its address
	Account    string            // key of the account; empty: one of its own
	Fields     map[string]string // path, such as contact.first_name or account.industry, to the written form
	Import     andante.ImportID  // that brings mailboxes which nobody is known to have written to; empty: they are known
	Consent    *andante.Consent  // evidence that comes with the row; Contact and ID are set here
}

// Taken says what became of rows.
type Taken struct {
	Added   int
	Changed int
	Same    int
	Refused []Refusal
	Entered map[string]int // by sequence: whom its rule let in
}

// Refusal is a row that was not taken, and why.
type Refusal struct {
	Line   int
	Reason string
}

// WouldTake tells what TakeIn would do with the rows as the store is now.
func (o *Ops) WouldTake(ctx context.Context, w *workspace.Workspace, rows []Row) (t Taken, err error) {
	err = o.Store.Read(ctx, func(tx *store.Tx) error {
		in, err := o.newIntake(ctx, tx, w)
		if err != nil {
			return err
		}
		if _, err := in.read(ctx, rows); err != nil {
			return err
		}
		t = in.sort(rows)
		return nil
	})
	return t, err
}

// TakeIn adds or updates contacts and their accounts, each row whole or not at
// all. w gives personas and tiers by rule. No opt-out is ever lifted.
func (o *Ops) TakeIn(ctx context.Context, w *workspace.Workspace, rows []Row) (Taken, error) {
	t, err := o.takeOnce(ctx, w, rows)
	if err != nil && store.DataFault(err) {
		// Perhaps another import has just made the same account; then it is there now.
		t, err = o.takeOnce(ctx, w, rows)
	}
	if err == nil || !store.DataFault(err) {
		return t, err
	}
	if len(rows) == 1 {
		return Taken{Refused: []Refusal{{rows[0].Line, "the store refused it: " + andante.CleanText(err.Error())}}}, nil
	}
	return o.takeHalves(ctx, w, rows)
}

func (o *Ops) takeOnce(ctx context.Context, w *workspace.Workspace, rows []Row) (t Taken, err error) {
	err = o.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Alone(ctx); err != nil {
			return err
		}
		in, err := o.newIntake(ctx, tx, w)
		if err != nil {
			return err
		}
		if err := in.lock(ctx, rows); err != nil {
			return err
		}
		in.asked = w.Asked()
		t = in.sort(rows)
		t.Entered, err = in.write(ctx)
		return err
	})
	if err != nil {
		return Taken{}, err // nothing of it was written
	}
	o.Store.Learn(ctx)
	return t, nil
}

// takeHalves finds the row that the store refuses.
func (o *Ops) takeHalves(ctx context.Context, w *workspace.Workspace, rows []Row) (Taken, error) {
	a, err := o.TakeIn(ctx, w, rows[:len(rows)/2])
	if err != nil {
		return a, err
	}
	b, err := o.TakeIn(ctx, w, rows[len(rows)/2:])
	return a.plus(b), err
}

// intake is one transaction of rows.
type intake struct {
	o     *Ops
	tx    *store.Tx
	w     *workspace.Workspace
	now   time.Time
	seed  andante.Seed
	taken Taken

	people     *directory
	accounts   map[andante.AccountID]andante.Account
	byKey      map[string]andante.AccountID
	given      map[andante.ContactID][]andante.Consent
	erased     map[string]bool                       // addresses, numbers and ids of people who asked to be forgotten
	former     map[string]andante.ContactID          // see [store.Tx.Join]
	formerKeys map[string]andante.AccountID          // keys of accounts that became one with another
	before     map[andante.AccountID]andante.Account // those that a row has changed, as they were
	touchedA   map[andante.AccountID]bool
	touchedC   map[andante.ContactID]bool
	consents   []andante.Consent
	asked      []string                       // fields of the qualification
	told       map[andante.ContactID][]string // which of them a row has changed
	moves      []andante.ContactID            // contacts that go to another account
	staged     []andante.Event                // changes of stage, of the contacts in the rows
}

func (o *Ops) newIntake(ctx context.Context, tx *store.Tx, w *workspace.Workspace) (*intake, error) {
	seed, err := tx.Seed(ctx)
	return &intake{
		o: o, tx: tx, w: w, now: o.now(), seed: seed, touchedA: map[andante.AccountID]bool{}, touchedC: map[andante.ContactID]bool{},
		before: map[andante.AccountID]andante.Account{}, told: map[andante.ContactID][]string{},
	}, err
}

// lock reads with the accounts locked.
func (in *intake) lock(ctx context.Context, rows []Row) error {
	return Lock(ctx, in.tx, func() ([]andante.AccountID, error) { return in.read(ctx, rows) })
}

// sort finds out what each row means.
func (in *intake) sort(rows []Row) Taken {
	for i, r := range rows {
		in.row(r, i)
	}
	return in.taken
}

// read finds the contacts and accounts that the rows speak of and returns the
// accounts.
func (in *intake) read(ctx context.Context, rows []Row) ([]andante.AccountID, error) {
	pick := func(f func(Row) string) []string {
		var list []string
		for _, r := range rows {
			list = append(list, f(r))
		}
		return distinct(list)
	}
	byExternal, err := in.tx.ContactsByExternalID(ctx, pick(func(r Row) string { return r.ExternalID }))
	if err != nil {
		return nil, err
	}
	byEmail, err := in.tx.ContactsByEmail(ctx, pick(func(r Row) string { return r.Email }))
	if err != nil {
		return nil, err
	}
	byPhone, err := in.tx.ContactsByPhone(ctx, pick(phoneOnly))
	if err != nil {
		return nil, err
	}
	named, err := in.tx.AccountsByKey(ctx, pick(func(r Row) string { return r.Account }))
	if err != nil {
		return nil, err
	}
	known, err := in.tx.Contacts(ctx, unique(rows, func(r Row) andante.ContactID { return r.Contact }))
	if err != nil {
		return nil, err
	}
	joined, err := in.readJoined(ctx, rows)
	if err != nil {
		return nil, err
	}
	people := slices.Concat(byExternal, byEmail, byPhone, known, joined)
	if in.erased, err = in.o.forgottenAmong(ctx, in.tx, slices.Concat(pick(func(r Row) string { return r.Email }), pick(func(r Row) string { return r.Fields["contact.phone"] }), pick(externalOf))); err != nil {
		return nil, err
	}
	given, err := in.tx.Consents(ctx, unique(people, contactID))
	if err != nil {
		return nil, err
	}
	ids := unique(slices.Concat(unique(people, accountOf), unique(named, accountID), slices.Collect(maps.Values(in.formerKeys))),
		func(id andante.AccountID) andante.AccountID { return id })
	all, err := in.tx.Accounts(ctx, ids)
	in.people, in.accounts, in.byKey = newDirectory(people), byID(all, accountID), map[string]andante.AccountID{}
	in.people.former = in.former
	in.given = group(given, func(c andante.Consent) andante.ContactID { return c.Contact })
	for _, a := range all {
		in.byKey[a.Key] = a.ID
	}
	for key, id := range in.formerKeys {
		if in.byKey[key] == "" {
			in.byKey[key] = id
		}
	}
	return ids, err
}

// phoneOnly returns the number of a row that nothing but its number identifies.
func phoneOnly(r Row) string {
	if r.ExternalID != "" || r.Email != "" {
		return ""
	}
	return r.Fields["contact.phone"]
}

func distinct(list []string) []string {
	slices.Sort(list)
	list = slices.Compact(list)
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// row takes one row; i is its place among the others.
func (in *intake) row(r Row, i int) {
	c, known, refusal := in.people.find(r)
	if !known && refusal == "" {
		if c, known = in.people.formerly(wasOf(in.o.Keys, r)); known {
			r = onlyMissing(r, c, in.accounts[c.Account])
		}
	}
	if !known && refusal == "" && r.Contact == "" && r.Email == "" && r.ExternalID == "" && r.Fields["contact.phone"] == "" {
		refusal = "it has neither an id nor an address"
	}
	if !known && in.erased[externalOf(r)] || in.erased[r.Email] && r.Email != c.Email || in.erased[r.Fields["contact.phone"]] && r.Fields["contact.phone"] != c.Phone {
		refusal = "its address, number or id is of somebody who asked to be forgotten (andante suppress --lift, if they come by themselves)"
	}
	if refusal != "" {
		in.taken.Refused = append(in.taken.Refused, Refusal{r.Line, refusal})
		return
	}
	if !known {
		c = in.newContact(r, i)
	}
	was, wasAccount := c, in.accounts[c.Account]
	c.Fields = maps.Clone(c.Fields)
	if r.ExternalID != "" {
		c.ExternalID = r.ExternalID
	}
	if r.Email != "" && r.Email != c.Email {
		c.Email, c.Import = r.Email, r.Import
	}
	a, moved := in.account(r, c, known)
	a.Fields = maps.Clone(a.Fields)
	for path, value := range r.Fields {
		setField(&c, &a, path, value)
	}
	c.Account = a.ID
	if a.Name == "" || strings.HasPrefix(a.Key, ownAccount) && a.Name == was.Name() {
		a.Name = c.Name() // an account of one's own goes by one's name
	}
	evidence := in.consent(r, c)
	for _, path := range in.asked {
		noun, name, _ := strings.Cut(path, ".")
		before := was.Fields[name]
		if noun == "account" {
			before = wasAccount.Fields[name]
		}
		if value := r.Fields[path]; value != "" && value != before {
			in.told[c.ID] = append(in.told[c.ID], path)
		}
	}
	if known && !moved && !evidence && equalContact(was, c) && equalAccount(wasAccount, a) {
		in.taken.Same++
		return
	}
	if moved {
		in.touchedA[was.Account] = true // its limits no longer count this contact
		in.moves = append(in.moves, c.ID)
		a.Signals.Join(c.Signals) // its reply is one of the company now
	}
	if known && !moved {
		in.noteStage(&c, &a, was, wasAccount)
	}
	if was, ok := in.accounts[a.ID]; ok && !equalAccount(was, a) {
		if _, told := in.before[a.ID]; !told {
			in.before[a.ID] = was
		}
	}
	in.accounts[a.ID], in.touchedA[a.ID] = a, true
	in.touchedC[c.ID] = true
	in.people.put(c)
	if known {
		in.taken.Changed++
	} else {
		in.taken.Added++
	}
}

// noteStage notes a change of stage: of the account, or of a contact that has a stage of
// its own.
func (in *intake) noteStage(c *andante.Contact, a *andante.Account, was andante.Contact, wasAccount andante.Account) {
	before, after := wasAccount.StageOf(was), a.StageOf(*c)
	if before == after || before == "" {
		return
	}
	if wasAccount.Stage != a.Stage {
		a.Signals.Staged = in.now
	}
	c.Signals.Staged = in.now
	in.staged = append(in.staged, andante.Event{
		ID:      andante.DeriveID[andante.EventID](in.seed, in.now, "stage", string(c.ID), before, after),
		Contact: c.ID, Account: a.ID, Name: andante.EventStageChanged, At: in.now, Detail: before + " to " + after,
	})
}

// newContact begins a contact. The first of an account is its primary contact, so
// ids keep the order of the file.
func (in *intake) newContact(r Row, i int) andante.Contact {
	key := r.ExternalID + "\x00" + r.Email + "\x00" + r.Fields["contact.phone"]
	return andante.Contact{ID: andante.DeriveOrderedID[andante.ContactID](in.seed, in.now, i, "contact", key), Created: in.now, PersonaByRule: true}
}

// ownAccount begins the key of an account that a contact has for itself.
const ownAccount = "contact:"

// account returns the account that a row belongs to: the one that it names, else
// the one that the contact has, else a new one of its own.
func (in *intake) account(r Row, c andante.Contact, known bool) (a andante.Account, moved bool) {
	if r.Account == "" && known {
		return in.accounts[c.Account], false
	}
	key := r.Account
	if key == "" {
		key = ownAccount + string(c.ID)
	}
	if id, ok := in.byKey[key]; ok {
		return in.accounts[id], known && id != c.Account
	}
	a = andante.Account{
		ID: andante.DeriveID[andante.AccountID](in.seed, in.now, "account", key), Key: key, Name: r.Account, Stage: "prospect", Business: r.Account != "",
		TierByRule: true,
	}
	if a.Name == "" {
		a.Name = c.Name()
	}
	in.byKey[key] = a.ID
	return a, known
}

// consent notes the evidence that comes with a row and tells whether it is new.
// Evidence without a time of its own is that of the first import that brought it.
func (in *intake) consent(r Row, c andante.Contact) bool {
	if r.Consent == nil {
		return false
	}
	k := *r.Consent
	k.Contact = c.ID
	for _, g := range in.given[c.ID] {
		same := g
		same.ID, same.At = "", k.At
		if same == k && (k.At.IsZero() || k.At.Equal(g.At)) {
			return false
		}
	}
	if k.At.IsZero() {
		k.At = in.now
	}
	k.ID = andante.DeriveID[andante.ConsentID](in.seed, k.At, "consent", string(c.ID), string(k.Kind), string(k.Purpose), string(k.Basis), k.Source, k.Wording)
	in.given[c.ID], in.consents = append(in.given[c.ID], k), append(in.consents, k)
	return true
}

// colleagues takes those along who belong to an account that a row has changed: what it is
// now holds for them too, and its stage is theirs.
func (in *intake) colleagues(ctx context.Context) error {
	all, err := in.tx.ContactsOf(ctx, slices.Sorted(maps.Keys(in.before)))
	if err != nil {
		return err
	}
	staged := map[andante.ContactID]bool{}
	for _, e := range in.staged {
		staged[e.Contact] = true
	}
	for _, was := range all {
		c, inRow := in.people.contacts[was.ID]
		if !inRow {
			c = was
		}
		if c.Account != was.Account || staged[c.ID] {
			continue
		}
		a := in.accounts[c.Account]
		in.noteStage(&c, &a, was, in.before[c.Account])
		in.accounts[a.ID], in.touchedC[c.ID] = a, true
		in.people.put(c)
	}
	return nil
}

func (in *intake) write(ctx context.Context) (entered map[string]int, err error) {
	for _, id := range unique(slices.Collect(maps.Values(in.people.contacts)), func(c andante.Contact) andante.ImportID { return c.Import }) {
		if id == "" {
			continue
		}
		if err := in.tx.AddImport(ctx, id, in.now); err != nil {
			return nil, err
		}
	}
	if err := in.colleagues(ctx); err != nil {
		return nil, err
	}
	var accounts []andante.Account
	for _, id := range slices.Sorted(maps.Keys(in.touchedA)) {
		a := in.accounts[id]
		tierByRule(in.w, &a, in.now)
		in.accounts[id] = a
		accounts = append(accounts, a)
	}
	if err := in.tx.PutAccounts(ctx, in.now, accounts); err != nil {
		return nil, err
	}
	var contacts []andante.Contact
	for _, id := range slices.Sorted(maps.Keys(in.touchedC)) {
		c := in.people.contacts[id]
		personaByRule(in.w, &c, in.accounts[c.Account], in.now)
		contacts = append(contacts, c)
	}
	if err := in.o.putContacts(ctx, in.tx, contacts); err != nil {
		return nil, err
	}
	if len(in.staged)+len(in.moves) > 0 { // nothing else of what is imported is a sign of life
		if err := in.tx.PutSignals(ctx, contacts, accounts); err != nil {
			return nil, err
		}
		if err := in.tx.AddEvents(ctx, in.staged); err != nil {
			return nil, err
		}
		for _, e := range in.staged {
			if err := errors.Join(in.o.endOn(ctx, in.tx, e), in.o.deliver(ctx, in.tx, e)); err != nil {
				return nil, err
			}
		}
	}
	for _, id := range in.moves {
		if err := in.tx.MoveRows(ctx, id, in.people.contacts[id].Account); err != nil {
			return nil, err
		}
	}
	if err := in.tx.AddConsents(ctx, in.consents); err != nil {
		return nil, err
	}
	staged := map[andante.ContactID]bool{}
	for _, e := range in.staged {
		staged[e.Contact] = true
	}
	if entered, err = in.o.changed(ctx, in.tx, contacts, staged); err != nil {
		return nil, err
	}
	return entered, in.qualify(ctx, contacts)
}

// qualify keeps what a file tells of the fields that are asked for, and hands over those who were
// being written to and of whom enough is known now. Who only came with the file is the owner's to
// find: a list of thousands must not become as many tasks.
func (in *intake) qualify(ctx context.Context, contacts []andante.Contact) error {
	var told []store.Answer
	for _, c := range contacts {
		v := in.w.Values(c, in.accounts[c.Account], andante.Enrollment{}, workspace.Identity{})
		for _, path := range in.told[c.ID] {
			if value, ok := v.Get(path); ok {
				told = append(told, store.Answer{Contact: c.ID, Path: path, Value: fmt.Sprint(value), Source: "import", At: in.now})
			}
		}
	}
	if err := in.tx.AddAnswers(ctx, told); err != nil || in.w.Config.Qualification == nil {
		return err
	}
	running, err := in.tx.EnrollmentsOf(ctx, unique(contacts, contactID))
	if err != nil {
		return err
	}
	on := map[andante.ContactID]bool{}
	for _, x := range running {
		on[x.Contact] = on[x.Contact] || x.State != andante.EnrollmentFinished
	}
	return in.o.handOverQualified(ctx, in.tx, in.w, slices.DeleteFunc(slices.Clone(contacts), func(c andante.Contact) bool { return !on[c.ID] }))
}
