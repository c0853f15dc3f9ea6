package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/notes"
)

// lookEvery is how often the folder of screenshots is looked at.
const lookEvery = time.Second

// shots is the watched folder of screenshots. What stood in it at the start is
// none of the session's.
type shots struct {
	seen    map[string]int64 // by name, the size it had; nil before the first look
	growing map[string]int64 // new ones that may still be written
	queue   []string         // new ones that wait for an answer, oldest first
	busy    bool             // somebody looks
	next    time.Time
	failed  bool
}

// shotsMsg brings what stands in the folder, by name its size.
type shotsMsg struct {
	sizes map[string]int64
	err   error
}

// lookForShots looks at the folder of screenshots now and then.
func (m *Model) lookForShots() tea.Cmd {
	s := &m.desk.shots
	if m.o.Shots == "" || s.busy || m.now.Before(s.next) {
		return nil
	}
	s.busy, s.next = true, m.now.Add(lookEvery)
	dir := m.o.Shots
	return func() tea.Msg { return imagesIn(dir) }
}

func imagesIn(dir string) shotsMsg {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return shotsMsg{err: because(err)}
	}
	msg := shotsMsg{sizes: map[string]int64{}}
	for _, e := range entries {
		if !image(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			msg.sizes[e.Name()] = info.Size()
		}
	}
	return msg
}

func image(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".gif", ".webp":
		return !strings.HasPrefix(name, ".") && name == notes.Clean(name)
	}
	return false
}

// looked compares what stands in the folder with what stood there. A file is
// offered once it has had the same size twice: before, it may be half written.
func (m *Model) looked(msg shotsMsg) {
	s := &m.desk.shots
	s.busy = false
	if msg.err != nil {
		if !s.failed {
			m.say(fmt.Sprintf("screenshots in %s can’t be watched: %v", m.o.Shots, msg.err), true)
		}
		s.failed = true
		return
	}
	s.failed = false
	if s.seen == nil {
		s.seen, s.growing = msg.sizes, map[string]int64{}
		return
	}
	for name, size := range msg.sizes {
		if _, old := s.seen[name]; old {
			continue
		}
		if was, ok := s.growing[name]; !ok || was != size || size == 0 {
			s.growing[name] = size
			continue
		}
		delete(s.growing, name)
		s.seen[name] = size
		s.queue = append(s.queue, name)
	}
	s.queue = slices.DeleteFunc(s.queue, func(name string) bool { _, there := msg.sizes[name]; return !there })
}

// shotFor is the note that a screenshot is offered for: the selected one, else
// the viewer's last; "" is a new one.
func (m *Model) shotFor() string {
	if m.sel != "" {
		return m.sel
	}
	return m.mine()
}

// takeShot attaches the screenshot that is offered.
func (m *Model) takeShot() tea.Cmd {
	s := &m.desk.shots
	if len(s.queue) == 0 {
		if m.o.Shots == "" {
			m.say("no folder of screenshots is watched: start with --shots DIR", true)
		} else {
			m.say("no new screenshot in "+m.o.Shots, false)
		}
		return nil
	}
	name := s.queue[0]
	s.queue = s.queue[1:]
	path := filepath.Join(m.o.Shots, name)
	return m.enclose(m.shotFor(), "screenshot", func() ([]enclosure, error) {
		return []enclosure{onDisk(path, notes.FromFolder)}, nil
	})
}

func (m *Model) dropShot() {
	s := &m.desk.shots
	m.say(s.queue[0]+" is not attached; it stays where it is", false)
	s.queue = s.queue[1:]
}

// shotLines offer a new screenshot, in the banner.
func (m *Model) shotLines() []string {
	q := m.desk.shots.queue
	if len(q) == 0 {
		return nil
	}
	to := m.shotFor()
	if to == "" {
		to = "a new note"
	}
	more := ""
	if n := len(q) - 1; n > 0 {
		more = fmt.Sprintf(" · %d more", n)
	}
	const frame = "+ new screenshot %s: A attaches it to %s, Esc leaves it%s"
	room := m.w - 4 - width(fmt.Sprintf(frame, "", to, more))
	return []string{fmt.Sprintf(frame, cut(q[0], max(8, room)), to, more)}
}
