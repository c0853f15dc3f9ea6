package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
	"crosstalk/session"
)

// The size of a card: it stands in a terminal of 80x24 with room around it.
const (
	cardWidth = 77
	cardLines = 16
)

// Card answers "what are you doing right now?" for somebody who asks over a
// shoulder: who, what, where, how much load, how production is and whether it
// gets better or worse, who can stop it, what was found, when it is done. At
// most 16 lines of 77 columns, plain text; clock times are in now's zone.
func Card(st *session.State, now time.Time) []string {
	v := status(st, now)
	if v.State == Empty {
		return []string{" SESSION     nothing is known yet: the journal is empty"}
	}
	c := &card{zone: now.Location()}
	c.row("SESSION", c.session(v))
	c.row("WE ARE", c.charter(v))
	c.row("NOW", c.load(v))
	if st.Start.ID != "" && !st.Watched(production) {
		c.row("PRODUCTION", "NOT WATCHED: nothing tells whether load reaches it")
	} else {
		c.row("PRODUCTION", envWords(v.Production, over(v))+" · only watched")
		c.more(envMore(v.Production, ""))
		if v.Production.State != green {
			c.more(v.Production.Why)
		}
	}
	load := "no load now"
	if v.State == goneState {
		load = "the load died with its process"
	} else if v.State == silentState {
		load = "load not known"
	} else if v.Running > 0 && v.State != Ended {
		load = "under load" + v.Fleet.from()
	}
	c.row("STAGING", envWords(v.Staging, over(v))+" · "+load)
	good := "no level was good yet"
	if v.LastGood != nil {
		good = "last good " + v.amount(*v.LastGood)
	}
	if v.Staging.State != green && v.Staging.Why != "" {
		good += " · " + v.Staging.Why
	}
	c.more(envMore(v.Staging, good))
	c.row("GUARD", guardWords(v))
	c.row("STOP", stopWords(v))
	c.row("FOUND", foundStatus(v))
	if n := v.Latest; n != nil {
		c.more(fmt.Sprintf("latest %s %s: %s", c.clock(n.T), n.Kind, n.Text))
	}
	c.row("NEXT", c.next(st, v))
	return c.lay()
}

// card is what the card says, row by row.
type card struct {
	zone *time.Location
	rows []cardRow
}

type cardRow struct{ name, text string }

func (c *card) row(name, text string) { c.rows = append(c.rows, cardRow{name, oneLine(text)}) }

// more goes on with the row above; nothing is left out of a card by an empty line.
func (c *card) more(text string) {
	if text != "" {
		c.row("", text)
	}
}

const cardRoom = cardWidth - 13 // columns of a row's text

// lay gives a row that is too long a second line, as far as there are lines: the
// rows above before the ones below. What still has no room ends after a word.
func (c *card) lay() []string {
	spare := cardLines - len(c.rows)
	var lines []string
	for _, r := range c.rows {
		text, name := r.text, r.name
		if first := wordsWithin(text, cardRoom); first != text && spare > 0 {
			spare--
			lines = append(lines, fmt.Sprintf(" %-11s %s", name, first))
			text, name = strings.TrimPrefix(strings.TrimSpace(text[len(first):]), "· "), ""
		}
		if fits := wordsWithin(text, cardRoom); fits != text {
			text = wordsWithin(text, cardRoom-2) + " …"
		}
		lines = append(lines, strings.TrimRight(fmt.Sprintf(" %-11s %s", name, text), " "))
	}
	return lines
}

// wordsWithin is the beginning of text that has room, up to the end of a word where
// one ends there.
func wordsWithin(text string, room int) string {
	if ansi.StringWidth(text) <= room {
		return text
	}
	cut := ansi.Truncate(text, room, "")
	if !strings.HasPrefix(text[len(cut):], " ") {
		if i := strings.LastIndexByte(cut, ' '); i > 0 {
			cut = cut[:i]
		}
	}
	return strings.TrimRight(strings.TrimSuffix(strings.TrimRight(cut, " "), "·"), " ")
}

func (c *card) clock(t time.Time) string { return t.In(c.zone).Format("15:04") }

// oneLine makes foreign text harmless for a terminal's line.
func oneLine(s string) string { return strings.Join(strings.Fields(tidy(s)), " ") }

func (c *card) session(v *Status) string {
	state := map[string]string{Running: "RUNNING", Ended: "ENDED after", silentState: "SILENT at", goneState: "STOPPED UNASKED at"}[v.State]
	text := state + " " + clock(v.Worked)
	if v.Paused {
		text = "PAUSED at " + clock(v.Worked)
	}
	if v.Timebox > 0 {
		text += " of " + clock(v.Timebox)
	}
	if v.Elapsed-v.Worked >= 1 {
		text += " worked (" + clock(v.Elapsed) + " by the clock)"
	}
	switch {
	case v.State == silentState || v.State == goneState:
		text += ", nothing heard for " + lasting(*v.Heard)
	case v.Left != nil && *v.Left >= 0:
		text += ", " + minutes(*v.Left) + " left"
	case v.Left != nil:
		text += ", " + minutes(-*v.Left) + " over"
	}
	people := orUnknown(v.Driver) + " drives"
	if v.lost {
		people = orUnknown(v.Driver) + " holds the dial and is not here"
	}
	var others []string
	for _, p := range v.People {
		if p != v.Driver {
			others = append(others, p)
		}
	}
	if len(others) > 0 {
		people += ", with " + list(others)
	}
	return text + " · " + people
}

// minutes is a span that a person plans by: seconds count only near its end.
func minutes(seconds float64) string {
	if seconds >= 600 {
		return lasting(math.Floor(seconds/60) * 60)
	}
	return lasting(math.Floor(seconds))
}

