//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crosstalk/notes"
	"crosstalk/session"
)

// recorded is the folder of a session of half a minute, with a bug and a cut.
func recorded(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "et-mel-261017-a")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 10, 17, 15, 30, 0, 0, time.UTC)
	var lines bytes.Buffer
	seq := uint64(0)
	add := func(ms int64, by, kind string, body any) {
		seq++
		e := session.Event{V: session.Version, Seq: seq, T: began.Add(time.Duration(ms) * time.Millisecond), MS: ms, By: by, Type: kind, Body: body}
		line, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	add(0, session.BySession, session.TypeStart, &session.Start{ID: "et-mel-261017-a", As: "mel", Charter: "Explore replays", Timebox: 3600, Limits: session.LoadLimits{Users: 200, Glide: 10},
		Checks: []session.CheckInfo{{Env: "staging", Name: "web-1", Every: 1}, {Env: "production", Name: "web-1", Every: 0.25}}})
	for i := int64(1); i <= 30; i++ {
		users := 20
		if i > 20 {
			users = 0
		}
		switch i {
		case 2:
			add(i*1000-500, "mel", session.TypeDialSet, &session.DialSet{To: 20})
		case 12:
			add(i*1000-500, "mel", session.TypeNoteAdd, &session.NoteAdd{ID: "n1", Kind: notes.Bug, Text: "twice the same order"})
		case 20:
			add(i*1000-500, session.ByGuard, session.TypeGuardState, &session.GuardChange{From: "run", To: "cut", Why: "production is red", Cause: session.CauseRed, Running: 20})
		}
		add(i*1000, session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: users, Running: users, Ceiling: -1, Requests: 7, RPS: 7, P50: new(0.01), P95: new(0.02)})
		for _, env := range []string{"staging", "production"} {
			add(i*1000, session.ByMonitors, session.TypeHealthTick, &session.HealthTick{Env: env, State: "green", P50: new(0.01), P95: new(0.02), Now50: new(0.01), Now95: new(0.02), Age: new(0.1),
				Checks: []session.CheckState{{Name: "web-1", State: "green", Latency: new(0.01)}}})
		}
	}
	add(30_000, session.BySession, session.TypeEnd, &session.End{Reason: "quit", Seconds: 30, Peak: 20})
	if err := os.WriteFile(filepath.Join(dir, session.JournalName), lines.Bytes(), 0o444); err != nil {
		t.Fatal(err)
	}
	// Nothing may be written there, so nothing can be.
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	return dir
}

func TestReplayOnScreen(t *testing.T) {
	t.Parallel()
	dir := recorded(t)
	s := onTerminal(t, command(t, "replay", dir, "--at", "10"))
	s.exits(exitUsage) // a bare number is no time
	s = onTerminal(t, command(t, "replay", dir, "--at", "0:10"))
	s.shows("replay", "00:10 of 00:30", "Explore replays", "20 users")
	s.press("n")
	s.shows("1 of 1 · mel: twice the same order")
	s.press("g")
	s.shows("The guard cut all load at 00:19")
	s.press("q")
	s.exits(0)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestReplayExport(t *testing.T) {
	t.Parallel()
	dir := recorded(t)
	cmd := command(t, "replay", dir, "--export", "cast", "--speed", "4")
	p := start(t, cmd)
	p.exits(0)
	cast, err := os.ReadFile(filepath.Join(cmd.Dir, "et-mel-261017-a.cast"))
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(strings.TrimSpace(string(cast)), "\n") {
		if !json.Valid([]byte(line)) {
			t.Errorf("line %d is no JSON: %s", n+1, line)
		}
	}
	if !strings.Contains(string(cast), `"m","00:11 ! twice the same order"`) {
		t.Error("the note is no marker")
	}
	p = run(t, "replay", dir, "--export", "cast", "--speed", "4", "--out", "-")
	p.exits(0)
	if p.out.text() != string(cast) {
		t.Error("the same session gives another recording on stdout")
	}
}

func TestReplayUsage(t *testing.T) {
	t.Parallel()
	dir := recorded(t)
	for _, args := range [][]string{
		{"replay"}, {"replay", dir}, {"replay", t.TempDir(), "--export", "cast"}, {"replay", dir, "--export", "gif"}, {"replay", dir, "--out", "x"},
		{"replay", dir, "--export", "cast", "--size", "10x10"}, {"replay", dir, "--export", "cast", "--size", "big"}, {"replay", dir, "--export", "cast", "--speed", "0"},
		{"replay", dir, "--export", "cast", "--speed", "65"}, {"replay", dir, "--export", "cast", "--at", "soon"}, {"replay", dir, "--export", "cast", "--out", "/nowhere/at/all.cast"},
	} {
		p := run(t, args...)
		p.exits(exitUsage)
		if p.err.text() == "" {
			t.Errorf("%v: nothing is said", args)
		}
	}
}

func TestParseAt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"": 0, "12:30": 12*time.Minute + 30*time.Second, "1:02:03": time.Hour + 2*time.Minute + 3*time.Second, "90s": 90 * time.Second,
		"100:00": 100 * time.Minute, "-5:00": -5 * time.Minute, "-90s": -90 * time.Second, "2h": 2 * time.Hour,
	} {
		got, still, err := parseAt(text)
		if err != nil || got != want || still != (text != "") {
			t.Errorf("%q is %v, %v, %v", text, got, still, err)
		}
	}
	for _, text := range []string{"12", "1:60", "1:2:3:4", ":", "--5s", "1:-2", "soon", "99999999:00"} {
		if got, _, err := parseAt(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
