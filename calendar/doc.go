// Package calendar reads the clock on the contact's wall: zones, windows,
// business days, holidays, and the nights on which the clocks change.
//
// It decides when a window opens and closes, and where "3 business days later"
// falls. It refuses to know what waits for that instant, and it never asks what
// time it is: every instant is a parameter and every answer is pure.
//
// Invariants:
//
//   - An instant is open or closed by what the clocks on the wall show at that
//     instant. An hour that the clocks repeat counts twice, an hour that they
//     skip never comes.
//   - [Hours.Next] never answers with an instant before the one asked about, and
//     [Hours.Open] holds from there until the instant it closes, exclusive.
//   - [Offset.From] keeps the local hour for days, months and years, and counts
//     elapsed time for hours and minutes.
//
// The zone data travel with the program, so a bare machine knows them too.
package calendar
