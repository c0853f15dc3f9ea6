package tui

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"crosstalk/session"
)

// heard is what a plain session has said.
type heard struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.buf.Write(b)
}

func (h *heard) text() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.buf.String()
}

// plainly runs a plain session on a story, in a bubble of its own time.
func plainly(t *testing.T, tale *story, play func(src *fakeSource, typed func(string), h *heard, interrupt func())) (*fakeSource, string) {
	t.Helper()
	return plainlyWith(t, PlainOptions{}, tale, play)
}

func plainlyWith(t *testing.T, o PlainOptions, tale *story, play func(src *fakeSource, typed func(string), h *heard, interrupt func())) (*fakeSource, string) {
	t.Helper()
	var src *fakeSource
	var h heard
	synctest.Test(t, func(t *testing.T) {
		src = newSource(tale)
		r, w := io.Pipe()
		interrupts := make(chan struct{})
		ended := make(chan error, 1)
		go func() {
			o.Who, o.Now, o.Interrupts = mel, time.Now, interrupts
			ended <- Plain(t.Context(), src, o, r, &h)
		}()
		synctest.Wait()
		play(src, func(line string) {
			if _, err := io.WriteString(w, line+"\n"); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}, &h, func() { interrupts <- struct{}{}; synctest.Wait() })
		w.Close()
		synctest.Wait()
		src.end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return src, h.text()
}

// What happens is told in sentences: who is loaded, what the guard does and why,
// and notes of others.
func TestPlainTells(t *testing.T) {
	t.Parallel()
	_, text := plainly(t, redStory(), func(*fakeSource, func(string), *heard, func()) {})
	for _, say := range []string{"Crosstalk, plain. Load goes to http://127.0.0.1:8080: 2 journeys, 4 steps: buy, browse.",
		"Production is only watched, by 4 checks: web-1, web-2, web-3, web-4.", "Limits: 200 users at most", "ctrl+c stops all load.",
		"The usual is being learned for 5 s", "The usual is known.", "Production is red", "Guard cut", "All load is stopped"} {
		if !strings.Contains(text, say) {
			t.Errorf("it does not say %q:\n%s", say, text)
		}
	}
	for line := range strings.Lines(text) {
		if strings.ContainsAny(line, "→╭│▲●■\x1b") {
			t.Errorf("that can't be read aloud: %q", line)
		}
	}
}

// The prompt takes words, keys, numbers and notes.
func TestPlainTakesCommands(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]session.Command{
		"20": session.SetDial{To: 20}, "+10": session.MoveDial{By: 10}, "-5": session.MoveDial{By: -5}, "up 3": session.MoveDial{By: 3}, "down": session.MoveDial{By: -1},
		"0": session.EaseOff{}, "stop": session.StopAll{}, "hold": session.Hold{}, "go on": session.Hold{}, "go on it is over": session.Hold{Why: "it is over"}, "b": session.BackToGood{},
		"spike 80": session.SetDial{To: 80, Spike: true}, "glide off": session.SetGlide{}, "glide 5": session.SetGlide{To: 5}, "check quick": session.StartCheck{Profile: "quick"},
		"check SLOW": session.StartCheck{Profile: "slow"}, "P": session.Pause{}, "warn deploy": session.WarnOnly{Why: "deploy"}, "end check": session.StopCheck{}, "pause": session.Pause{},
		"extend 15 a trail": session.ExtendTime{By: 15 * time.Minute, Why: "a trail"}, "resolve n3": session.ResolveNote{ID: "n3"}, "take back n3 wrong": session.RetractNote{ID: "n3", Why: "wrong"},
		"skip": session.SkipBaseline{}, "bug": session.SetActivity{Activity: session.Activity{What: "bug"}},
	} {
		src, text := plainly(t, quietStory(), func(_ *fakeSource, typedLine func(string), _ *heard, _ func()) { typedLine(typed) })
		all := src.done()
		if len(all) == 0 || all[0] != want {
			t.Errorf("%q gives %v, not %#v:\n%s", typed, all, want, text)
		}
	}
	for typed, kind := range map[string]string{"! slow": "bug", "? why": "question", "= linked": "decision", "+ works": "works", "note slow": "note", "bug slow": "bug", "question why": "question", "n ! slow": "bug"} {
		src, _ := plainly(t, quietStory(), func(_ *fakeSource, typedLine func(string), _ *heard, _ func()) { typedLine(typed) })
		if n, ok := src.done()[0].(session.AddNote); !ok || string(n.Draft.Kind) != kind {
			t.Errorf("%q gives %v", typed, src.done())
		}
	}
	_, text := plainly(t, quietStory(), func(_ *fakeSource, typed func(string), _ *heard, _ func()) {
		for _, line := range []string{"help", "", "frobnicate it", "w", "announce", "notes", "errors", "t", "every off", "spike", "glide x"} {
			typed(line)
		}
	})
	for _, say := range []string{"spike 80: at once", "Production is green", "No command is called frobnicate", "Load on staging (127.0.0.1:8080)", "No notes yet", "spike takes a number"} {
		if !strings.Contains(text, say) {
			t.Errorf("it does not say %q:\n%s", say, text)
		}
	}
}

// A refusal is told with its reason.
func TestPlainTellsRefusals(t *testing.T) {
	t.Parallel()
	_, text := plainly(t, quietStory(), func(src *fakeSource, typed func(string), _ *heard, _ func()) {
		src.reply = func(session.Command) (session.Reply, error) {
			return session.Reply{}, &session.Refusal{Why: "the cap is 20 users"}
		}
		typed("30")
	})
	if !strings.Contains(text, "No: the cap is 20 users.") {
		t.Error(text)
	}
}

// Leaving asks while load runs, then for one sentence; the end of what is typed
// ends the session, and so does a second ctrl+c.
func TestPlainLeaves(t *testing.T) {
	t.Parallel()
	finished := func(src *fakeSource) bool {
		_, ok := src.newest().(session.Finish)
		return ok
	}
	src, text := plainly(t, busyStory(), func(src *fakeSource, typed func(string), _ *heard, _ func()) {
		typed("q")
		typed("no")
		if len(src.done()) > 0 {
			t.Errorf("no: %v", src.done())
		}
		typed("quit")
		typed("yes")
		typed("orders are doubled")
	})
	all := src.done()
	if len(all) < 3 || all[0] != (session.StopAll{}) || all[1] != (session.Answer{Question: "learned", Text: "orders are doubled"}) || all[2] != (session.Finish{Reason: "quit"}) {
		t.Errorf("%v\n%s", all, text)
	}
	src, _ = plainly(t, quietStory(), func(*fakeSource, func(string), *heard, func()) {})
	if !finished(src) {
		t.Errorf("the end of input: %v", src.done())
	}
	src, text = plainly(t, busyStory(), func(src *fakeSource, _ func(string), h *heard, interrupt func()) {
		interrupt()
		if len(src.done()) > 0 || !strings.Contains(h.text(), "ctrl+c again within 6 seconds leaves") {
			t.Errorf("the first ctrl+c: %v", src.done())
		}
		time.Sleep(7 * time.Second)
		synctest.Wait()
		interrupt()
		if finished(src) {
			t.Error("a late second ctrl+c leaves")
		}
		interrupt()
		if !finished(src) {
			t.Errorf("the second: %v", src.done())
		}
	})
	if t.Failed() {
		t.Log(text)
	}
	_ = src
}

// While load runs it is told every ten seconds how it goes.
func TestPlainTellsHowItGoes(t *testing.T) {
	t.Parallel()
	plainly(t, busyStory(), func(_ *fakeSource, _ func(string), h *heard, _ func()) {
		count := func() int { return strings.Count(h.text(), "asked for") }
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		first := count()
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if got := count(); first != 1 || got != 3 {
			t.Errorf("told %d times at first and %d in all:\n%s", first, got, h.text())
		}
	})
}
