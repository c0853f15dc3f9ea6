//go:build unix

package main

import (
	"strings"
	"testing"
)

// The form asks, refuses what can't be, and writes the same file as the flags do.
func TestInitAsks(t *testing.T) {
	t.Parallel()
	staging, production := newSite(t, nil), newSite(t, nil)
	cmd := command(t, "init")
	s := onTerminal(t, cmd)
	s.shows("INIT", "staging's URL, or paste a curl")
	s.press("localhost:80" + keyEnter)
	s.shows("write http://localhost:80")
	s.press("\x15" + "\x1b[200~curl '" + staging.URL + "/orders'\x1b[201~" + keyEnter)
	s.shows("a page that reads the database")
	s.press(staging.URL + "/health" + keyEnter)
	s.shows("load would hit what must only be watched")
	s.press("\x15" + production.URL + "/health" + keyEnter)
	s.shows("a hard cap")
	s.press("\x1525" + keyEnter)
	s.shows("what: a page, a flow")
	s.press("orders" + keyEnter)
	s.press("\x13") // ctrl+s takes the rest as it is
	s.exits(0)
	text := string(readFile(t, cmd.Dir, "crosstalk.yaml"))
	for _, say := range []string{"users: 25", "- GET /orders", `explore: "orders"`, production.URL + "/health", "timebox: 1h"} {
		if !strings.Contains(text, say) {
			t.Errorf("the file does not hold %q:\n%s", say, text)
		}
	}
	drawn, _ := s.text()
	if !strings.Contains(drawn, "Each check, once:") {
		t.Errorf("the checks were not tried:\n%s", tail(drawn))
	}

	s = onTerminal(t, command(t, "init"))
	s.shows("INIT")
	s.press(keyCtrlC)
	s.exits(2)
}
