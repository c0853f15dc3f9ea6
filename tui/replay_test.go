package tui

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"crosstalk/session"
)

// journalOf writes a story's events as a journal.
func journalOf(t testing.TB, events []session.Event, tail string) string {
	t.Helper()
	var b bytes.Buffer
	for _, e := range events {
		line, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	b.WriteString(tail)
	dir := filepath.Join(t.TempDir(), "et-mel-261017-a")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, session.JournalName), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// reeled opens a journal, and reads it until the test's end.
func reeled(t testing.TB, dir string) *session.Playback {
	t.Helper()
	p, err := session.OpenPlayback(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		p.Close()
	})
	return p
}

// theatre is a replay in a program of its own, in a bubble of fake time.
type theatre struct {
	*Replay
	t    *testing.T
	dir  string
	prog *tea.Program
}

// play runs a replay of a journal in dir and hands it to f once it stands still.
func play(t *testing.T, dir string, o ReplayOptions, w, h int, f func(*theatre)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := reeled(t, dir)
		if o.Now == nil {
			o.Now = func() time.Time { return time.Now().UTC() }
		}
		r := NewReplay(p, o)
		ctx, cancel := context.WithCancel(t.Context())
		r.m.ctx = ctx
		prog := tea.NewProgram(r, tea.WithContext(ctx), tea.WithInput(nil), tea.WithOutput(io.Discard), tea.WithWindowSize(w, h),
			tea.WithEnvironment([]string{"TERM=dumb"}), tea.WithColorProfile(colorprofile.Ascii), tea.WithoutSignalHandler())
		ended := make(chan error, 1)
		go func() { _, err := prog.Run(); ended <- err }()
		s := &theatre{Replay: r, t: t, dir: dir, prog: prog}
		defer func() {
			prog.Quit()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			cancel()
		}()
		s.wait(2 * infoEvery)
		f(s)
	})
}

// wait lets time pass, and what is due in it happen.
func (s *theatre) wait(d time.Duration) {
	s.prog.Send(nil) // what was looked at here comes before what happens next
	time.Sleep(d)
	synctest.Wait()
}

func (s *theatre) press(keys ...string) {
	for _, k := range keys {
		msg := key(k)
		if r, ok := strings.CutPrefix(k, "shift+"); ok {
			msg = key(r)
			msg.Mod = tea.ModShift
		}
		s.prog.Send(msg)
		synctest.Wait()
	}
}

func (s *theatre) frame() string {
	s.t.Helper()
	frame := ansi.Strip(s.View().Content)
	fits(s.t, frame, s.m.w, s.m.h)
	return frame
}

func (s *theatre) isAt(d time.Duration) {
	s.t.Helper()
	if s.at != d.Milliseconds() || s.shown != s.at {
		s.t.Errorf("the cursor is at %d ms and %d ms are shown, want %d", s.at, s.shown, d.Milliseconds())
	}
	if want := s.m.s.MS; want > s.shown || s.shown-want > 1500 && s.shown < s.info.End {
		s.t.Errorf("%d ms are shown with the state of %d ms", s.shown, want)
	}
}

func (s *theatre) shows(text string) {
	s.t.Helper()
	if frame := s.frame(); !strings.Contains(frame, text) {
		s.t.Errorf("the screen does not show %q:\n%s", text, frame)
	}
}

func at(d time.Duration) ReplayOptions { return ReplayOptions{At: d, Still: true} }

