package andante

import "time"

// A Conversation is what people said to each other: by phone, in a meeting, in a letter. What
// counts about it is how long it was and what it was worth.
type Conversation struct {
	ID      ConversationID
	Contact ContactID
	Account AccountID
	Touch   TouchID // that it was; empty if it came from them
	Owner   string  // who spoke with them
	Kind    Kind
	Inbound bool // it came from them
	Minutes int
	Worth   int // 1 to 5; 0: nobody said
	Note    string
	At      time.Time
}

// MostWorth is the worth of the best conversation.
const MostWorth = 5
