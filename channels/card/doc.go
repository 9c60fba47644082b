// Package card makes what goes by post: postcards, cards and letters.
//
// Prepare lays a piece out and refuses what does not fit, what the font has no letters for,
// and a picture that would print badly; so whatever is opened can be printed. The bytes of a
// piece are its contents, not its PDF: a press wants one file with a whole batch in it, which
// [Press.Write] writes, with the addresses as CSV and a sheet for the printer. The same piece
// always gives the same bytes, and the same batch the same PDF.
//
// Two things can become of a piece. Printed here, it is open until its batch is posted
// (ops.PostBatch): nobody knows before that it left. A [Carrier] that prints and posts by
// itself takes it at once.
package card
