package simulation

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"date": func(r *Report) string { return r.From.Format("2 Jan 2006") + " to " + r.To.Format("2 Jan 2006") },
}).Parse(pageText))

// Page writes a report as one HTML page that needs nothing else: no script, no font, no
// picture from elsewhere. other is the report of another policy to compare with; nil: none.
func Page(r, other *Report) ([]byte, error) {
	var b bytes.Buffer
	err := page.Execute(&b, view{R: r, Other: other})
	return b.Bytes(), err
}

// view is what the page shows.
type view struct{ R, Other *Report }

// colours of the kinds, apart for the colour-blind too (after Okabe and Ito).
var colours = map[andante.Kind]string{
	andante.Email: "#0072B2", andante.SMS: "#56B4E9", andante.Call: "#D55E00", andante.Visit: "#CC79A7", andante.Video: "#E69F00",
	andante.Postcard: "#009E73", andante.Card: "#7BBF9E", andante.Letter: "#4D7C63", andante.Other: "#777777",
}

// Kinds are those that went, in a fixed order, with their colours.
func (v view) Kinds() (list []kindColour) {
	for _, k := range andante.Kinds {
		if slices.ContainsFunc(v.R.PerWeek, func(w Week) bool { return w.Kinds[k] > 0 }) {
			list = append(list, kindColour{k, colours[k]})
		}
	}
	return list
}

type kindColour struct {
	Kind   andante.Kind
	Colour string
}

const (
	chartWide, chartHigh = 900.0, 220.0
	left, foot           = 50.0, 24.0
)

