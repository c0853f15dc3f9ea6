package tui

import (
	"regexp"
	"strings"
	"testing"

	"crosstalk/notes"
	"crosstalk/session"
)

// plainFor is the command of plain mode for each key of the screen. A key that
// has none begins with a dash and says why.
var plainFor = map[string]string{
	"stop": "stop", "interrupt": "ctrl+c", "hold": "hold", "zero": "ease", "warn": "warn", "unlock": "unlock",
	"up": "up", "down": "down", "right": "+10", "left": "-10", "number": "- a line of digits", "good": "back", "slower": "slower", "faster": "faster", "spike": "spike", "ramp": "ramp",
	"note": "note", "kind": "!", "errors": "errors", "levels": "levels", "timeline": "timeline", "card": "card", "check": "check", "recheck": "recheck", "dips": "dips",
	"help": "help", "quit": "quit", "yes": "yes", "no": "no", "earlier": "use", "skip": "skip", "share": "door", "author": "author", "take": "take the dial", "pairing": "offer",
	"again": "earlier", "ticked": "still", "announce": "announce", "preflight": "preflight", "setaside": "aside", "mute": "mute",
	"test": "test", "bug": "bug", "setup": "setup", "beside": "beside", "charter": "charter", "extend": "extend", "pause": "pause", "debrief": "debrief",
	"find": "find", "edit": "edit", "resolve": "resolve", "path": "attach", "samples": "samples",
	"focus": "- nothing is selected", "zoom": "- of the picture", "theme": "- of the picture", "palette": "- of the picture", "still": "- of the picture: every off", "calm": "- of the picture",
	"scale": "- of the picture", "stretch": "- of the picture", "freeze": "- of the picture", "shot": "- needs --shots, which needs a screen", "clip": "- what a terminal hands over is pasted into a line",
	"tile": "- checks tells them all", "scroll": "- of the picture", "close": "- nothing lies over anything", "through": "- nothing lies over anything", "select": "- notes tells them all", "others": "- notes tells them all",
	"save": "- Enter ends a line", "line": "- Enter ends a line", "tag": "- of the note line", "aside": "- of the note line",
	"cursor": "at", "events": "- timeline tells", "pages": "- timeline tells", "ends": "- timeline tells", "nearer": "- timeline tells", "noted": "- notes tells them all",
}

// Whatever the screen's keys do, plain mode does, and its help says how.
func TestPlainHasEveryKey(t *testing.T) {
	t.Parallel()
	help := strings.Join(plainHelp, "\n")
	var typedAll []string
	for _, b := range keyMap() {
		cmd, ok := plainFor[b.id]
		switch {
		case !ok:
			t.Errorf("the key %s (%s: %s) has no command in plain mode: add one, and a line in plainHelp, or say here why not", b.show, b.id, b.does)
		case strings.HasPrefix(cmd, "- "):
		case !regexp.MustCompile(`(^|[ :;,.\n])` + regexp.QuoteMeta(cmd) + `($|[ :;,.\n])`).MatchString(help):
			t.Errorf("the help of plain mode does not name %q, which is the key %s", cmd, b.show)
		case cmd != "ctrl+c" && cmd != "quit" && !strings.ContainsAny(cmd, "!+-"):
			typedAll = append(typedAll, cmd)
		}
	}
	_, text := plainly(t, quietStory(), func(_ *fakeSource, typed func(string), _ *heard, _ func()) {
		for _, cmd := range typedAll {
			typed(cmd + " n1 and why")
			typed("no") // where it asks first
		}
	})
	if i := strings.Index(text, "No command is called"); i >= 0 {
		t.Error(text[i:min(len(text), i+80)])
	}
	// The letters are the screen's, where a letter does it there.
	for _, b := range keyMap() {
		for _, k := range b.keys {
			cmd := plainFor[b.id]
			if len(k) != 1 || cmd == "" || strings.HasPrefix(cmd, "- ") || strings.ContainsAny(k, "0123456789!|*+~>=:?q") {
				continue
			}
			_, text := plainly(t, quietStory(), func(_ *fakeSource, typed func(string), _ *heard, _ func()) { typed(k) })
			if strings.Contains(text, "No command is called") {
				t.Errorf("the key %s (%s) is no command", k, b.does)
			}
		}
	}
}

