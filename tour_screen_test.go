//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Accepting the acts leaves nothing of the session that offered them: no summary,
// no folder, nothing on the clipboard. Leaving an act for the dial is no end of a
// session that a chat should hear of, either; the last session is.
func TestTheActsBeginWithoutATrace(t *testing.T) {
	t.Parallel()
	cmd := command(t, "demo", "--baseline", "1s", "--as", "mel")
	home := ""
	for _, v := range cmd.Env {
		if dir, ok := strings.CutPrefix(v, "XDG_DATA_HOME="); ok {
			home = dir
		}
	}
	sessions := func() []string {
		dirs, err := filepath.Glob(filepath.Join(home, "crosstalk", "sessions", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return dirs
	}
	s := onTerminal(t, cmd)
	s.shows("Three acts", "plays them")
	if n := len(sessions()); n != 1 {
		t.Fatalf("%d sessions in %s while the acts are offered", n, home)
	}
	offered := sessions()[0]
	s.press(keyEnter)
	s.shows("Act 1 of 3")
	if _, err := os.Stat(filepath.Join(offered, "report.html")); err == nil || strings.Contains(s.raw(), "\x1b]52;") {
		t.Errorf("the session that offered the acts has a report (%v), or is on the clipboard", err)
	}
	drawn, _ := s.text()
	if strings.Contains(drawn, "Session    ") || strings.Contains(drawn, "Clipboard  ") {
		t.Errorf("it has a summary:\n%s", tail(drawn))
	}
	s.press("\x1b")
	s.goesOnTo("Act 1, no guard", "customers hurt", "shows every key")
	if n := len(sessions()); n != 2 {
		t.Errorf("%d sessions, of act 1 and after it: %v", n, sessions())
	}
	if strings.Contains(s.raw(), "\x1b]52;") {
		t.Error("something was put on the clipboard between the acts")
	}
	s.press(keyCtrlX + "q")
	s.shows("What did you learn")
	s.press(keyEnter)
	s.exits(0)
	if drawn, _ := s.text(); !strings.Contains(drawn, "Session    ") {
		t.Errorf("the last session has no summary:\n%s", tail(drawn))
	}
}
