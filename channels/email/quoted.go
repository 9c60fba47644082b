package email

// qpWidth is how long a line of quoted-printable text is at most, without the = of a soft
// break (RFC 2045 section 6.7).
const qpWidth = 75

// qpPlain tells which bytes stand for themselves. Spaces and tabs do but at the end of a
// line.
var qpPlain = func() (plain [256]bool) {
	for c := ' '; c <= '~'; c++ {
		plain[c] = c != '='
	}
	plain['\t'] = true
	return plain
}()

// appendQuotedPrintable encodes text. Every kind of line end becomes CR LF.
func appendQuotedPrintable(b []byte, text string) []byte {
	column := 0
	for i := 0; i < len(text); i++ {
		run := i
		for i < len(text) && qpPlain[text[i]] {
			i++
		}
		b, column = appendPlain(b, text[run:i], column)
		if i == len(text) {
			break
		}
		switch c := text[i]; c {
		case '\r', '\n':
			b = append(closeLine(b, column), "\r\n"...)
			column = 0
			if c == '\r' && i+1 < len(text) && text[i+1] == '\n' {
				i++
			}
		default:
			b, column = appendEncoded(b, c, column)
		}
	}
	return closeLine(b, column)
}

// appendPlain writes bytes that stand for themselves, with soft breaks where a line is full.
func appendPlain(b []byte, run string, column int) ([]byte, int) {
	for {
		n := min(qpWidth-column, len(run))
		b = append(b, run[:n]...)
		column, run = column+n, run[n:]
		if run == "" {
			return b, column
		}
		b, column = append(b, "=\r\n"...), 0
	}
}

func appendEncoded(b []byte, c byte, column int) ([]byte, int) {
	const digits = "0123456789ABCDEF"
	if qpWidth-column < 3 {
		b, column = append(b, "=\r\n"...), 0
	}
	return append(b, '=', digits[c>>4], digits[c&0xf]), column + 3
}

// closeLine encodes a space or tab at the end of a line: who carries the mail may take it
// for nothing.
func closeLine(b []byte, column int) []byte {
	if column == 0 {
		return b
	}
	if last := b[len(b)-1]; last == ' ' || last == '\t' {
		b, _ = appendEncoded(b[:len(b)-1], last, column-1)
	}
	return b
}
