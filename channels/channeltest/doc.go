// Package channeltest proves that a driver keeps the contract of
// [channels.Channel], whatever it sends through: one message a call, over a
// connection, or as a batch file.
//
// It knows nothing of the driver but what a [Rig] gives: the channel, messages
// for it, and what arrived at the far end. Each check returns an error rather
// than failing a test, so that the package's own tests can show that each check
// fails for a driver that breaks its rule.
//
//	func TestConformance(t *testing.T) {
//		channeltest.Run(t, func(t *testing.T) channeltest.Rig {
//			far := startFarEnd(t)
//			return channeltest.Rig{Channel: New(far.Addr()), Arrived: far.MessageIDs}
//		})
//	}
package channeltest