func TestReplayFrames(t *testing.T) {
	t.Parallel()
	red := redStory()
	next := len(red.events) + 1
	strange := fmt.Sprintf(`{"v":1,"seq":%d,"t":"2026-10-17T15:36:01Z","ms":361000,"by":"mel","type":"moon.phase","body":{}}`+"\n"+
		`{"v":7,"seq":%d,"t":"2026-10-17T15:36:02Z","ms":362000,"by":"mel","type":"note.add","body":{}}`+"\n", next, next+1)
	for _, v := range []struct {
		name string
		tail string
		at   time.Duration
		keys []string
	}{
		{name: "begins"},
		{name: "middle", at: 130 * time.Second},
		{name: "cut", at: 264 * time.Second},
		{name: "recovered", at: 280 * time.Second},
		{name: "end", at: -time.Millisecond, keys: []string{"end"}},
		{name: "note", at: 60 * time.Second, keys: []string{"n"}},
		{name: "find", at: 60 * time.Second, keys: strings.Split("/banner", "")},
		{name: "found", at: 60 * time.Second, keys: append(strings.Split("/banner", ""), "enter")},
		{name: "help", at: 130 * time.Second, keys: []string{"?"}},
		{name: "card", at: 280 * time.Second, keys: []string{"w"}},
		{name: "torn", at: 130 * time.Second, tail: `{"v":1,"seq":`},
		{name: "strange", at: 130 * time.Second, tail: strange},
	} {
		dir := journalOf(t, red.events, v.tail)
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", v.name, size[0], size[1]), func(t *testing.T) {
				looks := ""
				play(t, dir, at(v.at), size[0], size[1], func(s *theatre) {
					s.press(v.keys...)
					requireFrame(s.t, s.frame())
					looks = looksOf(s.t, s.m)
				})
				requireLooks(t, looks)
			})
		}
	}
}

// What a replay shows of a moment is what a viewer saw then, however one came
// there: the same panes, the same last minute of each tile, the same ages.
func TestReplayShowsWhatWasSeen(t *testing.T) {
	t.Parallel()
	red := redStory()
	dir := journalOf(t, red.events, "")
	play(t, dir, at(0), 160, 50, func(s *theatre) {
		for i, ms := range []int64{0, 900, 1000, 45_300, 44_000, 200_500, 262_000, 262_400, 270_999, 150_000, 151_000, 359_000, 5000} {
			s.prog.Send(tea.KeyPressMsg{Code: tea.KeyHome})
			if i%2 == 0 {
				s.press("9", "4") // from elsewhere, and by a jump
			}
			synctest.Wait()
			s.at = ms - 1000
			s.press("right")
			if s.shown != ms {
				t.Fatalf("shows %d, want %d", s.shown, ms)
			}
			src := newSource(red)
			src.state = session.NewState()
			live := New(src, Options{Host: true, Now: func() time.Time { return storyBegan.Add(time.Duration(ms) * time.Millisecond) }})
			live.Update(tea.WindowSizeMsg{Width: 160, Height: 49})
			var seen []session.Event
			for _, e := range red.events {
				if e.MS <= ms {
					seen = append(seen, e)
				}
			}
			live.Update(eventsMsg{events: seen})
			live.layout.staging.h, live.layout.production.h = s.m.layout.staging.h, s.m.layout.production.h
			live.heads, live.view = s.m.heads, s.m.view
			for _, env := range []string{"staging", "production"} {
				r := s.m.rect(env)
				want, got := pane{live, env}.render(r.w, r.h), pane{s.m, env}.render(r.w, r.h)
				if got != want {
					t.Errorf("at %d ms %s shows\n%s\nand showed\n%s", ms, env, ansi.Strip(got), ansi.Strip(want))
				}
			}
			if got, want := (gauge{s.m}).render(40, 14), (gauge{live}).render(40, 14); got != want {
				t.Errorf("at %d ms the gauge shows\n%s\nand showed\n%s", ms, got, want)
			}
		}
	})
}

func TestReplayPlays(t *testing.T) {
	t.Parallel()
	dir := journalOf(t, redStory().events, "")
	play(t, dir, ReplayOptions{}, 120, 36, func(s *theatre) {
		if !s.playing {
			t.Fatal("it does not play by itself")
		}
		s.wait(3 * time.Second)
		if s.at < 2_800 || s.at > 3_400 {
			t.Errorf("after 3 s it is at %d ms", s.at)
		}
		s.press("space")
		stood := s.at
		s.wait(10 * time.Second)
		if s.at != stood {
			t.Errorf("standing still it went from %d to %d ms", stood, s.at)
		}
		s.press("+", "+", "+", "space")
		s.shows("plays 8x")
		s.wait(3 * time.Second)
		if gone := s.at - stood; gone < 23_000 || gone > 25_500 {
			t.Errorf("3 s at 8x are %d ms", gone)
		}
		s.press("-", "]", "[", "+", "+", "+", "+", "+")
		if s.speed != MaxSpeed {
			t.Errorf("speed %d", s.speed)
		}
		s.wait(7 * time.Second)
		s.isAt(360 * time.Second)
		if s.playing {
			t.Error("it plays on after the end")
		}
		s.shows("6:00 of 06:00")
		s.wait(messageFor)
		s.press("space") // once more from the beginning
		s.wait(time.Second)
		if s.at < 50_000 || s.at > 70_000 {
			t.Errorf("once more: at %d ms", s.at)
		}
	})
}

