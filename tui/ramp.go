package tui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// rampKeys plan a climb of the dial.
func rampKeys() []binding {
	return []binding{
		{id: "ramp", keys: []string{"r"}, show: "r", does: "ramp: planned steps; any key holds it", group: groupUsers, cmd: session.MoveDial{By: 1},
			act: func(m *Model, _ string) tea.Cmd { m.rampForm(); return nil }},
	}
}

// ramped is the plan that is proposed: the last one, else the one from which
// most begin.
func (m *Model) ramped() session.Ramp {
	r := m.plan
	if r.Step == 0 {
		r = session.Ramp{To: min(max(10, m.s.DialMax()), 200), Step: 20, Every: 30 * time.Second, Until: session.UntilAmber}
		if r.To < 100 {
			r.Step = max(1, r.To/10)
		}
	}
	return r
}

// rampForm asks for the plan of a ramp.
func (m *Model) rampForm() {
	r := m.ramped()
	f := form{title: "RAMP", about: "planned steps on staging; any key holds it ", verb: "starts it",
		sum:  func(f *form) string { return m.rampSum(f) },
		done: func(m *Model, f *form) tea.Cmd { return m.beginRamp(f) }}
	word := m.s.Unit().Word()
	add := func(key, name, asks, proposed string) {
		f.fields = append(f.fields, field{key: key, name: name, asks: asks, proposed: proposed})
	}
	add("to", "To", fmt.Sprintf("%s at the end; the dial asks for %d now, the cap is %d", word, m.s.Dial.Asked, m.s.DialMax()), strconv.Itoa(r.To))
	add("step", "In steps of", word+" more with each step", strconv.Itoa(r.Step))
	add("every", "For", "time for each level, with its unit: 30 s, 2 min", session.SpanWords(r.Every))
	add("until", "Stop when", "production is amber, red, or never", r.Until)
	m.openForm(f)
}

// planned reads the form.
func (m *Model) planned(f *form) (session.Ramp, error) {
	text := map[string]string{}
	for _, e := range f.fields {
		t := strings.TrimSpace(e.editor.text)
		if t == "" {
			t = e.proposed
		}
		text[e.key] = strings.ToLower(t)
	}
	r := session.Ramp{Until: text["until"]}
	var err error
	if r.To, err = strconv.Atoi(text["to"]); err != nil {
		return r, fmt.Errorf("to %q: a number of %s is needed, such as 200", text["to"], m.s.Unit().Word())
	}
	if r.Step, err = strconv.Atoi(text["step"]); err != nil {
		return r, fmt.Errorf("in steps of %q: a number is needed, such as 20", text["step"])
	}
	if r.Every, err = session.ParseSpan(text["every"]); err != nil {
		return r, fmt.Errorf("for %w", err)
	}
	return r, r.Check(m.s.Dial.Asked)
}

// rampSum is what the plan in the form comes to.
func (m *Model) rampSum(f *form) string {
	r, err := m.planned(f)
	if err != nil {
		return ""
	}
	n := r.Levels(m.s.Dial.Asked)
	all := time.Duration(n) * r.Every
	words := session.SpanWords(all)
	if rest := all % time.Minute; all > 2*time.Minute && rest > 0 {
		words = fmt.Sprintf("%d min %d s", all/time.Minute, rest/time.Second)
	}
	text := fmt.Sprintf("%s, %s in all", plural(n, "level", "levels"), words)
	if m.guardEnds(r) {
		text += " · " + guardEnds
	}
	return text
}

// guardEnds is what holds a ramp that is not to stop at amber: at amber the guard
// does.
const guardEnds = "the guard's hold ends it all the same"

// guardEnds tells whether there is a guard that holds before the ramp stops.
func (m *Model) guardEnds(r session.Ramp) bool {
	return (r.Until == session.UntilRed || r.Until == session.UntilNever) && m.s.Start.NoGuard == "" && m.s.Watched("production") && r.To > m.s.Dial.Asked
}

