//go:build unix

package engine

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/store"
)

// TestMarkRaisedMeanwhile: who looks while another scheduler raises the mark does not take
// the store for an earlier state of itself. The file is a pipe here, so that the other
// one can wait until it is being read.
func TestMarkRaisedMeanwhile(t *testing.T) {
	t.Parallel()
	s := walkers(t, 1, onSQLite, inbox.Options{})
	s.runs(0)
	e := s.open()
	defer e.Close()
	path, err := e.markPath(t.Context())
	if err == nil {
		err = os.Remove(path)
	}
	if err == nil {
		err = syscall.Mkfifo(path, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	raised := make(chan error, 1)
	go func() {
		raised <- func() error {
			pipe, err := os.OpenFile(path, os.O_WRONLY, 0) // waits for whoever looks
			if err != nil {
				return err
			}
			defer pipe.Close()
			var mark int64
			err = e.Store.Write(t.Context(), func(tx *store.Tx) (err error) {
				mark, err = tx.RaiseMark(t.Context(), 0)
				return err
			})
			if err == nil {
				_, err = fmt.Fprintf(pipe, `{"mark": %d}`, mark)
			}
			return err
		}()
	}()
	st, err := e.stands(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := <-raised; err != nil {
		t.Fatal(err)
	}
	if r := st.Behind(); r != nil {
		t.Error(r)
	}
	if st.Noted == 0 || st.Noted != st.Mark {
		t.Errorf("the file says %d, the store %d", st.Noted, st.Mark)
	}
}