func TestReplayJumps(t *testing.T) {
	t.Parallel()
	red := redStory()
	dir := journalOf(t, red.events, "")
	sec := func(n int) time.Duration { return time.Duration(n) * time.Second }
	play(t, dir, at(100*time.Second), 120, 36, func(s *theatre) {
		for _, k := range []struct {
			keys string
			at   time.Duration
			says string
		}{
			{"right", sec(101), ""}, {"left left", sec(99), ""}, {"shift+right", sec(109), ""}, {"shift+left", sec(99), ""},
			{"pgdown", sec(159), ""}, {"pgup pgup", sec(39), ""}, {"pgup", 0, ""}, {"left", 0, ""},
			{"n", sec(40), "1 of 6 · mel: baseline is calm"}, {"n n", sec(125), "3 of 6 · mel: duplicate order"}, {"N", sec(75), "2 of 6"},
			{"g", sec(170), "1 of 4 · guard hold"}, {"g", sec(262), "guard cut"}, {"g", sec(271), "production recovered 8.4 s"}, {"g", sec(271), "there is none further on"},
			{"G G", sec(170), "1 of 4"}, {"G", sec(170), "there is none before"},
			{"home", 0, ""}, {"5", sec(180), ""}, {"end", sec(360), "stopped unasked"}, {"right", sec(360), ""}, {"left", sec(359), ""},
			{"home / B A N N E R enter", sec(75), "1 of 1 · mel: is the retry banner"}, {"m", sec(75), "1 of 1"},
			{"/ w e b - 3 enter", sec(250), "web-3"}, {"M", 0, "first answers"}, {"M", sec(271), "usual again"}, {"m", 0, "web-3"}, {"m m", sec(262), "web-3"},
			{"/ q space x backspace backspace z enter", sec(262), "nothing says “qz”"}, {"/ x esc", sec(262), ""},
		} {
			s.wait(messageFor + time.Second)
			s.press(strings.Fields(k.keys)...)
			s.isAt(k.at)
			if k.says != "" {
				s.shows(k.says)
			}
		}
		s.prog.Send(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
		synctest.Wait()
		s.isAt(sec(252))
		from, n := s.track(120)
		s.prog.Send(tea.MouseClickMsg{X: from, Y: 34})
		synctest.Wait()
		s.isAt(0)
		s.prog.Send(tea.MouseClickMsg{X: from + n - 1, Y: 34})
		synctest.Wait()
		s.isAt(sec(360))
	})
	play(t, dir, at(-sec(60)), 120, 36, func(s *theatre) { s.isAt(sec(300)) })
	play(t, dir, at(sec(9999)), 120, 36, func(s *theatre) { s.isAt(sec(360)) })
}

// A session that is being written is played, and followed from its end.
func TestReplayFollows(t *testing.T) {
	t.Parallel()
	red := redStory()
	dir := journalOf(t, red.events[:300], "")
	path := filepath.Join(dir, session.JournalName)
	held, _, _, err := session.OpenJournal(dir) // who writes holds the folder
	if err != nil {
		t.Fatal(err)
	}
	var rest bytes.Buffer
	for _, e := range red.events[300:330] {
		line, _ := e.MarshalJSON()
		rest.Write(append(line, '\n'))
	}
	end := time.Duration(red.events[299].MS) * time.Millisecond
	started := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // a bubble's time
	now := func() time.Time { return storyBegan.Add(end + time.Since(started)) }
	play(t, dir, ReplayOptions{At: 1 << 60, Now: now}, 120, 36, func(s *theatre) {
		s.shows("● following")
		if !s.following || s.at < end.Milliseconds() {
			t.Fatalf("at %d ms of %v, following %v", s.at, end, s.following)
		}
		s.wait(4 * time.Second) // nothing comes: what is shown grows old
		s.shows("s old")
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Write(rest.Bytes()); err != nil {
			t.Fatal(err)
		}
		s.wait(time.Second)
		if s.m.s.Seq != 330 {
			t.Errorf("seq %d is shown", s.m.s.Seq)
		}
		s.press("pgup")
		if s.following {
			t.Error("it follows although the cursor went back")
		}
		s.press("end")
		if !s.following {
			t.Error("the end of a session that goes on is followed")
		}
	})
	runtime.KeepAlive(held) // what nobody holds is closed
	if whole, err := os.ReadFile(path); err != nil || !bytes.HasSuffix(whole, rest.Bytes()) {
		t.Errorf("the journal was changed: %v", err)
	}
}

// Whatever is pressed, nothing reaches a session and nothing is written.
func TestReplayTouchesNothing(t *testing.T) {
	t.Parallel()
	dir := journalOf(t, redStory().events, `{"torn`)
	before, err := os.ReadFile(filepath.Join(dir, session.JournalName))
	if err != nil {
		t.Fatal(err)
	}
	keys := append([]string{"g", "N", "m", "M", "/", "-", "shift+left", "shift+right", "f2", "C", "E", "P", "D", "o"}, allKeys...)
	p := reeled(t, dir)
	if _, _, err := p.Range(t.Context(), 0, 1<<40); err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	rapid.Check(t, func(rt *rapid.T) {
		r := NewReplay(p, ReplayOptions{Still: true, ASCII: rapid.Bool().Draw(rt, "ascii"), Now: func() time.Time { return storyBegan }})
		r.m.ctx = over // nothing waits for its time
		feed := func(msg tea.Msg) { _, cmd := r.Update(msg); r.settle(cmd) }
		size := rapid.SampledFrom([][2]int{{80, 24}, {120, 36}, {200, 60}, {81, 31}, {20, 5}}).Draw(rt, "size")
		feed(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		r.settle(r.learn(nil))
		r.settle(r.look())
		for _, k := range rapid.SliceOfN(rapid.SampledFrom(keys), 1, 12).Draw(rt, "keys") {
			if !strings.HasPrefix(k, "shift+") && k != "f2" {
				feed(key(k))
			} else {
				feed(tea.KeyPressMsg{Code: tea.KeyLeft, Mod: tea.ModShift})
			}
			fits(rt, ansi.Strip(r.View().Content), size[0], size[1])
		}
		if _, ok := r.m.src.(still); !ok {
			rt.Fatal("there is a session behind the screen")
		}
	})
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
	after, err := os.ReadFile(filepath.Join(dir, session.JournalName))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the journal was changed: %v", err)
	}
}

// settle runs a Cmd and what follows from it.
func (r *Replay) settle(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			r.settle(c)
		}
	case infoMsg, lookMsg:
		_, next := r.Update(msg)
		r.settle(next)
	}
}

