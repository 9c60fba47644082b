// Command democheck reads what `andante demo --json` prints and fails unless the
// governor held: no limit was broken, at least a tenth of the touches waited, the inbox
// holds as many mails as the store says were sent, and every kind reached somebody.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// report is the part of the demo's report that is checked. Pointers tell a
// missing key from a zero.
type report struct {
	Touches  map[string]int `json:"touches"`
	Kinds    map[string]int `json:"kinds"`
	Deferred *int           `json:"deferred"`
	Inbox    *int           `json:"inbox"`
	Over     *int           `json:"over_limit"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "democheck:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	var r report
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	if r.Touches == nil || r.Deferred == nil || r.Inbox == nil || r.Over == nil {
		return errors.New("the report lacks touches, deferred, inbox or over_limit")
	}
	all := 0
	for _, n := range r.Touches {
		all += n
	}
	sent := r.Kinds["email"]
	fmt.Fprintf(out, "demo: %d touches, %d mails sent, %d in the inbox, %d deferred, %d over a limit\n", all, sent, *r.Inbox, *r.Deferred, *r.Over)
	switch {
	case *r.Over != 0:
		return fmt.Errorf("%d limits were broken", *r.Over)
	case sent == 0:
		return errors.New("nothing was sent")
	case *r.Deferred*10 < all:
		return fmt.Errorf("%d of %d touches were deferred: less than a tenth", *r.Deferred, all)
	case *r.Inbox != sent:
		return fmt.Errorf("%d mails in the inbox, but %d were sent", *r.Inbox, sent)
	}
	for _, kind := range []string{"sms", "postcard", "card", "letter", "call", "visit", "video"} {
		if r.Kinds[kind] == 0 {
			return fmt.Errorf("nobody got a %s", kind)
		}
	}
	return nil
}
