//go:build unix

package main

import (
	"bytes"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"
)

// The keys of the tests, as a terminal sends them.
const (
	keyRight = "\x1b[C"
	keyEnter = "\r"
	keyCtrlC = "\x03"
	keyCtrlX = "\x18"
)

// terminal is a run of the program in a pseudo-terminal of its own.
type terminal struct {
	*process
	dir  string
	file *os.File // the end that a terminal program holds
	mu   sync.Mutex
	seen bytes.Buffer
	more chan struct{} // closed and replaced at each piece
}

// demoInTerminal starts the unlinked demo on a screen.
func demoInTerminal(t *testing.T) *terminal {
	t.Helper()
	return inTerminal(t, "demo", "--linked=false", "--baseline", "1s", "--no-guard", "a busy machine is no part of this test")
}

// inTerminal starts a session on a screen of 120x36.
func inTerminal(t *testing.T, args ...string) *terminal {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "session")
	return onScreen(t, dir, append(args, "--as", "mel", "--out", dir)...)
}

// onScreen starts the program, whose session is in dir, on a screen of 120x36.
func onScreen(t *testing.T, dir string, args ...string) *terminal {
	t.Helper()
	s := onTerminal(t, command(t, args...))
	s.dir = dir
	return s
}

// onTerminal runs a command on a screen of 120x36.
func onTerminal(t *testing.T, cmd *exec.Cmd) *terminal {
	t.Helper()
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 120, Rows: 36})
	if err != nil {
		t.Fatalf("start %s in a terminal: %v", cmd.Path, err)
	}
	s := &terminal{file: file, more: make(chan struct{}), process: &process{t: t, cmd: cmd, out: newOutput(), err: newOutput(), exited: make(chan struct{})}}
	var reading sync.WaitGroup
	reading.Go(s.read)
	go func() {
		_ = cmd.Wait()
		reading.Wait() // ends with the last writer
		s.code = cmd.ProcessState.ExitCode()
		close(s.exited)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = file.Close()
		<-s.exited
	})
	return s
}

func (s *terminal) read() {
	b := make([]byte, 32<<10)
	for {
		n, err := s.file.Read(b)
		s.mu.Lock()
		s.seen.Write(b[:n])
		close(s.more)
		s.more = make(chan struct{})
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// text is all that was drawn so far, without colours and moves.
func (s *terminal) text() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return ansi.Strip(s.seen.String()), s.more
}

// shows waits until all of some texts were drawn, and returns what was drawn. A screen only draws
// what is new, so that a text may come in pieces; another size makes it draw everything.
func (s *terminal) shows(texts ...string) string {
	s.t.Helper()
	return s.draws(func(drawn string) string {
		for _, text := range texts {
			if !strings.Contains(drawn, text) {
				return text
			}
		}
		return ""
	})
}

// goesOnTo waits for texts that come one after the other, each drawn later than
// the one before.
func (s *terminal) goesOnTo(texts ...string) {
	s.t.Helper()
	s.draws(func(drawn string) string {
		for _, text := range texts {
			_, rest, found := strings.Cut(drawn, text)
			if !found {
				return text
			}
			drawn = rest
		}
		return ""
	})
}

// draws waits until nothing is missing in what was drawn.
func (s *terminal) draws(missing func(drawn string) string) string {
	s.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	for rows := uint16(36); ; {
		drawn, more := s.text()
		lacks := missing(drawn)
		if lacks == "" {
			return drawn
		}
		select {
		case <-more:
		case <-again.C:
			rows ^= 1
			if err := pty.Setsize(s.file, &pty.Winsize{Cols: 120, Rows: rows}); err != nil {
				s.t.Fatalf("resize the terminal: %v", err)
			}
		case <-s.exited:
			s.t.Fatalf("the program ended before it showed %q:\n%s", lacks, tail(drawn))
		case <-late.C:
			s.t.Fatalf("the screen does not show %q:\n%s", lacks, tail(drawn))
		}
	}
}

func (s *terminal) press(keys string) {
	s.t.Helper()
	if _, err := s.file.WriteString(keys); err != nil {
		s.t.Fatalf("press %q: %v", keys, err)
	}
}

// load turns the dial by ten and waits for the load. Where the machine was so
// busy that the program stood still, the load is cut, and a person goes on.
func (s *terminal) load() {
	s.t.Helper()
	s.shows("STAGING", "PRODUCTION", "USERS", "NOTES")
	s.press(keyRight)
	seen, cut, again := 0, false, time.Now()
	onDisk(s.t, s.dir, "load of ten users", func(j journal) bool {
		changes := j.of("guard.state")
		for _, e := range changes[seen:] {
			cut = cut || e.text("to") == "cut"
		}
		seen = len(changes)
		if cut && time.Since(again) > time.Second {
			again = time.Now()
			switch changes[seen-1].text("to") {
			case "cut":
				s.press(" ")
			case "run":
				s.press(keyRight)
				cut = false
			}
		}
		return len(j.of("load.tick").where(func(e event) bool { return e.num("asked") == 10 && loaded(e) })) > 0
	})
}

func stoppedBy(reason string) func(journal) bool {
	return func(j journal) bool {
		return len(j.of("load.stop").where(func(e event) bool { return e.text("reason") == reason })) > 0
	}
}

// A session by hand: the dial, a note, stop all, leave, the one sentence.
func TestSessionOnScreen(t *testing.T) {
	t.Parallel()
	s := demoInTerminal(t)
	s.load()
	s.press("n")
	s.press("! order is doubled #checkout" + keyEnter)
	j := onDisk(t, s.dir, "the note", func(j journal) bool { return len(j.of("note.add")) > 0 })
	n := j.of("note.add")[0]
	if n.By != "mel" || n.text("kind") != "bug" || n.text("text") != "order is doubled #checkout" {
		t.Errorf("note by %s: %v", n.By, n.Body)
	}
	if begun, saved := n.object("begun"), n.object("context"); begun.num("asked") != 10 || saved.num("asked") != 10 || begun.num("ms") > saved.num("ms") {
		t.Errorf("the note's contexts: %v, %v", begun.Body, saved.Body)
	}
	s.shows("saved") // the receipt

	s.press(keyCtrlX)
	j = onDisk(t, s.dir, "the stop", stoppedBy("operator"))
	stop := j.of("load.stop")[0]
	if stop.By != "mel" || stop.text("by") != "mel" || stop.num("running") == 0 {
		t.Errorf("stop: %v", stop)
	}
	onDisk(t, s.dir, "a second without load", func(j journal) bool {
		return len(j[stop.Seq:].of("load.tick").where(func(e event) bool { return e.num("asked") == 0 && e.num("running") == 0 })) > 1
	})
	s.press("q")
	s.shows("What did you learn")
	s.press("orders are doubled by a retry" + keyEnter)
	s.exits(0)

	j = readJournal(t, s.dir)
	j.ended(t, "quit")
	if a := j.of("debrief.answer"); len(a) != 1 || a[0].text("question") != "learned" || a[0].text("text") != "orders are doubled by a retry" {
		t.Errorf("answers: %v", a)
	}
	for name, text := range map[string]string{"report.md": "orders are doubled by a retry", "session.json": "orders are doubled by a retry"} {
		if !bytes.Contains(readFile(t, s.dir, name), []byte(text)) {
			t.Errorf("%s does not hold what was learned", name)
		}
	}
	drawn, _ := s.text()
	last := drawn[strings.LastIndex(drawn, "Session "):]
	for _, say := range []string{atMost(j), "1 bug", "order is doubled", s.dir} {
		if !strings.Contains(last, say) {
			t.Errorf("the last lines do not say %q:\n%s", say, last)
		}
	}
	if !strings.Contains(s.raw(), "\x1b[?1049l") {
		t.Error("the terminal was not given back")
	}
	s.copied("orders are doubled by a retry\n")
}

// copied checks how what was put on the clipboard last, by OSC 52, begins.
func (s *terminal) copied(want string) {
	s.t.Helper()
	_, sent, found := strings.Cut(s.raw(), "\x1b]52;c;")
	sent, _, whole := strings.Cut(sent, "\a")
	text, err := base64.StdEncoding.DecodeString(sent)
	if !found || !whole || err != nil || !strings.HasPrefix(string(text), want) {
		s.t.Errorf("the clipboard got %q (%v), want %q first", text, err, want)
	}
}

func (s *terminal) raw() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.String()
}

