package inbox

import (
	"strings"

	"github.com/emersion/go-smtp"
)

// xoauth2 is the mechanism by which Google and Microsoft take access tokens.
const xoauth2 = "XOAUTH2"

// tokenServer is its far end: one line with user and token; a refusal is explained in a
// challenge, which the client answers with nothing before it is told.
type tokenServer struct {
	takes   func(user, token string) bool
	refused bool
}

// Next takes the client's line, and then its empty one.
func (s *tokenServer) Next(said []byte) (challenge []byte, done bool, err error) {
	if s.refused || said == nil {
		if s.refused {
			return nil, false, smtp.ErrAuthFailed
		}
		return []byte{}, false, nil
	}
	user, token := "", ""
	for field := range strings.SplitSeq(string(said), "\x01") {
		if v, ok := strings.CutPrefix(field, "user="); ok {
			user = v
		}
		if v, ok := strings.CutPrefix(field, "auth=Bearer "); ok {
			token = v
		}
	}
	if s.takes(user, token) {
		return nil, true, nil
	}
	s.refused = true
	return []byte(`{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}`), false, nil
}
