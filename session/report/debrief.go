package report

import (
	"fmt"
	"strings"

	"crosstalk/session"
)

// Reply is one answer of the debrief.
type Reply struct {
	Question string `json:"question"` // its key in the journal
	Name     string `json:"name"`
	Text     string `json:"text"`
}

// Split is how the worked time was spent, in seconds. Opportunity is the part
// of all three that went beside the charter.
type Split struct {
	Test        float64 `json:"test"`
	Bug         float64 `json:"bug"`
	Setup       float64 `json:"setup"`
	Opportunity float64 `json:"opportunity"`
}

// Again is one thing that an earlier session left open, and what became of it.
type Again struct {
	From    string `json:"from"` // the earlier session
	Note    string `json:"note"`
	Kind    string `json:"kind"`
	Text    string `json:"text"`
	Outcome string `json:"outcome"` // still, gone or changed; "" when nobody looked
}

// debrief gathers what people said about the session as a whole.
func (b *builder) debrief() {
	m := b.m
	for _, q := range session.Questions() {
		if text := b.st.Answers[q.Key]; text != "" && q.Key != "learned" {
			m.Debrief = append(m.Debrief, Reply{Question: q.Key, Name: q.Name, Text: text})
		}
	}
	for _, i := range b.st.Items {
		m.Again = append(m.Again, Again{From: i.From, Note: i.Note, Kind: string(i.Kind), Text: i.Text, Outcome: i.Outcome})
	}
	if p, ok := b.st.SplitAt(b.ms); ok {
		m.Session.Split = &Split{Test: secs(p.Test), Bug: secs(p.Bug), Setup: secs(p.Setup), Opportunity: secs(p.Opportunity)}
	}
	m.Session.Worked = b.st.Worked(b.ms).Seconds()
	c := b.st.Mission
	c.Text = ""
	m.Session.Mission = c
}

// earlier lists what an earlier session left open.
func (p *page) earlier(m *Model) {
	if len(m.Again) == 0 {
		return
	}
	p.section("From the earlier session")
	var rows [][]string
	for _, a := range m.Again {
		outcome := a.Outcome
		if outcome == "" {
			outcome = "not looked at"
		}
		rows = append(rows, []string{outcome, inline(a.Note), inline(a.Kind), inline(cut(a.Text, maxCell*4)), inline(a.From)})
	}
	p.table([]string{"Now", "Note", "Kind", "Text", "Session"}, rows)
}

func (p *page) debrief(m *Model) {
	if len(m.Debrief) == 0 {
		return
	}
	p.section("Debrief")
	for _, r := range m.Debrief {
		p.line("**%s.**\n\n%s", r.Name, quoted(cut(r.Text, 4000)))
	}
}

// mission are the setup's rows that a charter in full, and the time split, add.
func mission(h Header) [][]string {
	var rows [][]string
	add := func(name string, values []string) {
		if len(values) > 0 {
			rows = append(rows, []string{name, inline(cut(strings.Join(values, "; "), maxCell*4))})
		}
	}
	c := h.Mission
	add("Areas", c.Areas)
	add("Environments", c.Environments)
	add("People", c.People)
	add("Stop rules", c.StopRules)
	add("Out of scope", c.OutOfScope)
	add("Architecture, as its owners told it", c.Architecture)
	return append(rows, []string{"Time split", splitWords(h.Split)})
}

func splitWords(s *Split) string {
	if s == nil {
		return "not measured: nobody said what they did (F2, F3, F4)"
	}
	all := s.Test + s.Bug + s.Setup
	if all <= 0 {
		return "nothing measured"
	}
	part := func(v float64) string { return fmt.Sprintf("%.0f %%", 100*v/all) }
	text := fmt.Sprintf("test %s, bug %s, setup %s of %s", part(s.Test), part(s.Bug), part(s.Setup), lasting(all))
	if s.Opportunity > 0 {
		text += ", " + part(s.Opportunity) + " beside the charter"
	}
	return text
}
