package tui

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// BenchmarkFrame draws one frame after one update, as it happens 15 times a
// second. The budget at 200x60 is 3 ms.
func BenchmarkFrame(b *testing.B) {
	for _, v := range []struct {
		name string
		keys []string
	}{
		{"panes", nil}, {"timeline", []string{"t"}}, {"help", []string{"?"}}, {"errors", []string{"e"}}, {"levels", []string{"l"}}, {"card", []string{"w"}},
		{"zoom", []string{"z"}}, {"notes", []string{"tab"}}, {"form", []string{"C"}}, {"check", []string{"c"}},
	} {
		for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 60}, {300, 90}} {
			b.Run(fmt.Sprintf("%s-%dx%d", v.name, size[0], size[1]), func(b *testing.B) {
				m, _ := screen(redStory(), size[0], size[1])
				m.pressAll(v.keys...)
				b.ReportAllocs()
				for b.Loop() {
					m.Update(eventsMsg{})
					m.View()
				}
			})
		}
	}
}

// TestMemoryIsFlatOverAWorkingDay plays 8 hours and the ninth: once the rings are
// full, what a screen keeps does not grow any more.
func TestMemoryIsFlatOverAWorkingDay(t *testing.T) {
	story := baselineStory(10)
	m, _ := screen(story, 200, 60)
	story.dialTo(20)
	played := 0
	held := func() uint64 {
		story.events, played = nil, 0 // a screen does not keep them
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	seq := m.s.Seq
	story.events = nil
	hour := func(n int) uint64 {
		for end := story.ms + 3_600_000; story.ms < end; {
			story.second()
			if story.ms%60_000 == 0 {
				for i := range story.events {
					seq++
					story.events[i].Seq = seq
				}
				m.Update(eventsMsg{events: story.events[played:], at: m.now})
				played = len(story.events)
				m.View()
				story.events, played = nil, 0
			}
		}
		kept := held()
		t.Logf("hour %d: %d kB", n, kept/1024)
		return kept
	}
	m.o.Now = func() time.Time { return storyBegan.Add(time.Duration(story.ms) * time.Millisecond) }
	var full uint64
	for n := 1; n <= 10; n++ {
		kept := hour(n)
		switch n {
		case 8:
			full = kept
		case 10:
			if kept > full+full/20+256<<10 {
				t.Errorf("%d bytes after 8 hours, %d after 10", full, kept)
			}
		}
	}
	if got := m.s.Coarse.Len(); got != 8*360 || m.s.Fine.Len() != 15*60 {
		t.Errorf("%d and %d slots are kept", got, m.s.Fine.Len())
	}
}
