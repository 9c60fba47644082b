// Package sms delivers text messages through a gateway: Twilio, or any other that takes an
// HTTP request.
//
// It decides what a text becomes (segments, cost) and what the gateway's answer means. It
// knows nothing of contacts, consent, hours or stop words that come in. Its invariants, besides
// those of package channels:
//
//   - A text goes to a country of the allow-list only.
//   - Where a request had left and no answer came, the gateway is asked for the message before
//     anything else is said of it; what can't be found is [channels.Unknown].
package sms
