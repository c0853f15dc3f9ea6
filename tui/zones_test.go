package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"crosstalk/session"
)

// TestTheDialShowsWhatWasLearntAtEachLevel: red at 100, where it was cut; amber
// where production or staging was late; green below; nothing above.
func TestTheDialShowsWhatWasLearntAtEachLevel(t *testing.T) {
	t.Parallel()
	m, _ := screen(redStory(), 120, 36)
	z := m.learned(200)
	for users, want := range map[int]ink{10: inkGreen, 20: inkGreen, 30: inkPlain, 40: inkGreen, 50: inkPlain, 60: inkAmber, 70: inkPlain, 80: inkAmber, 100: inkRed, 120: inkPlain, 200: inkPlain} {
		if got := z.at(float64(users) / 200); got != want {
			t.Errorf("at %d users the zone is %v, want %v", users, got, want)
		}
	}
	if f := m.text(); !strings.Contains(f, "▲ from 60 ■ from 100") {
		t.Errorf("the words for it are missing:\n%s", f)
	}
}

// What was learnt stays as it was however long the session goes on, and is of
// the levels that were held: neither of what a jump passed by, nor of the level
// above, whose trouble lasts a moment longer.
func TestWhatWasLearntStays(t *testing.T) {
	t.Parallel()
	tale := baselineStory(10)
	tale.dialTo(40)
	tale.until(240)
	tale.dialTo(80)
	tale.running = 80 // a spike
	tale.until(260)
	tale.turns("production", "", "red", "web-3: no answer in 2 s")
	tale.until(270)
	tale.dialTo(20)
	tale.until(275)
	tale.turns("production", "", "green", "all checks are green")
	tale.until(300)
	want := map[int]ink{20: inkGreen, 40: inkGreen, 44: inkPlain, 60: inkPlain, 76: inkPlain, 80: inkRed, 90: inkPlain, 10: inkPlain}
	for _, at := range []int{300, 899, 901, 1000, 3700} {
		tale.until(at)
		m, _ := screen(tale, 120, 36)
		z := m.learned(200)
		for users, ink := range want {
			if got := z.at(float64(users) / 200); got != ink {
				t.Errorf("after %d s the zone at %d users is %v, want %v", at, users, got, ink)
			}
		}
		if f := m.text(); !strings.Contains(f, "■ from 80") || strings.Contains(f, "▲ from") {
			t.Errorf("after %d s:\n%s", at, f)
		}
	}
}

// Where something turns bad on the way, the level is shown although it was not
// the one that was asked for.
func TestWhatWasMetOnTheWayShows(t *testing.T) {
	t.Parallel()
	tale := baselineStory(10)
	tale.dialTo(150)
	tale.until(15)
	tale.turns("staging", "", "amber", "web-2 is slow: 92 ms, usual 9")
	tale.guardTo("hold", "web-2 is slow: held at 50 users", "amber", 50)
	tale.until(45)
	m, _ := screen(tale, 120, 36)
	if z := m.learned(200); z.at(50.0/200) != inkAmber || z.at(40.0/200) != inkPlain {
		t.Errorf("at 40 users the zone is %v, at 50 %v", z.at(40.0/200), z.at(50.0/200))
	}
	if f := m.text(); !strings.Contains(f, "▲ from 50") {
		t.Errorf("the words for it are missing:\n%s", f)
	}
}

func TestAClickOnTheGaugeGoesDownAtOnceAndUpWithEnter(t *testing.T) {
	t.Parallel()
	m, src := screen(busyStory(), 120, 36) // 45 users are asked for
	l := m.layout.users
	click := func(x, y int) { _, cmd := m.Update(tea.MouseClickMsg{Button: tea.MouseLeft, X: x, Y: y}); m.run(cmd) }
	var up, down int
	for y := l.y; y < l.y+l.h; y++ {
		for x := l.x; x < l.x+l.w; x++ {
			to, ok := (gauge{m}).pointed(x-l.x, y-l.y, l.w, l.h)
			if !ok {
				continue
			}
			before := len(src.done())
			click(x, y)
			switch did := src.done()[before:]; {
			case to > 45:
				up++
				if len(did) != 0 || m.mode != modeNumber {
					t.Fatalf("a click to %d went up without Enter: %v", to, did)
				}
				m.pressAll("esc")
			case to > 0:
				down++
				if len(did) != 1 || did[0] != (session.SetDial{To: to}) {
					t.Fatalf("a click to %d did %v", to, did)
				}
			}
		}
	}
	if up < 10 || down < 3 {
		t.Errorf("only %d places go up and %d down", up, down)
	}
	before := len(src.done())
	click(l.x+l.w/2, l.y+l.h-2)
	click(m.layout.notes.x+5, m.layout.notes.y+2)
	if len(src.done()) != before || m.mode != modeMain {
		t.Error("a click beside the gauge moved the dial")
	}
}

func TestThePaletteAndTheGroundAreChosen(t *testing.T) {
	t.Parallel()
	m, _ := screen(redStory(), 120, 36)
	m.message = message{}
	seen := map[string]bool{}
	plain := m.text()
	for range 3 {
		for range paletteCount {
			m.pressAll("H")
			m.message = message{}
			seen[m.View().Content] = true
		}
		m.pressAll("B")
		m.message = message{}
	}
	if len(seen) != 2*int(paletteCount) { // what the terminal says is dark
		t.Errorf("%d looks, want %d", len(seen), 2*paletteCount)
	}
	if m.text() != plain {
		t.Error("a look changed what is said")
	}
}