// Volume draws touches by week, stacked by kind.
func (v view) Volume() template.HTML {
	weeks := v.R.PerWeek
	most := 1
	for _, w := range weeks {
		most = max(most, w.Total)
	}
	top := nice(most)
	var b strings.Builder
	open(&b, chartHigh+foot)
	for i := 0; i <= 4; i++ {
		y := chartHigh - chartHigh*float64(i)/4
		fmt.Fprintf(&b, `<line class="grid" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/><text class="tick" x="%g" y="%.1f" text-anchor="end">%d</text>`, left, chartWide, y, y, left-6, y+4, top*i/4)
	}
	wide := (chartWide - left) / float64(max(len(weeks), 1))
	for i, w := range weeks {
		x, y := left+wide*float64(i), chartHigh
		for _, k := range v.Kinds() {
			h := chartHigh * float64(w.Kinds[k.Kind]) / float64(top)
			if y -= h; h > 0 {
				fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"><title>week of %s: %d %s</title></rect>`, x+wide*0.1, y, wide*0.8, h, k.Colour, w.Week, w.Kinds[k.Kind], k.Kind)
			}
		}
	}
	months(&b, weeks, wide, chartHigh+16)
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

func open(b *strings.Builder, high float64) {
	fmt.Fprintf(b, `<svg viewBox="0 -12 %g %g" role="img" preserveAspectRatio="xMidYMid meet">`, chartWide+10, high+16)
}

// months writes the name of a month under its first week.
func months(b *strings.Builder, weeks []Week, wide, y float64) {
	last := ""
	for i, w := range weeks {
		if month := w.Week[:7]; month != last {
			if last = month; i == 0 || wide*4 > 20 {
				fmt.Fprintf(b, `<text class="tick" x="%.1f" y="%.1f">%s</text>`, left+wide*float64(i), y, monthName(month))
			}
		}
	}
}

func monthName(month string) string {
	names := []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
	var n int
	fmt.Sscanf(month[5:], "%d", &n)
	if n < 1 || n > 12 {
		return month
	}
	return names[n-1]
}

// nice rounds a number up to one that divides well by four.
func nice(n int) int {
	for step := 4; ; step *= 10 {
		for _, k := range []int{1, 2, 3, 5} {
			if n <= step*k {
				return step * k
			}
		}
	}
}

// Heat draws how many contacts got how many touches in each week: the darker, the more.
func (v view) Heat() template.HTML {
	weeks := v.R.PerWeek
	const row = 26.0
	var b strings.Builder
	open(&b, row*(HeatTop+1)+foot)
	wide := (chartWide - left) / float64(max(len(weeks), 1))
	for n := HeatTop; n >= 0; n-- {
		y := row * float64(HeatTop-n)
		name := fmt.Sprint(n)
		if n == HeatTop {
			name += "+"
		}
		fmt.Fprintf(&b, `<text class="tick" x="%g" y="%.1f" text-anchor="end">%s</text>`, left-6, y+row/2+4, name)
		for i, w := range weeks {
			if n >= len(w.Heat) || v.R.Contacts == 0 {
				continue
			}
			share := float64(w.Heat[n]) / float64(v.R.Contacts)
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"><title>week of %s: %d contacts got %s</title></rect>`,
				left+wide*float64(i)+0.5, y+0.5, max(wide-1, 0.5), row-1, shade(share), w.Week, w.Heat[n], name)
		}
	}
	months(&b, weeks, wide, row*(HeatTop+1)+16)
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// shade goes from near white to dark blue; small shares are seen too.
func shade(share float64) string {
	if share <= 0 {
		return "#f4f6f8"
	}
	steps := []string{"#dceaf5", "#b5d3ea", "#86b6d9", "#5596c4", "#2a76ae", "#0a5690", "#053a66"}
	for i, limit := range []float64{0.02, 0.08, 0.2, 0.4, 0.6, 0.8} {
		if share < limit {
			return steps[i]
		}
	}
	return steps[6]
}

// A bar is one line of a chart of bars.
type bar struct {
	Name, Note string
	N          int
	Percent    float64
}

func bars(list []bar) []bar {
	most := 1
	for _, b := range list {
		most = max(most, b.N)
	}
	for i := range list {
		list[i].Percent = 100 * float64(list[i].N) / float64(most)
	}
	return list
}

// Reasons are every "no" and "not yet", the most frequent first.
func (v view) Reasons() (list []bar) {
	for reason, n := range v.R.Reasons {
		list = append(list, bar{Name: string(reason), Note: reason.Text(), N: n})
	}
	slices.SortFunc(list, func(a, b bar) int {
		if a.N != b.N {
			return b.N - a.N
		}
		return strings.Compare(a.Name, b.Name)
	})
	return bars(list)
}

// Spread is how many contacts got how many touches.
func (v view) Spread() (list []bar) {
	for _, b := range v.R.PerContact.Histogram {
		list = append(list, bar{Name: fmt.Sprint(b.Touches), N: b.Contacts})
	}
	return bars(list)
}

// Owners is the peak of each colleague's week.
func (v view) Owners() (list []bar) {
	for _, o := range v.R.PerOwner {
		name := o.Owner
		if name == "" {
			name = "(nobody)"
		}
		list = append(list, bar{Name: name, N: o.Peak, Note: fmt.Sprintf("%.1f a week, %d in all; fullest in the week of %s", o.PerWeek, o.Tasks, o.PeakWeek)})
	}
	return bars(list)
}

// A change is a number under two policies.
type change struct {
	Name       string
	Now, Other int
}

// Diff is what differs in words.
func (c change) Diff() string { return fmt.Sprintf("%+d", c.Other-c.Now) }

// Changes compares the two reports.
func (v view) Changes() []change {
	a, b := v.R, v.Other
	return []change{
		{"touches that went", a.Went(), b.Went()},
		{"put off at least once", a.Deferred, b.Deferred},
		{"median for a contact", a.PerContact.Median, b.PerContact.Median},
		{"most for a contact", a.PerContact.Most, b.PerContact.Most},
		{"broke a limit", a.OverLimit, b.OverLimit},
	}
}

// NotGone is how many did not go.
func (r *Report) NotGone() int {
	return r.Touches[andante.Skipped] + r.Touches[andante.Failed] + r.Touches[andante.Canceled]
}
