package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/andante-hq/andante"
)

const accountColumns = `id, key, name, domain, stage, owner, tier, tier_by_rule, industry, revenue, business, country, zone, fields, signals, version, created_at`

func scanAccount(r *sql.Rows) (a andante.Account, err error) {
	var fields, signals string
	var created int64
	err = r.Scan(&a.ID, &a.Key, &a.Name, &a.Domain, &a.Stage, &a.Owner, &a.Tier, &a.TierByRule, &a.Industry, &a.Revenue, &a.Business,
		&a.Country, &a.Zone, &fields, &signals, &a.Version, &created)
	if err != nil {
		return a, err
	}
	a.Created = time.UnixMilli(created).UTC()
	return a, errors.Join(json.Unmarshal([]byte(fields), &a.Fields), fromJSON(signals, &a.Signals))
}

// PutAccounts adds accounts or replaces them by id. An account that is replaced
// keeps its creation and raises its version.
func (tx *Tx) PutAccounts(ctx context.Context, now time.Time, list []andante.Account) error {
	return insert(ctx, tx, "accounts", accountColumns, `ON CONFLICT (id) DO UPDATE SET key=excluded.key, name=excluded.name,
		domain=excluded.domain, stage=excluded.stage, owner=excluded.owner, tier=excluded.tier, tier_by_rule=excluded.tier_by_rule, industry=excluded.industry,
		revenue=excluded.revenue, business=excluded.business, country=excluded.country, zone=excluded.zone,
		fields=excluded.fields, version=accounts.version+1`, list, func(a andante.Account) []any {
		return []any{
			string(a.ID), a.Key, a.Name, a.Domain, a.Stage, a.Owner, a.Tier, a.TierByRule, a.Industry, a.Revenue, a.Business,
			a.Country, a.Zone, toJSON(a.Fields), orEmpty(a.Signals), a.Version, ms(now),
		}
	})
}

// Accounts returns the accounts with these ids, in no order.
func (tx *Tx) Accounts(ctx context.Context, ids []andante.AccountID) ([]andante.Account, error) {
	return where(ctx, tx, "SELECT "+accountColumns+" FROM accounts WHERE id", nil, ids, "", scanAccount)
}

// AccountsByKey returns the accounts with these keys, in no order.
func (tx *Tx) AccountsByKey(ctx context.Context, keys []string) ([]andante.Account, error) {
	return where(ctx, tx, "SELECT "+accountColumns+" FROM accounts WHERE key", nil, keys, "", scanAccount)
}

// AccountsAfter returns up to n accounts in the order of their ids, beginning after the
// given one.
func (tx *Tx) AccountsAfter(ctx context.Context, after andante.AccountID, n int) ([]andante.Account, error) {
	if after == "" {
		after = firstID
	}
	return query(ctx, tx, "SELECT "+accountColumns+" FROM accounts WHERE id > $1 ORDER BY id LIMIT $2", []any{string(after), n}, scanAccount)
}

// Versions returns the versions of these accounts.
func (tx *Tx) Versions(ctx context.Context, ids []andante.AccountID) (map[andante.AccountID]int64, error) {
	versions := make(map[andante.AccountID]int64, len(ids))
	_, err := where(ctx, tx, "SELECT id, version FROM accounts WHERE id", nil, ids, "", func(r *sql.Rows) (struct{}, error) {
		var id andante.AccountID
		var version int64
		err := r.Scan(&id, &version)
		versions[id] = version
		return struct{}{}, err
	})
	return versions, err
}

// LocksRows tells whether rows are locked one by one. SQLite's writer is alone anyway.
func (tx *Tx) LocksRows() bool { return tx.d.lock != "" }

// LockAccounts locks accounts in the order of their ids until the transaction
// ends. Every transaction that changes what a decision rests on begins with it.
func (tx *Tx) LockAccounts(ctx context.Context, ids []andante.AccountID) error {
	return lockRows(ctx, tx, "SELECT id FROM accounts WHERE id", " ORDER BY id", ids)
}

// LockAddresses locks address hashes in order, after the accounts.
func (tx *Tx) LockAddresses(ctx context.Context, hashes []andante.AddressHash) error {
	if tx.d.lock == "" {
		return nil
	}
	hashes = slices.DeleteFunc(slices.Clone(hashes), func(h andante.AddressHash) bool { return h == "" })
	slices.Sort(hashes)
	hashes = slices.Compact(hashes)
	err := insert(ctx, tx, "addresses", "hash", "ON CONFLICT (hash) DO NOTHING", hashes,
		func(h andante.AddressHash) []any { return []any{string(h)} })
	if err != nil {
		return err
	}
	return lockRows(ctx, tx, "SELECT hash FROM addresses WHERE hash", " ORDER BY hash", hashes)
}

