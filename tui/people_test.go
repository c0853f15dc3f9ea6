package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// Who is here is on everybody's screen: the count in every size, and the names
// where there is room.
func TestWhoIsHereIsOnEveryScreen(t *testing.T) {
	annWho := session.Person{Name: "ann", Role: session.Observer}
	for _, c := range []struct {
		w, h      int
		mel       string
		jon       string
		ann       string
		crowd     string // mel's, with many
		following string // jon's
	}{
		{80, 24, "driver mel +2: jon, ann", "driver mel +2 · you navigate", "driver mel +2 · you watch", "driver mel +9: jon, ann, …", "driver mel +2 · following"},
		{120, 36, "driver mel +2: jon, ann", "driver mel +2: jon, ann · you are jon, navigator", "driver mel +2: jon, ann · you are ann, observer", "driver mel +9: jon, ann, guest-0, guest-1, …",
			"driver mel +2 · following mel, Esc ends it"},
		{200, 60, "driver mel +2: jon, ann", "driver mel +2: jon, ann · you are jon, navigator", "driver mel +2: jon, ann · you are ann, observer",
			"driver mel +9: jon, ann, guest-0, guest-1, guest-2, guest-3, guest-4, guest-5, …", "driver mel +2: jon, ann · following mel, Esc ends it"},
	} {
		m, j, src := twoScreens(c.w, c.h)
		a := New(src, Options{Who: annWho, Viewer: seatOf(m, "ann").viewer.ID, Now: m.o.Now})
		a.w, a.h = c.w, c.h
		a.arrange()
		first := func(s *Model) string {
			line, _, _ := strings.Cut(ansi.Strip(s.View().Content), "\n")
			return strings.TrimRight(line, " ")
		}
		for name, want := range map[string]string{"mel": c.mel, "jon": c.jon, "ann": c.ann} {
			if line := first(map[string]*Model{"mel": m, "jon": j, "ann": a}[name]); !strings.HasSuffix(line, "  "+want) {
				t.Errorf("%dx%d: %s reads %q, want %q", c.w, c.h, name, line, want)
			}
		}
		j.pursue(seatOf(j, "mel"))
		if line := first(j); !strings.HasSuffix(line, c.following) {
			t.Errorf("%dx%d: jon follows, and reads %q, want %q", c.w, c.h, line, c.following)
		}
		for i := range 7 {
			m.s.Apply(session.Event{Seq: m.s.Seq + 1, By: "x", Type: session.TypeViewerJoin, Body: &session.ViewerJoin{Name: "guest-" + string(rune('0'+i)), Role: session.Observer, Key: string(rune('a' + i))}})
		}
		if line := first(m); !strings.HasSuffix(line, "  "+c.crowd) {
			t.Errorf("%dx%d: with nine mel reads %q, want %q", c.w, c.h, line, c.crowd)
		}
		fits(t, ansi.Strip(m.View().Content), c.w, c.h)
	}
}
