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

// slips are what is wrong with the file of keys of an open door; "" if nothing is.
func (d Sight) slips() string {
	d.Warning = ""
	return strings.Join(d.looks(), "; ")
}

// news tell what has become of the file of keys.
func (d Sight) news() string {
	if slips := d.slips(); slips != "" {
		return d.Allow + ": " + slips
	}
	return d.Allow + ": " + plural(d.Keys, "key", "keys") + " may come in"
}

// doorOpen says that the door is open and, if need be, what to look at.
func (m *Model) doorOpen() {
	d := m.o.Door.Sight()
	looks := d.looks()
	m.pair.door = d.slips()
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
	slips := d.slips()
	if slips == m.pair.door {
		return
	}
	if m.pair.door = slips; d.Open {
		m.say(d.news(), slips != "")
	}
}
