package tui

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"crosstalk/notes"
	"crosstalk/tui/picture"
)

// freshNote is how long after a note what is frozen belongs to it.
const freshNote = 2 * time.Minute

// freeze keeps both panes as they stand, as text and as a picture: with the
// selected note, else with an own one that is fresh, else with a new one.
func (m *Model) freeze() tea.Cmd {
	id := m.sel
	if id == "" {
		id = m.mine()
		if n, ok := m.s.Notes.Get(id); ok && m.now.Sub(n.Saved) > freshNote {
			id = ""
		}
	}
	frame := m.panesNow()
	light := !m.st.dark
	at := short(m.elapsed())
	name := "panes-" + strings.ReplaceAll(at, ":", "m") + "s"
	return m.enclose(id, "panes frozen", func() ([]enclosure, error) {
		var svg bytes.Buffer
		title := fmt.Sprintf("Crosstalk: staging and production at %s", at)
		if err := picture.Draw(&svg, []byte(frame), picture.Options{Title: title, Light: light}); err != nil {
			return nil, err
		}
		return []enclosure{
			memory(name+".txt", "text/plain", notes.FromPanes, tidyFrame(frame)),
			memory(name+".svg", "image/svg+xml", notes.FromPanes, svg.String()),
		}, nil
	})
}

// panesNow draws the header and both panes with what they show now, whatever
// lies over them and whichever has the room of both.
func (m *Model) panesNow() string {
	c := *m
	c.zoom, c.overlay, c.mode, c.sel, c.tile = zoomNone, overlayNone, modeMain, "", tileKey{}
	c.w, c.h = max(c.w, minW), max(c.h, minH)
	c.arrange()
	l := c.layout
	return header{&c}.render(l.w, 1) + "\n" +
		beside(pane{&c, "staging"}.render(l.staging.w, l.staging.h), pane{&c, "production"}.render(l.production.w, l.production.h)) + "\n"
}

// tidyFrame is a frame as text, without colours and without blanks at the ends
// of lines.
func tidyFrame(frame string) string {
	lines := strings.Split(ansi.Strip(frame), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}
