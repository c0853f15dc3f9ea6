package tui

import (
	"fmt"
	"strings"

	"crosstalk/session"
)

// people is who is here, in one line of at most w columns: who holds the dial, how
// many others look on and, where there is room, who; and, for a guest, what one is
// oneself, which is what one has to know.
func (m *Model) people(w int) string {
	p := m.s.Pair
	holder := p.Holder
	if holder == "" {
		holder = m.s.Start.As
	}
	if holder == "" {
		return ""
	}
	driver := "driver " + holder
	if p.Lost >= 0 {
		driver += " (gone)"
	}
	others := m.others()
	me := m.ownWords()
	for k := len(others); k >= 0; k-- {
		if text := driver + others.words(k) + me; width(text) <= w {
			return text
		}
	}
	return cut(m.peopleBrief(driver, others), w)
}

// names are people in the order in which they came.
type names []string

// others are all who are here and do not hold the dial, each once.
func (m *Model) others() (all names) {
	seen := map[string]bool{m.s.Pair.Holder: true, "": true}
	if m.s.Pair.Holder == "" {
		seen[m.s.Start.As] = true
	}
	for _, s := range m.seats() {
		if !seen[s.name] {
			seen[s.name], all = true, append(all, s.name)
		}
	}
	return all
}

// words count people and name the first k of them.
func (n names) words(k int) string {
	if len(n) == 0 {
		return ""
	}
	text := fmt.Sprintf(" +%d", len(n))
	if k == 0 {
		return text
	}
	text += ": " + strings.Join(n[:k], ", ")
	if k < len(n) {
		text += ", …"
	}
	return text
}

// ownWords are what this viewer has to know of itself.
func (m *Model) ownWords() string {
	switch {
	case m.pair.at.driver: // who that is stands there
		return " · following, Esc ends it"
	case m.pair.follow != "":
		return " · following " + m.pair.follow + ", Esc ends it"
	case !m.o.Host && m.o.Who.Name != "":
		return " · you are " + m.o.Who.Name + ", " + string(m.s.RoleOf(m.o.Who))
	case m.o.Host && m.o.Who.Name != m.s.Pair.Holder && m.o.Who.Name != "":
		return " · you are " + m.o.Who.Name
	}
	return ""
}

// peopleBrief is people where there is little room.
func (m *Model) peopleBrief(driver string, others names) string {
	text := driver + others.words(0)
	switch {
	case m.pair.follow != "":
		text += " · following"
	case m.s.Holds(m.o.Who.Name) && !m.o.Host:
		text = "you drive" + others.words(0)
	case m.o.Host:
	case m.s.RoleOf(m.o.Who) == session.Observer:
		text += " · you watch"
	default:
		text += " · you navigate"
	}
	return text
}
