// Package store is the durable truth: contacts, schedule, attempts, throttles,
// consent and events as rows on SQLite or Postgres. It is the only package that
// speaks SQL, and it decides nothing.
//
// There is one SQL text for both databases, with $N parameters. They differ at
// eight named seams, all in dialect.go: row locks, the lock that lets one import write at
// a time, the form in which a list of rows comes, and a list of keys, what makes a look
// consistent, how damage is found, the clock by which leases end, and what tells a
// database from a copy of it.
//
// All access goes through a transaction: [Store.Read] for looking, [Store.Write]
// for changing. A Write function may run again after a conflict, so it must not
// change anything but the transaction and variables that it sets anew.
//
//	err := st.Write(ctx, func(tx *store.Tx) error {
//		if err := tx.LockAccounts(ctx, accounts); err != nil {
//			return err
//		}
//		...
//	})
//
// Times are BIGINT milliseconds UTC, JSON is text. A list is one parameter, or one for each
// column, so that a database sees few different texts; see bulk.go.
package store
