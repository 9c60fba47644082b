package reports

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// Received counts how often each Message-ID was received.
type Received map[string]int

// receipts finds by touch what was received. A Message-ID is a touch's id and the domain of
// its sender. This store may never have rendered the touch, because it was taken over; the
// original may have sent it as somebody else, and if it planned the step after the copy was
// made, under an id that only ends alike.
type receipts struct {
	in   Received
	ends []idEnd // of those that begin with an id, in order
}

// An idEnd is the end of an id as a number, and the Message-ID that it stands in. Strings
// would be far slower to look up.
type idEnd struct {
	end       uint64
	messageID string
}

func newReceipts(in Received) *receipts {
	r := &receipts{in: in}
	for id := range in {
		if local, _, _ := strings.Cut(id, "@"); andante.IsID(local) {
			r.ends = append(r.ends, idEnd{endOf(local), id})
		}
	}
	slices.SortFunc(r.ends, func(a, b idEnd) int {
		if c := cmp.Compare(a.end, b.end); c != 0 {
			return c
		}
		return strings.Compare(a.messageID, b.messageID)
	})
	return r
}

// endOf reads the last 60 bits of an id.
func endOf(id string) uint64 {
	n, _ := strconv.ParseUint(id[20:23]+id[24:36], 16, 64)
	return n
}

// names returns the Message-IDs under which a touch was received, its own first, and how
// often it was under all of them.
func (r *receipts) names(m store.Mail) (names []string, times int) {
	if n := r.in[m.MessageID]; n > 0 {
		names, times = append(names, m.MessageID), n
	}
	end := endOf(string(m.Touch))
	i, _ := slices.BinarySearchFunc(r.ends, end, func(e idEnd, end uint64) int { return cmp.Compare(e.end, end) })
	for ; i < len(r.ends) && r.ends[i].end == end; i++ {
		if id := r.ends[i].messageID; id != m.MessageID && r.in[id] > 0 && andante.KeyPart(id[:36]) == andante.KeyPart(string(m.Touch)) {
			names, times = append(names, id), times+r.in[id]
		}
	}
	return names, times
}

// take takes out what is no stranger.
func (r *receipts) take(names []string) {
	for _, id := range names {
		delete(r.in, id)
	}
}

// strangers returns what is left.
func (r *receipts) strangers() []string { return slices.Sorted(maps.Keys(r.in)) }