func lockRows[K ~string](ctx context.Context, tx *Tx, text, order string, keys []K) error {
	if tx.d.lock == "" || len(keys) == 0 {
		return nil
	}
	keys = slices.Clone(keys)
	slices.Sort(keys)
	_, err := where(ctx, tx, text, nil, slices.Compact(keys), order+tx.d.lock, scanString[string])
	return err
}

// RaiseVersion tells every claim that the accounts' facts have changed.
func (tx *Tx) RaiseVersion(ctx context.Context, ids []andante.AccountID) error {
	_, err := execIn(ctx, tx, "UPDATE accounts SET version=version+1 WHERE id", nil, ids, "")
	return err
}

const contactColumns = `id, account_id, external_id, first_name, last_name, job_title, email, email_hash, phone, phone_hash,
	persona, persona_by_rule, stage, language, country, street, street_2, city, region, postal_code, zone, fields, signals, choice, import_id, by_hand, created_at`

func scanContact(r *sql.Rows) (c andante.Contact, err error) {
	var fields, signals, choice, emailHash, phoneHash string
	var created int64
	err = r.Scan(&c.ID, &c.Account, &c.ExternalID, &c.FirstName, &c.LastName, &c.JobTitle, &c.Email, &emailHash, &c.Phone, &phoneHash,
		&c.Persona, &c.PersonaByRule, &c.Stage, &c.Language, &c.Country, &c.Street, &c.Street2, &c.City, &c.Region, &c.PostalCode, &c.Zone, &fields, &signals, &choice, &c.Import, &c.ByHand, &created)
	if err != nil {
		return c, err
	}
	c.Created = time.UnixMilli(created).UTC()
	return c, errors.Join(json.Unmarshal([]byte(fields), &c.Fields), fromJSON(signals, &c.Signals), fromJSON(choice, &c.Choice))
}

// HashedContact is a contact with the keyed hashes of its addresses.
type HashedContact struct {
	andante.Contact
	EmailHash andante.AddressHash
	PhoneHash andante.AddressHash
}

// PutContacts adds contacts or replaces them by id. Signals and choice of one that is
// there stay as they are.
func (tx *Tx) PutContacts(ctx context.Context, list []HashedContact) error {
	return insert(ctx, tx, "contacts", contactColumns, `ON CONFLICT (id) DO UPDATE SET account_id=excluded.account_id,
		external_id=excluded.external_id, first_name=excluded.first_name, last_name=excluded.last_name,
		job_title=excluded.job_title, email=excluded.email, email_hash=excluded.email_hash, phone=excluded.phone,
		phone_hash=excluded.phone_hash, persona=excluded.persona, persona_by_rule=excluded.persona_by_rule, stage=excluded.stage, language=excluded.language,
		country=excluded.country, street=excluded.street, street_2=excluded.street_2, city=excluded.city, region=excluded.region,
		postal_code=excluded.postal_code, zone=excluded.zone, fields=excluded.fields, import_id=excluded.import_id, by_hand=excluded.by_hand`,
		list, func(c HashedContact) []any {
			return []any{
				string(c.ID), string(c.Account), c.ExternalID, c.FirstName, c.LastName, c.JobTitle, c.Email, string(c.EmailHash),
				c.Phone, string(c.PhoneHash), c.Persona, c.PersonaByRule, c.Stage, c.Language, c.Country, c.Street, c.Street2, c.City, c.Region, c.PostalCode, c.Zone, toJSON(c.Fields), orEmpty(c.Signals), orEmpty(c.Choice), string(c.Import), c.ByHand, ms(c.Created),
			}
		})
}

// PutSignals writes the last signs of contacts and of accounts. The accounts must be
// locked.
func (tx *Tx) PutSignals(ctx context.Context, contacts []andante.Contact, accounts []andante.Account) error {
	_, err := update(ctx, tx, "contacts", "id, signals", "", contacts, func(c andante.Contact) []any {
		return []any{string(c.ID), orEmpty(c.Signals)}
	})
	if err != nil {
		return err
	}
	_, err = update(ctx, tx, "accounts", "id, signals", "", accounts, func(a andante.Account) []any {
		return []any{string(a.ID), orEmpty(a.Signals)}
	})
	return err
}

// PutChoice writes what a contact chose. Its account must be locked.
func (tx *Tx) PutChoice(ctx context.Context, id andante.ContactID, c andante.Choice) error {
	_, err := tx.exec(ctx, "UPDATE contacts SET choice=$1 WHERE id=$2", orEmpty(c), string(id))
	return err
}

// Contacts returns the contacts with these ids, in no order.
func (tx *Tx) Contacts(ctx context.Context, ids []andante.ContactID) ([]andante.Contact, error) {
	return where(ctx, tx, "SELECT "+contactColumns+" FROM contacts WHERE id", nil, ids, "", scanContact)
}

// ContactsByExternalID returns the contacts with these external ids.
func (tx *Tx) ContactsByExternalID(ctx context.Context, ids []string) ([]andante.Contact, error) {
	return where(ctx, tx, "SELECT "+contactColumns+" FROM contacts WHERE external_id <> '' AND external_id", nil, ids, "", scanContact)
}

