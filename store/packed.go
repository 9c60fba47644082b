package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/andante-hq/andante"
)

// A packed holds the counted touches of one contact as the table counted keeps them: the
// distinct words first (kinds, purposes, addresses), then a row of fixed length for each
// touch, so that one is found, taken out or added without reading the others.
//
//	form   1 byte
//	words  uint16, then each as uint16 and its bytes
//	rows   id 16 bytes, instant 8 bytes (ms), kind, purpose and address 2 bytes each
//	       (numbers of words), certainty and traits 1 byte
//
// Numbers are big-endian.
type packed struct {
	words []string
	rows  []byte
	fresh []string // the addresses that have come since it was read
}

const (
	packedForm = 1
	packedRow  = 31
	packedAt   = 16 // where the instant begins in a row
	packedWord = 24 // where the numbers of words begin in a row
)

// What is known of when a counted touch lands, in the last byte of its row.
const (
	landed    = 0 // a receipt says when
	unsure    = 1 // at its instant at the latest
	underway  = 2 // it may still leave, and land later than that
	waiting   = 3 // a task that nobody has done yet: it counts now
	certainty = 3 // the bits of these

	introduces = 4 // and what else limits ask about it
	unanswered = 8
)

var errPacked = errors.New("the counted touches of a contact can't be read")

// unpack reads what [packed.bytes] wrote.
func unpack(b []byte) (p packed, err error) {
	if len(b) == 0 || b[0] != packedForm {
		return packed{}, errPacked
	}
	b = b[1:]
	take := func(n int) []byte {
		if err != nil || len(b) < n {
			err = errPacked
			return make([]byte, n)
		}
		head := b[:n]
		b = b[n:]
		return head
	}
	for n := binary.BigEndian.Uint16(take(2)); n > 0 && err == nil; n-- {
		p.words = append(p.words, string(take(int(binary.BigEndian.Uint16(take(2))))))
	}
	if p.rows = b; err != nil || len(b)%packedRow != 0 {
		return packed{}, errPacked
	}
	for at := packedWord; at < len(b); at += packedRow {
		for i := range 3 {
			if int(binary.BigEndian.Uint16(b[at+2*i:])) >= len(p.words) {
				return packed{}, errPacked
			}
		}
	}
	return p, nil
}

func (p *packed) touches() int { return len(p.rows) / packedRow }

func (p *packed) bytes() []byte {
	b := append(make([]byte, 0, 3+len(p.words)*40+len(p.rows)), packedForm)
	b = binary.BigEndian.AppendUint16(b, uint16(len(p.words)))
	for _, w := range p.words {
		b = binary.BigEndian.AppendUint16(b, uint16(len(w)))
		b = append(b, w...)
	}
	return append(b, p.rows...)
}

// find returns where the row of a touch begins; -1 if there is none.
func (p *packed) find(id [16]byte) int {
	for at := 0; at < len(p.rows); at += packedRow {
		if [16]byte(p.rows[at:]) == id {
			return at
		}
	}
	return -1
}

// put writes a touch that counts in place of what was known of it, or takes out one that
// does not. fate: what is known of it stays but for when it counts.
func (p *packed) put(t *andante.Touch, fate bool) error {
	id, err := andante.IDBytes(string(t.ID))
	if err != nil {
		return err
	}
	at := p.find(id)
	switch {
	case at >= 0 && fate && !t.Counted.IsZero():
		p.land(p.rows[at:at+packedRow], t)
		return nil
	case at >= 0:
		p.rows = slices.Delete(p.rows, at, at+packedRow)
	}
	if t.Counted.IsZero() {
		return nil
	}
	row := append(id[:], make([]byte, packedRow-packedAt)...)
	for i, w := range []string{string(t.Kind), string(t.Purpose), string(t.Address)} {
		n := slices.Index(p.words, w)
		if n < 0 {
			if n = len(p.words); n == 1<<16-1 || len(w) >= 1<<16 {
				return fmt.Errorf("touch %s: %w", t.ID, errPacked)
			}
			if p.words = append(p.words, w); i == 2 && w != "" {
				p.fresh = append(p.fresh, w)
			}
		}
		binary.BigEndian.PutUint16(row[packedWord+2*i:], uint16(n))
	}
	p.land(row, t)
	p.rows = append(p.rows, row...)
	return nil
}

// land writes into a row when its touch counts, and how sure that is.
func (p *packed) land(row []byte, t *andante.Touch) {
	binary.BigEndian.PutUint64(row[packedAt:], uint64(t.Counted.UnixMilli()))
	row[packedRow-1] = traits(t)
}

func traits(t *andante.Touch) byte {
	b := byte(landed)
	switch t.State {
	case andante.Claimed, andante.Attempted:
		b = underway
	case andante.Unknown:
		b = unsure
	case andante.Open:
		if !t.Kind.Mailed() { // a piece of post counts on the day on which it should land
			b = waiting
		}
	}
	if t.Introduction {
		b |= introduces
	}
	if t.Result.Unanswered() {
		b |= unanswered
	}
	return b
}

// since appends the touches that count after an instant, or may yet.
func (r *countedRow) since(list []Counted, after time.Time) []Counted {
	bound := after.UnixMilli()
	ids := make([]byte, 0, andante.IDLength*r.touches())
	first := len(list)
	for at := 0; at < len(r.rows); at += packedRow {
		row := r.rows[at : at+packedRow]
		ms, known := int64(binary.BigEndian.Uint64(row[packedAt:])), row[packedRow-1]
		sure := known & certainty
		if ms <= bound && sure < underway {
			continue
		}
		ids = andante.AppendID(ids, [16]byte(row))
		list = append(list, Counted{
			Contact: r.contact, Account: r.account, Kind: andante.Kind(r.word(row, 0)), Purpose: andante.Purpose(r.word(row, 1)), Address: andante.AddressHash(r.word(row, 2)),
			At: time.UnixMilli(ms).UTC(), Unsure: sure == unsure || sure == underway, Pending: sure >= underway, Waiting: sure == waiting,
			Introduction: known&introduces != 0, Unanswered: known&unanswered != 0,
		})
	}
	all := string(ids) // one for all of them
	for i := range list[first:] {
		list[first+i].ID = andante.TouchID(all[andante.IDLength*i : andante.IDLength*(i+1)])
	}
	return list
}

// word returns the n-th word of a row.
func (p *packed) word(row []byte, n int) string {
	return p.words[binary.BigEndian.Uint16(row[packedWord+2*n:])]
}