func TestPlainLooksAfterChecks(t *testing.T) {
	t.Parallel()
	tale := redAtStart("web-13")
	tale.add(session.BySession, session.TypeBaselineEnd, &session.BaselineEnd{})
	for typed, want := range map[string]session.Command{
		"aside web-13 it is being replaced": session.SetAside{Env: "production", Check: "web-13", Why: "it is being replaced"},
		"set aside WEB-13 old":              session.SetAside{Env: "production", Check: "web-13", Why: "old"},
		"count web-13":                      session.SetAside{Env: "production", Check: "web-13", Undo: true},
		"mute web-5 known":                  session.Mute{Env: "production", Check: "web-5", Why: "known"},
		"mute web-1 known":                  session.Mute{Env: "production", Check: "web-1", Why: "known"},
		"mute staging web-1 known":          session.Mute{Env: "staging", Check: "web-1", Why: "known"},
		"check quick":                       session.StartCheck{Profile: "quick"},
		"o":                                 session.SetActivity{Activity: session.Activity{What: "test", Opportunity: true}},
		"debrief past we looked":            session.Answer{Question: "past", Text: "we looked"},
		"]":                                 session.SetGlide{To: 20},
		"author jon":                        session.Join{Viewer: session.Viewer{Name: "jon", Role: session.Navigator, Desk: true}},
		"still n2":                          session.TickItem{ID: "n2", Outcome: session.Still},
	} {
		src, text := plainly(t, tale, func(_ *fakeSource, typedLine func(string), _ *heard, _ func()) { typedLine(typed) })
		if all := src.done(); len(all) == 0 || all[0] != want {
			t.Errorf("%q gives %v, not %#v:\n%s", typed, all, want, text)
		}
	}
	_, text := plainly(t, tale, func(_ *fakeSource, typed func(string), _ *heard, _ func()) {
		for _, line := range []string{"checks", "aside", "aside web-99 x", "link", "p"} {
			typed(line)
		}
	})
	for _, say := range []string{"Production web-13 is red: web-13 no route to host, 3 times. aside web-13 WHY sets it aside before the load", "No check is called so", "aside takes a check and why",
		"Production web-5 is amber: slow: 78 ms, usual 11.", "No link check has run.", "Brake test: one user begins", "Data stores: not compared", "To paste before the start: Load on staging (127.0.0.1:8080)"} {
		if !strings.Contains(text, say) {
			t.Errorf("it does not say %q:\n%s", say, text)
		}
	}
}

// What moves load by itself says so and asks first.
func TestPlainAsksBeforeChecks(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		typed, says string
		want        session.Command
	}{
		{"c", "on and off in an order drawn by lot", session.StartCheck{Profile: "standard"}},
		{"check", "Quick at most", session.StartCheck{Profile: "standard"}},
		{"i", "at random, at most 2 min 30 s", session.StartDips{}},
	} {
		src, text := plainly(t, quietStory(), func(src *fakeSource, typed func(string), _ *heard, _ func()) {
			typed(v.typed)
			typed("no")
			if all := src.done(); len(all) > 0 {
				t.Errorf("%s, no: %v", v.typed, all)
			}
			typed(v.typed)
			typed("yes")
		})
		if all := src.done(); len(all) == 0 || all[0] != v.want || !strings.Contains(text, v.says) {
			t.Errorf("%s: %v\n%s", v.typed, all, text)
		}
	}
}

// What a person sees is told unasked, too.
func TestPlainAnswersUnasked(t *testing.T) {
	t.Parallel()
	tale := newStory()
	tale.begin = func(s *session.Start) {
		s.Checks = append(s.Checks, session.CheckInfo{Env: "production", Name: "wall", Kind: personKind, Every: 180})
	}
	tale.baseline(10)
	src, text := plainly(t, tale, func(_ *fakeSource, typed func(string), _ *heard, _ func()) { typed("no, the wallboard is red") })
	want := session.AnswerCheck{Env: "production", Check: "wall", Text: "the wallboard is red"}
	if all := src.done(); len(all) == 0 || all[0] != want {
		t.Errorf("%v\n%s", all, text)
	}
	src, _ = plainly(t, askedStory(), func(_ *fakeSource, typed func(string), _ *heard, _ func()) { typed("yes") })
	if all := src.done(); len(all) == 0 || all[0] != (session.AnswerCheck{Env: "production", Check: "wall", Good: true}) { // mel's own first
		t.Errorf("asked: %v", all)
	}
	_, text = plainly(t, quietStory(), func(_ *fakeSource, typed func(string), _ *heard, _ func()) { typed("yes") })
	if !strings.Contains(text, "no check asks a person here") {
		t.Error(text)
	}
}

func TestPlainTellsTheRecord(t *testing.T) {
	t.Parallel()
	src, text := plainly(t, levelStory(), func(_ *fakeSource, typed func(string), _ *heard, _ func()) {
		for _, line := range []string{"levels", "L", "find", "find checkout", "attach n1", "samples", "author mel", "debrief", "", "-", "it was calm", "."} {
			typed(line)
		}
	})
	for _, say := range []string{" a second, errors ", "p95 ", "like no other", "find takes words", "attach takes a note and a file", "mel writes already.", "Past: What happened?", "Obstacles: What got in the way?", "The debrief goes on later"} {
		if !strings.Contains(text, say) {
			t.Errorf("it does not say %q:\n%s", say, text)
		}
	}
	var keys []string
	for _, c := range src.done() {
		if a, ok := c.(session.Answer); ok {
			keys = append(keys, a.Question)
		}
	}
	if strings.Join(keys, " ") != "past obstacles" {
		t.Errorf("answers: %v\n%s", keys, text)
	}
}

