package andante

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Ids are UUIDv7 (RFC 9562 section 5.7) in their 36-character text form, one
// type per noun so that they can't be mistaken for each other.
type (
	ContactID     string
	AccountID     string
	EnrollmentID  string
	TouchID       string
	LeaseID       string
	EventID       string
	HoldID        string
	SuppressionID string
	ConsentID     string
	VerdictID     string
	// ImportID is the name of an import: the file's, and when it was read.
	ImportID string
	// ConversationID is that of a conversation.
	ConversationID string
)

// A Seed makes ids, minutes and variants repeatable: the same seed and key give
// the same result on every machine and in every run. Each store has one.
type Seed string

// NewSeed draws a seed for a new store.
func NewSeed() Seed {
	var b [16]byte
	rand.Read(b[:])
	return Seed(hex.EncodeToString(b[:]))
}

// Hash returns 32 bytes that depend on the seed and the key alone. Parts of the
// key are separated, so ("ab", "c") differs from ("a", "bc").
func (s Seed) Hash(key ...string) [32]byte {
	h := sha256.New()
	h.Write([]byte(s))
	for _, k := range key {
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(k)))
		h.Write(n[:])
		h.Write([]byte(k))
	}
	return [32]byte(h.Sum(nil))
}

// Fraction returns a number in [0, 1) that depends on the seed and the key alone.
func (s Seed) Fraction(key ...string) float64 {
	h := s.Hash(key...)
	return float64(binary.BigEndian.Uint64(h[:8])>>11) / (1 << 53)
}

// Minute says where within its hours a contact's step comes, from 0 to 1 without 1: the
// same for whoever asks.
func (s Seed) Minute(sequence string, contact ContactID, step string) float64 {
	return s.Fraction("minute", sequence, string(contact), step)
}

// DeriveID makes the id of a planned thing from the seed, the instant at which
// it is planned and its key. The instant only orders ids; the key identifies.
func DeriveID[T ~string](s Seed, at time.Time, key ...string) T {
	h := s.Hash(key...)
	return T(formatV7(at, [10]byte(h[:10])))
}

// DeriveOrderedID is DeriveID for things that are planned in one instant and have
// an order: ids follow n, from 0 to 4095 (RFC 9562 section 6.2, method 1).
func DeriveOrderedID[T ~string](s Seed, at time.Time, n int, key ...string) T {
	h := s.Hash(key...)
	binary.BigEndian.PutUint16(h[:2], uint16(n&0xfff))
	return T(formatV7(at, [10]byte(h[:10])))
}

// NewID draws the id of something that nobody planned: an event, a lease.
func NewID[T ~string](at time.Time) T {
	var b [10]byte
	rand.Read(b[:])
	return T(formatV7(at, b))
}

// formatV7 lays out 48 bits of milliseconds and 74 bits of the tail.
func formatV7(at time.Time, tail [10]byte) string {
	var b [16]byte
	ms := uint64(max(at.UnixMilli(), 0))
	binary.BigEndian.PutUint64(b[:8], ms<<16)
	copy(b[6:], tail[:])
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return string(AppendID(nil, b))
}

// IDLength is how long an id is.
const IDLength = 36

// AppendID appends the text form of an id's 16 bytes.
func AppendID(text []byte, id [16]byte) []byte {
	const digits = "0123456789abcdef"
	for i, b := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text = append(text, '-')
		}
		text = append(text, digits[b>>4], digits[b&0xf])
	}
	return text
}

// ErrNoID tells that something has not the form of an id.
var ErrNoID = errors.New("no id")

// IDBytes returns the 16 bytes of an id, or [ErrNoID].
func IDBytes(id string) (b [16]byte, err error) {
	if !IsID(id) {
		return b, fmt.Errorf("%q: %w", id, ErrNoID)
	}
	var digits [32]byte
	copy(digits[:], id[:8])
	copy(digits[8:], id[9:13])
	copy(digits[12:], id[14:18])
	copy(digits[16:], id[19:23])
	copy(digits[20:], id[24:])
	_, err = hex.Decode(b[:], digits[:])
	return b, err
}

// KeyPart returns the end of a derived id, which comes from its key alone and not from the
// instant: a store and a copy of it that plan the same thing at different times give it ids
// that end alike. id must have the form of one.
func KeyPart(id string) string { return id[14:] }

// PlannedAt returns the instant that an id carries: when what it names was planned. The zero
// time if it has not the form of an id.
func PlannedAt(id string) time.Time {
	b, err := IDBytes(id)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b[:8]) >> 16)).UTC()
}

// IsID tells whether s has the form of an id.
func IsID(s string) bool {
	if len(s) != IDLength {
		return false
	}
	for i, c := range s {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}
