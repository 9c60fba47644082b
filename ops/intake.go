package ops

import (
	"context"
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
	ExternalID string            // found by it first,
	Email      string            // and then by its address
	Account    string            // key of the account; empty: one of its own
	Fields     map[string]string // path, such as contact.first_name or account.industry, to the written form
	Consent    *andante.Consent  // evidence that comes with the row; Contact and ID are set here
}

// Taken says what became of rows.
type Taken struct {
	Added   int
	Changed int
	Same    int
	Refused []Refusal
}

// Refusal is a row that was not taken, and why.
type Refusal struct {
	Line   int
	Reason string
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
		in := &intake{o: o, tx: tx, w: w, now: o.now()}
		err := in.take(ctx, rows)
		t = in.taken
		return err
	})
	return t, err
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

	byExternal map[string]andante.Contact
	byEmail    map[string]andante.Contact
	byPhone    map[string]andante.Contact
	accounts   map[andante.AccountID]andante.Account
	byKey      map[string]andante.AccountID
	touchedA   map[andante.AccountID]bool
	changed    map[andante.ContactID]andante.Contact
	consents   []andante.Consent
	moves      []andante.Contact // contacts that go to another account
}

func (in *intake) take(ctx context.Context, rows []Row) error {
	if err := in.load(ctx, rows); err != nil {
		return err
	}
	for i, r := range rows {
		in.row(r, i)
	}
	return in.write(ctx)
}

// load finds the contacts and accounts that the rows speak of, the accounts
// locked.
func (in *intake) load(ctx context.Context, rows []Row) (err error) {
	if in.seed, err = in.tx.Seed(ctx); err != nil {
		return err
	}
	in.touchedA, in.changed = map[andante.AccountID]bool{}, map[andante.ContactID]andante.Contact{}
	return Lock(ctx, in.tx, func() ([]andante.AccountID, error) { return in.read(ctx, rows) })
}

