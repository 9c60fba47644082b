package store

import (
	"context"
	"database/sql"
	"sync"

	"github.com/andante-hq/andante/internal/failpoint"
)

// statements keeps prepared statements by their text. SQLite's driver compiles a text
// each time that it is given one, which costs more than to run it; Postgres's keeps its
// own. Every text of this package is one of a fixed set.
type statements struct {
	db *sql.DB
	mu sync.Mutex
	by map[string]*sql.Stmt

	learning sync.WaitGroup
}

func newStatements(db *sql.DB) *statements {
	return &statements{db: db, by: map[string]*sql.Stmt{}}
}

func (s *statements) get(text string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.by[text]
}

// learn prepares texts that a transaction has met for the first time. It must have ended:
// the pool may have no other connection. Whoever ran it does not wait for that; what can't
// be prepared is met again.
func (s *statements) learn(texts map[string]*sql.Stmt) {
	s.learning.Go(func() { s.prepare(context.Background(), texts) })
}

func (s *statements) prepare(ctx context.Context, texts map[string]*sql.Stmt) {
	for text := range texts {
		if s.get(text) != nil {
			continue
		}
		st, err := s.db.PrepareContext(ctx, text)
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.by[text] != nil {
			st.Close()
		} else {
			s.by[text] = st
		}
		s.mu.Unlock()
	}
}

func (s *statements) close() {
	if s == nil {
		return
	}
	s.learning.Wait()
	for _, st := range s.by {
		st.Close()
	}
}

// prepare returns a statement of the transaction; nil where texts are run as they are.
func (tx *Tx) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if tx.known == nil {
		return nil, nil
	}
	if st := tx.stmts[text]; st != nil {
		return st, nil
	}
	if tx.stmts == nil {
		tx.stmts, tx.fresh = map[string]*sql.Stmt{}, map[string]*sql.Stmt{}
	}
	if st := tx.known.get(text); st != nil {
		tx.stmts[text] = tx.tx.StmtContext(ctx, st)
		return tx.stmts[text], nil
	}
	st, err := tx.tx.PrepareContext(ctx, text)
	if err == nil {
		tx.stmts[text], tx.fresh[text] = st, st
	}
	return st, err
}

// limited is the context of a statement. Whoever asks has begun the transaction with
// the same one, or does not want it to be interrupted, so the transaction's will do.
func (tx *Tx) limited(ctx context.Context) context.Context {
	if tx.ends != nil {
		return tx.ends
	}
	return ctx
}

// exec runs a statement.
func (tx *Tx) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	failpoint.Here("statement")
	ctx = tx.limited(ctx)
	st, err := tx.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	if st != nil {
		return st.ExecContext(ctx, args...)
	}
	return tx.tx.ExecContext(ctx, text, args...)
}

// rows runs a query.
func (tx *Tx) rows(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	failpoint.Here("statement")
	ctx = tx.limited(ctx)
	st, err := tx.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	if st != nil {
		return st.QueryContext(ctx, args...)
	}
	return tx.tx.QueryContext(ctx, text, args...)
}

// row runs a query of one row into some variables; [sql.ErrNoRows] without one.
func (tx *Tx) row(ctx context.Context, text string, args []any, into ...any) error {
	rows, err := tx.rows(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	return rows.Close()
}