// beginRamp gives the plan, or opens the form again and says what is wrong.
func (m *Model) beginRamp(f *form) tea.Cmd {
	r, err := m.planned(f)
	if err == nil {
		err = m.src.May(m.o.Who, session.StartRamp{Ramp: r})
	}
	if err != nil {
		m.mode, f.wrong = modeForm, err.Error()
		return nil
	}
	m.plan = r
	return m.do(session.StartRamp{Ramp: r})
}

// holdsRamp tells whether this viewer's keys hold the ramp under way.
func (m *Model) holdsRamp() bool {
	return m.s.Ramp != nil && m.replay == nil && m.src.May(m.o.Who, session.EndRamp{}) == nil
}

// byHand does what a key, a paste or the mouse does. A ramp that it holds ends
// first.
func (m *Model) byHand(did string, act func() tea.Cmd) tea.Cmd {
	if m.leaving || !m.holdsRamp() {
		return act()
	}
	end := m.do(session.EndRamp{Why: m.o.Who.Name + " " + did})
	rest := act()
	if rest == nil {
		return end
	}
	return func() tea.Msg {
		end()
		return rest()
	}
}

// rampTold says where a ramp ended, and why, unless a hand on the dial or a stop
// shows it.
func (m *Model) rampTold(b *session.RampEnd) {
	word := "held"
	if b.Done {
		word = "ended"
	}
	m.say(fmt.Sprintf("ramp %s at %s: %s", word, m.amount(b.At), b.Why), false)
}

// rampLines are the ramp under way, for the note box; nil when there is none.
func (m *Model) rampLines() (text string, keys []keyHint) {
	next, left, ok := m.s.NextOfRamp(m.elapsed().Milliseconds())
	if !ok {
		return "", nil
	}
	v := m.s.Ramp
	all := v.Ramp.Levels(v.From)
	at := max(0, all-v.Ramp.Levels(m.s.Dial.Asked)) // its first move may be still to come
	text = fmt.Sprintf("Ramp to %s: %s level %d of %d. ", m.amount(v.Ramp.To), m.bar(at, all), at, all)
	switch secs := int(left.Seconds() + 0.999); {
	case left <= 0:
		text += fmt.Sprintf("Waits until %s run.", m.amount(m.s.Dial.Asked))
	case next == m.s.Dial.Asked:
		text += fmt.Sprintf("The last level, for %d s more.", secs)
	default:
		text += fmt.Sprintf("Next %s in %d s.", m.amount(next), secs)
	}
	switch v.Ramp.Until {
	case session.UntilNever:
		if m.guardEnds(v.Ramp) {
			text += " Stops when the guard holds."
		}
	case session.UntilRed:
		text += " Stops when production is red"
		if m.guardEnds(v.Ramp) {
			text += ", or the guard holds"
		}
		text += "."
	default:
		text += " Stops when production is amber."
	}
	switch {
	case m.replay != nil:
		return text, nil
	case m.holdsRamp():
		return text, []keyHint{{"any key", "holds it"}, {"^x", "stops all load"}}
	}
	return text, []keyHint{{"^x", "stops all load"}}
}

// rampLine is the ramp under way in one line, for above what is being written;
// "" when there is none.
func (m *Model) rampLine() string {
	_, keys := m.rampLines()
	if len(keys) == 0 {
		return ""
	}
	v := m.s.Ramp
	all := v.Ramp.Levels(v.From)
	return fmt.Sprintf("Ramp to %s, %d of %d · %s %s", m.amount(v.Ramp.To), max(0, all-v.Ramp.Levels(m.s.Dial.Asked)), all, keys[0].key, keys[0].does)
}

// bar is so many of all, in ten cells at most.
func (m *Model) bar(at, all int) string {
	n := min(10, all)
	full := min(max(0, at), all) * n / max(1, all)
	return strings.Repeat("█", full) + strings.Repeat("░", n-full)
}
