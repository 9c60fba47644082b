// Package channels is the contract between the worker and whatever delivers a
// message: SMTP, a text-message gateway, a printer of cards, a folder.
//
// It decides nothing about contacts, limits or schedules; a channel knows final
// bytes, a connection and the words that came back. Its invariants:
//
//   - Prepare is pure. Every refusal that needs no network is made there, before
//     anything is claimed, and the bytes it returns are the bytes that go out.
//   - Nothing is written to a connection for a touch that the [Gate] has not
//     permitted, and each permitted touch gets exactly one Done.
//   - A channel never retries. Reconnecting to send the untouched rest of a
//     flight is no retry.
//   - An outcome says what is known and no more: a message whose fate can't be
//     known is [Unknown], never [Temporary].
//
// The package channeltest proves these for any driver:
//
//	func TestConformance(t *testing.T) {
//		channeltest.Run(t, func(t *testing.T) channeltest.Rig { ... })
//	}
package channels
