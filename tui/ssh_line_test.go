package tui

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crosstalk/session"
)

// slowLine is a network between the door and one guest: it takes whatever the
// door sends, as networks do, and hands on so many bytes at each turn.
type slowLine struct {
	net.Listener
	mu      sync.Mutex
	waiting []byte        // sent by the door and not yet come
	most    int           // that ever waited, in bytes
	every   time.Duration // a turn
	held    bool          // nothing is handed on
}

// linePiece is how many bytes a line hands on at each turn: every 10 ms, that is
// 56 kbit/s.
const linePiece = 70

func newSlowLine(t *testing.T, to string, every time.Duration) *slowLine {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &slowLine{Listener: lis, every: every}
	var ends sync.WaitGroup
	t.Cleanup(func() { _ = lis.Close(); ends.Wait() })
	ends.Go(func() {
		guest, err := lis.Accept()
		if err != nil {
			return
		}
		door, err := net.Dial("tcp", to)
		if err != nil {
			_ = guest.Close()
			return
		}
		ends.Go(func() { _, _ = io.Copy(door, guest); _ = door.Close() })
		ended := make(chan struct{})
		ends.Go(func() { l.take(door); close(ended) })
		l.hand(guest, ended)
		_ = guest.Close()
	})
	return l
}

// hold keeps what the door sends, or lets it come.
func (l *slowLine) hold(held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = held
}

func (l *slowLine) take(from io.Reader) {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		l.mu.Lock()
		l.waiting = append(l.waiting, b[:n]...)
		l.most = max(l.most, len(l.waiting))
		l.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (l *slowLine) hand(to io.Writer, ended <-chan struct{}) {
	tick := time.NewTicker(l.every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ended:
			return
		}
		l.mu.Lock()
		n := min(linePiece, len(l.waiting))
		if l.held {
			n = 0
		}
		b := l.waiting[:n]
		l.waiting = l.waiting[n:]
		l.mu.Unlock()
		if _, err := to.Write(b); err != nil {
			return
		}
	}
}

func TestASlowLineGetsFewerFrames(t *testing.T) { bySlowLine(t, time.Millisecond) }

// bySlowLine has a guest behind a slow line, who gets fewer frames, and none that
// is long past: little is ever on its way, and keys are answered.
func bySlowLine(t *testing.T, every time.Duration) {
	t.Helper()
	h := openHouse(t, nil)
	line := newSlowLine(t, h.addr, every)
	straight := h.addr
	h.addr = line.Addr().String()
	jon := h.guest("jon", 80, 24, map[string]string{"COLORTERM": "truecolor"})
	jon.sees("STAGING", "you navigate")
	h.addr = straight
	jon.press("?")
	jon.sees("every key there is")
	// Far more to draw than the line takes, while another guest draws as ever.
	for i := range 40 {
		_ = jon.sess.WindowChange(24+i%2, 80+i%2)
	}
	ann := h.guest("ann", 80, 24, nil)
	ann.sees("STAGING", "you watch")
	jon.press("?n! by a slow line\r")
	h.await("the note", func(e session.Event) bool {
		b, ok := e.Body.(*session.NoteAdd)
		return ok && b.Text == "by a slow line"
	})
	jon.sees("saved")
	line.mu.Lock()
	most := line.most
	line.mu.Unlock()
	if bound := onTheWay + 2*sinkPiece; most > bound {
		t.Errorf("%d bytes were on their way, want at most %d", most, bound)
	}
	jon.press("\x18")
	h.await("the stop", func(e session.Event) bool { return e.Type == session.TypeStop && e.By == "jon" })
	jon.press("q")
	if err := <-jon.done; err != nil {
		t.Errorf("jon's end: %v", err)
	}
	if b := h.leaves("jon"); b.Why != "left" {
		t.Errorf("jon is gone: %s", b.Why)
	}
}

// A guest's clipboard is the guest's own: ctrl+v runs nothing here, and v asks the
// guest's terminal. Programs that would read this machine's stand by, and tell if
// they are called.
func TestAGuestNeverReadsTheHostsClipboard(t *testing.T) {
	if runtime.GOOS != "windows" {
		bin := t.TempDir()
		called := filepath.Join(bin, "called")
		for _, name := range []string{"xclip", "xsel", "wl-paste", "pbpaste", "termux-clipboard-get", "powershell.exe", "clip.exe"} {
			script := "#!/bin/sh\necho " + name + " >> " + called + "\necho the host's secret\n"
			if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil { //nolint:gosec // it is a program
				t.Fatal(err)
			}
		}
		t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		t.Setenv("DISPLAY", ":9")
		t.Setenv("WAYLAND_DISPLAY", "wayland-9")
		defer func() {
			if b, err := os.ReadFile(called); err == nil {
				t.Errorf("this machine's clipboard was read by %s", b)
			}
		}()
	}
	h := openHouse(t, nil)
	jon := h.guest("jon", 120, 36, nil)
	jon.sees("you are jon, navigator")
	jon.press("n! pasted\x16\x1b[118;5u here\r")
	e := h.await("the note", func(e session.Event) bool { _, ok := e.Body.(*session.NoteAdd); return ok })
	if b := e.Body.(*session.NoteAdd); b.Text != "pasted here" {
		t.Errorf("the note is %q", b.Text)
	}
	jon.sees("saved")
	jon.press("\t\rv")
	jon.sees("asking the terminal for its clipboard")
	until(t, "the guest's terminal is asked", func() bool {
		raw, _ := jon.out.text()
		return strings.Contains(raw, "\x1b]52;c;?")
	})
	jon.press("\x1b]52;c;am9uJ3Mgb3du\x1b\\") // jon's own
	a := h.await("the attachment", func(e session.Event) bool { return e.Type == session.TypeAttach })
	if b := a.Body.(*session.AttachAdd); a.By != "jon" || b.Size != int64(len("jon's own")) {
		t.Errorf("%s attached %+v", a.By, b)
	}
	jon.sees("is attached")
	// A path would be one of this machine's.
	jon.press("a")
	jon.sees("only who sits")
}

