// Package paper lays out what goes by post: it says where on a sheet each line of a postcard,
// a card or a letter stands, or why a text does not fit. It knows paper, fonts and addresses,
// and neither PDF nor who prints.
//
// The zones that a post wants free of ink are kept: the franking at the upper right, the
// address block, and the strip at the bottom that sorting machines print on (Deutsche Post,
// "Automationsfähige Briefsendungen"; USPS, Domestic Mail Manual 202; Lob, "Postcards").
package paper