// A riddle is told, with how it is answered; so is what an express session asks
// and offers.
func TestPlainTellsRiddleAndExpress(t *testing.T) {
	t.Parallel()
	src, text := plainlyWith(t, PlainOptions{Mystery: true}, quietStory(), func(_ *fakeSource, typed func(string), _ *heard, _ func()) {
		typed("answer perhaps")
		typed("answer Not linked.")
		typed("nothing moved")
	})
	all := src.done()
	if len(all) < 3 || all[1] != (session.StopAll{}) || all[2] != (session.Answer{Question: "learned", Text: "nothing moved"}) {
		t.Fatalf("%v\n%s", all, text)
	}
	if n, ok := all[0].(session.AddNote); !ok || n.Draft.Kind != notes.Decision || n.Draft.Text != AnswerNotLinked {
		t.Errorf("the answer: %+v", all[0])
	}
	if !strings.Contains(text, "Mystery: do staging and production share a database, or not?") || strings.Count(text, "answer linked, or answer not linked") != 2 {
		t.Error(text)
	}
	_, text = plainlyWith(t, PlainOptions{Express: true}, baselineStory(10), func(*fakeSource, func(string), *heard, func()) {})
	for _, say := range []string{"Express: 1 h 0 min, 200 users.", "what do you want to find out?", "check quick finds out, in "} {
		if !strings.Contains(text, say) {
			t.Errorf("express: it does not say %q:\n%s", say, text)
		}
	}
	_, text = plainly(t, quietStory(), func(_ *fakeSource, typed func(string), _ *heard, _ func()) { typed("answer linked") })
	if strings.Contains(text, "Mystery") || strings.Contains(text, "Express") || !strings.Contains(text, "No command is called answer") {
		t.Error(text)
	}
}

// What is to be pasted is the all-clear only when the load that was announced is
// over; that of a check, on or off, is not.
func TestPlainClearsOnlyWhatWasAnnounced(t *testing.T) {
	t.Parallel()
	checking, over := quietStory(), busyStory()
	checking.add("mel", session.TypeLinkQuiet, &session.LinkQuiet{Mode: session.ModeCheck, Users: 3, Order: "+-+-"})
	for _, n := range []int{3, 0} {
		checking.asked = n
		checking.second()
	}
	over.dialTo(0)
	over.second()
	off := clockAt(over.ms)
	over.until(int(over.ms/1000) + 180)
	for tale, want := range map[*story]string{checking: "", busyStory(): "", over: "All clear: load on staging (127.0.0.1:8080) is off since " + off} {
		_, text := plainly(t, tale, func(_ *fakeSource, typed func(string), _ *heard, _ func()) { typed("announce") })
		if strings.Contains(text, "All clear") != (want != "") || !strings.Contains(text, want) {
			t.Errorf("want %q:\n%s", want, text)
		}
	}
}

// A session that is taken up again begins where it was left: neither does its
// old last line end it, nor is what was before read aloud; it has it all.
func TestPlainTakesASessionUpAgain(t *testing.T) {
	t.Parallel()
	for _, ended := range []bool{true, false} {
		tale := redStory()
		if ended {
			tale.add(session.BySession, session.TypeEnd, &session.End{Reason: "quit"})
		}
		from := tale.s.Clone()
		tale.ms += 60_000
		tale.add(session.BySession, session.TypeRecovered, &session.Recovered{Away: 60})
		tale.start()
		_, text := plainlyWith(t, PlainOptions{From: from}, tale, func(_ *fakeSource, typed func(string), _ *heard, _ func()) {
			typed("notes")
			typed("errors")
		})
		for _, say := range []string{"Crosstalk, plain. Load goes to", "Taken up again at 07:00: 9 notes,", "at most 100 users.", "The guard cut", "we stop at 60 until the database owners answer", "times timeout after 5 s"} {
			if !strings.Contains(text, say) {
				t.Errorf("ended %v: it does not say %q:\n%s", ended, say, text)
			}
		}
		if strings.Contains(text, "The session has ended") || strings.Contains(text, "Production is amber: web-4") || strings.Count(text, "The usual is being learned") != 1 {
			t.Errorf("ended %v: what was before is read aloud:\n%s", ended, text)
		}
	}
}

