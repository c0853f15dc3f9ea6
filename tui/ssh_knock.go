package tui

import (
	"strings"

	"crosstalk/notes"
	"crosstalk/session"
)

// Knock is somebody with a key who waits to be let in.
type Knock struct {
	ID              uint64
	Name, From, Key string
	Role            session.Role
}

type knocker struct {
	Knock
	answer chan bool
}

// Knocking returns who has waited longest to be let in.
func (d *Door) Knocking() (Knock, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.knock) == 0 {
		return Knock{}, false
	}
	return d.knock[0].Knock, true
}

// Answer lets somebody in who knocks, or does not.
func (d *Door) Answer(id uint64, yes bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, k := range d.knock {
		if k.ID == id {
			select {
			case k.answer <- yes:
			default:
			}
		}
	}
}

// clipped is a text that others wrote, on one line and of bounded length.
func clipped(s string, n int) string {
	s = strings.Join(strings.Fields(notes.Clean(s)), " ")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