func (c *card) charter(v *Status) string {
	if strings.TrimSpace(v.Charter) == "" {
		return "exploring without a charter"
	}
	// "Explore x" is what a charter says, "exploring x" is what we are doing.
	if rest, ok := strings.CutPrefix(v.Charter, "Explore "); ok {
		return "exploring " + rest
	}
	return v.Charter
}

func (c *card) load(v *Status) string {
	verb := "holding"
	switch {
	case v.State == Ended:
		return "no load: the session has ended"
	case over(v):
		return fmt.Sprintf("none: it died with its process. when last heard, %d of %s ran", v.Running, v.amount(v.Asked))
	case v.State == silentState:
		return fmt.Sprintf("not known. when last heard, %d of %s ran on STAGING ONLY", v.Running, v.amount(v.Asked))
	case v.Asked == 0 && v.Running == 0:
		return fmt.Sprintf("no load, for %s. staging is %s", lasting(v.Level), orUnknown(v.Target))
	case v.Running < v.Asked:
		verb = "rising to"
		if v.Ceiling != nil && *v.Ceiling < v.Asked {
			verb = "held below"
		}
	case v.Running > v.Asked:
		verb = "falling to"
	}
	text := fmt.Sprintf("%s %s", verb, v.amount(v.Asked))
	if v.Running != v.Asked {
		text += fmt.Sprintf(" (%d running)", v.Running)
	}
	most := fmt.Sprint(v.Limit)
	if session.Unit(v.Mode).Rate() {
		most = v.amount(v.Limit)
	}
	return text + fmt.Sprintf(", STAGING ONLY, for %s, cap %s", lasting(v.Level), most)
}

func envWords(e StatusEnv, past bool) string {
	errs := "errors not known"
	if e.Errors != nil {
		errs = "errors " + percent(*e.Errors)
	}
	state := strings.ToUpper(orUnknown(e.State))
	if past {
		state += " at the end"
	}
	text := fmt.Sprintf("%s · p95 %s · %s", state, latency(e.P95), errs)
	if e.Age != nil && !past {
		text += " · " + lasting(*e.Age) + " ago"
	}
	return text
}

// envMore tells how an environment goes, and what is usual.
func envMore(e StatusEnv, more string) string {
	var parts []string
	switch e.Trend {
	case NotKnown:
		parts = append(parts, "trend not known")
	case steady:
		parts = append(parts, "steady")
	default:
		parts = append(parts, "getting "+e.Trend)
	}
	if e.Usual != nil {
		parts = append(parts, "usual p50 "+millis(*e.Usual))
	}
	if more != "" {
		parts = append(parts, more)
	}
	return strings.Join(parts, " · ")
}

func guardWords(v *Status) string {
	if !v.Guard.On {
		return "off: " + v.Guard.Why
	}
	text := v.Guard.State
	switch {
	case v.Guard.State != "run" && v.Guard.Why != "":
		text += ": " + v.Guard.Why
	case v.Guard.Blind:
		text = fmt.Sprintf("unguarded: production is not watched, %s at most", v.amount(session.DefaultRules().FewUsers))
	case v.Guard.State == "run":
		text += ": nothing speaks against the load"
	}
	return fmt.Sprintf("%s · %s, %s so far", text, count(v.Guard.Cuts, "cut", "cuts"), count(v.Guard.Holds, "hold", "holds"))
}

func stopWords(v *Status) string {
	last := v.LastStop
	if last == "" {
		last = "none yet"
	}
	return "ctrl+x, anyone at any time · last stop: " + last
}

func foundStatus(v *Status) string {
	var parts []string
	for _, k := range v.Notes {
		n := int(min(k.Count, 1<<30))
		parts = append(parts, fmt.Sprintf("%d %s", k.Count, kindWord(notes.Kind(k.Name), n)))
	}
	if len(parts) == 0 {
		return "nothing noted yet"
	}
	text := strings.Join(parts, ", ")
	if v.Open > 0 {
		text += fmt.Sprintf(" · %d open", v.Open)
	}
	return text
}

// next is the newest open follow-up, and when it will be over.
func (c *card) next(st *session.State, v *Status) string {
	next := "no follow-up noted"
	for _, n := range st.Notes.Notes {
		if n.Kind == notes.Next && n.Open() {
			next = n.Text
		}
	}
	if v.State == silentState || v.State == goneState {
		return "not known when it will be done · " + next
	}
	if v.DoneAbout != nil {
		return fmt.Sprintf("done about %s, then the report · %s", c.clock(*v.DoneAbout), next)
	}
	if v.State == Ended {
		return "ended: the report is there · " + next
	}
	return "no timebox · " + next
}

// StatusLine is the same in one line, for a status bar.
func StatusLine(st *session.State, now time.Time) string {
	v := status(st, now)
	if v.State == Empty {
		return "crosstalk: nothing known yet"
	}
	load := fmt.Sprintf("%d of %s", v.Running, v.amount(v.Asked))
	parts := []string{fmt.Sprintf("crosstalk %s %s", v.State, clock(v.Worked)), load,
		"staging " + orUnknown(v.Staging.State) + " " + latency(v.Staging.P95),
		"production " + orUnknown(v.Production.State) + " " + latency(v.Production.P95),
		"guard " + v.Guard.State}
	switch {
	case !v.Guard.On:
		parts[len(parts)-1] = "guard off"
	case v.Guard.Blind && v.Guard.State == "run":
		parts[len(parts)-1] = "unguarded"
	}
	if st.Start.ID != "" && !st.Watched(production) {
		parts[len(parts)-2] = "production not watched"
	}
	return oneLine(strings.Join(parts, " · "))
}

// over tells whether nothing more will be heard of a session.
func over(v *Status) bool { return v.State == Ended || v.State == goneState }
