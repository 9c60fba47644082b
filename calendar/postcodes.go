package calendar

import (
	"strings"
)

// Letters of the zones in the tables below.
var postZones = map[byte]string{
	'E': "America/New_York", 'C': "America/Chicago", 'M': "America/Denver", 'P': "America/Los_Angeles", 'Z': "America/Phoenix",
	'K': "America/Anchorage", 'D': "America/Adak", 'H': "Pacific/Honolulu", 'R': "America/Puerto_Rico", 'S': "Pacific/Pago_Pago",
	'n': "America/St_Johns", 'g': "America/Goose_Bay", 'h': "America/Halifax", 't': "America/Toronto", 'w': "America/Winnipeg",
	'r': "America/Regina", 'e': "America/Edmonton", 'v': "America/Vancouver", 'y': "America/Whitehorse",
}

// zips are the zones of US ZIP codes by their first three digits (USPS L002), from there up to
// the next entry; two letters where a border of zones goes through. - is nobody's, or the
// forces', who are anywhere.
var zips = []struct {
	from  string
	zones string
}{
	{"000", "-"},
	{"005", "E"},
	{"006", "R"},
	{"010", "E"},
	{"090", "-"},
	{"100", "E"},
	{"324", "EC"},
	{"325", "C"},
	{"326", "E"},
	{"340", "-"},
	{"341", "E"},
	{"350", "C"},
	{"368", "EC"},
	{"369", "C"},
	{"373", "EC"},
	{"374", "E"},
	{"375", "C"},
	{"376", "E"},
	{"377", "EC"},
	{"379", "E"},
	{"380", "C"},
	{"385", "EC"},
	{"386", "C"},
	{"398", "E"},
	{"401", "EC"},
	{"402", "E"},
	{"420", "C"},
	{"425", "E"},
	{"426", "EC"},
	{"428", "E"},
	{"463", "C"},
	{"465", "EC"},
	{"466", "E"},
	{"475", "EC"},
	{"477", "C"},
	{"478", "E"},
	{"479", "EC"},
	{"480", "E"},
	{"498", "EC"},
	{"500", "C"},
	{"570", "C"},
	{"575", "CM"},
	{"577", "M"},
	{"580", "C"},
	{"585", "CM"},
	{"587", "C"},
	{"588", "CM"},
	{"590", "M"},
	{"600", "C"},
	{"677", "CM"},
	{"679", "C"},
	{"690", "CM"},
	{"693", "M"},
	{"700", "C"},
	{"798", "CM"},
	{"799", "M"},
	{"800", "M"},
	{"835", "MP"},
	{"836", "M"},
	{"838", "P"},
	{"840", "M"},
	{"850", "Z"},
	{"859", "ZM"},
	{"861", "Z"},
	{"865", "ZM"},
	{"866", "Z"},
	{"870", "M"},
	{"889", "P"},
	{"898", "PM"},
	{"899", "P"},
	{"962", "-"},
	{"967", "H"},
	{"969", "-"},
	{"970", "P"},
	{"979", "PM"},
	{"980", "P"},
	{"995", "K"},
}

// fiveDigits are ZIP codes apart from those around them.
var fiveDigits = map[string]string{"96799": "S", "99546": "D", "99547": "D"}

// postals are the zones of Canadian postal codes by their first letter.
var postals = map[byte]string{
	'A': "ng", 'B': "h", 'C': "h", 'E': "h", 'G': "th", 'H': "t", 'J': "t", 'K': "t", 'L': "t", 'M': "t", 'N': "t", 'P': "tw", 'R': "w", 'S': "r", 'T': "e", 'V': "ve", 'Y': "y",
}

// zonesOfPostcode returns the zones that a postal code may be in; none if nobody knows.
func zonesOfPostcode(country, code string) (names []string) {
	letters := ""
	switch code = strings.ToUpper(strings.TrimSpace(code)); {
	case len(code) < 3:
	case strings.EqualFold(country, "US") && allDigits(code[:3]):
		letters = zipZones(code)
	case strings.EqualFold(country, "CA"):
		letters = postals[code[0]]
	}
	for i := range len(letters) {
		if name, ok := postZones[letters[i]]; ok {
			names = append(names, name)
		}
	}
	return names
}

func zipZones(code string) (letters string) {
	if len(code) >= 5 {
		if special, ok := fiveDigits[code[:5]]; ok {
			return special
		}
	}
	for _, z := range zips {
		if z.from > code[:3] {
			break
		}
		letters = z.zones
	}
	return letters
}

func allDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}