// Leaving under load asks once, and Enter at the question skips it.
func TestLeavingUnderLoadAsks(t *testing.T) {
	t.Parallel()
	s := demoInTerminal(t)
	s.load()
	s.press("q")
	s.shows("Load is running")
	s.press("y")
	s.shows("What did you learn")
	onDisk(t, s.dir, "the stop", stoppedBy("operator")) // before the question is answered
	s.press(keyEnter)
	s.exits(0)
	j := readJournal(t, s.dir)
	j.ended(t, "quit")
	if a := j.of("debrief.answer"); len(a) > 0 {
		t.Errorf("answers: %v", a)
	}
	for _, name := range []string{"report.md", "session.json"} {
		if len(readFile(t, s.dir, name)) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}

// The first ctrl+c stops all load and stays; the second leaves.
func TestInterruptOnScreen(t *testing.T) {
	t.Parallel()
	s := demoInTerminal(t)
	s.load()
	s.press(keyCtrlC)
	j := onDisk(t, s.dir, "the stop", stoppedBy("operator"))
	stop := j.of("load.stop")[0]
	onDisk(t, s.dir, "that it goes on without load", func(j journal) bool {
		return len(j[stop.Seq:].of("health.tick").where(func(e event) bool { return e.text("env") == "production" })) > 1 &&
			len(j[stop.Seq:].of("load.tick").where(func(e event) bool { return e.num("running") == 0 })) > 1
	})
	s.press(keyCtrlC)
	s.exits(0)
	readJournal(t, s.dir).ended(t, "quit")
}

// Whoever stops all load before the cut has been rehearsed can still turn the dial afterwards.
func TestStopBeforeRehearsal(t *testing.T) {
	t.Parallel()
	s := inTerminal(t, "run", "--baseline", "0", "--limit-rps", "5", "--target", newSite(t, nil).URL, "--watch", newSite(t, nil).URL)
	s.press(keyCtrlX) // typed ahead
	onDisk(t, s.dir, "the stop", stoppedBy("operator"))
	s.load()
	s.press(keyCtrlC)
	s.press(keyCtrlC)
	s.exits(0)
	readJournal(t, s.dir).ended(t, "quit")
}

// A terminal that is closed ends the session in order.
func TestTerminalIsClosed(t *testing.T) {
	t.Parallel()
	s := demoInTerminal(t)
	s.load()
	if err := s.file.Close(); err != nil {
		t.Fatal(err)
	}
	s.exits(130)
	j := readJournal(t, s.dir)
	if end := j[len(j)-1]; end.Type != "session.end" {
		t.Errorf("the last line is %s", end.Type)
	}
	stops := j.of("load.stop")
	if len(stops) == 0 || stops[0].text("reason") != "quit" || stops[0].num("running") == 0 {
		t.Errorf("stops: %v", stops)
	}
	for _, name := range []string{"report.md", "session.json"} {
		if len(readFile(t, s.dir, name)) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}