// Escapes that are pasted into a note stay out of the record and off every screen.
func TestEscapesInNotesAreStripped(t *testing.T) {
	h := openHouse(t, nil)
	jon := h.guest("jon", 120, 36, nil)
	ann := h.guest("ann", 120, 36, nil)
	jon.sees("STAGING")
	ann.sees("STAGING")
	jon.press("n")
	jon.press("\x1b[200~! one\x1b]0;evil\x07two\x1b[2Jthree\x9b5mfour\x1b[201~\r")
	e := h.await("the note", func(e session.Event) bool { _, ok := e.Body.(*session.NoteAdd); return ok })
	if text := e.Body.(*session.NoteAdd).Text; strings.ContainsAny(text, "\x1b\x07\u009b") || !strings.Contains(text, "one") {
		t.Errorf("the note is %q", text)
	}
	raw := ann.sees("one")
	if strings.Contains(raw, "evil\x07") || strings.Contains(raw, "]0;") {
		t.Error("ann's terminal is told a title")
	}
	// A paste whose end was lost keeps nobody from stopping.
	jon.sees("saved")
	jon.press("n\x1b[200~half a paste")
	until(t, "all load is stopped", func() bool {
		jon.press("\x18")
		return slices.ContainsFunc(h.Snapshot().Stops, func(s session.Mark) bool { return s.By == "jon" })
	})
}

// Who comes late sees at once what was.
func TestALateJoinerSeesTheWholeHistory(t *testing.T) {
	h := openHouse(t, nil)
	jon := h.guest("jon", 120, 36, nil)
	jon.sees("STAGING")
	jon.press("n! before anybody watched\r")
	h.await("the note", func(e session.Event) bool { _, ok := e.Body.(*session.NoteAdd); return ok })
	jon.press("q")
	_ = jon.end()
	h.leaves("jon")
	ann := h.guest("ann", 120, 36, nil)
	ann.sees("before anybody watched", "driver mel")
	ann.press("t")
	ann.sees("TIMELINE", "jon looks on as navigator", "jon is gone")
}

// Two people type at once, each into a line of the own, and each takes back what
// is the own alone.
func TestTwoTypeAtOnce(t *testing.T) {
	h := openHouse(t, nil)
	jon, kim := h.guest("jon", 200, 60, nil), h.guest("kim", 80, 24, nil)
	jon.sees("you are jon, navigator")
	kim.sees("you navigate")
	jon.press("n")
	kim.press("n")
	for i := range max(len("! jon saw it"), len("? kim asks")) {
		if i < len("! jon saw it") {
			jon.press("! jon saw it"[i : i+1])
		}
		if i < len("? kim asks") {
			kim.press("? kim asks"[i : i+1])
		}
	}
	jon.sees("kim is typing (question)")
	kim.sees("jon is typing (bug)")
	kim.press("\r")
	jon.press("\r")
	texts := map[string]string{}
	h.await("both notes", func(e session.Event) bool {
		if b, ok := e.Body.(*session.NoteAdd); ok {
			texts[e.By] = string(b.Kind) + ": " + b.Text
		}
		return len(texts) == 2
	})
	if texts["jon"] != "bug: jon saw it" || texts["kim"] != "question: kim asks" {
		t.Errorf("noted: %v", texts)
	}
	for _, n := range h.Snapshot().Notes.Notes {
		other := map[string]string{"jon": "kim", "kim": "jon"}[n.By]
		if err := h.May(session.Person{Name: other, Role: session.Navigator}, session.RetractNote{ID: n.ID}); err == nil {
			t.Errorf("%s may take back what %s wrote", other, n.By)
		}
		if err := h.May(session.Person{Name: n.By, Role: session.Navigator}, session.RetractNote{ID: n.ID}); err != nil {
			t.Errorf("%s may not take back the own note: %v", n.By, err)
		}
	}
}

// A second view of a guest's is another connection's, and no message of the
// protocol that is sent out of turn ends anything but its own connection.
func TestAGuestWithoutManners(t *testing.T) {
	h := openHouse(t, nil)
	jon := h.guest("jon", 80, 24, nil)
	jon.sees("STAGING")
	for _, payload := range [][]byte{nil, {0}, {0xff, 0xff, 0xff, 0xff}, make([]byte, 30<<10)} {
		for _, kind := range []string{"window-change", "pty-req", "env", "signal", "shell", "exec", "no-such-thing"} {
			_, _ = jon.sess.SendRequest(kind, true, payload)
		}
	}
	for range 64 {
		_, _, _ = jon.conn.SendRequest("no-such-thing", false, make([]byte, 1<<10))
	}
	ann := h.guest("ann", 80, 24, nil)
	ann.sees("STAGING")
	ann.press("\x18")
	h.await("the stop", func(e session.Event) bool { return e.Type == session.TypeStop && e.By == "ann" })
	_ = jon.conn.Close()
	ann.press("q")
	_ = ann.end()
	h.empty()
}
