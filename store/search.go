package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// A Place is a column of the store.
type Place struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	Rows   int    `json:"rows"` // with what was looked for
	binary bool
}

// Search looks for texts in every column of every table, in capitals or small letters. It returns
// where they stand, and in how many columns it looked.
func (s *Store) Search(ctx context.Context, texts []string) (found []Place, columns int, err error) {
	return found, columns, s.Read(ctx, func(tx *Tx) error {
		all, err := query(ctx, tx, tx.d.columns, nil, func(r *sql.Rows) (p Place, err error) { return p, r.Scan(&p.Table, &p.Column, &p.binary) })
		if err != nil {
			return err
		}
		found, columns = nil, len(all)
		for _, p := range all {
			if p.Rows, err = tx.holding(ctx, p, texts); err != nil {
				return err
			}
			if p.Rows > 0 {
				found = append(found, p)
			}
		}
		return nil
	})
}

// holding counts the rows of a column in which one of the texts stands.
func (tx *Tx) holding(ctx context.Context, p Place, texts []string) (n int, err error) {
	var either []string
	var args []any
	for i, text := range texts {
		either, args = append(either, fmt.Sprintf(tx.d.holds[p.binary], p.Column, i+1)), append(args, strings.ToLower(text))
	}
	if len(either) == 0 {
		return 0, nil
	}
	return n, tx.row(ctx, "SELECT count(*) FROM "+p.Table+" WHERE "+strings.Join(either, " OR "), args, &n)
}

// Scrub writes something else wherever a text stands in a column of text.
func (s *Store) Scrub(ctx context.Context, p Place, text, instead string) error {
	if p.binary {
		return nil
	}
	return s.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, fmt.Sprintf("UPDATE %s SET %s=replace(%[2]s, $1, $2) WHERE %s", p.Table, p.Column, fmt.Sprintf(tx.d.holds[false], p.Column, 3)), text, instead, strings.ToLower(text))
		return err
	})
}

// ErrBusy says that somebody was reading, so that the write-ahead log could not be emptied.
var ErrBusy = errors.New("the store's write-ahead log could not be emptied, for others were reading")

// Wipe has what was deleted leave the store's files: SQLite writes over it and empties its
// write-ahead log, Postgres frees the rows.
func (s *Store) Wipe(ctx context.Context) error {
	if s.Postgres() {
		var tables []string
		for _, t := range about {
			tables = append(tables, t.table)
		}
		slices.Sort(tables)
		_, err := s.write.ExecContext(ctx, "VACUUM accounts, hosts, throttles, "+strings.Join(slices.Compact(tables), ", "))
		return err
	}
	c, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, "PRAGMA busy_timeout=1000"); err != nil {
		return err
	}
	var busy, log, moved int
	err = c.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved)
	if _, back := c.ExecContext(context.WithoutCancel(ctx), "PRAGMA busy_timeout="+patience); err != nil || back != nil {
		return cmp.Or(err, back)
	}
	if busy != 0 {
		return ErrBusy
	}
	return nil
}

// SearchFiles looks for texts in the bytes of the store's files, in capitals or small letters, and
// returns the files with one of them and those in which it looked. A server's files can't be read.
func (s *Store) SearchFiles(texts []string) (found, looked []string, err error) {
	if s.Postgres() {
		return nil, nil, nil
	}
	for _, name := range []string{s.url, s.url + "-wal", s.url + "-journal"} {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return found, looked, err
		}
		there, err := stands(f, texts)
		f.Close()
		if err != nil {
			return found, looked, err
		}
		looked = append(looked, name)
		if there {
			found = append(found, name)
		}
	}
	return found, looked, nil
}

// stands tells whether one of the texts stands in what a reader gives.
func stands(r io.Reader, texts []string) (bool, error) {
	const part = 1 << 20
	longest := 0
	for _, t := range texts {
		longest = max(longest, len(t))
	}
	buf := make([]byte, 0, part+longest)
	for {
		n, err := io.ReadFull(r, buf[len(buf):part])
		buf = buf[:len(buf)+n]
		small := bytes.ToLower(buf)
		for _, t := range texts {
			if bytes.Contains(small, []byte(strings.ToLower(t))) {
				return true, nil
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		buf = buf[:copy(buf, buf[len(buf)-min(longest, len(buf)):])] // a text may go across
	}
}