// ContactsByEmail returns the contacts with these normalised addresses; several
// may share one.
func (tx *Tx) ContactsByEmail(ctx context.Context, emails []string) ([]andante.Contact, error) {
	return where(ctx, tx, "SELECT "+contactColumns+" FROM contacts WHERE email <> '' AND email", nil, emails, "", scanContact)
}

// ContactsByPhone returns the contacts with these numbers; several may share one.
func (tx *Tx) ContactsByPhone(ctx context.Context, phones []string) ([]andante.Contact, error) {
	return where(ctx, tx, "SELECT "+contactColumns+" FROM contacts WHERE phone <> '' AND phone", nil, phones, "", scanContact)
}

// ContactsByAddress returns the contacts that have an address with one of these
// hashes, or had it before they were joined with another.
func (tx *Tx) ContactsByAddress(ctx context.Context, hashes []andante.AddressHash) ([]andante.Contact, error) {
	byMail, err := where(ctx, tx, "SELECT "+contactColumns+" FROM contacts WHERE email_hash <> '' AND email_hash", nil, hashes, "", scanContact)
	if err != nil {
		return nil, err
	}
	byPhone, err := where(ctx, tx, "SELECT "+contactColumns+" FROM contacts WHERE phone_hash <> '' AND phone_hash", nil, hashes, "", scanContact)
	if err != nil {
		return nil, err
	}
	before, err := where(ctx, tx, "SELECT "+contactColumns+" FROM contacts WHERE id IN (SELECT contact_id FROM former WHERE was", nil, hashes, ")", scanContact)
	all := slices.Concat(byMail, byPhone, before)
	seen := make(map[andante.ContactID]bool, len(all))
	return slices.DeleteFunc(all, func(c andante.Contact) bool {
		again := seen[c.ID]
		seen[c.ID] = true
		return again
	}), err
}

// SharedMailboxes counts the mail addresses that more than one contact has.
func (tx *Tx) SharedMailboxes(ctx context.Context) (n int, err error) {
	err = tx.row(ctx, `SELECT count(*) FROM
		(SELECT 1 AS one FROM contacts WHERE email_hash <> '' GROUP BY email_hash HAVING count(*) > 1) shared`, nil, &n)
	return n, err
}

// ContactsOf returns the contacts of the accounts, the oldest first: the first
// of an account is its primary contact.
func (tx *Tx) ContactsOf(ctx context.Context, ids []andante.AccountID) ([]andante.Contact, error) {
	return where(ctx, tx, "SELECT "+contactColumns+" FROM contacts WHERE account_id", nil, ids, " ORDER BY account_id, created_at, id", scanContact)
}

// ContactsAfter returns up to n contacts in the order of their ids, beginning
// after the given one.
func (tx *Tx) ContactsAfter(ctx context.Context, after andante.ContactID, n int) ([]andante.Contact, error) {
	if after == "" {
		after = firstID
	}
	return query(ctx, tx, "SELECT "+contactColumns+" FROM contacts WHERE id > $1 ORDER BY id LIMIT $2", []any{string(after), n}, scanContact)
}

// ContactsOutside is ContactsAfter without those who are on a sequence, or with ever set have
// been on it at any time.
func (tx *Tx) ContactsOutside(ctx context.Context, sequence string, ever bool, after andante.ContactID, n int) ([]andante.Contact, error) {
	if after == "" {
		after = firstID
	}
	return query(ctx, tx, "SELECT "+contactColumns+` FROM contacts WHERE id > $1 AND NOT EXISTS (
		SELECT 1 FROM enrollments e WHERE e.contact_id=contacts.id AND e.sequence=$3 AND (e.state <> 'finished' OR $4)) ORDER BY id LIMIT $2`,
		[]any{string(after), n, sequence, ever}, scanContact)
}

// CountContacts returns the number of contacts and of accounts.
func (tx *Tx) CountContacts(ctx context.Context) (contacts, accounts int, err error) {
	err = tx.row(ctx, "SELECT (SELECT count(*) FROM contacts), (SELECT count(*) FROM accounts)", nil, &contacts, &accounts)
	return contacts, accounts, err
}

// MoveRows takes everything of a contact along to another account. Both accounts
// must be locked.
func (tx *Tx) MoveRows(ctx context.Context, id andante.ContactID, to andante.AccountID) error {
	for _, table := range []string{"touches", "counted", "enrollments", "events", "conversations"} {
		if _, err := tx.exec(ctx, "UPDATE "+table+" SET account_id=$1 WHERE contact_id=$2", string(to), string(id)); err != nil {
			return err
		}
	}
	_, err := tx.exec(ctx, "UPDATE attempts SET account_id=$1 WHERE touch_id IN (SELECT id FROM touches WHERE contact_id=$2)", string(to), string(id))
	return err
}