// read fills the maps by which rows find their contacts and accounts, and returns
// the accounts.
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
	ids := unique(slices.Concat(byExternal, byEmail, byPhone), func(c andante.Contact) andante.AccountID { return c.Account })
	ids = append(ids, unique(named, accountID)...)
	all, err := in.tx.Accounts(ctx, ids)
	in.byExternal = byID(byExternal, func(c andante.Contact) string { return c.ExternalID })
	in.byEmail = oldest(byEmail, func(c andante.Contact) string { return c.Email })
	in.byPhone = oldest(byPhone, func(c andante.Contact) string { return c.Phone })
	in.accounts = byID(all, accountID)
	in.byKey = map[string]andante.AccountID{}
	for _, a := range all {
		in.byKey[a.Key] = a.ID
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

// oldest makes a list findable by a key that several may share: the oldest wins.
func oldest(list []andante.Contact, key func(andante.Contact) string) map[string]andante.Contact {
	m := map[string]andante.Contact{}
	for _, c := range list {
		if was, ok := m[key(c)]; !ok || c.ID < was.ID {
			m[key(c)] = c
		}
	}
	return m
}

func distinct(list []string) []string {
	slices.Sort(list)
	list = slices.Compact(list)
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// find returns the contact that a row means, as earlier rows have left it.
func (in *intake) find(r Row) (c andante.Contact, ok bool) {
	if r.ExternalID != "" {
		c, ok = in.byExternal[r.ExternalID]
	}
	if !ok && r.Email != "" {
		c, ok = in.byEmail[r.Email]
		ok = ok && (r.ExternalID == "" || c.ExternalID == "" || c.ExternalID == r.ExternalID)
	}
	if phone := phoneOnly(r); !ok && phone != "" {
		c, ok = in.byPhone[phone]
	}
	if latest, changed := in.changed[c.ID]; ok && changed {
		return latest, true
	}
	return c, ok
}

// row takes one row; i is its place among the others. The first of an account is
// its primary contact, so the order of the file is kept in the instant of creation.
func (in *intake) row(r Row, i int) {
	c, known := in.find(r)
	if !known {
		if r.Email == "" && r.ExternalID == "" && r.Fields["contact.phone"] == "" {
			in.taken.Refused = append(in.taken.Refused, Refusal{r.Line, "it has neither an id nor an address"})
			return
		}
		key := r.ExternalID + "\x00" + r.Email + "\x00" + r.Fields["contact.phone"]
		c = andante.Contact{ID: andante.DeriveID[andante.ContactID](in.seed, in.now, "contact", key), Created: in.now.Add(time.Duration(i) * time.Millisecond)}
	}
	was, wasAccount := c, in.accounts[c.Account]
	c.Fields = maps.Clone(c.Fields)
	if r.ExternalID != "" {
		c.ExternalID = r.ExternalID
	}
	if r.Email != "" {
		c.Email = r.Email
	}
	a, moved := in.account(r, c, known)
	a.Fields = maps.Clone(a.Fields)
	for path, value := range r.Fields {
		setField(&c, &a, path, value)
	}
	c.Account = a.ID
	in.classify(&c, &a)
	in.consent(r, c)
	if known && !moved && equalContact(was, c) && equalAccount(wasAccount, a) {
		in.taken.Same++
		return
	}
	if moved {
		in.touchedA[was.Account] = true // its limits no longer count this contact
		in.moves = append(in.moves, c)
	}
	in.keep(c, a)
	if known {
		in.taken.Changed++
	} else {
		in.taken.Added++
	}
}

// account returns the account that a row belongs to: the one that it names, else
// the one that the contact has, else a new one of its own.
func (in *intake) account(r Row, c andante.Contact, known bool) (a andante.Account, moved bool) {
	if r.Account == "" && known {
		return in.accounts[c.Account], false
	}
	key := r.Account
	if key == "" {
		key = "contact:" + string(c.ID)
	}
	if id, ok := in.byKey[key]; ok {
		return in.accounts[id], known && id != c.Account
	}
	a = andante.Account{
		ID: andante.DeriveID[andante.AccountID](in.seed, in.now, "account", key), Key: key, Name: r.Account, Stage: "prospect", Business: r.Account != "",
	}
	if a.Name == "" {
		a.Name = c.Name()
	}
	in.byKey[key] = a.ID
	return a, known
}

// classify gives persona and tier by rule where the file does not.
func (in *intake) classify(c *andante.Contact, a *andante.Account) {
	if a.Name == "" {
		a.Name = c.Name()
	}
	if c.Persona != "" && a.Tier != "" {
		return
	}
	v := in.w.Values(*c, *a, andante.Enrollment{}, workspace.Identity{})
	if c.Persona == "" {
		c.Persona = in.w.PersonaOf(v, in.now)
	}
	if a.Tier == "" {
		a.Tier = in.w.TierOf(v, in.now)
	}
}

// keep notes what is to be written, where later rows find it.
func (in *intake) keep(c andante.Contact, a andante.Account) {
	in.accounts[a.ID], in.touchedA[a.ID] = a, true
	in.changed[c.ID] = c
	put := func(m map[string]andante.Contact, key string) {
		if was, ok := m[key]; key != "" && (!ok || was.ID == c.ID) {
			m[key] = c
		}
	}
	put(in.byExternal, c.ExternalID)
	put(in.byEmail, c.Email)
	put(in.byPhone, c.Phone)
}

// consent notes the evidence that comes with a row.
func (in *intake) consent(r Row, c andante.Contact) {
	if r.Consent == nil {
		return
	}
	k := *r.Consent
	k.Contact = c.ID
	if k.At.IsZero() {
		k.At = in.now
	}
	k.ID = andante.DeriveID[andante.ConsentID](in.seed, k.At, "consent", string(c.ID), string(k.Kind), string(k.Purpose), string(k.Basis), k.Source, k.Wording)
	in.consents = append(in.consents, k)
}

func (in *intake) write(ctx context.Context) error {
	var accounts []andante.Account
	for id := range in.touchedA {
		accounts = append(accounts, in.accounts[id])
	}
	slices.SortFunc(accounts, func(a, b andante.Account) int { return strings.Compare(string(a.ID), string(b.ID)) })
	if err := in.tx.PutAccounts(ctx, in.now, accounts); err != nil {
		return err
	}
	var contacts []store.HashedContact
	for _, id := range slices.Sorted(maps.Keys(in.changed)) {
		c := in.changed[id]
		contacts = append(contacts, store.HashedContact{Contact: c, EmailHash: in.o.Keys.Hash(c.Email), PhoneHash: in.o.Keys.Hash(c.Phone)})
	}
	if err := in.tx.PutContacts(ctx, contacts); err != nil {
		return err
	}
	for _, c := range in.moves {
		if err := in.tx.MoveRows(ctx, c.ID, c.Account); err != nil {
			return err
		}
	}
	return in.tx.AddConsents(ctx, in.consents)
}
