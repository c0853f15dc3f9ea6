package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// Notes of one moment are stored in the order they were given, and the dial's
// next move does not wait for them.
func TestScriptKeepsTheOrderOfNotes(t *testing.T) {
	t.Parallel()
	args, dir := onSites(t, "--for", "3s", "--dial", "1s=2")
	for i := range 20 {
		args = append(args, "--note", fmt.Sprintf("1s=note %d", i))
	}
	run(t, args...).exits(0)
	written := readJournal(t, dir).of("note.add").where(func(e event) bool { return strings.HasPrefix(e.text("text"), "note ") })
	if len(written) != 20 {
		t.Fatalf("%d notes", len(written))
	}
	for i, n := range written {
		if want := fmt.Sprintf("note %d", i); n.text("text") != want {
			t.Errorf("%s is %q, want %q", n.text("id"), n.text("text"), want)
		}
	}
}

// A search shows the users of when a note's thing happened, not of when it was
// typed.
func TestSearchShowsTheUsersOfThen(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	dir := filepath.Join(home, "one")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 10, 17, 17, 41, 0, 0, time.UTC)
	var lines []byte
	seq := uint64(0)
	add := func(ms int64, by, kind string, body any) {
		seq++
		b, err := session.Event{V: session.Version, Seq: seq, T: began.Add(time.Duration(ms) * time.Millisecond), MS: ms, By: by, Type: kind, Body: body}.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(append(lines, b...), '\n')
	}
	add(0, session.BySession, session.TypeStart, &session.Start{ID: "one", As: "mel"})
	for i := range int64(20) {
		users := 7
		if i >= 10 {
			users = 0
		}
		add((i+1)*1000, session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: users, Running: users, Ceiling: -1})
	}
	for text, ago := range map[string]time.Duration{"late slow": 15 * time.Second, "early slow": 3 * time.Hour} {
		at := began.Add(20*time.Second - ago)
		add(20_000, "mel", session.TypeNoteAdd, &session.NoteAdd{ID: text[:4], Kind: notes.Bug, Text: text, Typed: began.Add(20 * time.Second), Happened: &at,
			Begun: &notes.Context{Running: 0}, Context: &notes.Context{Running: 0}})
	}
	if err := os.WriteFile(filepath.Join(dir, session.JournalName), lines, 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := searchSessions(home, sought{text: "slow"})
	if err != nil || len(found.Problems) > 0 || len(found.Hits) != 2 {
		t.Fatalf("%+v, %v", found, err)
	}
	late, early := found.Hits[0], found.Hits[1]
	if late.Users == nil || *late.Users != 7 || late.Elapsed != 5 {
		t.Errorf("late: %+v", late)
	}
	if early.Users != nil || early.Elapsed >= 0 || !early.T.Equal(began.Add(20*time.Second-3*time.Hour)) {
		t.Errorf("early: %+v", early)
	}
	var out strings.Builder
	if err := found.print(&out, &out, false); err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(strings.TrimSpace(out.String()), "\n")[1:] {
		if f := strings.Fields(l); strings.Contains(l, "early slow") != (f[3] == "before" && f[4] == "?") {
			t.Errorf("%q", l)
		}
	}
}
