//go:build unix

package main

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// Every view of a session on the shop, with real exchanges in it, is opened on a
// screen; no secret is drawn, nor written by what was opened.
func TestNoSecretOnScreen(t *testing.T) {
	t.Parallel()
	shop := newShop(t, false)
	dir := filepath.Join(t.TempDir(), "session")
	cmd := command(t, "run", "-c", shop.configure(t), "--baseline", "2s", "--no-guard", "a busy machine is no part of this test", "--glide", "off", "--as", "mel", "--out", dir)
	for name, v := range secrets {
		cmd.Env = append(cmd.Env, name+"="+v)
	}
	cmd.Env = append(cmd.Env, "SHOP_QUERY="+url.QueryEscape(secrets["SHOP_KEY"]))
	s := onTerminal(t, cmd)
	s.dir = dir
	s.shows("PRE-FLIGHT")
	onDisk(t, dir, "what is usual", func(j journal) bool { return len(j.of("baseline.end")) > 0 })
	s.press(keyEnter)
	s.press(keyRight)
	kept := func(j journal) bool {
		return len(j.of("exemplar.add").where(func(e event) bool { return e.text("kind") == "status 401" })) > 0
	}
	onDisk(t, dir, "a token that is over, kept as evidence", kept)
	const escape, end, pageUp = "\x1b", "\x1b[F", "\x1b[5~"
	next := func() {
		ticks := len(readJournal(t, dir).of("health.tick"))
		onDisk(t, dir, "the next second", func(j journal) bool { return len(j.of("health.tick")) > ticks+1 })
	}
	// An escape with a key right behind it is another key.
	closes := func() {
		s.press(escape)
		next()
	}
	// What stays the same from frame to frame is not drawn again: the end is looked for.
	drawn := func() bool { return strings.Contains(ansi.Strip(s.raw()), "key=***") }
	for _, view := range []struct{ keys, shows string }{
		{"e", "ERRORS AND STEPS"},
		{end, "Esc closes"},
		{"l", "LEVELS"},
		{"s", "hides their steps"},
		{"w", "WHAT ARE WE DOING"},
		{"t", "TIMELINE"},
		{"c", "LINK CHECK"},
		{"?", "HELP"},
		{"D", "DEBRIEF"},
	} {
		s.press(view.keys)
		s.shows(view.shows)
		for i := 0; view.keys == end && i < 30 && !drawn(); i++ {
			next()
			if s.press(pageUp); i%6 == 5 { // there are more by now
				s.press(end)
			}
		}
		if view.keys != "e" && view.keys != "l" {
			closes()
		}
	}
	s.press("n")
	s.press("! an order is refused" + keyEnter)
	onDisk(t, dir, "the note", func(j journal) bool {
		return len(j.of("note.add").where(func(e event) bool { return e.text("kind") == "bug" })) > 0
	})
	s.press("\t")
	s.press(keyEnter) // the note's card
	closes()
	s.press("q")
	s.shows("Load is running")
	s.press("y")
	s.shows("What did you learn")
	s.press(keyEnter)
	s.exits(0)

	var all strings.Builder
	all.WriteString(s.raw() + "\n" + ansi.Strip(s.raw()))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		all.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := all.String()
	if !drawn() {
		t.Error("no exchange was drawn: nothing was looked at")
	}
	for _, leak := range leaks(text) {
		t.Error(leak)
	}
}
