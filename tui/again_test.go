package tui

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"crosstalk/session"
)

// againStory repeats an earlier session that left n things open.
func againStory(n int) *story {
	t := newStory()
	t.begin = func(s *session.Start) {
		like := &session.Like{ID: "20261016-150000", Moves: 3}
		for i := range n {
			id := fmt.Sprintf("n%d", i+1)
			like.Items = append(like.Items, session.LikeItem{ID: id, Note: id, From: "20261016-150000", Kind: "bug", Text: fmt.Sprintf("bug number %d: two orders when the customer is impatient and presses pay again", i+1)})
		}
		s.Like = like
	}
	return t.baseline(6)
}

func TestItemsAreTicked(t *testing.T) {
	t.Parallel()
	tale := againStory(30)
	tale.add("mel", session.TypeItemTick, &session.ItemTick{ID: "n1", Outcome: session.Gone})
	m, src := screen(tale, 80, 24)
	m.pressAll("L", "s", "down", "g", "up", "up", "c")
	want := []session.Command{session.TickItem{ID: "n2", Outcome: "still"}, session.TickItem{ID: "n4", Outcome: "gone"}, session.TickItem{ID: "n3", Outcome: "changed"}}
	if !reflect.DeepEqual(src.did, want) {
		t.Errorf("did %+v\nwant %+v", src.did, want)
	}
	for range 40 { // the selected one is always seen
		m.pressAll("down")
		if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "▸ ") {
			t.Fatalf("item %d is not seen:\n%s", m.item, frame)
		}
	}
	m.pressAll("esc", "L", "ctrl+x")
	if _, ok := src.did[len(src.did)-1].(session.StopAll); !ok {
		t.Error("ctrl+x does not stop in the list")
	}
}

func TestNothingToTick(t *testing.T) {
	t.Parallel()
	m, _ := screen(busyStory(), 80, 24)
	m.pressAll("L")
	if m.overlay != overlayNone || !strings.Contains(m.message.text, "--like") {
		t.Errorf("overlay %v, says %q", m.overlay, m.message.text)
	}
}

func TestAgainFrames(t *testing.T) {
	t.Parallel()
	for _, size := range sizes {
		t.Run(fmt.Sprintf("again-%dx%d", size[0], size[1]), func(t *testing.T) {
			m, _ := screen(againStory(4), size[0], size[1])
			m.pressAll("L", "down")
			frame := ansi.Strip(m.View().Content)
			fits(t, frame, size[0], size[1])
			requireFrame(t, frame)
			requireLooks(t, looksOf(t, m))
		})
	}
}
