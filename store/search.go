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

	"github.com/andante-hq/andante"
)

// A Place is a column of the store.
type Place struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	Rows   int    `json:"rows"` // with what was looked for
	binary bool
}

// Search looks for texts in every column of every table, in capitals or small letters, each as a word
// of its own: ann@x.example does not stand in joann@x.example. It returns where they stand, in how many
// columns it looked, and whether one stands within longer ones.
func (s *Store) Search(ctx context.Context, texts []string) (found []Place, columns int, within bool, err error) {
	return found, columns, within, s.Read(ctx, func(tx *Tx) error {
		all, err := query(ctx, tx, tx.d.columns, nil, func(r *sql.Rows) (p Place, err error) { return p, r.Scan(&p.Table, &p.Column, &p.binary) })
		if err != nil {
			return err
		}
		found, columns, within = nil, len(all), false
		for _, p := range all {
			longer, err := tx.holding(ctx, &p, texts)
			if err != nil {
				return err
			}
			if within = within || longer; p.Rows > 0 {
				found = append(found, p)
			}
		}
		return nil
	})
}

// holding counts the rows of a column in which one of the texts stands by itself, and tells whether one
// stands within a longer word. What bytes hold is taken as it is.
func (tx *Tx) holding(ctx context.Context, p *Place, texts []string) (within bool, err error) {
	values, err := tx.valuesWith(ctx, *p, texts, "")
	for _, v := range values {
		if p.binary || slices.ContainsFunc(texts, func(t string) bool { return Stands(v.text, t) }) {
			p.Rows += v.rows
		} else {
			within = true
		}
	}
	return within, err
}

// A value is what stands in a column, and in how many rows.
type value struct {
	text string
	rows int
}

// valuesWith returns the values of a column that have one of the texts in them, of all rows or of those
// of an account's people.
func (tx *Tx) valuesWith(ctx context.Context, p Place, texts []string, of andante.AccountID) ([]value, error) {
	var either []string
	var args []any
	for i, text := range texts {
		either, args = append(either, fmt.Sprintf(tx.d.holds[p.binary], p.Column, i+1)), append(args, strings.ToLower(text))
	}
	if len(either) == 0 {
		return nil, nil
	}
	column := p.Column
	if p.binary {
		column = "''"
	}
	and, args := ofAccount(p, of, args)
	return query(ctx, tx, "SELECT "+column+", count(*) FROM "+p.Table+" WHERE ("+strings.Join(either, " OR ")+")"+and+" GROUP BY 1", args,
		func(r *sql.Rows) (v value, err error) { return v, r.Scan(&v.text, &v.rows) })
}

// Stands tells whether a text stands by itself in another, in capitals or small letters; see
// [Store.Search].
func Stands(in, text string) bool { return len(alone(in, text)) > 0 }

// alone returns where a text stands by itself in another: no letter, digit or sign of an address is
// beside it.
func alone(in, text string) (at [][2]int) {
	low, text := strings.ToLower(in), strings.ToLower(text)
	if text == "" || len(low) != len(in) {
		low = in // letters that grow in small: as they are
	}
	for from := 0; text != ""; {
		i := strings.Index(low[from:], text)
		if i < 0 {
			break
		}
		i += from
		j := i + len(text)
		from = i + 1
		before := i > 0 && joins(low[i-1]) && low[i-1] != '.' || i > 1 && low[i-1] == '.' && joins(low[i-2])
		after := j < len(low) && joins(low[j]) && low[j] != '.' || j+1 < len(low) && low[j] == '.' && joins(low[j+1])
		if !before && !after {
			at = append(at, [2]int{i, j})
		}
	}
	return at
}

// joins tells whether a byte beside an address, a number or a name makes it another one.
func joins(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b >= 0x80 || strings.IndexByte("._%+-@", b) >= 0
}

// instead writes something else wherever a text stands by itself.
func instead(in string, texts []string, with string) string {
	for _, t := range texts {
		spans := alone(in, t)
		for k := len(spans) - 1; k >= 0; k-- {
			in = in[:spans[k][0]] + with + in[spans[k][1]:]
		}
	}
	return in
}

// words are the columns in which people, and mail systems, write what they like.
var words = []Place{
	{Table: "tasks", Column: "title"},
	{Table: "tasks", Column: "body"},
	{Table: "reviews", Column: "body"},
	{Table: "quotes", Column: "body"},
	{Table: "conversations", Column: "note"},
	{Table: "events", Column: "detail"},
	{Table: "answers", Column: "value"},
	{Table: "answers", Column: "source"},
	{Table: "holds", Column: "reason"},
	{Table: "suppressions", Column: "source"},
	{Table: "consents", Column: "source"},
	{Table: "attempts", Column: "response"},
	{Table: "arrivals", Column: "why"},
	{Table: "verdicts", Column: "evidence"},
	{Table: "touches", Column: "evidence"},
	{Table: "deliveries", Column: "answer"},
}

// Scrub writes something else wherever one of these texts stands by itself in what people wrote. No
// name, key or address of anybody else is touched.
func (s *Store) Scrub(ctx context.Context, texts []string, with string) error {
	return s.Write(ctx, func(tx *Tx) error {
		for _, p := range words {
			if err := tx.scrub(ctx, p, texts, with, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// ofColleagues are the conditions on what was written about the people of an account, by table.
var ofColleagues = map[string]string{
	"events":        "contact_id IN (SELECT id FROM contacts WHERE account_id=$%d)",
	"conversations": "contact_id IN (SELECT id FROM contacts WHERE account_id=$%d)",
	"tasks":         "touch_id IN (SELECT t.id FROM touches t JOIN contacts c ON c.id=t.contact_id WHERE c.account_id=$%d)",
}

// ofAccount ends a condition with that on an account, whose parameter comes last; empty: on none.
func ofAccount(p Place, id andante.AccountID, args []any) (and string, with []any) {
	if id == "" {
		return "", args
	}
	args = append(args, string(id))
	return " AND " + fmt.Sprintf(ofColleagues[p.Table], len(args)), args
}

// ScrubAccount does so with a name in what was written about the people of an account: others
// elsewhere may have it too.
func (tx *Tx) ScrubAccount(ctx context.Context, id andante.AccountID, name, with string) error {
	if name == "" {
		return nil
	}
	for _, p := range words {
		if ofColleagues[p.Table] == "" {
			continue
		}
		if err := tx.scrub(ctx, p, []string{name}, with, id); err != nil {
			return err
		}
	}
	_, err := tx.exec(ctx, "UPDATE accounts SET name=$2 WHERE id=$1 AND name=$3", string(id), with, name)
	return err
}

func (tx *Tx) scrub(ctx context.Context, p Place, texts []string, with string, of andante.AccountID) error {
	values, err := tx.valuesWith(ctx, p, texts, of)
	if err != nil {
		return err
	}
	for _, v := range values {
		if clean := instead(v.text, texts, with); clean != v.text {
			and, args := ofAccount(p, of, []any{v.text, clean})
			if _, err := tx.exec(ctx, "UPDATE "+p.Table+" SET "+p.Column+"=$2 WHERE "+p.Column+"=$1"+and, args...); err != nil {
				return err
			}
		}
	}
	return nil
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