func BenchmarkReplayJump(b *testing.B) {
	t := baselineStory(10)
	for i := range 8 * 60 {
		t.dialTo(i % 50)
		t.until(10 + (i+1)*60)
	}
	p := reeled(b, journalOf(b, t.events, ""))
	r := NewReplay(p, ReplayOptions{Still: true, Now: func() time.Time { return storyBegan }})
	r.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
	r.at = 1 << 40
	r.Update(r.look()())
	end := r.shown
	var worst time.Duration
	i := int64(0)
	for b.Loop() {
		i++
		from := time.Now()
		r.at = i * 7_919_000 % end
		r.Update(r.look()())
		r.View()
		worst = max(worst, time.Since(from))
	}
	b.ReportMetric(float64(len(t.events)), "events")
	b.ReportMetric(float64(worst.Microseconds())/1000, "ms-worst")
}

// A list over the panes has its own keys in a replay, too, and the wheel.
func TestReplayListsTakeTheirKeys(t *testing.T) {
	t.Parallel()
	play(t, journalOf(t, busyStory().events, ""), ReplayOptions{Still: true, At: 200 * time.Second}, 120, 36, func(s *theatre) {
		s.press("l")
		s.shows("s shows their steps")
		s.press("s")
		s.shows("s hides their steps")
		s.prog.Send(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
		synctest.Wait()
		s.isAt(200 * time.Second)
	})
}