// A session that begins brings nothing along.
func TestPlainBeginsANewSession(t *testing.T) {
	t.Parallel()
	_, text := plainlyWith(t, PlainOptions{From: session.NewState()}, busyStory(), func(*fakeSource, func(string), *heard, func()) {})
	if !strings.Contains(text, "Crosstalk, plain. Load goes to") || strings.Contains(text, "Taken up again") {
		t.Errorf("it says:\n%s", text)
	}
}

// errors tells the steps in order, each with rate, latencies and errors, and the
// kinds with the most frequent first; at tells every value at a moment.
func TestPlainTellsWhatTheScreenShows(t *testing.T) {
	t.Parallel()
	tale := redStory()
	say := func(line string) string {
		_, text := plainly(t, tale, func(_ *fakeSource, typed func(string), h *heard, _ func()) { typed("every off"); typed(line) })
		_, text, _ = strings.Cut(text, "Enter alone tells how it goes.")
		return text
	}
	for range 5 { // a map's order changes
		text, from := say("errors"), 0
		for _, want := range []string{"requests since the start, ", "times 503 Service Unavailable, first at 03:1", "times timeout after 5 s, first at",
			"buy GET /products: ", "buy POST /cart: ", "buy POST /checkout: ", "errors ", "p50 ", "p95 ", "max "} {
			i := strings.Index(text[from:], want)
			if i < 0 {
				t.Fatalf("it does not say %q there:\n%s", want, text)
			}
			from += i
		}
	}
	s, _, _ := tale.s.SlotAt(255_000)
	for _, line := range []string{"at 4:15", "at 255 s", "at 0:04:15"} {
		text := say(line)
		for _, want := range []string{"At 04:15, 15:34:15 by the clock: 100 users asked for, 10", "Staging was amber: ", "p95 " + millis(s.Load.P95), "Production was amber: checks p50 " + millis(s.Prod.P50), "Before it, at 04:10, mel: dial 80 to 100."} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q:\n%s", line, want, text)
			}
		}
	}
	for line, want := range map[string]string{"at": "at takes a moment", "at 4:75": "at takes a moment", "at noon": "at takes a moment", "at 99:00": "still to come"} {
		if text := say(line); !strings.Contains(text, want) {
			t.Errorf("%s: %s", line, text)
		}
	}
}

// What to paste is of the moment, as on the screen's page: before the start, while
// load runs, and when it is over the all-clear first.
func TestPlainPastesWhatTheMomentAsks(t *testing.T) {
	t.Parallel()
	over := busyStory()
	over.dialTo(0)
	over.until(254)
	for name, v := range map[string]struct {
		tale *story
		says string
	}{
		"before": {quietStory(), "To paste before the start: Load on staging (127.0.0.1:8080)"},
		"loaded": {busyStory(), "To paste while load runs: Load on staging (127.0.0.1:8080)"},
		"over":   {over, "To paste now, the load is over: All clear: load on staging (127.0.0.1:8080) is off since 15:34, at most 45 users. Production is green. To paste before load begins again: Load on staging (127.0.0.1:8080)"},
	} {
		for _, line := range []string{"p", "preflight", "a", "announce"} {
			_, text := plainly(t, v.tale, func(_ *fakeSource, typed func(string), _ *heard, _ func()) { typed("every off"); typed(line) })
			_, text, _ = strings.Cut(text, "Enter alone tells how it goes.")
			if text = strings.Join(strings.Fields(text), " "); !strings.Contains(text, v.says) || strings.Count(text, "To paste") != strings.Count(v.says, "To paste") {
				t.Errorf("%s, %s: it does not say %q:\n%s", name, line, v.says, text)
			}
		}
	}
}

// What is kept by ten seconds is told as such, and a second that is not told yet
// is not called by its name.
func TestPlainTellsOfHowLong(t *testing.T) {
	t.Parallel()
	tale := baselineStory(10)
	tale.dialTo(20)
	tale.until(35)
	tale.dialTo(40)
	tale.until(960)
	tale.ms += 1000
	tale.add("mel", session.TypeGlide, &session.GlideSet{To: 5})
	for line, want := range map[string]string{
		"at 0:34":  "Worst of 10 s from 00:30, 15:30:30 by the clock: 40 users asked for, 40 running.",
		"at 2:00":  "At 02:00, 15:32:00 by the clock: 40 users asked for, 40 running.",
		"at 16:00": "At 16:00, 15:46:00 by the clock: 40 users asked for, 40 running.",
		"at 16:01": "At 16:00, 15:46:00 by the clock: 40 users asked for, 40 running.",
	} {
		_, text := plainly(t, tale, func(_ *fakeSource, typed func(string), _ *heard, _ func()) { typed("every off"); typed(line) })
		if !strings.Contains(text, want) {
			t.Errorf("%s does not say %q:\n%s", line, want, text)
		}
	}
}
