package tui

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

// shield is a guest's model with nothing of it getting out: a failure ends this
// view alone and is not printed across the host's screen, and however fast
// messages come, a frame is drawn only as often as it can be shown.
type shield struct {
	m       *Model
	failed  func(what string)
	broken  bool
	shown   tea.View
	drawn   time.Time
	drawing bool // a redrawMsg is on its way
}

// redrawMsg asks for the frame that was put off.
type redrawMsg struct{}

const guestFrame = time.Second / guestFrames

func newShield(m *Model, failed func(string)) *shield { return &shield{m: m, failed: failed} }

// caught ends the view after a failure.
func (s *shield) caught(r any) {
	s.broken = true
	s.failed(fmt.Sprintf("%s %s", clipped(fmt.Sprint(r), 120), where()))
}

// where names the place in this program that failed.
func where() string {
	pc := make([]uintptr, 32)
	frames := runtime.CallersFrames(pc[:runtime.Callers(4, pc)])
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "crosstalk/") {
			return fmt.Sprintf("(%s:%d)", f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line)
		}
		if !more {
			return ""
		}
	}
}

// Init begins the model.
func (s *shield) Init() (cmd tea.Cmd) {
	defer func() {
		if r := recover(); r != nil {
			s.caught(r)
			cmd = tea.Quit
		}
	}()
	return s.wrap(s.m.Init())
}

// Update hands a message on.
func (s *shield) Update(msg tea.Msg) (next tea.Model, cmd tea.Cmd) {
	next = s //nolint:wastedassign // what a panic leaves
	defer func() {
		if r := recover(); r != nil {
			s.caught(r)
			cmd = tea.Quit
		}
	}()
	switch msg := msg.(type) {
	case redrawMsg:
		s.drawing = false
		return s, nil
	case tea.WindowSizeMsg:
		s.drawn = time.Time{}
		if msg.Width > maxWidth || msg.Height > maxHeight {
			msg = tea.WindowSizeMsg{Width: min(msg.Width, maxWidth), Height: min(msg.Height, maxHeight)}
		}
		_, cmd = s.m.Update(msg)
	default:
		_, cmd = s.m.Update(msg)
	}
	cmd = s.wrap(cmd)
	if left := guestFrame - time.Since(s.drawn); left > 0 && !s.drawing {
		s.drawing = true
		cmd = tea.Batch(cmd, tea.Tick(left, func(time.Time) tea.Msg { return redrawMsg{} }))
	}
	return s, cmd
}

// View draws the model, or shows what was drawn just before.
func (s *shield) View() (v tea.View) {
	if s.broken || time.Since(s.drawn) < guestFrame {
		return s.shown
	}
	defer func() {
		if r := recover(); r != nil {
			s.caught(r)
			v = s.shown
		}
	}()
	s.shown = s.m.View()
	s.drawn = time.Now()
	return s.shown
}

// wrap shields what runs beside the loop.
func (s *shield) wrap(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if r := recover(); r != nil {
				s.failed(fmt.Sprintf("%s %s", clipped(fmt.Sprint(r), 120), where()))
				msg = tea.QuitMsg{}
			}
		}()
		msg = cmd()
		if all, ok := msg.(tea.BatchMsg); ok {
			for i := range all {
				all[i] = s.wrap(all[i])
			}
		}
		return msg
	}
}
