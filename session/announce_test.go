package session

import (
	"strings"
	"testing"
	"time"
)

// What a chat is told names where, when, how much and who stops it; the
// all-clear says how production came out of it.
func TestAnnouncement(t *testing.T) {
	st := NewState()
	st.Start = Start{As: "mel", Host: "lap-7", Target: "https://user:secret@shop.example.test/path?token=x", Limits: LoadLimits{Users: 20}, Checks: []CheckInfo{{Env: "production", Name: "web-1"}}}
	st.Timebox, st.Charter = 20*time.Minute, "Explore  checkout."
	now := time.Date(2026, 10, 17, 14, 5, 0, 0, time.UTC)
	got := strings.Join(st.Announcement(now), "\n")
	want := "Load on staging (shop.example.test) 14:05 to 14:25 UTC, at most 20 users. Production is only watched. Explore checkout.\n" +
		"Stop me: mel, or crosstalk stop on lap-7. Anything odd on production? Say so here."
	if got != want {
		t.Errorf("announced:\n%s\nwant\n%s", got, want)
	}
	st.Dial.Peak = 18
	st.Envs["production"] = &Env{Name: "production", State: "green"}
	if got := st.AllClear(now); got != "All clear: load on staging (shop.example.test) is off since 14:05, at most 18 users. Production is green." {
		t.Errorf("all clear: %s", got)
	}
	st.Guard.Cuts = 1
	if got := st.AllClear(now); !strings.HasSuffix(got, "Production turned red and the load was cut (1); it is green now.") {
		t.Errorf("after a cut: %s", got)
	}
	st.Start.Mode, st.Start.Limits.Dial = "rate", 300
	if got := st.Announcement(now)[0]; !strings.Contains(got, ", at most 300 req/s. ") {
		t.Errorf("a rate: %s", got)
	}
	st.Start.Checks = nil
	if got := st.Announcement(now)[0] + st.AllClear(now); strings.Count(got, "not watched") != 2 {
		t.Errorf("unwatched: %s", got)
	}
}
