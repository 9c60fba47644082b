package store

import "strings"

// A colType is what Postgres must be told of a list of values.
type colType int

const (
	typeText colType = iota
	typeID
	typeInt
	typeBool
	typeFloat
	typeBytes
)

// columnTypes holds the columns that are not text, by name: a name means the same in
// every table.
var columnTypes = map[string]colType{
	"id": typeID, "touch_id": typeID, "event_id": typeID, "contact_id": typeID, "account_id": typeID, "enrollment_id": typeID, "lease_id": typeID,
	"at": typeInt, "due_at": typeInt, "first_due_at": typeInt, "not_after": typeInt, "counted_at": typeInt, "settled_at": typeInt,
	"started_at": typeInt, "ended_at": typeInt, "until_at": typeInt, "asked_at": typeInt, "minutes": typeInt, "worth": typeInt, "inbound": typeBool, "snoozed_until_at": typeInt, "mind_at": typeInt, "minded": typeInt, "from_at": typeInt, "released_at": typeInt, "lifted_at": typeInt,
	"entered_at": typeInt, "opened_at": typeInt, "passed_at": typeInt, "finished_at": typeInt, "created_at": typeInt, "revoked_at": typeInt, "leased_until": typeInt, "validity": typeInt, "uid": typeInt, "queued_at": typeInt, "expires_at": typeInt,
	"attempts": typeInt, "deferred": typeInt, "yielded": typeInt, "repeat": typeInt, "priority": typeInt, "message_size": typeInt, "number": typeInt,
	"code": typeInt, "hour": typeInt, "part": typeInt, "sent": typeInt, "bounced": typeInt, "complained": typeInt, "epoch": typeInt, "attempt": typeInt, "size": typeInt, "version": typeInt,
	"tier_by_rule": typeBool, "persona_by_rule": typeBool, "dead": typeBool, "business": typeBool, "held_out": typeBool, "introduction": typeBool, "drop_stale": typeBool, "urgent": typeBool, "by_hand": typeBool, "to_contact": typeBool, "judged": typeBool,
	"revenue": typeFloat, "packed": typeBytes, "original": typeBytes,
}

// typeOf returns the type of a column. was_ in front of a name is what the column must be
// before an update.
func typeOf(name string) colType { return columnTypes[strings.TrimPrefix(name, "was_")] }

// names splits a list of columns.
func names(columns string) []string {
	list := strings.Split(columns, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}
