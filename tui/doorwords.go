package tui

import (
	"fmt"
	"strings"
)

// skippedShown is how many lines that let nobody in are shown.
const skippedShown = 2

// looks are what the host has to know of an open door: who else than this machine
// reaches it, and which lines of the file let nobody in.
func (d Sight) looks() (all []string) {
	if !d.Open {
		return nil
	}
	if d.Trouble != "" {
		all = append(all, "nobody comes in any more: "+d.Trouble)
	}
	if d.Warning != "" {
		all = append(all, d.Warning)
	}
	if n := len(d.Skipped); n > 0 {
		text := "let nobody in: " + strings.Join(d.Skipped[:min(n, skippedShown)], "; ")
		if n > skippedShown {
			text += fmt.Sprintf("; and %d more", n-skippedShown)
		}
		all = append(all, text)
	}
	return all
}

// doorOpen says that the door is open and, if need be, what to look at.
func (m *Model) doorOpen() {
	looks := m.o.Door.Sight().looks()
	m.pair.door = strings.Join(looks, "; ")
	m.say(strings.Join(append([]string{"the door is open: s shows what to send"}, looks...), " · ! "), len(looks) > 0)
}

// doorRow tells of an open door before the first user.
func (m *Model) doorRow(row func(string, ...piece)) {
	if m.o.Door == nil || !m.o.Host {
		return
	}
	d := m.o.Door.Sight()
	if !d.Open {
		return
	}
	label := "Door"
	if d.Warning == "" {
		row(label, piece{"open at " + d.Addr + ", which this machine alone reaches", inkText})
		label = ""
	}
	for _, text := range d.looks() {
		row(label, piece{"▲ " + text, inkAmber})
		label = ""
	}
}

// watchDoor says what has become of the file of keys since, without being asked.
func (m *Model) watchDoor() {
	if m.o.Door == nil || !m.o.Host {
		return
	}
	d := m.o.Door.Sight()
	looks := strings.Join(d.looks(), "; ")
	if looks == m.pair.door {
		return
	}
	m.pair.door = looks
	switch d.Warning = ""; {
	case !d.Open:
	case len(d.looks()) > 0:
		m.say(d.Allow+": "+strings.Join(d.looks(), " · "), true)
	default:
		m.say(d.Allow+fmt.Sprintf(": %s may come in", plural(d.Keys, "key", "keys")), false)
	}
}
